"""Bodies of requests about many lessons at once: up to MOST_AT_ONCE rows, all or nothing."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.config import JsonDict

from chaishots.api.contract.requests import LessonPatch, NewLesson, ScheduleRequest
from chaishots.api.contract.values import Id, Number
from chaishots.content.editing.many_lessons import Chosen

MOST_AT_ONCE: Final = 500
_BOUNDS: Final[JsonDict] = {"minItems": 1, "maxItems": MOST_AT_ONCE}
Row = TypeVar("Row", bound=BaseModel)
Read = Annotated[
    Number | None, Field(description="The version that was read, as If-Match says it of one; left out, any will do.")
]


class _Rows(RootModel[list[Row]], Generic[Row]):
    model_config = ConfigDict(json_schema_extra=_BOUNDS, defer_build=True)

    root: Annotated[list[Row], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ChosenLesson(BaseModel):
    """A lesson, and the version that it was read at."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    lesson_id: Id
    version: Read = None

    def chosen(self) -> Chosen:
        """The lesson, as editing takes it."""
        return Chosen(self.lesson_id, self.version)


class ChosenLessons(_Rows[ChosenLesson]):
    """Up to 500 lessons; all or nothing."""


class Planned(ScheduleRequest):
    """A lesson, and when it shall go public."""

    lesson_id: Id
    version: Read = None


class ManyPlanned(_Rows[Planned]):
    """Up to 500 lessons and their times; all or nothing."""


class LessonOfTerm(NewLesson):
    """A lesson to create in a term; it begins as a draft."""

    term_id: Id

    def values(self) -> dict[str, Any]:  # Any: as NewLesson's
        """What was sent of the lesson, by column."""
        return {key: value for key, value in super().values().items() if key != "term_id"}


class NewLessons(_Rows[LessonOfTerm]):
    """Up to 500 lessons to create; all or nothing."""


class ChosenLessonPatch(LessonPatch):
    """A lesson, and what to change of it: a JSON Merge Patch. Maps are merged; null takes an entry away."""

    lesson_id: Id
    version: Read = None

    def values(self) -> dict[str, Any]:  # Any: as LessonPatch's
        """What was sent to change, by column."""
        return {key: value for key, value in super().values().items() if key not in {"lesson_id", "version"}}

    def chosen(self) -> Chosen:
        """The lesson, as editing takes it."""
        return Chosen(self.lesson_id, self.version)


class LessonsPatch(_Rows[ChosenLessonPatch]):
    """Up to 500 lessons and what to change of each; all or nothing."""

    elsewhere: ClassVar[Mapping[str, str]] = LessonPatch.elsewhere
