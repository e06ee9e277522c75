"""The body that schedules lessons in a rhythm, and its query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chaishots.api.contract.many_lessons import MOST_AT_ONCE
from chaishots.api.contract.parameters import TrueOrFalse, said
from chaishots.api.contract.values import Id, LocalTime, RecurrenceText, ZoneName
from chaishots.content.editing.series import Drafts
from chaishots.content.errors import InvalidContent
from chaishots.content.fields import MOMENT_RULE
from chaishots.recurrence import NoRecurrence, Recurrence, read_recurrence

_ONE_OF: Final = (
    "Name lessons by lesson_ids, in their order, or the drafts of a term_id or of a program_id: one of the three."
)


class SeriesRequest(BaseModel):
    """Which lessons, named in one of three ways, and the rhythm in which they go public."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    lesson_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = Field(
        default=None, description="Lessons, in the order in which they go public."
    )
    term_id: Id | None = Field(
        default=None, description="The drafts of this term, but for those of releases, by number."
    )
    program_id: Id | None = Field(default=None, description="The drafts of this program, by term and number, likewise.")
    first: LocalTime
    zone: ZoneName
    rule: RecurrenceText

    def chosen(self) -> Drafts | Sequence[UUID]:
        """The lessons, as editing takes them. Raises: InvalidContent."""
        named: list[Drafts | Sequence[UUID]] = [self.lesson_ids] if self.lesson_ids else []
        named += [Drafts("term", self.term_id)] if self.term_id else []
        named += [Drafts("program", self.program_id)] if self.program_id else []
        if len(named) != 1:
            raise InvalidContent(_ONE_OF, field="lesson_ids")
        return named[0]

    def first_at(self) -> datetime:
        """The local time of the first. Raises: InvalidContent."""
        try:
            first = datetime.fromisoformat(self.first)
        except ValueError as error:
            raise InvalidContent(f"There is no such time: {error}.", field="first") from None
        if not 1970 <= first.year < 9000:
            raise InvalidContent(MOMENT_RULE, field="first")
        return first

    def recurrence(self) -> Recurrence:
        """The rhythm. Raises: InvalidContent."""
        try:
            return read_recurrence(self.rule)
        except NoRecurrence as error:
            raise InvalidContent(str(error), field="rule") from None


class SeriesMode(BaseModel):
    """Whether a series is only tried."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    dry_run: Annotated[TrueOrFalse | None, said("Schedule nothing; answer the moments.", True)] = None
