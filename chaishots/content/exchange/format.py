"""The seed format: what a YAML file says of content and releases, checked before any database is asked.

Knows the keys, the shapes and the lifecycle. Must not know files, Postgres, or what is stored already.
`seeds/demo.yaml` shows and explains the format.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final

from chaishots.content import lifecycle
from chaishots.content.exchange import field_readers
from chaishots.content.exchange.field_readers import Reader, rule_of
from chaishots.content.exchange.file_content import Content, Seed, Values
from chaishots.content.exchange.yaml import Fault, Node, joined, tree
from chaishots.content.fields import ALT_RULE, LESSON, PROGRAM, RELEASE, TERM, TOPIC, Field, Kind, Writer
from chaishots.content.lifecycle import (
    ContentType,
    LessonFacts,
    ProgramFacts,
    ProgramStatus,
    ReleaseStatus,
    Status,
)


@dataclass(frozen=True)
class _Key:
    read: Reader
    rule: str
    default: Any = None  # Any: what the reader gives
    is_required: bool = False


def content(text: bytes) -> Content:
    """What a seed file says, in its order, each thing of it whole. Raises: Fault."""
    found = parts(text)
    for release in found.releases:
        require_whole_release(release)
    for program in found.programs:
        for lesson in (lesson for term in program.parts for lesson in term.parts):
            require_whole_lesson(lesson)
        require_whole_program(program)
    _require_in_step(found.releases, found.programs)
    return found


def parts(text: bytes) -> Content:
    """What a seed file says, in its order; things may lack what is known where they are stored. Raises: Fault."""
    root = tree(text)
    root.map("Give a map of programs.")
    values, _ = _values(root, _FILE)
    _require_unique(values["topics"], "id", _ONCE)
    _require_unique(values["topics"], "name", rule_of("topic_name_unique"))
    _require_unique(values["releases"], "id", _ONCE)
    found = _consistent(values["programs"])
    topics = tuple(topic.values for topic in values["topics"])
    return Content(topics, values["releases"], found, values["pictures"])


def _consistent(found: tuple[Seed, ...]) -> tuple[Seed, ...]:
    terms = [term for program in found for term in program.parts]
    lessons = [lesson for term in terms for lesson in term.parts]
    for things in found, terms, lessons:
        _require_unique(things, "id", _ONCE)
    titles = Counter(map(title_and_language, found))
    for program in found:
        if program.values["id"] is None and titles[title_and_language(program)] > 1:
            raise program.fault("id", "The file has another program of this title and language: give each an id.")
    return found


def _require_in_step(releases: Iterable[Seed], found: Iterable[Seed]) -> None:
    # Whether a release that is not in the file is stored, the database knows.
    by_id = {release.values["id"]: release.values for release in releases}
    for lesson in (lesson for program in found for term in program.parts for lesson in term.parts):
        if release := by_id.get(lesson.values["release_id"]):
            lesson.require_in_step(release)


def title_and_language(program: Seed) -> tuple[str, str]:
    """What a program without an id is known by."""
    return program.values["title"], program.values["language_primary"]


def _program(node: Node) -> Seed:
    values, absent = _values(node, _PROGRAM)
    terms: tuple[Seed, ...] = values.pop("terms")
    _fill(values, "languages_available", values["language_primary"])
    _require_unique(terms, "term_number", rule_of("term_number_unique"))
    return Seed(node.path, node.line, values, terms, absent)


def require_whole_program(program: Seed) -> None:
    """Refuse a program whose values, and those of its lessons, do not fit together. Raises: Fault."""
    values = program.values
    _require_another(program, values["language_primary"], "program_translations")
    _require_among(program, "languages_available", values["language_primary"], rule_of("program_languages_available"))
    is_public = values["status"] == ProgramStatus.PUBLISHED or (
        # The first published lesson publishes a draft.
        values["status"] == ProgramStatus.DRAFT
        and any(lesson.values["status"] == Status.PUBLISHED for term in program.parts for lesson in term.parts)
    )
    facts = ProgramFacts(ProgramStatus.DRAFT, values["language_primary"], values["posters"])
    if is_public and (obstacle := lifecycle.program_obstacle(facts)):
        raise program.fault("posters", obstacle.text)


def _topic(node: Node) -> Seed:
    values, absent = _values(node, _TOPIC)
    # A topic has no other key that says nothing when it is left out.
    return Seed(node.path, node.line, values | dict.fromkeys(absent & {"translations"}), ())


def _release(node: Node) -> Seed:
    values, absent = _values(node, _RELEASE)
    return Seed(node.path, node.line, values, (), absent)


def require_whole_release(release: Seed) -> None:
    """Refuse a release whose values do not fit together. Raises: Fault."""
    status, values = release.values["status"], release.values
    if status == ReleaseStatus.SCHEDULED and values["publish_at"] is None:
        raise release.fault("publish_at", rule_of("release_publish_at"))
    if status != ReleaseStatus.PUBLISHED and values["published_at"] is not None:
        raise release.fault("published_at", rule_of("release_published_at"))
    if status != ReleaseStatus.SCHEDULED and values["publish_error"] is not None:
        raise release.fault("publish_error", rule_of("release_publish_error"))


def _picture(node: Node) -> Seed:
    values, absent = _values(node, _PICTURE)
    if (values["id"] is None) is (values["url"] is None):
        raise Fault(joined(node.path, "id"), "Name the picture once, by its id or by its url.", node.line)
    return Seed(node.path, node.line, values, (), absent)


def _term(node: Node) -> Seed:
    values, absent = _values(node, _TERM)
    lessons: tuple[Seed, ...] = values.pop("lessons")
    _require_unique(lessons, "lesson_number", rule_of("lesson_number_unique"))
    return Seed(node.path, node.line, values, lessons, absent)


def _lesson(node: Node) -> Seed:
    values, absent = _values(node, _LESSON)
    _fill(values, "content_languages_available", values["content_language_primary"])
    return Seed(node.path, node.line, values, (), absent)


def require_whole_lesson(lesson: Seed) -> None:
    """Refuse a lesson whose values do not fit together. Raises: Fault."""
    values = lesson.values
    status, language = Status(values["status"]), values["content_language_primary"]
    _require_another(lesson, language, "lesson_translations")
    _require_among(lesson, "content_languages_available", language, rule_of("lesson_content_languages_available"))
    if values["content_type"] == ContentType.VIDEO and values["duration_ms"] is None:
        raise lesson.fault("duration_ms", rule_of("lesson_duration_ms"))
    if values["content_urls"] and language not in values["content_urls"]:
        raise lesson.fault("content_urls", rule_of("lesson_content_urls"))
    has_step = status is Status.SCHEDULED or (status is Status.PUBLISHED and values["archive_at"] is not None)
    if values["publish_error"] is not None and not has_step:
        raise lesson.fault("publish_error", rule_of("lesson_publish_error"))
    if status is Status.SCHEDULED and values["publish_at"] is None:
        raise lesson.fault("publish_at", rule_of("lesson_publish_at"))
    facts = LessonFacts(status, language, values["content_urls"], values["thumbnails"])
    if status in (Status.SCHEDULED, Status.PUBLISHED) and (obstacles := lifecycle.schedule_obstacles(facts)):
        raise lesson.fault(obstacles[0].field, obstacles[0].text)


def _values(node: Node, keys: Mapping[str, _Key]) -> tuple[Values, frozenset[str]]:
    # Null says the default, a key that is left out nothing.
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
    return values, frozenset(keys) - written.keys()


def _require_unique(seeds: Iterable[Seed], key: str, rule: str) -> None:
    seen: set[object] = {None}
    for seed in seeds:
        if seed.values[key] is not None and seed.values[key] in seen:
            raise seed.fault(key, rule)
        seen.add(seed.values[key])


def _fill(values: Values, key: str, language: str) -> None:
    if values[key] is None:
        values[key] = [language]


def _require_among(seed: Seed, key: str, language: str, rule: str) -> None:
    if language not in seed.values[key]:
        raise seed.fault(key, rule)


def _require_another(seed: Seed, language: str, rule: str) -> None:
    if language in seed.values["translations"]:
        raise seed.fault(f"translations.{language}", rule_of(rule))


def _list_of(read: Callable[[Node], Seed]) -> Reader:
    return lambda node, rule: tuple(read(item) for item in node.items(rule))


def _keys(fields: Iterable[Field], *, after: Mapping[str, tuple[str, _Key]] | None = None) -> dict[str, _Key]:
    # `after`: keys that are no columns, each with the name of the field that it follows.
    keys: dict[str, _Key] = {}
    for field in fields:
        # As an export has them; they count for what is created alone.
        default = _NOW if field.writer is Writer.DATABASE and field.kind is Kind.MOMENT else field.default
        keys[field.name] = _Key(field_readers.reader_of(field), field.rule, default, field.is_required)
        if after and field.name in after:
            keys |= [after[field.name]]
    return keys


_NOW: Final = timedelta()
_ONCE: Final = "The file has this id already: give each thing its own."
_TOPIC: Final = _keys(TOPIC)
_RELEASE: Final = _keys(RELEASE)
# The topics stand beside the languages, and what is inside comes last.
_TOPICS: Final = _Key(field_readers.topic_names, "List the topics by name.", default=[])
_PROGRAM: Final = _keys(PROGRAM, after={"languages_available": ("topics", _TOPICS)}) | {
    "terms": _Key(_list_of(_term), "List the terms.", default=())
}
_TERM: Final = _keys(TERM) | {"lessons": _Key(_list_of(_lesson), "List the lessons.", default=())}
_LESSON: Final = _keys(LESSON)
_PICTURE: Final[Mapping[str, _Key]] = {
    "id": _Key(field_readers.picture_id, "Give the picture's id: 64 digits of 0-9 and a-f."),
    "url": _Key(field_readers.picture, "Give a picture's URL, or its path beside the file."),
    "alt": _Key(field_readers.alts, ALT_RULE, is_required=True),
}
_FILE: Final[Mapping[str, _Key]] = {
    "topics": _Key(_list_of(_topic), "List the topics.", default=()),
    "releases": _Key(_list_of(_release), "List the releases.", default=()),
    "pictures": _Key(_list_of(_picture), "List the pictures.", default=()),
    "programs": _Key(_list_of(_program), "List the programs.", is_required=True),
}

RELEASE_COLUMNS: Final = tuple(_RELEASE)
PROGRAM_COLUMNS: Final = tuple(key for key in _PROGRAM if key not in ("topics", "terms"))
TERM_COLUMNS: Final = tuple(key for key in _TERM if key != "lessons")
LESSON_COLUMNS: Final = tuple(_LESSON)
"""The keys that are columns of the same names."""


# All keys of a thing in their order, also those with defaults and null: a key that is left out says nothing.


def topic_keys(values: Mapping[str, Any]) -> Values:
    """A topic's keys."""
    return _said(values, _TOPIC)


def picture_keys(picture_id: str, alt: Mapping[str, str]) -> Values:
    """A picture's keys."""
    return {"id": picture_id, "alt": alt}


def release_keys(values: Mapping[str, Any]) -> Values:
    """A release's keys."""
    return _said(values, _RELEASE)


def program_keys(values: Mapping[str, Any]) -> Values:
    """A program's keys, without its terms."""
    return _said(values, _PROGRAM)


def term_keys(values: Mapping[str, Any]) -> Values:
    """A term's keys, without its lessons."""
    return _said(values, _TERM)


def lesson_keys(values: Mapping[str, Any]) -> Values:
    """A lesson's keys."""
    return _said(values, _LESSON)


def _said(values: Mapping[str, Any], keys: Mapping[str, _Key]) -> Values:
    return {name: values[name] for name in keys if name in values}
