"""What the rules of content refuse: a code, the field it is about, and what to do next.

Knows no status of HTTP; `api/problem_of_error.py` gives each class its own, the command line makes a sentence of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

from chaishots.content.lifecycle import Obstacle


class ContentError(Exception):
    """A request that the rules of content refuse; its text says what to do next."""

    code: ClassVar[str]

    def __init__(self, text: str, *, field: str | None = None) -> None:
        super().__init__(text)
        self.field = field


class NotFound(ContentError):
    """There is no such thing, or it is not public."""

    code = "not_found"


class Gone(NotFound):
    """It was public once, and was taken down."""

    code = "gone"


class CursorExpired(NotFound):
    """A cursor from before the feed begins, or of another history."""

    code = "cursor_expired"


class Moved(NotFound):
    """What is asked for has another address now.

    slug: the one that it has. location: its whole address, where that is known.
    """

    code = "moved"

    def __init__(self, slug: str, location: str = "") -> None:
        super().__init__("It has another address now, which Location names.")
        self.slug = slug
        self.location = location


class InvalidContent(ContentError):
    """A value breaks a rule of the content model; the field says which."""

    code = "invalid_content"


class Conflict(ContentError):
    """Something that must be unique is there already."""

    code = "conflict"


class ChangedSince(Conflict):
    """Something else has changed the same since: it is taken back only by force.

    told: who has, and what; its text has the advice behind that, which is for who sends requests. Who asks people
    himself, as the terminal does, shows `told` alone.
    """

    def __init__(self, told: str, advice: str, *, field: str) -> None:
        super().__init__(f"{told}: {advice}", field=field)
        self.told = told


class InvalidTransition(ContentError):
    """The thing is not in a state from which it can become what was asked."""

    code = "invalid_transition"


class VersionConflict(ContentError):
    """The thing was changed by somebody else since it was read."""

    code = "version_conflict"

    def __init__(self, current: int) -> None:
        super().__init__(f"It has changed since you read it: read it again (it is at version {current} now) and retry.")
        self.current = current


class NotPublishable(ContentError):
    """Something keeps the lesson from being published; `obstacles` lists all of it, the gravest first."""

    code = "not_publishable"

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(" ".join(obstacle.text for obstacle in obstacles), field=obstacles[0].field)
        self.obstacles = obstacles


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one of many things that were asked for at once."""

    row: int
    field: str | None
    text: str


class RowsRefused(ContentError):
    """Some of many things asked for at once are refused, and none was done; `faults` names each."""

    code = "rows_refused"

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(
            f"Nothing was done: {len(faults)} of the rows cannot be. Mend or leave them out, and send it again."
        )
        self.faults = faults


@dataclass(frozen=True)
class FileFault:
    """What is wrong with a file: the path to the value, such as `programs[2].title`, the line if known, the rule."""

    place: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.place or 'top level'}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The rule and the line."""
        return f"{self.text} (Line {self.line}.)" if self.line else self.text


class BadFile(ContentError):
    """A file of content that cannot be read or breaks rules, so nothing of it was stored.

    faults: the first of what is wrong, by line. total: how many faults there are.
    """

    code = "bad_file"

    def __init__(self, name: str, faults: Sequence[FileFault] = (), total: int = 0, *, reason: str = "") -> None:
        self.faults, self.total = faults, total
        self._made_of = name, faults, total, reason
        if total > 1:
            super().__init__(f"{name}: {total:,} faults, nothing was stored.", field=faults[0].place)
        else:
            super().__init__(f"{name}: {reason or faults[0]}", field=faults[0].place if faults else None)

    def __reduce__(self) -> tuple[Any, ...]:  # Any: as pickle has it
        name, faults, total, reason = self._made_of
        return partial(BadFile, name, faults, total, reason=reason), ()

    def lines(self) -> Iterator[str]:
        """A line for each of several faults, and one for those that are not told."""
        if self.total > 1:
            yield from map(str, self.faults)
        if self.total > len(self.faults):
            yield f"… and {self.total - len(self.faults):,} more"


def twice(keys: Sequence[object], field: str) -> list[RowFault]:
    """A fault for each of many things asked for at once that another of them names too."""
    places: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    named = ((place, [other for other in same if other != place]) for same in places.values() for place in same)
    return sorted(
        (
            RowFault(place, field, f"Name it once: row {', '.join(map(str, others))} names it too.")
            for place, others in named
            if others
        ),
        key=lambda fault: fault.row,
    )


class RefusedByDatabase(ContentError):
    """A rule of the database refuses it that is none of ours: a trigger or constraint of whoever runs it."""

    code = "refused_by_database"


class PictureRefused(ContentError):
    """The picture is broken, too large, or more than a picture."""

    code = "picture_refused"

    def __init__(self, text: str) -> None:
        super().__init__(text, field="picture")


class UnsupportedPicture(PictureRefused):
    """What was sent is no picture of a format that is taken."""

    code = "unsupported_picture"


@dataclass(frozen=True)
class PictureUse:
    """What uses a picture. kind: program or lesson; title: what that is called."""

    kind: str
    id: UUID
    title: str


class PictureInUse(ContentError):
    """The picture is used; `uses` says by what, the first of them at least."""

    code = "picture_in_use"

    def __init__(self, uses: Sequence[PictureUse]) -> None:
        named = ", ".join(f"the {use.kind} {use.title!r} ({use.id})" for use in uses[:3])
        super().__init__(f"The picture is used: give another one first to {named}{', …' if len(uses) > 3 else ''}.")
        self.uses = uses


IN_RELEASE: Final = "The lesson goes public with its release: take it out of the release first, or change the release."
