"""The seed format: what a YAML or JSON file says of content and releases, checked before any database is asked.

Knows the keys, the shapes and the lifecycle. Must not know files, Postgres, or what is stored already.
`seeds/demo.yaml` shows and explains the format.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final

from chaishots.content import limits
from chaishots.content.exchange import consistency, field_readers
from chaishots.content.exchange.faults import Fault, FaultList, KnownValues
from chaishots.content.exchange.field_readers import Reader, rule_of
from chaishots.content.exchange.file_content import Content, Entries, Seed, Values
from chaishots.content.exchange.json_reader import json_tree
from chaishots.content.exchange.partial_node import PartialNode
from chaishots.content.exchange.yaml import Node, joined, tree
from chaishots.content.field_kinds import Field, Kind, Writer
from chaishots.content.fields import ALT_RULE, LESSON, MAP_NAMES, PROGRAM, RELEASE, TERM, TOPIC
from chaishots.content.lifecycle import ObjectType


@dataclass(frozen=True)
class _Key:
    """How a key's value is read, by a reader or, of a list of things, item by item."""

    read: Reader
    rule: str
    default: Any = None  # Any: what the reader gives
    is_required: bool = False
    item: Callable[[Node, FaultList], Seed] | None = None


def content(text: bytes) -> Content:
    """What a seed file says, in its order, each thing of it whole. Raises: Fault, with all that is wrong."""
    faults = FaultList()
    found = _read(tree_of(text, faults), faults)
    consistency.check(found.releases, found.programs, faults)
    _check_in_step(found.releases, found.programs, faults)
    faults.require_none()
    return found


def parts(text: bytes) -> Content:
    """What a seed file says, in its order; things may lack what is known where they are stored.

    Raises: Fault, with all that is wrong, whatever it is that they lack.
    """
    faults = FaultList()
    return parts_of(tree_of(text, faults), faults)


def parts_of(root: Node, faults: FaultList) -> Content:
    """What a tree says, as `parts`. faults: has what was wrong with its values so far."""
    found = _read(root, faults)
    if faults.total:
        consistency.check(map(Seed.said, found.releases), map(Seed.said, found.programs), faults)
    faults.require_none()
    return found


def tree_of(text: bytes, faults: FaultList) -> Node:
    """The tree of a file, YAML or JSON. Raises: Fault, where it cannot be read on."""
    return json_tree(text, faults) or tree(text, faults)


def _read(root: Node, faults: FaultList) -> Content:
    root.map("Give a map of programs.")
    values, _ = _values(root, _FILE, faults)
    topics, releases, found, pictures, changes = (
        values.get(key, ()) for key in ("topics", "releases", "programs", "pictures", "changes")
    )
    _check_unique(topics, "id", _ONCE, faults)
    _check_unique(topics, "name", rule_of("topic_name_unique"), faults)
    _check_unique(releases, "id", _ONCE, faults)
    _check_consistent(found, faults)
    _check_unique(changes, "id", _ONCE, faults)
    return Content(tuple(topic.values for topic in topics), releases, found, pictures, changes)


def _check_consistent(found: tuple[Seed, ...], faults: FaultList) -> None:
    terms = [term for program in found for term in program.parts]
    lessons = [lesson for term in terms for lesson in term.parts]
    for things in found, terms, lessons:
        _check_unique(things, "id", _ONCE, faults)
    titles: Counter[tuple[str, str]] = Counter()
    for program in found:
        with faults.noting():
            titles[title_and_language(program)] += 1

    def require_id(program: Seed) -> None:
        if program.values["id"] is None and titles[title_and_language(program)] > 1:
            raise program.fault("id", "The file has another program of this title and language: give each an id.")

    for program in found:
        faults.check(require_id, program)


def _check_in_step(releases: Iterable[Seed], found: Iterable[Seed], faults: FaultList) -> None:
    # Whether a release that is not in the file is stored, the database knows.
    by_id = {release.values["id"]: release.values for release in releases if "id" in release.values}

    def require_in_step(lesson: Seed) -> None:
        if release := by_id.get(lesson.values["release_id"]):
            lesson.require_in_step(release)

    for lesson in (lesson for program in found for term in program.parts for lesson in term.parts):
        faults.check(require_in_step, lesson)


def title_and_language(program: Seed) -> tuple[str, str]:
    """What a program without an id is known by."""
    return program.values["title"], program.values["language_primary"]


def _program(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _PROGRAM, faults)
    terms: tuple[Seed, ...] = values.pop("terms", ())
    faults.check(_fill, values, "languages_available", "language_primary")
    _check_unique(terms, "term_number", rule_of("term_number_unique"), faults)
    return Seed(node.path, node.line, values, terms, absent, is_stored=bool(_stored(node)))


def _topic(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _TOPIC, faults)
    # A topic has no other key that says nothing when it is left out.
    values.update(dict.fromkeys(absent & {"translations"}))
    return Seed(node.path, node.line, values, ())


def _release(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _RELEASE, faults)
    return Seed(node.path, node.line, values, (), absent)


def _change(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _CHANGE, faults)
    if not faults.total and values["apply_at"] is None and values["release_id"] is None:
        raise Fault(joined(node.path, "apply_at"), rule_of("change_has_moment"), node.line)
    return Seed(node.path, node.line, values, (), absent)


def _picture(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _PICTURE, faults)
    with faults.noting():
        if (values["id"] is None) is (values["url"] is None):
            raise Fault(joined(node.path, "id"), "Name the picture once, by its id or by its url.", node.line)
    return Seed(node.path, node.line, values, (), absent)


def _term(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _TERM, faults)
    lessons: tuple[Seed, ...] = values.pop("lessons", ())
    _check_unique(lessons, "lesson_number", rule_of("lesson_number_unique"), faults)
    return Seed(node.path, node.line, values, lessons, absent, is_stored=bool(_stored(node)))


def _lesson(node: Node, faults: FaultList) -> Seed:
    values, absent = _values(node, _LESSON, faults)
    faults.check(_fill, values, "content_languages_available", "content_language_primary")
    entries = _entries(node, values) if isinstance(node, PartialNode) else {}
    return Seed(node.path, node.line, values, (), absent, entries, is_stored=bool(_stored(node)))


def _entries(node: PartialNode, values: Values) -> dict[str, Entries]:
    said = node.map("").keys() | node.taken_out.keys()
    maps = [name for name in _LESSON if name in MAP_NAMES & said and name in values]
    return {name: Entries(values[name], node.taken_out.get(name, frozenset())) for name in maps}


def _stored(node: Node) -> Mapping[str, Any]:
    return node.stored if isinstance(node, PartialNode) else {}


def _values(node: Node, keys: Mapping[str, _Key], faults: FaultList) -> tuple[Values, frozenset[str]]:
    # Null says the default, a key that is left out nothing. What cannot be read is left out of the values.
    written = node.map(f"Give a map of {', '.join(keys)}.")
    stored = _stored(node)
    values = KnownValues()
    meant: set[str] = set()
    for name, value in written.items():
        if name not in keys:
            nearest = get_close_matches(name, keys, 1)
            meant.update(nearest)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"There are {', '.join(keys)}."
            faults.note(value.fault(f"There is no such key. {hint}"))
    for name, key in keys.items():
        value = written.get(name)
        with faults.noting():
            if value is not None and not value.is_null:
                values[name] = _value(value, key, faults)
            elif name in meant - written.keys():
                continue
            elif name in stored and value is None:
                values[name] = stored[name]
            elif key.is_required:
                raise Fault(joined(node.path, name), key.rule, node.line)
            else:
                values[name] = key.default
    return values, frozenset(keys) - written.keys()


def _value(node: Node, key: _Key, faults: FaultList) -> Any:  # Any: what the reader gives
    if key.item is None:
        return key.read(node, key.rule)
    found: list[Seed] = []
    for item in node.items(key.rule):
        with faults.noting():
            found.append(key.item(item, faults))
    return tuple(found)


def _check_unique(seeds: Iterable[Seed], key: str, rule: str, faults: FaultList) -> None:
    seen: set[object] = {None}
    for seed in seeds:
        value = seed.values.get(key)
        if value is not None and value in seen:
            faults.note(seed.fault(key, rule))
        seen.add(value)


def _fill(values: Values, key: str, primary: str) -> None:
    if values[key] is None:
        values[key] = [values[primary]]


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
    "terms": _Key(Node.items, "List the terms.", default=(), item=_term)
}
_TERM: Final = _keys(TERM) | {"lessons": _Key(Node.items, "List the lessons.", default=(), item=_lesson)}
_LESSON: Final = _keys(LESSON)
_PICTURE: Final[Mapping[str, _Key]] = {
    "id": _Key(field_readers.picture_id, "Give the picture's id: 64 digits of 0-9 and a-f."),
    "url": _Key(field_readers.picture, "Give a picture's URL, or its path beside the file."),
    "alt": _Key(field_readers.alts, ALT_RULE, is_required=True),
}
_CHANGE: Final[Mapping[str, _Key]] = {
    "id": _Key(Node.uuid, "Give a UUID, or leave the id out."),
    "object_type": _Key(field_readers.one_of(ObjectType), "Give program, term or lesson.", is_required=True),
    "object_id": _Key(Node.uuid, "Give the id of the program, term or lesson that changes.", is_required=True),
    "apply_at": _Key(field_readers.moment, rule_of("change_apply_at")),
    "publish_zone": _Key(field_readers.zone, rule_of("change_publish_zone")),
    "release_id": _Key(Node.uuid, "Give the id of the release that it goes with."),
    "patch": _Key(field_readers.patch, rule_of("change_patch"), is_required=True),
    "error": _Key(Node.text, "Give the reason as text."),
    "scheduled_by": _Key(Node.text, "Say who scheduled it, as the history does."),
    "created_at": _Key(field_readers.past_moment, rule_of("change_created_at"), _NOW),
    "updated_at": _Key(field_readers.past_moment, rule_of("change_updated_at"), _NOW),
    "version": _Key(field_readers.number_to(limits.LAST_VERSION), rule_of("change_version"), 1),
}
_FILE: Final[Mapping[str, _Key]] = {
    "topics": _Key(Node.items, "List the topics.", default=(), item=_topic),
    "releases": _Key(Node.items, "List the releases.", default=(), item=_release),
    "pictures": _Key(Node.items, "List the pictures.", default=(), item=_picture),
    "programs": _Key(Node.items, "List the programs.", is_required=True, item=_program),
    "changes": _Key(Node.items, "List the scheduled changes.", default=(), item=_change),
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


def change_keys(values: Mapping[str, Any]) -> Values:
    """A scheduled change's keys."""
    return _said(values, _CHANGE)


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
