"""How each value of a seed file is read: texts, numbers, languages, URLs and times, each refused with its rule.

Knows the shapes of single values. Must not know which key has which, nor what several values mean together.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from chaishots import zones
from chaishots.content import language_tags as tags
from chaishots.content import lifecycle, limits, slug_spelling
from chaishots.content import urls as addresses
from chaishots.content.constraints import EXPLANATIONS
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.yaml import Node
from chaishots.content.field_kinds import Field, Kind, Unfit, field_of, fit_text
from chaishots.content.fields import ALT, LESSON, PROGRAM, TERM, TOPIC

T = TypeVar("T")
Item = TypeVar("Item")

Reader = Callable[[Node, str], Any]  # Any: the readers differ in what they give
"""Takes a node and the rule for it, and gives the value. Raises: Fault, with the rule."""

_TIME: Final = (
    "Give an ISO 8601 time with its offset, such as 2030-01-31T09:00:00+05:30, "
    "or one relative to the moment of seeding, such as +40s, +2h30m or -3d."
)
# Days to 27 years at most, and the rest within that: no sum with a clock's time can overflow.
_RELATIVE: Final = re.compile(r"([+-])(?=\d)(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?", re.ASCII)
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)

_MOST_INTEGER: Final = 2**31 - 1
_MOST_BIGINT: Final = 2**63 - 1


def rule_of(constraint: str) -> str:
    """What a constraint of the database asks for."""
    return EXPLANATIONS[constraint][2]


def fitting(field: Field) -> Reader:
    """A reader of text that fits a field."""

    def read(node: Node, rule: str) -> str:
        try:
            return fit_text(field, node.text(rule))
        except Unfit as unfit:
            raise node.fault(rule) from unfit

    return read


_read_topic_name: Final = fitting(field_of(TOPIC, "name"))
_read_alt: Final = fitting(ALT)


def _each(items: Iterable[Item], read: Callable[[Item], T]) -> list[T]:
    # Raises: Fault, with all that is wrong with them.
    found: list[T] = []
    faults = FaultList()
    for item in items:
        with faults.noting():
            found.append(read(item))
    faults.require_none()
    return found


def topic_names(node: Node, rule: str) -> list[str]:
    """The names of topics, each once."""
    names = _each(node.items(rule), lambda item: _read_topic_name(item, rule_of("topic_name")))
    # What other letters are in lower case, the database's locale says.
    if len({name.encode().lower() for name in names}) < len(names):
        raise node.fault(rule_of("program_topic_pkey"))
    if len(names) > limits.MOST_TOPICS:
        raise node.fault(rule_of("program_topics"))
    return names


def one_of(choices: type[StrEnum]) -> Reader:
    """A reader of one of these words."""

    def read(node: Node, rule: str) -> str:
        text = node.text(rule)
        if text not in list(choices):
            raise node.fault(rule)
        return text

    return read


def number_to(most: int) -> Reader:
    """A reader of a whole number from 1 on."""
    return lambda node, rule: node.whole_number(rule, most=most)


def language(node: Node, rule: str) -> str:
    """A language tag."""
    return _canonical(node.text(rule), node, rule)


def _canonical(tag: str, node: Node, rule: str) -> str:
    try:
        return tags.canonical(tag)
    except ValueError as error:
        raise node.fault(rule) from error


def languages(node: Node, rule: str) -> list[str]:
    """Language tags, each once."""
    languages = _each(node.items(rule), lambda item: language(item, rule))
    if len(set(languages)) < len(languages) or len(languages) > limits.MOST_LANGUAGES:
        raise node.fault(rule)
    return languages


def _url(node: Node, rule: str) -> str:
    try:
        return addresses.stored(node.text(rule))
    except addresses.BadUrl as error:
        raise node.fault(str(error)) from error


def slug(node: Node, rule: str) -> str:
    """Part of an address."""
    text = node.text(rule)
    if not slug_spelling.is_slug(text):
        raise node.fault(rule)
    return text


def former_slugs(node: Node, rule: str) -> list[str]:
    """Parts of former addresses, each once."""
    found = [slug(item, rule) for item in node.items(rule)]
    if len(set(found)) < len(found) or len(found) > slug_spelling.MOST_FORMER:
        raise node.fault(rule)
    return found


_PICTURE_ID: Final = re.compile(r"[0-9a-f]{64}")


class PicturePath(str):
    """The path of a picture beside the file, where a URL may stand."""

    __slots__ = ("line", "place")
    place: str
    """Where it stands in the file."""
    line: int


_PICTURE_PATH: Final = re.compile(r"(?!/)(?![A-Za-z][A-Za-z0-9+.-]*:)[^\x00-\x1f\\]{1,200}\.(?i:jpe?g|png|webp|avif)")


def picture(node: Node, rule: str) -> str:
    """The URL of a picture, or its path beside the file."""
    if isinstance(node.value, str) and _PICTURE_PATH.fullmatch(node.value):
        path = PicturePath(node.value)
        path.place, path.line = node.path, node.line
        return path
    return _url(node, rule)


def picture_id(node: Node, rule: str) -> str:
    """The id of a picture: the SHA-256 of its content."""
    return node.text_like(_PICTURE_ID, rule)


def alts(node: Node, rule: str) -> dict[str, str]:
    """A map of language to what a picture shows, in words."""
    found = _by_language(node, rule, lambda value: _read_alt(value, rule))
    if len(json.dumps(found, ensure_ascii=False).encode()) > limits.ALT_BYTES:
        raise node.fault(rule)
    return found


def urls(node: Node, rule: str) -> dict[str, str]:
    """A map of language to URL."""
    return _by_language(node, rule, lambda value: _url(value, rule))


def assets(node: Node, rule: str) -> dict[str, dict[str, str]]:
    """A map of language to variant to URL."""
    return _by_language(node, rule, lambda value: _variants(value, rule))


def _by_language(node: Node, rule: str, read: Callable[[Node], T]) -> dict[str, T]:
    written = node.map(rule)
    if len(written) > limits.MOST_LANGUAGES:
        raise node.fault(rule)
    there: set[str] = set()

    def read_one(item: tuple[str, Node]) -> tuple[str, T]:
        language, value = item
        tag = _canonical(language, value, rule)
        if tag in there:
            raise value.fault(f"The map has {tag} already: tags that differ in case alone are the same language.")
        there.add(tag)
        return tag, read(value)

    return dict(_each(written.items(), read_one))


def _variants(node: Node, rule: str) -> dict[str, str]:
    def read_one(item: tuple[str, Node]) -> tuple[str, str]:
        variant, value = item
        if variant not in lifecycle.VARIANTS:
            raise value.fault(rule)
        return variant, picture(value, rule)

    return dict(_each(node.map(rule).items(), read_one))


def translations_of(field: Field) -> Reader:
    """A reader of a map of language to these texts."""
    readers = {text.name: fitting(text) for text in field.texts}

    def read(node: Node, rule: str) -> dict[str, dict[str, str]]:
        found = _by_language(node, rule, lambda written: _texts(written, readers, rule))
        return {language: given for language, given in found.items() if given}

    return read


def _texts(node: Node, readers: Mapping[str, Reader], rule: str) -> dict[str, str]:
    def read_one(item: tuple[str, Node]) -> tuple[str, str]:
        name, value = item
        if name not in readers:
            raise value.fault(rule)
        return name, readers[name](value, rule)

    # A name that there is not is refused without a value too.
    return dict(_each((it for it in node.map(rule).items() if it[0] not in readers or not it[1].is_null), read_one))


def moment(node: Node, rule: str) -> datetime | timedelta:
    """A time, or the time from the moment of seeding to it."""
    text = node.text(_TIME)
    if relative := _RELATIVE.fullmatch(text):
        sign, *amounts = relative.groups(default="0")
        days, hours, minutes, seconds = map(int, amounts)
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return -span if sign == "-" else span
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise node.fault(_TIME) from error
    if moment.tzinfo is None:
        raise node.fault(_TIME)
    if not _EARLIEST <= moment < _LATEST:
        raise node.fault(rule)
    return moment


def past_moment(node: Node, rule: str) -> datetime | timedelta:
    """A time that, if it counts from the moment of seeding, is not after it."""
    when = moment(node, rule)
    if isinstance(when, timedelta) and when > timedelta():
        raise node.fault(
            "This time is still to come. Make the lesson or release scheduled, and give it this time as publish_at."
        )
    return when


def zone(node: Node, rule: str) -> str:
    """The name of a time zone."""
    try:
        return zones.canonical(node.text(rule))
    except zones.NoZone as error:
        raise node.fault(rule) from error


_FLAGS: Final = frozenset(one.name for one in (*PROGRAM, *LESSON) if one.kind is Kind.FLAG)
_NUMBERS: Final = frozenset(
    one.name for one in (*PROGRAM, *TERM, *LESSON) if one.kind in (Kind.INTEGER, Kind.BIG_INTEGER)
)


def patch(node: Node, rule: str) -> dict[str, Any]:  # Any: JSON
    """A JSON Merge Patch: null says what goes. What its values may be, the database says when it is tried."""
    return {key: _of_patch(value, key, rule) for key, value in node.map(rule).items()}


def _of_patch(node: Node, key: str, rule: str) -> Any:  # Any: JSON
    if isinstance(node.value, dict):
        return {name: _of_patch(value, "", rule) for name, value in node.value.items()}
    if isinstance(node.value, list):
        return [item.text(rule) for item in node.value]
    if node.is_null:
        return None
    if key in _FLAGS:
        return node.flag("Give true or false.")
    return node.whole_number("Give a whole number.", most=_MOST_BIGINT) if key in _NUMBERS else node.value


def reader_of(field: Field) -> Reader:
    """How a file's value for this field is read."""
    if field.kind is Kind.CHOICE and field.choices:
        return one_of(field.choices)
    if field.longest:
        return fitting(field)
    if field.kind is Kind.TRANSLATIONS:
        return translations_of(field)
    return _READERS[field.kind]


_READERS: Final[Mapping[Kind, Reader]] = {
    Kind.ID: Node.uuid,
    Kind.TEXT: Node.text,
    Kind.INTEGER: number_to(_MOST_INTEGER),
    Kind.BIG_INTEGER: number_to(_MOST_BIGINT),
    Kind.VERSION: number_to(limits.LAST_VERSION),
    Kind.FLAG: Node.flag,
    Kind.LANGUAGE: language,
    Kind.LANGUAGES: languages,
    Kind.URLS: urls,
    Kind.ASSETS: assets,
    Kind.SLUG: slug,
    Kind.SLUGS: former_slugs,
    Kind.MOMENT: moment,
    Kind.PAST_MOMENT: past_moment,
    Kind.ZONE: zone,
}
