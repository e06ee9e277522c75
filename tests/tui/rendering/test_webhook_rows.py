"""How a webhook is told: what its last try means, what somebody has to do, and how far it is behind."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chaishots.content.event_types import EventType
from chaishots.tui.rendering.webhook_rows import Standing, standing_of, webhook_page, what_to_do

NOW = datetime(2030, 1, 7, 8, 30, tzinfo=UTC)
THEN = (NOW - timedelta(hours=3)).isoformat()


def attempt(status: int | None = 204, **given: Any) -> dict[str, Any]:
    """An attempt, as admins are answered it."""
    told = {
        "id": "1",
        "message_id": "msg_1",
        "at": THEN,
        "is_test": False,
        "reason": "",
        "latency_ms": 87,
        "answer": "",
    }
    return {**told, "status": status, **given}


def webhook(last: Mapping[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """A webhook, as admins are answered it."""
    return {
        "id": "0192f6a0-1a00-7ce4-8a11-5e0000000001", "url": "https://a.example/hook", "events": list(EventType),
        "status": "active", "paused_reason": None, "tries": 0, "failing_since": None, "retry_at": None, "behind": 0,
        "lag_s": 0.0, "last_attempt": last, "former_secret_until": None, "created_at": THEN, "updated_at": THEN,
        "version": 1, **given,
    }  # fmt: skip


def failing(last: Mapping[str, Any] | None) -> dict[str, Any]:
    """One that has failed four times."""
    return webhook(
        last, tries=4, failing_since=THEN, retry_at=(NOW + timedelta(hours=1)).isoformat(), behind=2, lag_s=60
    )


def page_of(document: Mapping[str, Any], *attempts: Mapping[str, Any]) -> list[str]:
    """Its page, field by field."""
    page = webhook_page(document, attempts, NOW)
    return [f"{one.label} {one.text}".strip() for section in page.sections for one in section.fields]


@pytest.mark.parametrize(
    ("document", "standing"),
    [
        (webhook(attempt()), Standing.WELL),
        (webhook(), Standing.NEW),
        (webhook(attempt(), behind=3, lag_s=4.0), Standing.WELL),  # it is on its way
        (webhook(attempt(), behind=3, lag_s=400.0), Standing.WAITING),
        (failing(attempt(500)), Standing.FAILING),
        ({**failing(attempt(500)), "status": "paused", "paused_reason": "asked"}, Standing.PAUSED),
        ({**failing(attempt(500)), "status": "paused", "paused_reason": "failing"}, Standing.GIVEN_UP),
        (webhook(attempt(410), status="paused", paused_reason="gone"), Standing.GIVEN_UP),
    ],
)
def test_how_it_stands(document: Mapping[str, Any], standing: Standing) -> None:
    assert standing_of(document) is standing
    assert bool(what_to_do(document)) is (standing is not Standing.WELL)


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (attempt(401), "another secret"),
        (attempt(404), "has its receiver moved?"),
        (attempt(422), "cannot read this message"),
        (attempt(429), "asked too often"),
        (attempt(302), "is not followed"),
        (attempt(503), "The receiver itself fails"),
        (attempt(418), "It answers 418. It does not take the message."),
        (attempt(None, reason="Its certificate is not valid."), "Its certificate is not valid. Does it run"),
        (attempt(None), "Nobody answered. Does it run"),
        (attempt(200, is_test=True), "It is tried again by itself"),
        (None, "It is tried again by itself"),
    ],
)
def test_what_is_to_be_done_follows_from_the_last_try(last: Mapping[str, Any] | None, told: str) -> None:
    assert told in what_to_do(failing(last))
    assert not what_to_do(failing(last)).startswith(" ")


def test_how_far_it_is_and_when_it_is_tried_again() -> None:
    told = page_of(failing(attempt(500)))
    assert (
        "behind 2 changes, the first of them 60 s old" in told
        or "behind 2 changes, the first of them 1 min old" in told
    )
    assert "failing 4 tries since 2030-01-07 05:30:00 UTC" in told
    assert "tried again in 1h, 2030-01-07 09:30:00 UTC" in told
    assert "behind nothing" in page_of(webhook(attempt()))


def test_an_answer_that_is_repeated_is_told_once() -> None:
    told = page_of(failing(None), attempt(500, answer="no"), attempt(500, answer="no"), attempt(500, answer="NO"))
    assert [line for line in told if line.startswith("answered")] == [
        "answered “no”",
        "answered the same",
        "answered “NO”",
    ]


def test_no_line_of_a_hostile_answer_stands_for_itself() -> None:
    told = page_of(failing(None), attempt(500, answer="a\x1b[2J\r\nid  forged\u202e"), attempt(None, reason="\x9b1m"))
    assert "answered “a\\x1b[2J  id  forged\\u202e”" in told
    assert "why \\x9b1m" in told
