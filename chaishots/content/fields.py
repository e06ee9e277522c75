"""What content is made of: each column once, with its rule, who writes it, whether the public sees it, an example.

Editing, files, what editors and the public are shown, and the contract's examples take their lists from here; the
migrations' constraints and the models of requests are tested against it. A new column of a lesson or program has its
line here, in `models.py`, in a migration, and in the models of requests and responses.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from chaishots import zones
from chaishots.content import language_tags, slug_spelling, urls
from chaishots.content.field_kinds import MAPS, Field, Kind, Writer
from chaishots.content.lifecycle import ContentType, ProgramStatus, ReleaseStatus, Status
from chaishots.content.limits import (
    ALT_BYTES,
    DESCRIPTION_LENGTH,
    LAST_VERSION,
    MOST_LANGUAGES,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    TOPIC_NAME_LENGTH,
    TRANSLATIONS_BYTES,
)

_TITLE_RULE: Final = f"Give a title of 1 to {TITLE_LENGTH:,} characters in one line, with something in it to see."
_PLAIN: Final = "with no control characters but tabs and line breaks"
_SLUG: Final = (
    f"1 to {slug_spelling.LENGTH} small Latin letters and digits, with single hyphens between them, and unlike an id"
)
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

ALT_RULE: Final = (
    f"Give a map of at most {MOST_LANGUAGES} languages to what the picture shows: 1 to {TITLE_LENGTH:,} characters "
    f"in one line, with something in it to see; {ALT_BYTES:,} bytes together."
)
_TITLE: Final = Field("title", Kind.TITLE, _TITLE_RULE, is_required=True, is_public=True, longest=TITLE_LENGTH)
_DESCRIPTION: Final = Field(
    "description",
    Kind.TEXT,
    f"Keep the description within {DESCRIPTION_LENGTH:,} characters, {_PLAIN}.",
    is_public=True,
    default="",
    example="Read and write Telugu, two minutes a day.",
    longest=DESCRIPTION_LENGTH,
)
_SUMMARY: Final = Field(
    "summary",
    Kind.TEXT,
    f"Keep the summary within {SUMMARY_LENGTH:,} characters, {_PLAIN}.",
    is_public=True,
    default="",
    example="అ and ఆ, with the words mother and cow.",
    longest=SUMMARY_LENGTH,
)
_TOPIC_NAME: Final = Field(
    "name",
    Kind.TOPIC_NAME,
    f"Give a name of 1 to {TOPIC_NAME_LENGTH} characters in one line, with something in it to see, and no spaces "
    "around it.",
    is_required=True,
    is_public=True,
    longest=TOPIC_NAME_LENGTH,
)
ALT: Final = replace(_TITLE, name="alt", rule=_TITLE_RULE.replace("a title", "an alt text"))
"""What a picture shows, in one language, for whoever cannot see it."""


def _translations(own: str, example: dict[str, Any], *texts: Field) -> Field:
    """The texts in other languages. own: what the rule says of the language that they are not in."""
    named = " and ".join(f"{field.name} (at most {field.longest:,} characters)" for field in texts)
    rule = (
        f"Give a map of at most {MOST_LANGUAGES} languages{own} to {named}, each with something in it to see, "
        f"titles and names in one line; {TRANSLATIONS_BYTES:,} bytes together."
    )
    required = tuple(
        field if field.is_required else replace(field, is_required=True, rule=f"{field.rule} Never leave it empty.")
        for field in texts
    )
    return Field("translations", Kind.TRANSLATIONS, rule, is_public=True, default={}, example=example, texts=required)


_ZONE_RULE: Final = f"{zones.RULE} It stands beside {{0}} alone."
_PUBLISH_ZONE: Final = Field("publish_zone", Kind.ZONE, _ZONE_RULE.format("publish_at"), Writer.STEPS)
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
    _PUBLISH_ZONE,
    Field("published_at", Kind.PAST_MOMENT, f"Only a published release has one. {MOMENT_RULE}", Writer.STEPS),
    Field("publish_error", Kind.TEXT, "Only a scheduled release has one.", Writer.STEPS),
    Field(
        "reverted_at",
        Kind.PAST_MOMENT,
        f"Only a published release that was taken back has one. {MOMENT_RULE}",
        Writer.STEPS,
    ),
    Field("reverted_by", Kind.TEXT, "Only a release that was taken back has one: who did it.", Writer.STEPS),
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
        f"List at most {slug_spelling.MOST_FORMER} former slugs, each of {_SLUG}.",
        default=[],
    ),
    Field("language_primary", Kind.LANGUAGE, language_tags.RULE, is_required=True, is_public=True, example="te"),
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
    Field(
        "content_language_primary", Kind.LANGUAGE, language_tags.RULE, is_required=True, is_public=True, example="te"
    ),
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
    _PUBLISH_ZONE,
    Field("published_at", Kind.PAST_MOMENT, MOMENT_RULE, Writer.STEPS, is_public=True),
    Field("archive_at", Kind.MOMENT, f"It has to come after publish_at. {MOMENT_RULE}", is_public=True),
    Field("archive_zone", Kind.ZONE, _ZONE_RULE.format("archive_at")),
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


MAP_NAMES: Final = frozenset(field.name for fields in TABLES.values() for field in fields if field.kind in MAPS)
"""The columns that Postgres keeps as JSON."""
