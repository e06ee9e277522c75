"""How webhooks stand, for whoever looks after them: metrics and `status`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from chaishots.content.event_types import MOST_WEBHOOKS, PausedReason
from chaishots.database.connection import Connection

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
