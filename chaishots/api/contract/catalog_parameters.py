"""What the routes of the catalog take in their query: filters, the form of what is shown, and cursors of the feed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chaishots.api.contract.examples import PROGRAM_ID
from chaishots.api.contract.parameters import FromPage, identifier, said
from chaishots.api.contract.values import ID, LANGUAGE_TAG, Digits, Words
from chaishots.content.catalog.feed import MOST_CHANGES
from chaishots.content.catalog.filters import MOST_IDS, Place, Selection, SortOrder
from chaishots.content.catalog.public_fields import LESSON_FIELDS, PROGRAM_FIELDS
from chaishots.content.catalog.requested_fields import View
from chaishots.content.errors import InvalidContent
from chaishots.content.language_tags import PATTERN as LANGUAGE_PATTERN
from chaishots.content.language_tags import canonical, looked_up
from chaishots.content.search_words import MOST as MOST_WORDS
from chaishots.content.search_words import search_of

_MOST_PREFERRED: Final = 10


def _named(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            View.of(allowed, text, None)
        except InvalidContent as unknown:
            raise PydanticCustomError("fields", "{reason}", {"reason": str(unknown)}) from None
        return text

    return check


def _languages(text: str) -> str:
    tags = text.split(",")
    if wrong := [tag for tag in tags if not LANGUAGE_TAG.fullmatch(tag)]:
        reason = f"{wrong[0]!r} is no language tag: use some such as te, en or zh-Hant, separated by commas."
        raise PydanticCustomError("languages", "{reason}", {"reason": reason})
    if len(tags) > _MOST_PREFERRED:
        raise PydanticCustomError("languages", "Name at most 10 languages.")
    return ",".join(dict.fromkeys(map(canonical, tags)))


def _list_pattern(name: str, most: int) -> str:
    return f"^({name})(,({name})){{0,{most - 1}}}$"


def _names_pattern(names: tuple[str, ...]) -> str:
    return _list_pattern("|".join(names).replace(".", "[.]"), len(names))


ProgramFields = Annotated[
    str,
    Field(min_length=1, max_length=1_000, json_schema_extra={"pattern": _names_pattern(PROGRAM_FIELDS)}),
    AfterValidator(_named(PROGRAM_FIELDS)),
]
LessonFields = Annotated[
    str,
    Field(min_length=1, max_length=1_000, json_schema_extra={"pattern": _names_pattern(LESSON_FIELDS)}),
    AfterValidator(_named(LESSON_FIELDS)),
]
Preference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=400,
        json_schema_extra={"pattern": _list_pattern(LANGUAGE_PATTERN.strip("^$"), _MOST_PREFERRED)},
    ),
    AfterValidator(_languages),
]


def _ids(text: str) -> str:
    ids = text.split(",")
    if len(ids) > MOST_IDS:
        raise PydanticCustomError("ids", "{reason}", {"reason": f"Name at most {MOST_IDS} ids."})
    try:
        return ",".join(sorted({str(identifier(each)) for each in ids}))
    except InvalidContent as wrong:
        raise PydanticCustomError("ids", "{reason}", {"reason": str(wrong)}) from None


Ids = Annotated[
    str,
    Field(min_length=1, max_length=4_000, json_schema_extra={"pattern": _list_pattern(ID, MOST_IDS)}),
    AfterValidator(_ids),
]


Shown: Final = Field(
    description=(
        "Only these members, `terms.lessons.title` for one further in, and the ids. All others are left out then, "
        "those too that the schema of the whole answer requires."
    ),
    examples=["title,assets"],
)
Preferred: Final = Field(
    description=(
        "Texts, and of each map by language but that of subtitles only one entry, in the first of these languages that "
        "there is, else in the primary; hi-IN finds hi as well (RFC 4647, lookup)."
    ),
    examples=["te,en"],
)


def _search(text: str) -> str:
    words = search_of(text)
    if not 1 <= len(words) <= MOST_WORDS:
        reason = f"Give 1 to {MOST_WORDS} words to look for." if words else "Give letters or digits to look for."
        raise PydanticCustomError("words", "{reason}", {"reason": reason})
    return text


Search = Annotated[Words, AfterValidator(_search)]


class CatalogFilter(BaseModel):
    """Which public programs, and how many of them at once."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    language: Annotated[
        Preference | None,
        said("Only programs available in one of these languages; hi-IN finds hi as well (RFC 4647, lookup).", "te,hi"),
    ] = None
    topic: Annotated[
        Words | None,
        said(
            "Only programs about a topic that has this name in any language, whatever its case; or this slug, its name "
            "in small Latin letters and digits with hyphens between them; or this id.",
            "Telugu",
        ),
    ] = None
    q: Annotated[
        Search | None,
        said(
            f"Only what has words that begin like each of these, {MOST_WORDS} at most, in any language: in "
            "titles, descriptions and summaries; of a program, in its topics and terms too. Capitals and accents make "
            "no difference. A single letter before the last word is a word by itself.",
            "telugu",
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="How many at most.", examples=[20]), Digits] = 20
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=200)] | None, FromPage] = None

    def selection(self) -> Selection:
        """What the list has, in one form for all that ask for the same: any of its languages and ids will do.

        Raises: InvalidContent when the cursor is none of ours.
        """
        return Selection(
            languages=tuple(sorted(looked_up(self.language.split(",")))) if self.language else (),
            topic=self.topic,
            words=search_of(self.q) if self.q else (),
            after=Place.of(self.cursor) if self.cursor else None,
        )


_BY_TIME: Final = "By when they were published; oldest first, what is new is at the end, and no other page changes."


class ChosenFilter(CatalogFilter):
    """Which public things, of these too, and how many of them at once."""

    ids: Annotated[Ids | None, said(f"Only those with these ids, {MOST_IDS} at most.", PROGRAM_ID)] = None

    def selection(self) -> Selection:
        """What the list has, its ids included. Raises: InvalidContent."""
        ids = tuple(map(UUID, self.ids.split(","))) if self.ids else ()
        return replace(super().selection(), ids=ids)


class CatalogPage(ChosenFilter):
    """Which public programs, how many of them at once, and how much of each."""

    sort: Annotated[
        SortOrder,
        said(f"{_BY_TIME} By the position that editors gave them, the others behind, newest first.", "newest"),
    ] = SortOrder.NEWEST
    fields: Annotated[ProgramFields | None, Shown] = None
    view: Annotated[
        Literal["card"] | None,
        said("A card leaves out terms and lessons, and counts them; in the place of `fields`.", "card"),
    ] = None
    prefer: Annotated[Preference | None, Preferred] = None

    def selection(self) -> Selection:
        """What the list has, in its order. Raises: InvalidContent."""
        return replace(super().selection(), order=self.sort)

    @field_validator("view")
    @classmethod
    def _stands_alone(cls, view: str | None, others: ValidationInfo) -> str | None:
        if view and others.data.get("fields"):
            raise PydanticCustomError("view", "Send either view or fields.")
        return view


class CatalogLessonsPage(ChosenFilter):
    """Which public lessons, how many of them at once, and how much of each."""

    sort: Annotated[Literal["newest", "oldest"], said(_BY_TIME, "newest")] = "newest"
    fields: Annotated[LessonFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None

    def selection(self) -> Selection:
        """What the list has, in its order. Raises: InvalidContent."""
        return replace(super().selection(), order=SortOrder(self.sort))


_FeedCursor = Annotated[str, Field(min_length=1, max_length=200)] | None


class ChangesPage(BaseModel):
    """From where on the feed is read, and how many changes at once."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    limit: Annotated[int, Field(ge=1, le=MOST_CHANGES, description="How many at most.", examples=[100]), Digits] = 100
    cursor: Annotated[
        _FeedCursor,
        Field(
            description="`next_cursor` of the answer before, or the id of an event; without it, all that is public. "
            "One that is too old, or of another history, is 410 `cursor_expired`: begin anew, without it."
        ),
    ] = None


class EventsFrom(BaseModel):
    """From where on events are sent."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    cursor: Annotated[
        _FeedCursor,
        Field(
            description="`next_cursor` of GET /catalog/changes, or the id of an event; without it, from now on. "
            "The header Last-Event-ID, with which a browser comes back, goes before it."
        ),
    ] = None


class ProgramView(BaseModel):
    """How much of a program is shown."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    fields: Annotated[ProgramFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None


class LessonView(BaseModel):
    """How much of a lesson is shown."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    fields: Annotated[LessonFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None
