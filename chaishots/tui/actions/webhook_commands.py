"""What can be done with a webhook: why not now, what to ask first, and doing it, at the version that was shown."""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from chaishots.content.event_types import MOST_WEBHOOKS, ROTATION_HOURS
from chaishots.content.paging import Window
from chaishots.content.queries.history_filter import NotUnderstood, read_since
from chaishots.database.connection import Connection
from chaishots.times import team_zone
from chaishots.tui.actions.possible_actions import Key, why_not_change
from chaishots.tui.rendering.formatting import count
from chaishots.tui.rendering.webhook_rows import Document, WebhookRow, short_url
from chaishots.tui.state.session import Session

_ATTEMPTS: Final = 10


class Step(StrEnum):
    """What an admin can do with a webhook."""

    PAUSE = "pause"
    TRY = "try"
    TEST = "test"
    REPLAY = "replay"
    ROTATE = "rotate"
    DELETE = "delete"


STEPS: Final = {
    Step.PAUSE: Key("P", "Pause", "Pause it, or resume it: it is then sent what it missed"),
    Step.TRY: Key("S", "Try now", "Send now what would be tried again later"),
    Step.TEST: Key("C", "Test", "Check it: send a test, also to one that is paused"),
    Step.REPLAY: Key("R", "Replay", "Replay: send again what happened since a moment, or go on behind what it refuses"),
    Step.ROTATE: Key("K", "New secret", "Rotate its secret: a new key to sign with, shown once"),
    Step.DELETE: Key("x", "Delete", "Delete it with its attempts"),
}


async def read_webhooks(connection: Connection) -> list[WebhookRow]:
    """All webhooks, the newest first."""
    from chaishots.content.webhooks import endpoints

    page = await endpoints.webhooks(connection, Window(MOST_WEBHOOKS))
    documents: list[Document] = [json.loads(text) for text in page.documents]
    return [WebhookRow(UUID(document["id"]), document=document) for document in documents]


async def read_webhook(connection: Connection, webhook_id: UUID) -> tuple[Document, Sequence[Document]]:
    """A webhook and its last attempts, the newest first. Raises: NotFound."""
    from chaishots.content.webhooks import endpoints

    document = await endpoints.webhook(connection, webhook_id)
    page = await endpoints.attempts(connection, webhook_id, Window(_ATTEMPTS))
    return json.loads(document.text), [json.loads(text) for text in page.documents]


def why_not(session: Session, step: Step, row: WebhookRow | None) -> str | None:
    """Why a step is not possible now; None when it is."""
    if refused := why_not_change(read_only=session.options.read_only, is_away=session.is_away):
        return refused
    if row is None:
        return "Select a webhook first."
    if step is Step.TRY and row.is_paused:
        return "It is paused: P resumes it, and then it is tried at once. C sends a test, also now."
    if step is Step.TRY and not row.document["tries"]:
        return "Nothing waits to be tried again: it took all that it was sent. C sends a test."
    return None


def question(step: Step, row: WebhookRow) -> str | None:
    """The question before a step; None for one that is harmless or can be taken back."""
    where, behind = short_url(row.document["url"]), row.document["behind"]
    if step is Step.ROTATE:
        return (
            f"Give the webhook to {where} another secret?\n\nIt is shown once. For {ROTATION_HOURS} hours the former "
            "one signs too: in that time its receiver has to be given the new one."
        )
    if step is Step.DELETE:
        missed = f" {count(behind, 'change')} that it was not sent yet, it never hears of." if behind else ""
        return (
            f"Delete the webhook to {where}?\n\nNothing more is sent to it, and its attempts are gone.{missed} "
            "It cannot be taken back: P only pauses it."
        )
    if step is Step.PAUSE and not row.is_paused:
        return f"Pause the webhook to {where}?\n\nIt is sent nothing until it is resumed, and then what it missed."
    return None


def read_place(text: str, now: datetime) -> datetime:
    """The moment since which a webhook is to be sent again what happened. Raises: NotUnderstood."""
    typed = text.strip().casefold()
    if not typed:
        raise NotUnderstood("Since when? -2h, today, yesterday, 2026-11-20, or now.")
    since = now if typed == "now" else read_since(text, now, team_zone())
    if since > now:
        raise NotUnderstood("This time is to come: nothing happened after it yet.")
    return since


async def perform(step: Step, row: WebhookRow, actor: str) -> str:
    """Pause or resume it, have it tried or tested, or delete it; what is told of that. Raises: a ContentError."""
    from chaishots.content.webhooks import endpoints

    where, key, version = short_url(row.document["url"]), row.webhook_id, row.document["version"]
    if step is Step.PAUSE:
        status = "active" if row.is_paused else "paused"
        await endpoints.change_webhook(key, {"status": status}, version=version, actor=actor)
        resumed = f"{where} is resumed: what it missed is sent."
        return resumed if row.is_paused else f"{where} is paused. P resumes it."
    if step is Step.DELETE:
        await endpoints.delete_webhook(key, version=version, actor=actor)
        return f"The webhook to {where} is deleted."
    if step is Step.TRY:
        await endpoints.try_now(key, actor=actor)
        return f"{where} is tried by the leader now."
    await endpoints.request_test(key, actor=actor)
    return f"A test is sent to {where} by the leader: what comes of it stands below."


async def replay(row: WebhookRow, since: datetime, actor: str) -> str:
    """Send it again what happened since a moment; what is told of that. Raises: a ContentError."""
    from chaishots.content.webhooks import endpoints

    await endpoints.replay(row.webhook_id, since=since, version=row.document["version"], actor=actor)
    later = " Once it is resumed (P), that is." if row.is_paused else ""
    return f"{short_url(row.document['url'])} is sent what happened since then.{later}"


async def rotate(row: WebhookRow, actor: str) -> str:
    """Give it another secret, which is told this once. Raises: a ContentError."""
    from chaishots.content.webhooks import endpoints

    return await endpoints.rotate_secret(row.webhook_id, version=row.document["version"], actor=actor)
