"""Bodies of requests about scheduled changes: a moment, and a JSON Merge Patch as a change at once takes it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from chaishots.api.contract.requests import LessonPatch, ProgramPatch, TermPatch
from chaishots.api.contract.values import Id, Moment, ZoneName
from chaishots.content.answer_format import plain
from chaishots.content.lifecycle import ObjectType

P = TypeVar("P", bound=BaseModel)
Patch = dict[str, Any]  # Any: JSON
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class _Patching(BaseModel, Generic[P]):
    model_config = ConfigDict(extra="forbid", defer_build=True)
    elsewhere: ClassVar[Mapping[str, str]] = {}

    patch: P

    def patched(self) -> Patch:
        """What was sent of the patch, in JSON, moments as answers have them."""
        return plain(self.patch.model_dump(exclude_unset=True))


class _OfProgram(_Patching[ProgramPatch]):
    elsewhere = ProgramPatch.elsewhere
    patch: Annotated[
        ProgramPatch, Field(description="As PATCH /cms/programs/{id} takes it; the slug stays, unless named.")
    ]


class _OfTerm(_Patching[TermPatch]):
    elsewhere = TermPatch.elsewhere
    patch: Annotated[TermPatch, Field(description="As PATCH /cms/terms/{id} takes it.")]


class _OfLesson(_Patching[LessonPatch]):
    elsewhere = LessonPatch.elsewhere
    patch: Annotated[LessonPatch, Field(description="As PATCH /cms/lessons/{id} takes it.")]


class _Moment(BaseModel):
    model_config = ConfigDict(defer_build=True)

    apply_at: Annotated[Moment, Field(description="When; needed, unless it joins a release.")] = _NEVER
    publish_zone: ZoneName | None = None
    release_id: Annotated[
        Id | None, Field(description="The release that it joins, open or scheduled: it takes the moment of that one.")
    ] = None

    @property
    def moment(self) -> datetime | None:
        """The moment that was sent."""
        return self.apply_at if "apply_at" in self.model_fields_set else None


class ProgramChange(_OfProgram, _Moment):
    """A change of a program, and when it shall be applied."""


class TermChange(_OfTerm, _Moment):
    """A change of a term, and when it shall be applied."""


class LessonChange(_OfLesson, _Moment):
    """A change of a lesson, and when it shall be applied."""


class ChangeEdit(BaseModel):
    """What to change of a scheduled change: its moment, its patch, or the release that it is in."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    apply_at: Moment = _NEVER
    publish_zone: ZoneName | None = Field(
        default=None,
        description="The IANA time zone in which the moment was written; a new moment without one has none.",
    )
    release_id: Annotated[
        Id | None,
        Field(description="The release that it joins; null takes it out, with the moment that it has or that is sent."),
    ] = None
    patch: Annotated[
        Patch, Field(description="In place of the one before; as PATCH of the program, term or lesson takes it.")
    ] = {}

    def values(self) -> dict[str, Any]:  # Any: one value a column
        """What was sent, by column."""
        return self.model_dump(exclude_unset=True)


OF_TYPE: Final[Mapping[ObjectType, type[_Patching[Any]]]] = {
    ObjectType.PROGRAM: _OfProgram,
    ObjectType.TERM: _OfTerm,
    ObjectType.LESSON: _OfLesson,
}
"""What checks a patch, by what it is of."""
