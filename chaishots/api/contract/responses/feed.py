"""What the feed answers: programs and lessons as the catalog shows them, each by itself, and what is public no more."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import LESSON_ID, PROGRAM_ID, TERM_ID
from chaishots.api.contract.responses.answer import Answer, open_enum
from chaishots.api.contract.responses.catalog import CatalogLesson, ProgramShown, TermShown
from chaishots.content.event_types import FeedKind

NextPlace = Annotated[str, Field(description="Keep it, and send it as `cursor` for what comes next; always there.")]


class ChangedProgram(ProgramShown):
    """A program that is new or has changed, with its terms; its lessons come by themselves."""

    type: Literal["program"]
    terms: list[TermShown]

    example = {"type": "program", **ProgramShown.example, "terms": [TermShown.example]}


class ChangedLesson(CatalogLesson):
    """A lesson that is new or has changed."""

    type: Literal["lesson"]
    term_id: UUID
    program_id: UUID

    example = {"type": "lesson", **CatalogLesson.example, "term_id": TERM_ID, "program_id": PROGRAM_ID}


class TakenDown(Answer):
    """What was public and is no more: forget it."""

    type: Annotated[str, open_enum(FeedKind)]
    id: UUID
    deleted: Literal[True]

    example = {"type": "lesson", "id": LESSON_ID, "deleted": True}


class CatalogChanges(Answer):
    """What changed in public, in the order of the feed."""

    changes: list[ChangedProgram | ChangedLesson | TakenDown]
    next_cursor: NextPlace
    has_more: Annotated[bool, Field(description="Whether there is more by now: then ask on at once.")]

    example = {
        "changes": [ChangedProgram.example, ChangedLesson.example, TakenDown.example],
        "next_cursor": "WzQyLDgxOTg1NTI5MjE2LDBd",
        "has_more": False,
    }
