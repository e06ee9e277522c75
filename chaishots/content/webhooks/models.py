"""The tables of webhooks, as Tortoise models."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.db_defaults import Now, SqlDefault
from tortoise.models import Model

from chaishots.content.event_types import AlertKind, EventType, PausedReason, WebhookStatus
from chaishots.content.models import EMPTY_TEXT, UUID7


class Alert(Model):
    """What happened to a lesson that somebody has to act on, for webhooks: each once, in the order of its position."""

    _no_comments = True
    position = fields.BigIntField(primary_key=True, generated=False)
    kind = fields.CharEnumField(AlertKind)
    lesson_id = fields.UUIDField()
    program_id = fields.UUIDField()
    publish_at = fields.DatetimeField()
    reason = fields.TextField(db_default=EMPTY_TEXT)
    at = fields.DatetimeField(db_default=SqlDefault("clock_timestamp()"))

    class Meta(Model.Meta):
        table = "alert"


class Webhook(Model):
    """Where events are sent, signed with its secret; while that is rotated, with the former one too."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    url = fields.TextField()
    events: list[str] = ArrayField(element_type="text", db_default=SqlDefault(f"'{{{','.join(EventType)}}}'::text[]"))
    secret = fields.TextField(db_default=SqlDefault("chaishots_webhook_secret()"))
    former_secret: str | None = fields.TextField(null=True)
    former_secret_until: datetime | None = fields.DatetimeField(null=True)
    status = fields.CharEnumField(WebhookStatus, db_default="active")
    paused_reason = fields.CharEnumField(PausedReason, null=True)
    replayed_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "webhook"


class WebhookDelivery(Model):
    """How far a webhook has come, and the message that it is being sent; a trigger of `webhook` makes its row."""

    _no_comments = True
    webhook: fields.OneToOneRelation[Webhook] = fields.OneToOneField(
        "chaishots.Webhook", primary_key=True, related_name="delivery", on_delete=fields.CASCADE
    )
    position = fields.BigIntField()
    mark = fields.BigIntField()
    alert = fields.BigIntField()
    tries = fields.IntField(db_default=0)
    failing_since: datetime | None = fields.DatetimeField(null=True)
    retry_at: datetime | None = fields.DatetimeField(null=True)
    message_id: UUID | None = fields.UUIDField(null=True)
    message_body: str | None = fields.TextField(null=True)
    message_at: datetime | None = fields.DatetimeField(null=True)
    message_position: int | None = fields.BigIntField(null=True)
    message_mark: int | None = fields.BigIntField(null=True)
    message_alert: int | None = fields.BigIntField(null=True)
    test_id: UUID | None = fields.UUIDField(null=True)

    class Meta(Model.Meta):
        table = "webhook_delivery"


class WebhookAttempt(Model):
    """One try to send a message, and what came of it."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    webhook: fields.ForeignKeyRelation[Webhook] = fields.ForeignKeyField(
        "chaishots.Webhook", related_name="attempts", on_delete=fields.CASCADE
    )
    message_id = fields.UUIDField()
    is_test = fields.BooleanField(db_default=False)
    at = fields.DatetimeField(db_default=SqlDefault("clock_timestamp()"))
    status: int | None = fields.IntField(null=True)
    reason = fields.TextField(db_default=EMPTY_TEXT)
    latency_ms = fields.IntField()
    answer = fields.TextField(db_default=EMPTY_TEXT)

    class Meta(Model.Meta):
        table = "webhook_attempt"
        indexes = (("webhook_id", "id"),)
