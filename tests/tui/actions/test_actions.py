"""When each step is allowed, and what is asked first: tables over every state."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from chaishots.content.lifecycle import LESSON_TRANSITIONS, Status
from chaishots.content.queries.tree import LessonRow, ProgramRow, Tally
from chaishots.tui.actions.actions import Step, question, why_not

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def lesson(status: str = "draft", **given: Any) -> LessonRow:
    """A lesson's line."""
    values: dict[str, Any] = {
        "id": uuid4(), "term_id": uuid4(), "program_id": uuid4(), "program_title": "Chai",
        "program_status": "published", "term_number": 1, "lesson_number": 1,
        "title": "Ginger", "status": status, "content_type": "video",
        "is_paid": False, "languages": ["en"], "publish_at": NOW if status == "scheduled" else None,
        "published_at": None, "archive_at": None, "publish_error": None, "release_id": None, "version": 1,
    }  # fmt: skip
    return LessonRow(**{**values, **given})


def program(status: str = "published", *, published: int = 1, scheduled: int = 0) -> ProgramRow:
    """A program's line."""
    return ProgramRow(uuid4(), "Chai", status, ["en"], 1, 1, Tally(0, scheduled, published, 0, 0, None))


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize(
    ("step", "becomes"),
    [(Step.PUBLISH, Status.PUBLISHED), (Step.SCHEDULE, Status.SCHEDULED), (Step.ARCHIVE, Status.ARCHIVED)],
)
def test_a_step_is_allowed_when_the_lifecycle_allows_it(status: Status, step: Step, becomes: Status) -> None:
    refused = why_not(step, [lesson(status)], read_only=False, is_away=False)
    assert (refused is None) == (becomes in LESSON_TRANSITIONS[status])


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        (Step.UNSCHEDULE, {Status.SCHEDULED}),
        (Step.RESTORE, {Status.ARCHIVED}),
        (Step.END, {Status.DRAFT, Status.SCHEDULED, Status.PUBLISHED}),
    ],
)
def test_the_other_steps_each_have_their_states(step: Step, allowed: set[Status]) -> None:
    fits = {status for status in Status if why_not(step, [lesson(status)], read_only=False, is_away=False) is None}
    assert fits == allowed


@pytest.mark.parametrize("step", list(Step))
def test_nothing_is_allowed_when_it_is_read_only_or_away_or_nothing_is_selected(step: Step) -> None:
    assert "read only" in (why_not(step, [lesson()], read_only=True, is_away=False) or "")
    assert "away" in (why_not(step, [lesson()], read_only=False, is_away=True) or "")
    assert "Select" in (why_not(step, [], read_only=False, is_away=False) or "")


def test_a_lesson_of_a_release_goes_out_with_it() -> None:
    for step in (Step.PUBLISH, Step.SCHEDULE, Step.UNSCHEDULE):
        found = why_not(step, [lesson("scheduled", release_id=uuid4())], read_only=False, is_away=False)
        assert "release" in (found or "")


def test_several_are_only_scheduled() -> None:
    pair = [lesson(), lesson("scheduled")]
    assert why_not(Step.SCHEDULE, pair, read_only=False, is_away=False) is None
    assert "one by one" in (why_not(Step.ARCHIVE, pair, read_only=False, is_away=False) or "")
    mixed = [*pair, lesson("published", title="Public")]
    assert "Public" in (why_not(Step.SCHEDULE, mixed, read_only=False, is_away=False) or "")


@pytest.mark.parametrize(
    ("step", "allowed"), [(Step.ARCHIVE, {"draft", "published"}), (Step.RESTORE, {"archived"}), (Step.PUBLISH, set())]
)
def test_a_program_follows_its_lessons_but_is_archived_and_restored(step: Step, allowed: set[str]) -> None:
    states = ("draft", "published", "archived")
    fits = {state for state in states if why_not(step, [program(state)], read_only=False, is_away=False) is None}
    assert fits == allowed


@pytest.mark.parametrize(
    ("step", "target", "says"),
    [
        (Step.PUBLISH, lesson(), "Everybody sees it at once"),
        (Step.PUBLISH, lesson(program_status="draft"), "Its program goes public with it"),
        (Step.ARCHIVE, lesson("published"), "disappears from the catalog at once"),
        (Step.ARCHIVE, lesson("published", program_status="archived"), "sees no difference"),
        (Step.ARCHIVE, lesson("draft"), "does not see it"),
        (Step.UNSCHEDULE, lesson("scheduled"), "will not go public"),
        (Step.ARCHIVE, program(published=3, scheduled=2), "3 public lessons disappear"),
        (Step.ARCHIVE, program(published=3, scheduled=2), "2 scheduled lessons will be blocked"),
        (Step.ARCHIVE, program("draft"), "does not see it"),
        (Step.RESTORE, program("archived"), "public again at once"),
        (Step.RESTORE, program("archived", published=0), "a draft then"),
    ],
)
def test_the_question_says_what_the_public_will_see(step: Step, target: LessonRow | ProgramRow, says: str) -> None:
    assert says in (question(step, target) or "")


def test_what_the_public_sees_nothing_of_is_not_asked() -> None:
    assert question(Step.RESTORE, lesson("archived")) is None
