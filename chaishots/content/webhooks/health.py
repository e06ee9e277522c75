"""How webhooks stand, for whoever looks after them: metrics and `status`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from chaishots.content.event_types import MOST_WEBHOOKS, PausedReason
from chaishots.database.connection import Connection
from chaishots.safe_text import visible
from chaishots.times import tell_time

LONG_FAILING: Final = timedelta(hours=1)
"""How long one message may be refused before somebody is told to act: it is sent again for three days, and all that
comes after it waits. A restart, or a deploy that went wrong, is over by then."""

# How far it is behind: the age of the first thing that it was not sent yet.
LAG_SQL: Final = """
    coalesce(extract(epoch from clock_timestamp() - coalesce(
        delivery.message_at,
        (select changed_at from feed where position > delivery.position order by position limit 1))), 0)
"""
_STANDING: Final = f"""
    select webhook.id, webhook.url, webhook.paused_reason, delivery.tries, delivery.failing_since,
           round(coalesce(extract(epoch from clock_timestamp() - delivery.failing_since), 0), 3)::float8 as failing_s,
           round(greatest({LAG_SQL}, 0), 3)::float8 as lag_s
      from webhook join webhook_delivery as delivery on delivery.webhook_id = webhook.id
     order by webhook.id limit $1
"""


@dataclass(frozen=True)
class WebhookStanding:
    """How a webhook stands.

    host: where it leads; the rest of its URL may be secret. paused_reason: None while it is active. tries: failures in
    a row, the first of them at failing_since, failing_s ago by the database's clock. lag_s: how old the first thing is
    that it was not sent yet.
    """

    webhook_id: UUID
    host: str
    paused_reason: PausedReason | None
    tries: int
    failing_since: datetime | None
    lag_s: float
    failing_s: float = 0

    @property
    def is_well(self) -> bool:
        """Whether it is sent what happens, and takes it."""
        return self.paused_reason is None and not self.tries

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to see to its receiver: it was given up, or has refused the same message for long.

        An admin who paused it knows of it.
        """
        if self.paused_reason is None:
            return self.failing_s >= LONG_FAILING.total_seconds()
        return self.paused_reason is not PausedReason.ASKED


async def webhook_standings(connection: Connection) -> list[WebhookStanding]:
    """How each webhook stands, the oldest first."""
    return [
        WebhookStanding(
            row["id"],
            _host(row["url"]),
            PausedReason(row["paused_reason"]) if row["paused_reason"] else None,
            row["tries"],
            row["failing_since"],
            row["lag_s"],
            row["failing_s"],
        )
        for row in await connection.fetch(_STANDING, MOST_WEBHOOKS)
    ]


def _host(url: str) -> str:
    return urlsplit(url).netloc


def tell_standings(webhooks: list[WebhookStanding]) -> list[str]:
    """The picture for people, in lines: those that are unwell, and what to do."""
    unwell = [webhook for webhook in webhooks if not webhook.is_well]
    paused = sum(webhook.paused_reason is not None for webhook in unwell)
    lines = [f"Webhooks   {len(webhooks)}: {paused} paused, {len(unwell) - paused} failing"] if webhooks else []
    lines += [
        f"           {visible(webhook.host)} (webhook {webhook.webhook_id}): {_how(webhook)}" for webhook in unwell
    ]
    if any(webhook.needs_attention and not webhook.paused_reason for webhook in unwell):
        lines.append(
            "           Its receiver does not take a message (GET /cms/webhooks/{id}/attempts tells why). It is sent "
            "again for three days, and what follows waits. Mend the receiver; or go on behind the message, which it "
            'never gets then, by POST /cms/webhooks/{id}/replay {"since": a moment after it}.'
        )
    if any(webhook.needs_attention and webhook.paused_reason for webhook in unwell):
        lines.append(
            "           Mend its receiver (GET /cms/webhooks/{id}/attempts tells why), then PATCH /cms/webhooks/{id} "
            'to {"status": "active"}: what it missed is sent.'
        )
    return lines


def _how(webhook: WebhookStanding) -> str:
    since = f"failing since {tell_time(webhook.failing_since)}" if webhook.failing_since else "failing"
    match webhook.paused_reason:
        case None:
            return f"{since}, tried {webhook.tries} times"
        case PausedReason.ASKED:
            return "paused by an admin"
        case PausedReason.FAILING:
            return f"paused, {since}"
        case PausedReason.GONE:
            return "paused, its receiver answered 410 Gone"
