"""What somebody else has changed of the same things between the opening of a text and its storing.

Knows the text as it was opened, as it was edited, and as it would be opened now. Must not know who is asked then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chaishots.content.exchange.file_content import Seed
from chaishots.content.exchange.text_editing.edited_text import Edit, EditedThing, read_edit, value_text
from chaishots.content.exchange.text_editing.opened_text import Opened
from chaishots.safe_text import visible


@dataclass(frozen=True)
class Overlap:
    """A key that somebody else has changed since the text was opened: what it was, is now, and would become."""

    id: UUID
    thing: str
    key: str
    before: Any  # Any: values of the format
    theirs: Any
    mine: Any

    def lines(self) -> Iterator[str]:
        """The three, for people."""
        yield f"{self.thing}: {self.key}"
        for who, value in ("it was", self.before), ("theirs", self.theirs), ("yours ", self.mine):
            first, *rest = value_text(self.key, value).rstrip("\n").splitlines()
            yield f"  {who}: {first.removeprefix(f'{self.key}:').strip()}"
            yield from (f"          {line.strip()}" for line in rest)


@dataclass(frozen=True)
class Meanwhile:
    """What somebody else has changed. others: their changes where nothing of ours is. overlaps: where both changed."""

    others: tuple[EditedThing, ...]
    overlaps: tuple[Overlap, ...]

    def lines(self) -> list[str]:
        """All of it, for people."""
        told = [line for thing in self.others for line in thing.lines()]
        return told + [line for overlap in self.overlaps for line in overlap.lines()]


def find_meanwhile(opened: Opened, newest: Opened, edit: Edit) -> Meanwhile:
    """What others changed between the opening and now, and where that is what this edit changes too."""
    theirs = read_edit(opened, newest.known)
    mine = {thing.id: thing.keys for thing in edit.things if thing.id is not None}
    others: list[EditedThing] = []
    overlaps: list[Overlap] = []
    for thing in theirs.things:
        assert thing.id is not None  # what is stored has one
        ours = mine.get(thing.id, {})
        both = [name for name in thing.keys if name in ours and thing.keys[name][1] != ours[name][1]]
        named = f"{thing.kind} “{visible(thing.title)}”"
        overlaps += [Overlap(thing.id, named, name, *thing.keys[name], ours[name][1]) for name in both]
        rest = {name: pair for name, pair in thing.keys.items() if name not in both}
        if rest:
            others.append(replace(thing, keys=rest))
    return Meanwhile(tuple(others), tuple(overlaps))


def over_newest(newest: Opened, edit: Edit) -> Edit:
    """The same edit, meant for what is stored now."""
    versions = {key: newest.versions[key] for key in edit.versions if key in newest.versions}
    return replace(edit, versions=versions)


def without(edit: Edit, overlaps: Iterable[Overlap]) -> Edit:
    """The edit without the keys that others changed too."""
    theirs: dict[UUID, set[str]] = {}
    for overlap in overlaps:
        theirs.setdefault(overlap.id, set()).add(overlap.key)
    left: list[EditedThing] = []
    for thing in edit.things:
        taken = theirs.get(thing.id, set[str]()) if thing.id else set[str]()
        keys = {name: pair for name, pair in thing.keys.items() if name not in taken}
        if keys or thing.is_new or thing.is_moved:
            left.append(replace(thing, keys=keys))
    changed = {thing.id for thing in left}

    def leave(seed: Seed) -> Seed:
        absent = seed.absent | theirs.get(seed.values["id"], set[str]())
        return replace(seed, absent=absent, parts=tuple(map(leave, seed.parts)))

    content = replace(
        edit.content,
        topics=tuple(topic for topic in edit.content.topics if not topic["id"] or topic["id"] in changed),
        releases=tuple(map(leave, edit.content.releases)),
        programs=tuple(map(leave, edit.content.programs)),
        changes=tuple(map(leave, edit.content.changes)),
    )
    versions = {key: version for key, version in edit.versions.items() if key in changed}
    return replace(edit, content=content, things=tuple(left), versions=versions)
