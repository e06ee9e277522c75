"""What requests look like: their parameters and their bounds, checked before anything is asked of the content."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar, cast
from uuid import UUID

import quart_schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from chaishots.api.contract.examples import CURSOR, LESSON_ID, PROGRAM_ID
from chaishots.content.catalog.projection import LESSON_FIELDS, PROGRAM_FIELDS, View
from chaishots.content.errors import InvalidContent
from chaishots.content.languages import PATTERN as LANGUAGE_PATTERN
from chaishots.content.languages import canonical, canonical_each
from chaishots.content.lifecycle import MOST_LANGUAGES, MOST_TOPICS, TITLE_LENGTH, ProgramStatus, Role, Status
from chaishots.content.texts import INVISIBLE, is_visible, normalised
from chaishots.content.urls import LENGTH as URL_LENGTH
from chaishots.content.urls import BadUrl, stored

F = TypeVar("F", bound=Callable[..., Any])  # Any: routes take and give what they like

# Not what str.isprintable calls unprintable: Indic words are spelled with joiners (U+200C, U+200D).
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_CONTROL: Final = r"^[^\u0000-\u001f\u007f-\u009f]*$"
_TOPIC_NAME: Final = (
    r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$"
)


def _language(tag: str) -> str:
    try:
        return canonical(tag)
    except ValueError as wrong:
        raise PydanticCustomError("language", "{reason}", {"reason": str(wrong)}) from None


def _each_language_once(tags: object) -> object:
    # Of lists and of the keys of maps, before tags that differ in case alone become one.
    if isinstance(tags, list | dict):
        named = cast("list[object] | dict[object, object]", tags)
        known = [tag for tag in named if isinstance(tag, str) and _TAG.fullmatch(tag)]
        try:
            canonical_each(known)
        except ValueError as wrong:
            raise PydanticCustomError("languages", "{reason}", {"reason": str(wrong)}) from None
        return named
    return tags


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("printable", "Leave out control characters.")
    return normalised(text)


def _seen(text: str) -> str:
    text = _text(text)
    if not is_visible(text) or len(text) > TITLE_LENGTH:
        reason = f"Give 1 to {TITLE_LENGTH} characters, with something in them to see."
        raise PydanticCustomError("visible", "{reason}", {"reason": reason})
    return text


Words = Annotated[
    str,
    Field(min_length=1, max_length=100, json_schema_extra={"pattern": _NO_CONTROL}),
    AfterValidator(_printable),
]
Language = Annotated[str, AfterValidator(_language), Field(json_schema_extra={"pattern": LANGUAGE_PATTERN})]


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
    if wrong := [tag for tag in tags if not _TAG.fullmatch(tag)]:
        reason = f"{wrong[0]!r} is no language tag: use some such as te, en or zh-Hant, separated by commas."
        raise PydanticCustomError("languages", "{reason}", {"reason": reason})
    if len(tags) > _MOST_PREFERRED:
        raise PydanticCustomError("languages", "Prefer at most 10 languages.")
    return ",".join(dict.fromkeys(map(canonical, tags)))


def _list_pattern(name: str, most: int) -> str:
    return f"^({name})(,({name})){{0,{most - 1}}}$"


def _names_pattern(names: tuple[str, ...]) -> str:
    return _list_pattern("|".join(names).replace(".", "[.]"), len(names))


_MOST_PREFERRED: Final = 10
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

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


class NoParameters(BaseModel):
    """A route that takes nothing in its query."""

    model_config = ConfigDict(extra="forbid")


def _text(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("text", "Leave out the NUL characters: Postgres keeps none.")
    return normalised(value)


def _url(value: str) -> str:
    try:
        return stored(value)
    except BadUrl as wrong:
        raise PydanticCustomError("url", "{reason}", {"reason": str(wrong)}) from None


def _whole(value: object) -> object:
    # To JSON, 3.0 is 3.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _moment(value: object) -> object:
    # pydantic takes a number for seconds since 1970, as text too.
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        raise PydanticCustomError("moment", "Give the time as text, such as 2030-01-31T09:00:00+05:30.")
    return value


def _usual_year(value: datetime) -> datetime:
    if not 1970 <= value.year < 9000:
        raise PydanticCustomError("moment", "Give a time between the years 1970 and 9000.")
    return value


_LARGEST_NUMBER: Final = 2**31 - 1
_LARGEST_DURATION_MS: Final = 2**53 - 1
_NUMBER: Final = re.compile(r"\s*[-+]?[0-9._]+(e[-+]?[0-9_]+)?\s*", re.IGNORECASE)
NAME_OF_TOKEN: Final = r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$"  # noqa: S105  # a name, no secret

Text = Annotated[str, AfterValidator(_text)]
# The pattern before the validator: pydantic leaves one that follows out of the JSON Schema.
Title = Annotated[
    str,
    Field(min_length=1, max_length=TITLE_LENGTH, json_schema_extra={"pattern": f"[^{INVISIBLE}]"}),
    AfterValidator(_seen),
]
Description = Annotated[Text, Field(max_length=10_000)]
Summary = Annotated[Text, Field(max_length=2_000, description="What it is about, in a few sentences.")]
TopicName = Annotated[str, Field(min_length=1, max_length=100, pattern=_TOPIC_NAME), AfterValidator(_seen)]
Url = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"format": "uri", "maxLength": URL_LENGTH})]
Variant = Literal["portrait", "landscape", "square", "banner"]
Languages = Annotated[
    list[Language],
    Field(min_length=1, max_length=MOST_LANGUAGES, json_schema_extra={"uniqueItems": True}),
    BeforeValidator(_each_language_once),
]
_ByLanguage: Final = (Field(max_length=MOST_LANGUAGES), BeforeValidator(_each_language_once))
Urls = Annotated[dict[Language, Url], *_ByLanguage]
Assets = Annotated[dict[Language, dict[Variant, Url]], *_ByLanguage]
# In a merge patch (RFC 7396), null takes a language or a variant away.
UrlsPatch = Annotated[dict[Language, Url | None], *_ByLanguage]
AssetsPatch = Annotated[dict[Language, dict[Variant, Url | None] | None], *_ByLanguage]
Number = Annotated[int, Field(strict=True, ge=1, le=_LARGEST_NUMBER), BeforeValidator(_whole)]
DurationMs = Annotated[int, Field(strict=True, ge=1, le=_LARGEST_DURATION_MS), BeforeValidator(_whole)]
Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    AfterValidator(_usual_year),
    Field(description="With its offset, between the years 1970 and 9000."),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def values(self) -> dict[str, Any]:  # Any: one value a column
        """What was sent, by column; what was not sent is left out, so that the defaults are the database's."""
        return self.model_dump(exclude_unset=True, exclude={"topics"})


class NewProgram(_Body):
    """A program to create."""

    title: Title
    description: Description = ""
    language_primary: Language
    languages_available: Languages = Field(default_factory=list, description="The primary alone when left out.")
    posters: Assets = {}
    topics: Annotated[list[TopicName], Field(max_length=MOST_TOPICS)] = []


class ProgramPatch(_Body):
    """What to change of a program: a JSON Merge Patch. Maps are merged; null takes an entry away."""

    title: Title = ""
    description: Description = ""
    language_primary: Language = ""
    languages_available: Languages = []
    posters: AssetsPatch = {}
    topics: Annotated[list[TopicName], Field(max_length=MOST_TOPICS)] = []


class NewTerm(_Body):
    """A term to create."""

    term_number: Number
    title: Title | None = None


class TermPatch(_Body):
    """What to change of a term: a JSON Merge Patch."""

    term_number: Number = 1
    title: Title | None = None


class NewLesson(_Body):
    """A lesson to create; it begins as a draft."""

    lesson_number: Number
    title: Title
    summary: Summary = ""
    content_type: Literal["video", "article"]
    duration_ms: DurationMs | None = Field(default=None, description="Required for a video.")
    is_paid: Flag = False
    content_language_primary: Language
    content_languages_available: Languages = Field(default_factory=list, description="The primary alone when left out.")
    content_urls: Urls = {}
    subtitle_urls: Urls = {}
    thumbnails: Assets = {}
    archive_at: Moment | None = None


class LessonPatch(_Body):
    """What to change of a lesson: a JSON Merge Patch. Maps are merged; null takes an entry away."""

    lesson_number: Number = 1
    title: Title = ""
    summary: Summary = ""
    content_type: Literal["video", "article"] = "video"
    duration_ms: DurationMs | None = None
    is_paid: Flag = False
    content_language_primary: Language = ""
    content_languages_available: Languages = []
    content_urls: UrlsPatch = {}
    subtitle_urls: UrlsPatch = {}
    thumbnails: AssetsPatch = {}
    archive_at: Moment | None = None


class ScheduleRequest(_Body):
    """When a lesson shall go public."""

    publish_at: Moment


class Order(_Body):
    """All of the things, each once, in the order that they shall have."""

    order: Annotated[list[UUID], Field(max_length=10_000)]


class TopicBody(_Body):
    """A topic's name."""

    name: TopicName


class PictureBody(_Body):
    """Alt texts to set, by language."""

    alt: Annotated[dict[Language, Title | None], *_ByLanguage]


class NewToken(_Body):
    """A token to create."""

    name: Annotated[str, Field(pattern=NAME_OF_TOKEN)]
    role: Role
    expires_at: Moment | None = None


def said(description: str, example: object) -> Any:  # Any: pydantic leaves it so
    """What the contract says of a parameter."""
    return Field(description=description, examples=[example])


FromPage: Final = said("`next_cursor` of the page before, as it was given; leave it out to begin.", CURSOR)
InState: Final = said("Only those in this state.", "draft")
Shown: Final = Field(
    description="Only these members, `terms.lessons.title` for one further in; the ids are always there.",
    examples=["title,assets"],
)
Preferred: Final = Field(
    description=(
        "Of each map by language only one entry: of the first of these languages that it has, else of the primary."
    ),
    examples=["te,en"],
)


class ListPage(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100, description="How many at most.", examples=[20])] = 20
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=1_000)] | None, FromPage] = None


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


class PicturePage(ListPage):
    """Which pictures."""

    unused: Annotated[
        bool | None, said("Only those that nothing uses; or, false, only those that something does.", True)
    ] = None
    used_by: Annotated[
        UUID | None, said("Only those of the program with this id and its lessons, or of this lesson.", PROGRAM_ID)
    ] = None


class ActivityPage(ListPage):
    """Which lines of the history."""

    object_id: Annotated[UUID | None, said("Only what happened to the thing with this id.", LESSON_ID)] = None
    actor: Annotated[Words | None, said("Only what this token or database user did.", "asha")] = None
    action: Annotated[
        Annotated[str, Field(pattern=r"^[a-z_]+[.][a-z_]+$", max_length=50)] | None,
        said("Only this kind of change.", "lesson.schedule"),
    ] = None


class CatalogFilter(BaseModel):
    """Which public programs, and how many of them at once."""

    model_config = ConfigDict(extra="forbid")

    language: Annotated[Language | None, said("Only programs available in this language.", "te")] = None
    topic: Annotated[
        Words | None,
        said("Only programs about the topic of this name, whatever its case.", "Telugu"),
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="How many at most.", examples=[20])] = 20
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=200)] | None, FromPage] = None


class CatalogPage(CatalogFilter):
    """Which public programs, how many of them at once, and how much of each."""

    fields: Annotated[ProgramFields | None, Shown] = None
    prefer: Annotated[Preference | None, Preferred] = None


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


def identifier(text: str, field: str = "id") -> UUID:
    """The UUID that part of an address stands for, in its usual form. Raises: InvalidContent."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        raise InvalidContent("Use an id as it was given: 8-4-4-4-12 hexadecimal digits.", field=field)
    return found
