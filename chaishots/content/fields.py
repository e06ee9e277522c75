"""What content is made of: each column once, with its rule, who writes it, whether the public sees it, an example.

Editing, files, what editors and the public are shown, and the contract's examples take their lists from here; the
migrations' constraints and the models of requests are tested against it. A new column of a lesson or program has its
line here, in `models.py`, in a migration, and in the models of requests and responses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from typing import Any, Final

from chaishots.content import languages, slugs, urls
from chaishots.content import texts as written
from chaishots.content.lifecycle import (
    LAST_VERSION,
    MOST_LANGUAGES,
    TITLE_LENGTH,
    ContentType,
    ProgramStatus,
    ReleaseStatus,
    Status,
)


class Kind(Enum):
    """What shape a value has. Bounds are those of `lifecycle.py`, unless the field has its own."""

    ID = auto()
    TITLE = auto()
    """Text of one line, of `longest` characters at most, with something in it to see."""
    TEXT = auto()
    """Text of `longest` characters at most, of several lines; None: of any length, whatever is in it."""
    TOPIC_NAME = auto()
    """A title with no spaces around it."""
    SLUG = auto()
    """Part of an address: Latin letters, digits and hyphens."""
    SLUGS = auto()
    INTEGER = auto()
    """A whole number from 1 to 2³¹ - 1."""
    BIG_INTEGER = auto()
    """A whole number from 1 to 2⁶³ - 1."""
    VERSION = auto()
    FLAG = auto()
    CHOICE = auto()
    """One of the words of `choices`."""
    LANGUAGE = auto()
    LANGUAGES = auto()
    URLS = auto()
    """A map of language to URL."""
    ASSETS = auto()
    """A map of language to variant to URL."""
    TRANSLATIONS = auto()
    """A map of language to `texts` by their names, each with something in it to see."""
    MOMENT = auto()
    PAST_MOMENT = auto()


_MAPS: Final = frozenset({Kind.URLS, Kind.ASSETS, Kind.TRANSLATIONS})


class Writer(Enum):
    """Who sets a column."""

    EDITOR = auto()
    """Editors, directly."""
    STEPS = auto()
    """The steps of the lifecycle, by an editor or the publisher."""
    DATABASE = auto()
    """The database; a file gives it only for what it creates."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column.

    Attributes:
        rule: what whoever gives a wrong value is told.
        default: what a new thing has when nothing is said; not looked at when it is required.
        is_public: whether the catalog shows it. Maps have their own names there, all others the column's.
        example: for the contract; None when there is none.
        texts: of TRANSLATIONS, the fields that a language may have.
    """

    name: str
    kind: Kind
    rule: str
    writer: Writer = Writer.EDITOR
    is_required: bool = False
    is_public: bool = False
    default: Any = None  # Any: a value of its kind
    example: Any = None
    longest: int | None = None
    choices: type[StrEnum] | None = None
    texts: "tuple[Field, ...]" = ()

    def constraint(self, table: str) -> str:
        """The name of the database's constraint that holds the rule."""
        return self.name if self.name.startswith(f"{table}_") else f"{table}_{self.name}"


class Unfit(ValueError):
    """A text that breaks the rule of its field, which the error's own text tells."""


def fit_text(field: Field, text: str) -> str:
    """The text as it is stored: in NFC, which makes some texts longer. Raises: Unfit, over HTTP and in files alike."""
    text = written.normalised(text)
    is_line = field.kind is not Kind.TEXT
    is_fit = written.is_one_line(text) if is_line else field.longest is None or written.is_plain(text)
    if is_line or field.is_required:
        is_fit = is_fit and written.is_visible(text)
    if field.kind is Kind.TOPIC_NAME:
        is_fit = is_fit and text == text.strip(" ")  # as Postgres' btrim
    if not is_fit or (field.longest is not None and len(text) > field.longest):
        raise Unfit(field.rule)
    return text


def field_of(fields: tuple[Field, ...], name: str) -> Field:
    """The field of this name."""
    return next(field for field in fields if field.name == name)


def translated(fields: tuple[Field, ...], name: str) -> Field:
    """The text of this name in another language."""
    return field_of(field_of(fields, "translations").texts, name)


_TITLE_RULE: Final = f"Give a title of 1 to {TITLE_LENGTH:,} characters in one line, with something in it to see."
_SLUG: Final = f"1 to {slugs.LENGTH} small Latin letters and digits, with single hyphens between them, and unlike an id"
_LANGUAGES: Final = (
    f"List at most {MOST_LANGUAGES} language tags such as te or pt-BR, each once, the primary language among them."
)
_URL: Final = (
    f"a URL starts with http:// or https://, has a host, and is {urls.LENGTH:,} plain characters at most "
    "(others as %E0…, in the host as xn--…)."
)
_URLS: Final = f"Give a map of at most {MOST_LANGUAGES} languages to URLs; {_URL}"
_ASSETS: Final = (
    f"Give a map of at most {MOST_LANGUAGES} languages to variants to URLs; "
    f"the variants are portrait, landscape, square and banner, {_URL}"
)
MOMENT_RULE: Final = "Give a time between the years 1970 and 9000."
_PICTURES: Final = {
    "te": {
        "portrait": "https://cdn.example.com/telugu/te/portrait.jpg",
        "landscape": "https://cdn.example.com/telugu/te/landscape.jpg",
    }
}

ALT_BYTES: Final = 30_000
ALT_RULE: Final = (
    f"Give a map of at most {MOST_LANGUAGES} languages to what the picture shows: 1 to {TITLE_LENGTH:,} characters "
    f"in one line, with something in it to see; {ALT_BYTES:,} bytes together."
)
_TITLE: Final = Field("title", Kind.TITLE, _TITLE_RULE, is_required=True, is_public=True, longest=TITLE_LENGTH)
_DESCRIPTION: Final = Field(
    "description",
    Kind.TEXT,
    "Keep the description within 10,000 characters, with no control characters but tabs and line breaks.",
    is_public=True,
    default="",
    example="Read and write Telugu, two minutes a day.",
    longest=10_000,
)
_SUMMARY: Final = Field(
    "summary",
    Kind.TEXT,
    "Keep the summary within 2,000 characters, with no control characters but tabs and line breaks.",
    is_public=True,
    default="",
    example="అ and ఆ, with the words mother and cow.",
    longest=2_000,
)
_TOPIC_NAME: Final = Field(
    "name",
    Kind.TOPIC_NAME,
    "Give a name of 1 to 100 characters in one line, with something in it to see, and no spaces around it.",
    is_required=True,
    is_public=True,
    longest=100,
)
ALT: Final = replace(_TITLE, name="alt", rule=_TITLE_RULE.replace("a title", "an alt text"))
"""What a picture shows, in one language, for whoever cannot see it."""


def _translations(own: str, example: dict[str, Any], *texts: Field) -> Field:
    """The texts in other languages. own: what the rule says of the language that they are not in."""
    named = " and ".join(f"{field.name} (at most {field.longest:,} characters)" for field in texts)
    rule = (
        f"Give a map of at most {MOST_LANGUAGES} languages{own} to {named}, each with something in it to see, "
        "titles and names in one line; 100,000 bytes together."
    )
    required = tuple(
        field if field.is_required else replace(field, is_required=True, rule=f"{field.rule} Never leave it empty.")
        for field in texts
    )
    return Field("translations", Kind.TRANSLATIONS, rule, is_public=True, default={}, example=example, texts=required)


_VERSION_RULE: Final = f"A version is a whole number from 1 to {LAST_VERSION:,}."

_ID: Final = Field("id", Kind.ID, "Give a UUID, or leave it out.", Writer.DATABASE, is_public=True)
_VERSION: Final = Field("version", Kind.VERSION, _VERSION_RULE, Writer.DATABASE, default=1)
_CREATED_AT: Final = Field("created_at", Kind.MOMENT, MOMENT_RULE, Writer.DATABASE)
_UPDATED_AT: Final = Field("updated_at", Kind.MOMENT, MOMENT_RULE, Writer.DATABASE)

TOPIC: Final = (
    _ID,
    _TOPIC_NAME,
    _translations("", {"te": {"name": "తెలుగు"}}, _TOPIC_NAME),
    _VERSION,
)
RELEASE: Final = (
    Field(
        "id", Kind.ID, "Give the release an id, a UUID: its lessons name it by that.", Writer.DATABASE, is_required=True
    ),
    replace(_TITLE, name="name", rule=_TITLE_RULE.replace("title", "name"), is_public=False),
    Field(
        "status",
        Kind.CHOICE,
        "A release is open, scheduled, published or cancelled.",
        Writer.STEPS,
        default=ReleaseStatus.OPEN,
        choices=ReleaseStatus,
    ),
    Field("publish_at", Kind.MOMENT, f"A scheduled release needs a time. {MOMENT_RULE}", Writer.STEPS),
    Field("published_at", Kind.PAST_MOMENT, f"Only a published release has one. {MOMENT_RULE}", Writer.STEPS),
    Field("publish_error", Kind.TEXT, "Only a scheduled release has one.", Writer.STEPS),
    _CREATED_AT,
    _UPDATED_AT,
    _VERSION,
)
PROGRAM: Final = (
    _ID,
    replace(_TITLE, example="తెలుగు అక్షరాలు"),
    _DESCRIPTION,
    _translations(" other than the primary", {"en": {"title": "Telugu letters"}}, _TITLE, _DESCRIPTION),
    Field("slug", Kind.SLUG, f"Give a slug of {_SLUG}.", is_public=True, example="telugu-aksaralu"),
    Field(
        "former_slugs",
        Kind.SLUGS,
        f"List at most {slugs.MOST_FORMER} former slugs, each of {_SLUG}.",
        default=[],
    ),
    Field("language_primary", Kind.LANGUAGE, languages.RULE, is_required=True, is_public=True, example="te"),
    Field("languages_available", Kind.LANGUAGES, _LANGUAGES, is_public=True, example=["te", "en"]),
    Field("posters", Kind.ASSETS, _ASSETS, is_public=True, default={}, example=_PICTURES),
    Field("position", Kind.INTEGER, "Give a whole number from 1 on, or leave it out.", is_public=True, example=1),
    Field("shows_coming_soon", Kind.FLAG, "Give true or false.", is_public=True, default=False),
    Field(
        "status",
        Kind.CHOICE,
        "A program is draft, published or archived.",
        Writer.STEPS,
        default=ProgramStatus.DRAFT,
        choices=ProgramStatus,
    ),
    Field("published_at", Kind.PAST_MOMENT, MOMENT_RULE, Writer.STEPS, is_public=True),
    _CREATED_AT,
    replace(_UPDATED_AT, is_public=True),
    _VERSION,
)
TERM: Final = (
    _ID,
    Field("term_number", Kind.INTEGER, "Give a whole number from 1 on.", is_required=True, is_public=True, example=1),
    replace(_TITLE, rule=f"{_TITLE_RULE} Or leave it out.", is_required=False, example="అచ్చులు"),
    _translations("", {"en": {"title": "Vowels"}}, _TITLE),
    _VERSION,
)
LESSON: Final = (
    _ID,
    Field("lesson_number", Kind.INTEGER, "Give a whole number from 1 on.", is_required=True, is_public=True, example=1),
    replace(_TITLE, example="అ, ఆ: అమ్మ, ఆవు"),
    _SUMMARY,
    _translations(
        " other than the primary",
        {"en": {"title": "అ and ఆ", "summary": "Two vowels, with a word for each."}},
        *(_TITLE, _SUMMARY),
    ),
    Field(
        "content_type",
        Kind.CHOICE,
        "A lesson is a video or an article.",
        is_required=True,
        is_public=True,
        example="video",
        choices=ContentType,
    ),
    Field(
        "duration_ms",
        Kind.BIG_INTEGER,
        "Give a video's length in milliseconds, 1 or more.",
        is_public=True,
        example=94_000,
    ),
    Field("is_paid", Kind.FLAG, "Give true or false.", is_public=True, default=False, example=False),
    Field("content_language_primary", Kind.LANGUAGE, languages.RULE, is_required=True, is_public=True, example="te"),
    Field("content_languages_available", Kind.LANGUAGES, _LANGUAGES, is_public=True, example=["te"]),
    Field(
        "content_urls",
        Kind.URLS,
        f"{_URLS} The primary language is among them.",
        is_public=True,
        default={},
        example={"te": "https://cdn.example.com/telugu/1-1/te.mp4"},
    ),
    Field(
        "subtitle_urls",
        Kind.URLS,
        _URLS,
        is_public=True,
        default={},
        example={"te": "https://cdn.example.com/telugu/1-1/te.vtt"},
    ),
    Field("thumbnails", Kind.ASSETS, _ASSETS, is_public=True, default={}, example=_PICTURES),
    Field(
        "status",
        Kind.CHOICE,
        "A lesson is draft, scheduled, published or archived.",
        Writer.STEPS,
        default=Status.DRAFT,
        choices=Status,
    ),
    Field("release_id", Kind.ID, "Give the id of its release, or leave it out.", Writer.STEPS),
    Field("publish_at", Kind.MOMENT, f"A scheduled lesson needs a time. {MOMENT_RULE}", Writer.STEPS),
    Field("published_at", Kind.PAST_MOMENT, MOMENT_RULE, Writer.STEPS, is_public=True),
    Field("archive_at", Kind.MOMENT, f"It has to come after publish_at. {MOMENT_RULE}", is_public=True),
    Field("publish_error", Kind.TEXT, "Only a scheduled lesson has one, or a published one with an end.", Writer.STEPS),
    _CREATED_AT,
    replace(_UPDATED_AT, is_public=True),
    _VERSION,
)
TABLES: Final[Mapping[str, tuple[Field, ...]]] = {
    "topic": TOPIC,
    "release": RELEASE,
    "program": PROGRAM,
    "term": TERM,
    "lesson": LESSON,
}
"""The fields of each table, in the order in which files and answers have them."""


MAP_NAMES: Final = frozenset(field.name for fields in TABLES.values() for field in fields if field.kind in _MAPS)
"""The columns that Postgres keeps as JSON."""


def written_by(writer: Writer, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The names of the fields that this writer sets, in their order."""
    return tuple(field.name for field in fields if field.writer is writer)


def examples(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The fields that editors write and that have an example, with it."""
    return {
        field.name: field.example for field in fields if field.writer is Writer.EDITOR and field.example is not None
    }
