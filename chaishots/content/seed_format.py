"""The seed format: what a YAML file says of programs, terms and lessons, checked before any database is asked.

Knows the keys, the shapes and the lifecycle. Must not know files, Postgres, or what is stored already.
`seeds/demo.yaml` shows and explains the format.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from chaishots.content import lifecycle
from chaishots.content.errors import EXPLANATIONS
from chaishots.content.lifecycle import ContentType, LessonFacts, ProgramFacts, ProgramStatus, Status
from chaishots.content.seed_yaml import Fault, Node, joined, tree

Values = dict[str, Any]  # Any: one value a key, as its reader gives it

_TIME: Final = (
    "Give an ISO 8601 time with its offset, such as 2030-01-31T09:00:00+05:30, "
    "or one relative to the moment of seeding, such as +40s, +2h30m or -3d."
)
# Days to 27 years at most, and the rest within that: no sum with a clock's time can overflow.
_RELATIVE: Final = re.compile(r"([+-])(?=\d)(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?", re.ASCII)
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)

_LANGUAGE: Final = re.compile(lifecycle.LANGUAGE_PATTERN)
_URL: Final = re.compile(lifecycle.URL_PATTERN)
_MOST_INTEGER: Final = 2**31 - 1
_MOST_BIGINT: Final = 2**63 - 1
_DESCRIPTION_LENGTH: Final = 10_000
_TOPIC_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Seed:
    """A program, term or lesson of the file.

    `values` are its id, None if not given, and the columns of its table; of a program, also the names of its topics.
    `parts` are a program's terms or a term's lessons.
    """

    path: str
    line: int
    values: Values
    parts: tuple["Seed", ...]

    def values_at(self, now: datetime) -> Values:
        """The values, with the times that are relative to `now` made moments. Raises: Fault."""
        values = {key: now + value if isinstance(value, timedelta) else value for key, value in self.values.items()}
        publish_at, archive_at = values.get("publish_at"), values.get("archive_at")
        if publish_at and archive_at and archive_at <= publish_at:
            raise self.fault("archive_at", _rule("lesson_archive_at"))
        return values

    def fault(self, key: str, rule: str) -> Fault:
        """The fault of breaking a rule with the value of a key, written or missing."""
        return Fault(joined(self.path, key), rule, self.line)


@dataclass(frozen=True)
class _Key:
    read: "_Reader"
    rule: str
    default: Any = None  # Any: what the reader gives
    is_required: bool = False


_Reader = Callable[[Node, str], Any]  # Any: the readers differ in what they give; each raises Fault with the rule


def programs(text: bytes) -> tuple[Seed, ...]:
    """The programs of a seed file, in their order, each with its terms and lessons. Raises: Fault."""
    found: tuple[Seed, ...] = _values(tree(text), _FILE)["programs"]
    terms = [term for program in found for term in program.parts]
    lessons = [lesson for term in terms for lesson in term.parts]
    for things in found, terms, lessons:
        _require_unique(things, "id", "The file has this id already: give each thing its own.")
    titles = Counter(map(title_and_language, found))
    for program in found:
        if program.values["id"] is None and titles[title_and_language(program)] > 1:
            raise program.fault("id", "The file has another program of this title and language: give each an id.")
    return found


def title_and_language(program: Seed) -> tuple[str, str]:
    """What a program without an id is known by."""
    return program.values["title"], program.values["language_primary"]


def _program(node: Node) -> Seed:
    values = _values(node, _PROGRAM)
    terms: tuple[Seed, ...] = values.pop("terms")
    program = Seed(node.path, node.line, values, terms)
    _require_unique(terms, "term_number", _rule("term_number_unique"))
    _require_among(program, "languages_available", values["language_primary"], _rule("program_languages_available"))
    is_public = values["status"] == ProgramStatus.PUBLISHED or (
        # The first published lesson publishes a draft.
        values["status"] == ProgramStatus.DRAFT
        and any(lesson.values["status"] == Status.PUBLISHED for term in terms for lesson in term.parts)
    )
    facts = ProgramFacts(ProgramStatus.DRAFT, values["language_primary"], values["posters"])
    if is_public and (obstacle := lifecycle.program_obstacle(facts)):
        raise program.fault("posters", obstacle.text)
    return program


def _term(node: Node) -> Seed:
    values = _values(node, _TERM)
    lessons: tuple[Seed, ...] = values.pop("lessons")
    _require_unique(lessons, "lesson_number", _rule("lesson_number_unique"))
    return Seed(node.path, node.line, values, lessons)


def _lesson(node: Node) -> Seed:
    values = _values(node, _LESSON)
    lesson = Seed(node.path, node.line, values, ())
    status, language = Status(values["status"]), values["content_language_primary"]
    _require_among(lesson, "content_languages_available", language, _rule("lesson_content_languages_available"))
    if values["content_type"] == ContentType.VIDEO and values["duration_ms"] is None:
        raise lesson.fault("duration_ms", _rule("lesson_duration_ms"))
    if values["content_urls"] and language not in values["content_urls"]:
        raise lesson.fault("content_urls", _rule("lesson_content_urls"))
    if status is Status.SCHEDULED and values["publish_at"] is None:
        raise lesson.fault("publish_at", _rule("lesson_publish_at"))
    facts = LessonFacts(status, language, values["content_urls"], values["thumbnails"])
    if status in (Status.SCHEDULED, Status.PUBLISHED) and (obstacles := lifecycle.schedule_obstacles(facts)):
        raise lesson.fault(obstacles[0].field, obstacles[0].text)
    return lesson


def _values(node: Node, keys: Mapping[str, _Key]) -> Values:
    written = node.map(f"Give a map of {', '.join(keys)}.")
    for name, value in written.items():
        if name not in keys:
            nearest = get_close_matches(name, keys, 1)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"There are {', '.join(keys)}."
            raise value.fault(f"There is no such key. {hint}")
    values: Values = {}
    for name, key in keys.items():
        value = written.get(name)
        if value is not None and not value.is_null:
            values[name] = key.read(value, key.rule)
        elif key.is_required:
            raise Fault(joined(node.path, name), key.rule, node.line)
        else:
            values[name] = key.default
    return values


def _require_unique(seeds: Iterable[Seed], key: str, rule: str) -> None:
    seen: set[object] = {None}
    for seed in seeds:
        if seed.values[key] is not None and seed.values[key] in seen:
            raise seed.fault(key, rule)
        seen.add(seed.values[key])


def _require_among(seed: Seed, key: str, language: str, rule: str) -> None:
    if seed.values[key] is None:
        seed.values[key] = [language]
    if language not in seed.values[key]:
        raise seed.fault(key, rule)


def _rule(constraint: str) -> str:
    return EXPLANATIONS[constraint][2]


def _text_to(length: int) -> _Reader:
    def read(node: Node, rule: str) -> str:
        text = node.text(rule)
        if len(text) > length:
            raise node.fault(rule)
        return text

    return read


def _title(node: Node, rule: str) -> str:
    text = node.text(rule)
    if not text.strip(" ") or len(text) > lifecycle.TITLE_LENGTH:  # spaces alone, as Postgres' btrim
        raise node.fault(rule)
    return text


def _topic(node: Node, rule: str) -> str:
    name = node.text(rule)
    if not 0 < len(name) <= _TOPIC_LENGTH or name != name.strip(" "):
        raise node.fault(rule)
    return name


def _topics(node: Node, rule: str) -> list[str]:
    names = [_topic(item, _rule("topic_name")) for item in node.items(rule)]
    if len({name.lower() for name in names}) < len(names):
        raise node.fault(_rule("program_topic_pkey"))
    return names


def _one_of(choices: type[StrEnum]) -> _Reader:
    def read(node: Node, rule: str) -> str:
        text = node.text(rule)
        if text not in list(choices):
            raise node.fault(rule)
        return text

    return read


def _number_to(most: int) -> _Reader:
    return lambda node, rule: node.whole_number(rule, most=most)


def _language(node: Node, rule: str) -> str:
    return node.text_like(_LANGUAGE, rule)


def _languages(node: Node, rule: str) -> list[str]:
    languages = [_language(item, rule) for item in node.items(rule)]
    if len(set(languages)) < len(languages):
        raise node.fault(rule)
    return languages


def _url(node: Node, rule: str) -> str:
    return node.text_like(_URL, rule)


def _urls(node: Node, rule: str) -> dict[str, str]:
    return {language: _url(value, rule) for language, value in _by_language(node, rule)}


def _assets(node: Node, rule: str) -> dict[str, dict[str, str]]:
    return {language: _variants(value, rule) for language, value in _by_language(node, rule)}


def _by_language(node: Node, rule: str) -> Iterator[tuple[str, Node]]:
    for language, value in node.map(rule).items():
        if not _LANGUAGE.fullmatch(language):
            raise value.fault(rule)
        yield language, value


def _variants(node: Node, rule: str) -> dict[str, str]:
    for variant, value in node.map(rule).items():
        if variant not in lifecycle.VARIANTS:
            raise value.fault(rule)
    return {variant: _url(value, rule) for variant, value in node.map(rule).items()}


def _moment(node: Node, rule: str) -> datetime | timedelta:
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


def _past_moment(node: Node, rule: str) -> datetime | timedelta:
    moment = _moment(node, rule)
    if isinstance(moment, timedelta) and moment > timedelta():
        raise node.fault("This time is still to come. Make the lesson scheduled, and give it this time as publish_at.")
    return moment


def _list_of(read: Callable[[Node], Seed]) -> _Reader:
    return lambda node, rule: tuple(read(item) for item in node.items(rule))


_ID: Final = _Key(Node.uuid, "Give a UUID, or leave it out.")
_PROGRAM: Final[Mapping[str, _Key]] = {
    "id": _ID,
    "title": _Key(_title, _rule("program_title"), is_required=True),
    "description": _Key(_text_to(_DESCRIPTION_LENGTH), _rule("program_description"), default=""),
    "language_primary": _Key(_language, _rule("program_language_primary"), is_required=True),
    "languages_available": _Key(_languages, _rule("program_languages_available")),
    "topics": _Key(_topics, "List the topics by name.", default=[]),
    "posters": _Key(_assets, _rule("program_posters"), default={}),
    "status": _Key(_one_of(ProgramStatus), _rule("program_status"), default=ProgramStatus.DRAFT),
    "published_at": _Key(_past_moment, _rule("program_published_at")),
    "terms": _Key(_list_of(_term), "List the terms.", default=()),
}
_TERM: Final[Mapping[str, _Key]] = {
    "id": _ID,
    "term_number": _Key(_number_to(_MOST_INTEGER), _rule("term_number"), is_required=True),
    "title": _Key(_title, _rule("term_title")),
    "lessons": _Key(_list_of(_lesson), "List the lessons.", default=()),
}
_LESSON: Final[Mapping[str, _Key]] = {
    "id": _ID,
    "lesson_number": _Key(_number_to(_MOST_INTEGER), _rule("lesson_number"), is_required=True),
    "title": _Key(_title, _rule("lesson_title"), is_required=True),
    "content_type": _Key(_one_of(ContentType), _rule("lesson_content_type"), is_required=True),
    "duration_ms": _Key(_number_to(_MOST_BIGINT), _rule("lesson_duration_ms")),
    "is_paid": _Key(Node.flag, "Give true or false.", default=False),
    "content_language_primary": _Key(_language, _rule("lesson_content_language_primary"), is_required=True),
    "content_languages_available": _Key(_languages, _rule("lesson_content_languages_available")),
    "content_urls": _Key(_urls, _rule("lesson_content_urls"), default={}),
    "subtitle_urls": _Key(_urls, _rule("lesson_subtitle_urls"), default={}),
    "thumbnails": _Key(_assets, _rule("lesson_thumbnails"), default={}),
    "status": _Key(_one_of(Status), _rule("lesson_status"), default=Status.DRAFT),
    "publish_at": _Key(_moment, _rule("lesson_publish_at")),
    "published_at": _Key(_past_moment, _rule("lesson_published_at")),
    "archive_at": _Key(_moment, _rule("lesson_archive_at")),
}
_FILE: Final[Mapping[str, _Key]] = {"programs": _Key(_list_of(_program), "List the programs.", is_required=True)}

PROGRAM_COLUMNS: Final = tuple(key for key in _PROGRAM if key not in ("topics", "terms"))
TERM_COLUMNS: Final = tuple(key for key in _TERM if key != "lessons")
LESSON_COLUMNS: Final = tuple(_LESSON)
"""The keys that are columns of the same names."""
