"""What an import has done, or would do: in lines for people, by things for programs. Must not know how it is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chaishots.safe_text import visible

LISTED: Final = 50
"""Things created, changed and left as they were that people are told one by one."""
_MOST_LISTED: Final = 500
"""Those that programs are told."""
_SHOWN: Final = 60  # characters of a title


@dataclass(frozen=True, slots=True)
class Told:
    """A thing of the file: what it is, its id, its title or name, its place, and its fields that change.

    id: None of a topic that is known by its name. place: None of a topic.
    """

    kind: str
    id: str | None
    title: str | None
    place: str | None = None
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        fields = f": {', '.join(self.fields)}" if self.fields else ""
        name = self.id if self.kind == "picture" else _shown(self.title or "without a title")
        return f"{self.kind} {name}{place}{fields}"


@dataclass(frozen=True)
class Listed:
    """How many there are, and the first of them."""

    total: int = 0
    first: tuple[Told | str, ...] = ()

    @classmethod
    def of(cls, each: Sequence[Told | str]) -> "Listed":
        """All of these."""
        return cls(len(each), tuple(each[:_MOST_LISTED]))

    def lines(self, verb: str, *, listed: int = LISTED) -> Iterator[str]:
        """A line for each of the first, and one for those that are not told."""
        yield from (f"{verb} {line}" for line in self.first[:listed])
        if self.total > listed:
            yield f"{verb} {self.total - listed:,} more"


NOTHING: Final = Listed()


@dataclass(frozen=True)
class Imported:
    """What was created, what was changed and how, and what was left as it was; of a dry run, what would be.

    unknown: a sentence for each picture of the file that is not known here.
    """

    is_dry_run: bool
    created: Listed
    changed: Listed
    same: Listed
    unknown: Listed = NOTHING

    def __str__(self) -> str:
        counts = (
            f"{self.created.total:,} created, {self.changed.total:,} changed, {self.same.total:,} left as they were"
        )
        told = f"A dry run, nothing was stored. It would be: {counts}." if self.is_dry_run else f"{counts}."
        lines = [told, *self.created.lines("create"), *self.changed.lines("change"), *self.unknown.lines("left out:")]
        return "\n".join(lines)


def _shown(text: str) -> str:
    return visible(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
