"""What admins are answered of webhooks: how far each has come, and what came of each try."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import CHANGED, CREATED, CURSOR, MESSAGE_ID, WEBHOOK_ID
from chaishots.api.contract.responses.answer import Answer, Count, Cursor, ShownMoment, Versioned, open_enum
from chaishots.content.event_types import EventType, PausedReason, WebhookStatus

MessageId = Annotated[str, Field(description="What `webhook-id` says; the same for each try.")]


class Attempt(Answer):
    """A try to send a message, and what came of it."""

    id: UUID
    message_id: MessageId
    at: ShownMoment
    is_test: bool
    status: Annotated[int | None, Field(description="null: nobody answered, `reason` tells why.")]
    reason: str
    latency_ms: Count
    answer: Annotated[str, Field(description="The beginning of what was answered, 1 kB at most.")]

    example = {
        "id": "0192f6a0-1a00-7ce4-8a11-5e0000000001",
        "message_id": MESSAGE_ID,
        "at": CHANGED,
        "is_test": False,
        "status": 503,
        "reason": "",
        "latency_ms": 87,
        "answer": "come back later",
    }


class Attempts(Answer):
    """A page of the attempts of the last 30 days, the newest first."""

    attempts: list[Attempt]
    next_cursor: Cursor

    example = {"attempts": [Attempt.example], "next_cursor": None}


class Webhook(Versioned):
    """A webhook, and how far it has come; never its secret. Its version tells of what admins change alone."""

    url: str
    events: list[Annotated[str, open_enum(EventType)]]
    status: Annotated[str, open_enum(WebhookStatus)]
    paused_reason: Annotated[
        Annotated[str, open_enum(PausedReason)] | None,
        Field(description="`failing`: after three days of failures; `gone`: its receiver answered 410."),
    ]
    tries: Annotated[int, Field(ge=0, description="How often what it is being sent has failed.")]
    failing_since: ShownMoment | None
    retry_at: ShownMoment | None
    cursor: Annotated[str, Field(description="Up to where of the feed all was taken; good for a replay too.")]
    behind: Annotated[int, Field(ge=0, description="How many places of the feed it is behind.")]
    lag_s: Annotated[float, Field(ge=0, description="How old the first thing is that it was not sent yet.")]
    last_attempt: Attempt | None
    former_secret_until: Annotated[ShownMoment | None, Field(description="Until when the secret before signs too.")]
    created_at: ShownMoment
    updated_at: ShownMoment

    identifies = ("webhook_id", "id")
    example = {
        "id": WEBHOOK_ID,
        "url": "https://receiver.example/hook",
        "events": ["lesson.published", "lesson.removed"],
        "status": "active",
        "paused_reason": None,
        "tries": 1,
        "failing_since": CHANGED,
        "retry_at": CHANGED,
        "cursor": CURSOR,
        "behind": 3,
        "lag_s": 4.2,
        "last_attempt": Attempt.example,
        "former_secret_until": None,
        "created_at": CREATED,
        "updated_at": CREATED,
        "version": 1,
    }


class Webhooks(Answer):
    """A page of webhooks, the newest first."""

    webhooks: list[Webhook]
    next_cursor: Cursor

    example = {"webhooks": [Webhook.example], "next_cursor": None}


class WebhookWithSecret(Webhook):
    """A webhook with a new secret, told this once."""

    secret: Annotated[str, Field(description="What its messages are signed with (Standard Webhooks).")]

    example = {**Webhook.example, "secret": "whsec_bm90IGEgcmVhbCBzZWNyZXQsIGJ1dCBsb25nIGVub3U="}


class RequestedTest(Answer):
    """A test that will be sent; the attempts tell what came of it."""

    message_id: MessageId

    example = {"message_id": MESSAGE_ID}
