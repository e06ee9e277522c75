"""When each action is allowed, and what is asked first: tables over every state."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from chaishots.content.lifecycle import LESSON_TRANSITIONS, ProgramStatus, Status
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, Tally
from chaishots.tui.actions.possible_actions import Action, question, why_not

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def lesson(status: str = "draft", **given: Any) -> LessonRow:
    """A lesson's line."""
    values: dict[str, Any] = {
        "id": uuid4(), "term_id": uuid4(), "program_id": uuid4(), "program_title": "Chai",
        "program_status": "published", "term_number": 1, "lesson_number": 1,
        "title": "Ginger", "status": status, "content_type": "video",
        "is_paid": False, "languages": ["en"], "publish_at": NOW if status == "scheduled" else None,
        "publish_zone": None, "published_at": None, "archive_at": None, "archive_zone": None,
        "publish_error": None, "release_id": None, "version": 1,
    }  # fmt: skip
    values |= given
    values |= {"status": Status(values["status"]), "program_status": ProgramStatus(values["program_status"])}
    return LessonRow(**values)


def program(status: str = "published", *, published: int = 1, scheduled: int = 0) -> ProgramRow:
    """A program's line."""
    return ProgramRow(uuid4(), "Chai", ProgramStatus(status), ["en"], 1, 1, Tally(0, scheduled, published, 0, 0, None))


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize(
    ("action", "becomes"),
    [(Action.PUBLISH, Status.PUBLISHED), (Action.SCHEDULE, Status.SCHEDULED), (Action.ARCHIVE, Status.ARCHIVED)],
)
def test_a_step_is_allowed_when_the_lifecycle_allows_it(status: Status, action: Action, becomes: Status) -> None:
    refused = why_not(action, [lesson(status)], read_only=False, is_away=False)
    assert (refused is None) == (becomes in LESSON_TRANSITIONS[status])


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.UNSCHEDULE, {Status.SCHEDULED}),
        (Action.RESTORE, {Status.ARCHIVED}),
        (Action.END, {Status.DRAFT, Status.SCHEDULED, Status.PUBLISHED}),
    ],
)
def test_the_other_steps_each_have_their_states(action: Action, allowed: set[Status]) -> None:
    fits = {status for status in Status if why_not(action, [lesson(status)], read_only=False, is_away=False) is None}
    assert fits == allowed


@pytest.mark.parametrize("action", list(Action))
def test_nothing_is_allowed_when_it_is_read_only_or_away_or_nothing_is_selected(action: Action) -> None:
    assert "read only" in (why_not(action, [lesson()], read_only=True, is_away=False) or "")
    assert "away" in (why_not(action, [lesson()], read_only=False, is_away=True) or "")
    assert "Select" in (why_not(action, [], read_only=False, is_away=False) or "")


def test_a_lesson_of_a_release_goes_out_with_it() -> None:
    for action in (Action.PUBLISH, Action.SCHEDULE, Action.UNSCHEDULE):
        found = why_not(action, [lesson("scheduled", release_id=uuid4())], read_only=False, is_away=False)
        assert "release" in (found or "")


def test_several_lessons_take_a_step_together_when_each_can() -> None:
    pair = [lesson(), lesson("scheduled")]
    assert why_not(Action.SCHEDULE, pair, read_only=False, is_away=False) is None
    assert why_not(Action.ARCHIVE, pair, read_only=False, is_away=False) is None
    assert "one by one" in (why_not(Action.END, pair, read_only=False, is_away=False) or "")
    assert "only lessons" in (why_not(Action.ARCHIVE, [*pair, program("draft")], read_only=False, is_away=False) or "")
    mixed = [*pair, lesson("published", title="Public")]
    assert "Public" in (why_not(Action.SCHEDULE, mixed, read_only=False, is_away=False) or "")


@pytest.mark.parametrize(
    ("action", "allowed"),
    [(Action.ARCHIVE, {"draft", "published"}), (Action.RESTORE, {"archived"}), (Action.PUBLISH, set())],
)
def test_a_program_follows_its_lessons_but_is_archived_and_restored(action: Action, allowed: set[str]) -> None:
    states = ("draft", "published", "archived")
    fits = {state for state in states if why_not(action, [program(state)], read_only=False, is_away=False) is None}
    assert fits == allowed


@pytest.mark.parametrize(
    ("action", "target", "says"),
    [
        (Action.PUBLISH, lesson(), "Everybody sees it at once"),
        (Action.PUBLISH, lesson(program_status="draft"), "Its program goes public with it"),
        (Action.ARCHIVE, lesson("published"), "disappears from the catalog at once"),
        (Action.ARCHIVE, lesson("published", program_status="archived"), "sees no difference"),
        (Action.ARCHIVE, lesson("draft"), "does not see it"),
        (Action.UNSCHEDULE, lesson("scheduled"), "will not go public"),
        (Action.ARCHIVE, program(published=3, scheduled=2), "3 public lessons disappear"),
        (Action.ARCHIVE, program(published=3, scheduled=2), "2 scheduled lessons will be blocked"),
        (Action.ARCHIVE, program("draft"), "does not see it"),
        (Action.RESTORE, program("archived"), "public again at once"),
        (Action.RESTORE, program("archived", published=0), "a draft then"),
    ],
)
def test_the_question_says_what_the_public_will_see(action: Action, target: LessonRow | ProgramRow, says: str) -> None:
    assert says in (question(action, target) or "")


def test_what_the_public_sees_nothing_of_is_not_asked() -> None:
    assert question(Action.RESTORE, lesson("archived")) is None
