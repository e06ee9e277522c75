"""What the feed and webhooks tell of, and the states that webhooks are in."""

from enum import StrEnum
from typing import Final


class FeedKind(StrEnum):
    """What the feed tells of."""

    PROGRAM = "program"
    LESSON = "lesson"


class EventType(StrEnum):
    """What an event is of: what the feed tells, and what somebody has to act on."""

    LESSON_PUBLISHED = "lesson.published"
    LESSON_CHANGED = "lesson.changed"
    LESSON_REMOVED = "lesson.removed"
    PROGRAM_PUBLISHED = "program.published"
    PROGRAM_CHANGED = "program.changed"
    PROGRAM_REMOVED = "program.removed"
    LESSON_REFUSED = "lesson.refused"
    SCHEDULE_OVERDUE = "schedule.overdue"


class AlertKind(StrEnum):
    """What somebody has to act on."""

    LESSON_REFUSED = EventType.LESSON_REFUSED
    SCHEDULE_OVERDUE = EventType.SCHEDULE_OVERDUE


FEED_RESET: Final = "feed.reset"
"""Told to every webhook whose cursor leads nowhere any more: what happened in between is not known."""
TEST: Final = "webhook.test"


class WebhookStatus(StrEnum):
    """Whether a webhook is sent what happens; a paused one keeps its place."""

    ACTIVE = "active"
    PAUSED = "paused"


class PausedReason(StrEnum):
    """Why a webhook is paused: by an admin, after days of failures, or because its receiver answered 410 Gone."""

    ASKED = "asked"
    FAILING = "failing"
    GONE = "gone"


MOST_WEBHOOKS: Final = 20
MOST_EVENTS: Final = 100
"""Events of a message at most."""
ROTATION_HOURS: Final = 24
"""For how long after a rotation the former secret signs too; `chaishots_prepare_webhook` sets it."""
ATTEMPT_DAYS: Final = 30
"""How long attempts are kept."""
