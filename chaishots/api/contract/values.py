"""The values that requests carry and answers show: each a type with its bounds and its validators."""

import re
import sys
from datetime import datetime
from typing import Annotated, Final, Literal, cast
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from chaishots import zones
from chaishots.content import field_kinds, fields, slug_spelling
from chaishots.content.answer_format import to_milliseconds
from chaishots.content.field_kinds import field_of, translated
from chaishots.content.language_tags import PATTERN as LANGUAGE_PATTERN
from chaishots.content.language_tags import canonical, canonical_each
from chaishots.content.limits import MOST_LANGUAGES
from chaishots.content.text_normalisation import BREAKING, INVISIBLE, NAMING_RULE, STEERING, TOKEN_NAME, normalised
from chaishots.content.urls import LENGTH as URL_LENGTH
from chaishots.content.urls import BadUrl, stored
from chaishots.recurrence import EXAMPLES as RECURRENCE_EXAMPLES
from chaishots.recurrence import LONGEST as LONGEST_RECURRENCE

# Not what str.isprintable calls unprintable: Indic words are spelled with joiners (U+200C, U+200D).
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_CONTROL: Final = r"^[^\u0000-\u001f\u007f-\u009f]*$"
_TOPIC_NAME: Final = f"^([^ {BREAKING}][^{BREAKING}]*)?[^{INVISIBLE}]([^{BREAKING}]*[^ {BREAKING}])?$"
_TITLE: Final = f"^[^{BREAKING}]*[^{INVISIBLE}][^{BREAKING}]*$"
_PLAIN: Final = f"^[^{STEERING}]*$"
_SEEN_PLAIN: Final = f"^[^{STEERING}]*[^{STEERING}{INVISIBLE}][^{STEERING}]*$"
LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
ID: Final = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ID: Final = re.compile(ID)
ID_RULE: Final = "Use an id as it was given: 8-4-4-4-12 hexadecimal digits."
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})",
    re.IGNORECASE,
)
LOCAL_TIME: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"
_ZONE: Final = "^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$"
_LARGEST_NUMBER: Final = 2**31 - 1
_LARGEST_DURATION_MS: Final = 2**53 - 1


def _language(tag: str) -> str:
    try:
        return canonical(tag)
    except ValueError as wrong:
        raise PydanticCustomError("language", "{reason}", {"reason": str(wrong)}) from None


def _each_language_once(tags: object) -> object:
    # Of lists and of the keys of maps, before tags that differ in case alone become one.
    if isinstance(tags, list | dict):
        named = cast("list[object] | dict[object, object]", tags)
        known = [tag for tag in named if isinstance(tag, str) and LANGUAGE_TAG.fullmatch(tag)]
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


def like(pattern: str, reason: str) -> tuple[FieldInfo, AfterValidator]:
    """What a text has to look like: documented as the pattern, and told in words where it does not."""
    wanted = re.compile(pattern)

    def checked(text: str) -> str:
        if not wanted.fullmatch(text):
            raise PydanticCustomError("like", "{reason}", {"reason": reason})
        return text

    return Field(json_schema_extra={"pattern": pattern}), AfterValidator(checked)


def _text(field: field_kinds.Field, pattern: str, description: str | None = None) -> tuple[FieldInfo, AfterValidator]:
    """A text that fits a field, and whoever's does not is told the field's own rule."""
    longest = field.longest or sys.maxsize

    def check(text: str) -> str:
        try:
            if len(text) > longest:  # as the contract says, whatever NFC would make of it
                raise field_kinds.Unfit(field.rule)
            return field_kinds.fit_text(field, text)
        except field_kinds.Unfit as unfit:
            raise PydanticCustomError("unfit", "{reason}", {"reason": str(unfit)}) from None

    schema: JsonDict = {"maxLength": longest, "pattern": pattern}
    if field.is_required or field.kind is not field_kinds.Kind.TEXT:
        schema["minLength"] = 1
    return Field(json_schema_extra=schema, description=description), AfterValidator(check)


def _url(value: str) -> str:
    try:
        return stored(value)
    except BadUrl as wrong:
        raise PydanticCustomError("url", "{reason}", {"reason": str(wrong)}) from None


def _slug(text: str) -> str:
    if not slug_spelling.is_slug(text):
        raise PydanticCustomError("slug", "{reason}", {"reason": field_of(fields.PROGRAM, "slug").rule})
    return text


def _zone(name: str) -> str:
    # Whether there is such a zone is no matter of form: the database says it, and names the field.
    try:
        return zones.canonical(name)
    except zones.NoZone:
        return name


def _each_slug_once(found: list[str]) -> list[str]:
    if len(set(found)) < len(found):
        raise PydanticCustomError("slugs", "Name each slug once.")
    return found


def _whole(value: object) -> object:
    # To JSON, 3.0 is 3.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _moment(value: object) -> object:
    # pydantic takes more: a number for seconds since 1970, as text too, an underscore for the T.
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError("moment", "Give the time as text with its offset, such as 2030-01-31T09:00:00+05:30.")
    return value


def _digits(value: object) -> object:
    # What Python takes for a whole number is more: 1_0, +1, 1.0, spaces around it.
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("digits", "Give a whole number in plain digits, such as 20.")
    return value


def _true_or_false(value: object) -> object:
    if value not in ("true", "false"):
        raise PydanticCustomError("flag", "Give true or false.")
    return value


def is_id(text: str) -> bool:
    """Whether this is a UUID as we write it; Python reads other spellings too: braces, urn:uuid:, without hyphens."""
    return _ID.fullmatch(text) is not None


def _id(value: object) -> object:
    if not isinstance(value, str) or not is_id(value):
        raise PydanticCustomError("id", "{reason}", {"reason": ID_RULE})
    return value


def _usual_year(value: datetime) -> datetime:
    if not 1970 <= value.year < 9000:
        raise PydanticCustomError("moment", "Give a time between the years 1970 and 9000.")
    return value


Words = Annotated[
    str,
    Field(min_length=1, max_length=100, json_schema_extra={"pattern": _NO_CONTROL}),
    AfterValidator(_printable),
]
Language = Annotated[str, AfterValidator(_language), Field(json_schema_extra={"pattern": LANGUAGE_PATTERN})]
Title = Annotated[str, *_text(field_of(fields.LESSON, "title"), _TITLE)]
TermTitle = Annotated[str, *_text(field_of(fields.TERM, "title"), _TITLE)]
ReleaseName = Annotated[str, *_text(field_of(fields.RELEASE, "name"), _TITLE)]
AltText = Annotated[str, *_text(fields.ALT, _TITLE)]
Description = Annotated[str, *_text(field_of(fields.PROGRAM, "description"), _PLAIN)]
Summary = Annotated[
    str, *_text(field_of(fields.LESSON, "summary"), _PLAIN, description="What it is about, in a few sentences.")
]
# In another language: left out rather than empty.
TranslatedDescription = Annotated[str, *_text(translated(fields.PROGRAM, "description"), _SEEN_PLAIN)]
TranslatedSummary = Annotated[str, *_text(translated(fields.LESSON, "summary"), _SEEN_PLAIN)]
TopicName = Annotated[str, *_text(field_of(fields.TOPIC, "name"), _TOPIC_NAME)]
TokenName = Annotated[
    str,
    AfterValidator(normalised),
    *like(TOKEN_NAME, NAMING_RULE),
]
Url = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"format": "uri", "maxLength": URL_LENGTH})]
Slug = Annotated[
    str,
    AfterValidator(_slug),
    Field(
        json_schema_extra={"pattern": f"^{slug_spelling.PATTERN}$", "minLength": 1, "maxLength": slug_spelling.LENGTH}
    ),
]
Slugs = Annotated[
    list[Slug],
    AfterValidator(_each_slug_once),
    Field(
        max_length=slug_spelling.MOST_FORMER,
        json_schema_extra={"uniqueItems": True},
        description="Slugs that lead to it as well, by a redirect.",
    ),
]
Variant = Literal["portrait", "landscape", "square", "banner"]
Languages = Annotated[
    list[Language],
    Field(min_length=1, max_length=MOST_LANGUAGES, json_schema_extra={"uniqueItems": True}),
    BeforeValidator(_each_language_once),
]
BY_LANGUAGE: Final = (Field(max_length=MOST_LANGUAGES), BeforeValidator(_each_language_once))
Urls = Annotated[dict[Language, Url], *BY_LANGUAGE]
Assets = Annotated[dict[Language, dict[Variant, Url]], *BY_LANGUAGE]
# In a merge patch (RFC 7396), null takes a language or a variant away.
UrlsPatch = Annotated[dict[Language, Url | None], *BY_LANGUAGE]
AssetsPatch = Annotated[dict[Language, dict[Variant, Url | None] | None], *BY_LANGUAGE]
Number = Annotated[int, Field(strict=True, ge=1, le=_LARGEST_NUMBER), BeforeValidator(_whole)]
DurationMs = Annotated[
    int,
    Field(strict=True, ge=1, le=_LARGEST_DURATION_MS, json_schema_extra={"format": "int64"}),
    BeforeValidator(_whole),
]
Flag = Annotated[bool, Field(strict=True)]
# As texts of a query have them. After a number's bounds, which pydantic would leave out of the JSON Schema otherwise.
Digits = BeforeValidator(_digits)
TrueOrFalse = Annotated[bool, BeforeValidator(_true_or_false)]
LocalTime = Annotated[
    str,
    *like(LOCAL_TIME, "Give a local time without an offset, such as 2030-02-01T18:00: the zone says where that is."),
    Field(description="A local time of the zone, without an offset, such as 2030-02-01T18:00: the first lesson's."),
]
RecurrenceText = Annotated[
    str,
    Field(
        max_length=LONGEST_RECURRENCE,
        description=f"{RECURRENCE_EXAMPLES.capitalize()}. Days and weeks go by the wall clock of the zone.",
    ),
]
ZoneName = Annotated[
    str,
    *like(_ZONE, zones.RULE),
    AfterValidator(_zone),
    Field(
        max_length=zones.LONGEST,
        description="The IANA time zone in which the moment was written, such as Asia/Kolkata: kept and shown with it.",
    ),
]
Id = Annotated[UUID, BeforeValidator(_id)]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    AfterValidator(_usual_year),
    AfterValidator(to_milliseconds),  # so that what is kept is what is shown
    Field(description="With its offset, between the years 1970 and 9000; what is finer than a millisecond is cut off."),
]
