"""A message's headers, as Standard Webhooks has them: its id, when it is sent, and by whom it was signed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook

from chaishots.content.webhooks.messages import name_of


def headers(message_id: UUID, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of a message that is sent at `at`; each secret signs, so that one can be changed without a gap."""
    name = name_of(message_id)
    # In UTC: the library takes a time of another zone for one of UTC.
    at = at.astimezone(UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(name, at, body) for secret in secrets),
    }
