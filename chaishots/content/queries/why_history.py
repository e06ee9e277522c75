"""Who did what brought a thing to where it stands, and when: out of the history. One statement of a few rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chaishots.database.connection import Connection
from chaishots.times import tell_time

_LOOKED_AT: Final = 200
"""Steps of a thing that are looked through at most, the newest."""

# idx_activity_object_… (object_id, seq), backwards for each.
_STEPS: Final = """
    select step.at, step.actor, step.action, step.object_id, after ? 'published_at' as is_first,
           (after ->> 'publish_at')::timestamptz as moment, after ? 'archive_at' as sets_end,
           (after ->> 'archive_at')::timestamptz as end_at
      from unnest($1::uuid[]) as wanted (id) cross join lateral (
           select * from activity
            where object_id = wanted.id and (after ?| array['publish_at', 'archive_at', 'status'] or after is null)
            order by seq desc limit $2) as step
     order by step.seq desc
"""


@dataclass(frozen=True)
class Step:
    """One line of the history. is_first: it made the thing public for the first time. moment: the publish_at it set."""

    at: datetime
    actor: str
    action: str
    object_id: UUID
    is_first: bool
    moment: datetime | None
    sets_end: bool
    end_at: datetime | None

    def told(self) -> str:
        """Who did it, and when."""
        return f"by {self.actor}, {tell_time(self.at)}"


@dataclass(frozen=True)
class PastSteps:
    """What became of some things, the newest first."""

    steps: Sequence[Step]

    def moment_of(self, thing: UUID) -> Step | None:
        """The step that set when it is published."""
        return self._last(thing, lambda step: step.moment is not None)

    def end_of(self, thing: UUID) -> Step | None:
        """The step that set when it is archived by itself."""
        return self._last(thing, lambda step: step.sets_end and step.end_at is not None)

    def taken_down(self, thing: UUID) -> Step | None:
        """The step that archived it."""
        return self._last(thing, lambda step: step.action.endswith(".archive"))

    def published_again(self, thing: UUID) -> Step | None:
        """The step that made it public, when that was not for the first time; None as well when it never was."""
        again = (".publish", ".restore") if self._is_program(thing) else (".publish",)
        step = self._last(thing, lambda step: step.action.endswith((".publish", ".restore")))
        return step if step and step.action.endswith(again) and not step.is_first else None

    def is_by_its_end(self, down: Step) -> bool:
        """Whether it was taken down because its scheduled end had come."""
        before = [step for step in self.steps if step.object_id == down.object_id and step.at < down.at]
        end = next((step.end_at for step in before if step.sets_end), None)
        return end is not None and end <= down.at

    def _is_program(self, thing: UUID) -> bool:
        return any(step.object_id == thing and step.action.startswith("program.") for step in self.steps)

    def _last(self, thing: UUID, fits: Callable[[Step], bool]) -> Step | None:
        return next((step for step in self.steps if step.object_id == thing and fits(step)), None)


async def read_past_steps(connection: Connection, things: Iterable[UUID | None]) -> PastSteps:
    """What became of these things."""
    rows = await connection.fetch(_STEPS, [thing for thing in things if thing], _LOOKED_AT)
    return PastSteps([Step(**row) for row in rows])
