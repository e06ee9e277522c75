"""What somebody changed in a text that was opened: read, compared, and told as a difference.

Conflicts with what others edited meanwhile are `conflicts.py`'s, the whole of an edit `edit_loop.py`'s. Knows
the text before and the text after. Must not know the database, nor the editor that the text was changed in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import ndiff
from typing import Any, Final, cast
from uuid import UUID

from chaishots.content.errors import BadFile
from chaishots.content.exchange import seed_format, yaml
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.file_content import Content, Seed, Values
from chaishots.content.exchange.text_editing.opened_text import Opened
from chaishots.content.exchange.yaml import Node
from chaishots.content.lifecycle import ObjectType
from chaishots.safe_text import visible

MOST_BYTES: Final = 2**20
"""The bytes that a text may have that was edited; some thousand lessons are a file, for `chaishots import`."""
TOO_LARGE: Final = f"The text is larger than {MOST_BYTES // 2**20} MiB: give what is so long to `chaishots import`."
NAME: Final = "The text"
_NEW: Final = "This id was not opened here: leave the id of what is new out, or open what has it."


@dataclass(frozen=True)
class EditedThing:
    """A thing that was changed, or is new. keys: those that changed, with what they were (None of a new one) and are.

    id: None of a new one that has none yet. is_moved: it stands in another term or program.
    """

    kind: str
    id: UUID | None
    title: str
    keys: Mapping[str, tuple[Any, Any]]  # Any: values of the format
    is_new: bool
    is_moved: bool = False

    def lines(self) -> Iterator[str]:
        """What changes, for people: a heading, and the lines that go (-) and come (+)."""
        moved = " moves here" if self.is_moved else ""
        yield f"{'new ' if self.is_new else ''}{self.kind} “{visible(self.title)}”{moved}"
        for key, (before, after) in self.keys.items():
            old, new = {} if self.is_new else dict(_leaves(key, before)), dict(_leaves(key, after))
            for name in [*new, *(old.keys() - new.keys())]:
                if old.get(name) != new.get(name):
                    yield from _changed_lines(old.get(name, ""), new.get(name, ""))


@dataclass(frozen=True)
class Edit:
    """What is to be stored. content: what changed, and what stands around it. existing: the things that have to be
    there still; versions: of those that change, what they were when they were read."""

    content: Content
    things: tuple[EditedThing, ...]
    existing: frozenset[UUID]
    versions: Mapping[UUID, int]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not self.things

    def lines(self) -> list[str]:
        """The difference, for people."""
        return [line for thing in self.things for line in thing.lines()]


def read_edit(opened: Opened, text: bytes) -> Edit:
    """What changed in a text since it was opened.

    Raises: BadFile, with all that is wrong and its lines in the text.
    """
    if len(text) > MOST_BYTES:
        raise BadFile(NAME, reason=TOO_LARGE)
    try:
        faults, before = FaultList(), seed_format.tree_of(opened.known, FaultList())
        root = seed_format.tree_of(text, faults)
        _leave_as_it_was(root, before)
        return _Comparison(opened, seed_format.parts(opened.known)).compare(seed_format.parts_of(root, faults))
    except Fault as fault:
        raise fault.of_file(NAME) from fault


def _leave_as_it_was(root: Node, before: Node) -> None:
    # A key that is left out stays as it is: also one that a new thing would have to have.
    known = {_id(node): node.value for node in _maps(before)}
    for node in _maps(root):
        was, said = known.get(_id(node)), node.value
        if isinstance(was, dict) and isinstance(said, dict):
            said.update({name: value for name, value in was.items() if name not in said and name not in _LISTS})


def _maps(node: Node) -> Iterator[Node]:
    if isinstance(node.value, dict):
        for name in _LISTS & node.value.keys():
            things = node.value[name].value
            for thing in things if isinstance(things, list) else ():
                if _id(thing):
                    yield thing
                yield from _maps(thing)


def _id(node: Node) -> str | None:
    found = node.value.get("id") if isinstance(node.value, dict) else None
    return found.value.lower() if found is not None and isinstance(found.value, str) else None


_LISTS: Final = {"topics", "releases", "programs", "terms", "lessons", "changes"}


class _Comparison:
    def __init__(self, opened: Opened, known: Content) -> None:
        self._opened = opened
        self._things: list[EditedThing] = []
        self._existing: set[UUID] = set()
        self._versions: dict[UUID, int] = {}
        self._before: dict[UUID, tuple[Seed, UUID | None]] = {}
        for program in known.programs:
            self._note(program, None)
        for other in (*known.releases, *known.changes):
            self._before[other.values["id"]] = other, None
        self._topics = {topic["id"]: topic for topic in known.topics}

    def _note(self, seed: Seed, parent: UUID | None) -> None:
        self._before[seed.values["id"]] = seed, parent
        for part in seed.parts:
            self._note(part, seed.values["id"])

    def compare(self, edited: Content) -> Edit:
        topics = tuple(topic for topic in edited.topics if self._topic(topic))
        releases = tuple(found for seed in edited.releases if (found := self._thing("release", seed, None)))
        programs = tuple(found for seed in edited.programs if (found := self._thing("program", seed, None)))
        changes = tuple(found for seed in edited.changes if (found := self._thing("change", seed, None)))
        content = replace(edited, topics=topics, releases=releases, programs=programs, changes=changes)
        return Edit(content, tuple(self._things), frozenset(self._existing), self._versions)

    def _topic(self, topic: Values) -> bool:
        key = topic["id"]
        before = self._topics.get(key) if key else None
        if key and before is None:
            raise Fault("topics", _NEW)
        said = {name: topic[name] for name in ("name", "translations") if topic.get(name) is not None}
        keys = {name: (before and before[name], value) for name, value in said.items()}
        keys = {name: pair for name, pair in keys.items() if before is None or pair[0] != pair[1]}
        if not keys:
            return False
        self._add("topic", key, topic["name"], keys, is_new=before is None)
        return True

    def _thing(self, kind: str, seed: Seed, parent: UUID | None) -> Seed | None:
        # What changed of it and in it; None when nothing did.
        key = seed.values["id"]
        before, was_in = self._before.get(key, (None, None)) if key else (None, None)
        # A release has an id from the beginning: its lessons name it by that.
        if key and before is None and kind != "release":
            raise seed.fault("id", _NEW)
        said = {name for name in seed.values if name not in seed.absent and name != "id"}
        changed = {name for name in said if before is None or seed.values[name] != before.values.get(name)}
        is_moved = before is not None and parent != was_in
        place = len(self._things)
        if changed or is_moved or before is None:
            pairs = {name: (before and before.values.get(name), seed.values[name]) for name in seed.values}
            keys = {name: pair for name, pair in pairs.items() if name in changed}
            title = seed.values.get("title") or seed.values.get("name") or self._title(kind, seed)
            self._add(kind, key if before else None, title, keys, is_new=before is None, is_moved=is_moved)
        inside = _PARTS.get(kind)
        parts = tuple(found for part in seed.parts if inside and (found := self._thing(inside, part, key)))
        if len(self._things) == place:
            return None
        if before is not None:
            self._existing.add(key)
            absent = seed.absent | {name for name in seed.values if name not in changed and name != "id"}
            # What a thing without its columns is known by stays said.
            return replace(seed, parts=parts, absent=absent)
        return replace(seed, parts=parts)

    def _title(self, kind: str, seed: Seed) -> str:
        known = self._opened.titles.get(seed.values["id"])
        if kind == "change":
            return known or f"of {', '.join(sorted(seed.values['patch']))}"
        return known or f"term {seed.values['term_number']}"

    def _add(
        self,
        kind: str,
        key: UUID | None,
        title: str,
        keys: Mapping[str, tuple[Any, Any]],
        *,
        is_new: bool,
        is_moved: bool = False,
    ) -> None:
        self._things.append(EditedThing(kind, key, title, keys, is_new, is_moved))
        if key is not None and not is_new:
            self._existing.add(key)
            self._versions[key] = self._opened.versions[key]


_PARTS: Final[Mapping[str, str]] = {"program": "term", "term": "lesson"}


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:  # Any: a value of the format
    # Each value of a map by itself, under the way to it: content_urls.te.
    if isinstance(value, dict) and value:
        for name, inside in cast("dict[str, Any]", value).items():
            yield from _leaves(f"{key}.{name}", inside)
    elif not isinstance(value, dict):
        yield key, value_text("x", value).replace("x:", f"{key}:", 1)


def _changed_lines(old: str, new: str) -> Iterator[str]:
    yield from (f"  {line}" for line in ndiff(old.splitlines(), new.splitlines()) if line[0] in "+-")


def value_text(key: str, value: Any) -> str:  # Any: a value of the format
    """A key with its value, as the text has them."""
    return yaml.written({key: _writable(value)}, 0)


def _writable(value: Any) -> Any:  # Any: a value of the format
    if isinstance(value, timedelta):
        return f"{value.total_seconds():+.0f}s"
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        return {key: _writable(each) for key, each in inside.items()}
    return value


def can_wait(edit: Edit) -> bool:
    """Whether it can be stored at a moment to come: fields of programs, terms and lessons that exist."""
    kinds = set(ObjectType)
    return all(not one.is_new and not one.is_moved and one.kind in kinds for one in edit.things)


def at_a_moment(edit: Edit, moment: datetime, zone: str | None) -> Edit:
    """The edit as scheduled changes, one a thing, which are stored now and applied at the moment."""
    changes = tuple(
        Seed(
            thing.kind,
            0,
            {
                "id": None,
                "object_type": thing.kind,
                "object_id": thing.id,
                "apply_at": moment,
                "publish_zone": zone,
                "release_id": None,
                "patch": {key: _patch(*pair) for key, pair in thing.keys.items()},
            },
            (),
            frozenset({"id", "error", "scheduled_by", "created_at", "updated_at", "version"}),
        )
        for thing in edit.things
    )
    return replace(edit, content=Content((), (), (), (), changes))


def _patch(before: Any, after: Any) -> Any:  # Any: values of the format
    # As JSON Merge Patch has it: a key of a map that is no more is null.
    if isinstance(after, dict):
        old = cast("dict[str, Any]", before) if isinstance(before, dict) else {}
        new = cast("dict[str, Any]", after)
        gone = dict.fromkeys(old.keys() - new.keys())
        return gone | {key: _patch(old.get(key), each) for key, each in new.items() if each != old.get(key)}
    return yaml.moment_text(after) if isinstance(after, datetime) else after
