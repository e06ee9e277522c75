"""What a route takes in its address and its query, checked before anything is asked of the content."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, Self, TypeVar, cast
from uuid import UUID

import quart_schema
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chaishots.api.contract.examples import CURSOR, LESSON_ID, PROGRAM_ID
from chaishots.api.contract.values import (
    ID,
    ID_RULE,
    LANGUAGE_TAG,
    Digits,
    Id,
    Language,
    Moment,
    TrueOrFalse,
    Words,
    is_id,
    like,
)
from chaishots.content.catalog.feed import MOST_CHANGES
from chaishots.content.catalog.filters import MOST_IDS, Place, Selection, SortOrder
from chaishots.content.catalog.projection import LESSON_FIELDS, PROGRAM_FIELDS, View
from chaishots.content.errors import InvalidContent
from chaishots.content.exchange.writers import Form
from chaishots.content.languages import PATTERN as LANGUAGE_PATTERN
from chaishots.content.languages import canonical, looked_up
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.paging import Window
from chaishots.content.queries.lesson_filter import LessonFilter, Missing
from chaishots.content.words import MOST as MOST_WORDS
from chaishots.content.words import words_of

F = TypeVar("F", bound=Callable[..., Any])  # Any: routes take and give what they like
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


class NoParameters(BaseModel):
    """A route that takes nothing in its query."""

    model_config = ConfigDict(extra="forbid")


def said(description: str, example: object) -> Any:  # Any: pydantic leaves it so
    """What the contract says of a parameter."""
    return Field(description=description, examples=[example])


FromPage: Final = said("`next_cursor` of the page before, as it was given; leave it out to begin.", CURSOR)
InState: Final = said("Only those in this state.", "draft")
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


class ListPage(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100, description="How many at most.", examples=[20]), Digits] = 20
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=1_000)] | None, FromPage] = None

    @property
    def window(self) -> Window:
        """The part that they say."""
        return Window(self.limit, self.cursor)


class ProgramsPage(ListPage):
    """Which programs, of those in any state."""

    status: Annotated[ProgramStatus | None, InState] = None
    language: Annotated[Language | None, said("Only programs available in this language.", "te")] = None
    topic: Annotated[
        Words | None,
        said("Only programs about the topic of this name, whatever its case.", "Telugu"),
    ] = None
    text: Annotated[Words | None, said("Only those in which this stands, whatever its case.", "a")] = None


class LessonsPage(ListPage):
    """Which lessons of a term, of those in any state."""

    status: Annotated[Status | None, InState] = None
    text: Annotated[Words | None, said("Only those in which this stands, whatever its case.", "a")] = None


class AllLessonsPage(ListPage):
    """Which lessons of all programs, of those in any state."""

    program: Annotated[Id | None, said("Only lessons of the program with this id.", PROGRAM_ID)] = None
    status: Annotated[Status | None, InState] = None
    language: Annotated[Language | None, said("Only lessons available in this language.", "te")] = None
    text: Annotated[
        Words | None, said("Only those with this in a title or summary, of any language, whatever its case.", "a")
    ] = None
    url: Annotated[Words | None, said("Only those with this in one of their URLs.", "cdn.example.com/telugu")] = None
    missing: Annotated[
        Missing | None,
        said(
            "Only those that lack this: thumbnails or content_url, which keep a lesson from being published; subtitles "
            "or a translated title in a language that it is available in; a summary.",
            "subtitles",
        ),
    ] = None
    publish_from: Annotated[
        Moment | None, said("Only those planned for this moment or later.", "2030-02-01T00:00:00Z")
    ] = None
    publish_to: Annotated[Moment | None, said("Only those planned for before this moment.", "2030-03-01T00:00:00Z")] = (
        None
    )

    def wanted(self) -> LessonFilter:
        """The filter that they say."""
        return LessonFilter(**self.model_dump(exclude={"limit", "cursor"}))


class MakingRoom(BaseModel):
    """Whether what has a number already makes room."""

    model_config = ConfigDict(extra="forbid")

    make_room: Annotated[
        TrueOrFalse | None,
        said("What has the number already gets the next one, and so on; else the number is refused.", True),
    ] = None

    @property
    def is_wanted(self) -> bool:
        """Whether it is."""
        return bool(self.make_room)


class ExportForm(BaseModel):
    """What a file is written in."""

    model_config = ConfigDict(extra="forbid")

    format: Annotated[Form, said("What the file is written in.", "yaml")] = Form.YAML


class ImportMode(BaseModel):
    """Whether a file is only tried."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Annotated[TrueOrFalse | None, said("Store nothing; answer what would be stored.", True)] = None


class PicturePage(ListPage):
    """Which pictures."""

    unused: Annotated[
        TrueOrFalse | None, said("Only those that nothing uses; or, false, only those that something does.", True)
    ] = None
    used_by: Annotated[
        Id | None, said("Only those of the program with this id and its lessons, or of this lesson.", PROGRAM_ID)
    ] = None


class ActivityPage(ListPage):
    """Which lines of the history."""

    object_id: Annotated[Id | None, said("Only what happened to the thing with this id.", LESSON_ID)] = None
    actor: Annotated[Words | None, said("Only what this token or database user did.", "asha")] = None
    action: Annotated[
        Annotated[
            str,
            Field(max_length=50),
            *like(r"^[a-z_]+[.][a-z_]+$", "Give a kind of change, such as lesson.schedule."),
        ]
        | None,
        said("Only this kind of change.", "lesson.schedule"),
    ] = None


def _search(text: str) -> str:
    words = words_of(text)
    if not 1 <= len(words) <= MOST_WORDS:
        reason = f"Give 1 to {MOST_WORDS} words to look for." if words else "Give letters or digits to look for."
        raise PydanticCustomError("words", "{reason}", {"reason": reason})
    return text


Search = Annotated[Words, AfterValidator(_search)]


class CatalogFilter(BaseModel):
    """Which public programs, and how many of them at once."""

    model_config = ConfigDict(extra="forbid")

    language: Annotated[
        Preference | None,
        said("Only programs available in one of these languages; hi-IN finds hi as well (RFC 4647, lookup).", "te,hi"),
    ] = None
    topic: Annotated[
        Words | None,
        said("Only programs about the topic of this name, whatever its case, or of this id.", "Telugu"),
    ] = None
    q: Annotated[
        Search | None,
        said(
            f"Only what has words that begin like each of these, {MOST_WORDS} at most, in any language: in "
            "titles, descriptions and summaries; of a program, in its topics and terms too. Capitals and accents make "
            "no difference.",
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
            words=words_of(self.q) if self.q else (),
            after=Place.of(self.cursor) if self.cursor else None,
        )


class OrderedFilter(CatalogFilter):
    """Which public things, in which order, and how many of them at once."""

    ids: Annotated[Ids | None, said(f"Only those with these ids, {MOST_IDS} at most.", PROGRAM_ID)] = None
    sort: Annotated[
        SortOrder,
        said(
            "By when they were published; oldest first, what is new is at the end, and no other page changes.", "newest"
        ),
    ] = SortOrder.NEWEST

    def selection(self) -> Selection:
        """What the list has, its ids and its order included. Raises: InvalidContent."""
        ids = tuple(map(UUID, self.ids.split(","))) if self.ids else ()
        return replace(super().selection(), ids=ids, order=self.sort)


class CatalogPage(OrderedFilter):
    """Which public programs, how many of them at once, and how much of each."""

    fields: Annotated[ProgramFields | None, Shown] = None
    view: Annotated[
        Literal["card"] | None,
        said("A card leaves out terms and lessons, and counts them; in the place of `fields`.", "card"),
    ] = None
    prefer: Annotated[Preference | None, Preferred] = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.view and self.fields:
            raise PydanticCustomError("view", "Send either view or fields.")
        return self


class CatalogLessonsPage(OrderedFilter):
    """Which public lessons, how many of them at once, and how much of each."""

    fields: Annotated[LessonFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None


class ChangesPage(BaseModel):
    """From where on the feed is read, and how many changes at once."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST_CHANGES, description="How many at most.", examples=[100]), Digits] = 100
    cursor: Annotated[
        Annotated[str, Field(min_length=1, max_length=200)] | None,
        Field(
            description="`next_cursor` of the answer before, or the id of an event; without it, all that is public. "
            "One that is too old, or of another history, is 410 `cursor_expired`: begin anew, without it."
        ),
    ] = None


class EventsFrom(BaseModel):
    """From where on events are sent."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[
        Annotated[str, Field(min_length=1, max_length=200)] | None,
        Field(
            description="`next_cursor` of GET /catalog/changes, or the id of an event; without it, from now on. "
            "The header Last-Event-ID, with which a browser comes back, goes before it."
        ),
    ] = None


class ProgramView(BaseModel):
    """How much of a program is shown."""

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[ProgramFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None


class LessonView(BaseModel):
    """How much of a lesson is shown."""

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[LessonFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None


def takes_query(model: type[BaseModel]) -> Callable[[F], F]:
    """Check a route's query against the model, hand it over as `query_args`, and document it."""
    # cast: quart-schema leaves the decorator untyped; the route keeps its own type.
    return cast("Callable[[F], F]", quart_schema.validate_querystring(model))  # pyright: ignore[reportUnknownMemberType]


ID_OR_SLUG_RULE: Final = f"{ID_RULE[:-1]}; or a slug: small Latin letters and digits, with single hyphens between them."


def identifier(text: str, field: str = "id", *, rule: str = ID_RULE) -> UUID:
    """The UUID that part of an address stands for, in its usual form. Raises: InvalidContent."""
    if not is_id(text):
        raise InvalidContent(rule, field=field)
    return UUID(text)
