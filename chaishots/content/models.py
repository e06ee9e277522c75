"""The tables, as Tortoise models: the schema's one source.

What a model cannot say (checks, triggers, functions, partial indexes) is SQL by hand in `migrations/`. Every default
stands in the database, so that a row written by psql is as whole as one written here.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.fields.db_defaults import Now, SqlDefault
from tortoise.models import Model

from chaishots.content import slugs
from chaishots.content.event_types import AlertKind, EventType, PausedReason, WebhookStatus
from chaishots.content.lifecycle import ContentType, ProgramStatus, ReleaseStatus, Role, Status

_UUID7 = SqlDefault("chaishots_uuid7()")
_EMPTY_MAP = SqlDefault("'{}'::jsonb")
_EMPTY_TEXT = SqlDefault("''")
_EMPTY_LIST = SqlDefault("'{}'::text[]")


class Topic(Model):
    """What programs are about; its name is unique without regard to case."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    name = fields.TextField()
    translations = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "topic"


class Program(Model):
    """A course: terms of lessons, in one language or more."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    title = fields.TextField()
    description = fields.TextField(db_default=_EMPTY_TEXT)
    translations = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    slug: str = fields.TextField(default=None)
    """None or `~title` where it is created: the database makes one (see `slugs.py`)."""
    former_slugs: list[str] = ArrayField(element_type="text", db_default=_EMPTY_LIST)
    language_primary = fields.TextField()
    languages_available: list[str] = ArrayField(element_type="text")
    posters = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    position: int | None = fields.IntField(null=True)
    """Its place before all programs without one, 1 first; the first of all is featured."""
    shows_coming_soon = fields.BooleanField(db_default=False)
    status = fields.CharEnumField(ProgramStatus, db_default="draft")
    published_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)
    topics: fields.ManyToManyRelation[Topic] = fields.ManyToManyField(
        "chaishots.Topic",
        through="program_topic",
        forward_key="topic_id",
        backward_key="program_id",
        related_name="programs",
    )

    class Meta(Model.Meta):
        table = "program"
        indexes = (("status", "published_at", "id"),)


class ProgramSlug(Model):
    """A slug that leads to a program, its former ones included; rows are written by a trigger of `program` alone."""

    slug = fields.CharField(max_length=slugs.LENGTH, primary_key=True)
    program: fields.ForeignKeyRelation[Program] = fields.ForeignKeyField(
        "chaishots.Program", related_name="slugs", on_delete=fields.CASCADE
    )

    class Meta(Model.Meta):
        table = "program_slug"


class ProgramChange(Model):
    """When something in a program last changed without a trace: a lesson or term that is gone, a term, a topic."""

    program: fields.OneToOneRelation[Program] = fields.OneToOneField(
        "chaishots.Program", primary_key=True, related_name="change", on_delete=fields.CASCADE
    )
    changed_at = fields.DatetimeField(db_default=Now())

    class Meta(Model.Meta):
        table = "program_change"


class Term(Model):
    """A part of a program; its number is its place."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    program: fields.ForeignKeyRelation[Program] = fields.ForeignKeyField(
        "chaishots.Program", related_name="terms", on_delete=fields.CASCADE
    )
    program_id: UUID
    term_number = fields.IntField()
    title: str | None = fields.TextField(null=True)
    translations = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "term"


class Release(Model):
    """A named set of lessons that goes public together, at one moment."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    name = fields.TextField()
    status = fields.CharEnumField(ReleaseStatus, db_default="open")
    publish_at: datetime | None = fields.DatetimeField(null=True)
    published_at: datetime | None = fields.DatetimeField(null=True)
    publish_error: str | None = fields.TextField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "release"


class Lesson(Model):
    """One video or article of a term, with its place, its times and its state."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    term: fields.ForeignKeyRelation[Term] = fields.ForeignKeyField(
        "chaishots.Term", related_name="lessons", on_delete=fields.CASCADE
    )
    term_id: UUID
    release: fields.ForeignKeyNullableRelation[Release] = fields.ForeignKeyField(
        "chaishots.Release", related_name="lessons", null=True, on_delete=fields.SET_NULL
    )
    release_id: UUID | None
    lesson_number = fields.IntField()
    title = fields.TextField()
    summary = fields.TextField(db_default=_EMPTY_TEXT)
    translations = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    content_type = fields.CharEnumField(ContentType)
    duration_ms: int | None = fields.BigIntField(null=True)
    is_paid = fields.BooleanField(db_default=False)
    content_language_primary = fields.TextField()
    content_languages_available: list[str] = ArrayField(element_type="text")
    content_urls = fields.JSONField[dict[str, str]](db_default=_EMPTY_MAP)
    subtitle_urls = fields.JSONField[dict[str, str]](db_default=_EMPTY_MAP)
    thumbnails = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    status = fields.CharEnumField(Status, db_default="draft")
    publish_at: datetime | None = fields.DatetimeField(null=True)
    published_at: datetime | None = fields.DatetimeField(null=True)
    archive_at: datetime | None = fields.DatetimeField(null=True)
    publish_error: str | None = fields.TextField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "lesson"


class ProgramWords(Model):
    """The words that a program is found by; rows are written by triggers alone."""

    program: fields.OneToOneRelation[Program] = fields.OneToOneField(
        "chaishots.Program", primary_key=True, related_name="words", on_delete=fields.CASCADE
    )
    words = TSVectorField()

    class Meta(Model.Meta):
        table = "program_words"


class LessonWords(Model):
    """The words that a lesson is found by; rows are written by triggers alone."""

    lesson: fields.OneToOneRelation[Lesson] = fields.OneToOneField(
        "chaishots.Lesson", primary_key=True, related_name="words", on_delete=fields.CASCADE
    )
    words = TSVectorField()

    class Meta(Model.Meta):
        table = "lesson_words"


class Refusal(Model):
    """What the publisher could not do for a lesson or a release, and when it tries again."""

    id = fields.UUIDField(primary_key=True, default=None)
    reason = fields.TextField()
    version = fields.IntField()
    tries = fields.IntField(db_default=0)
    retry_at: datetime | None = fields.DatetimeField(null=True)
    is_told = fields.BooleanField(db_default=True)
    awaits_database = fields.BooleanField(db_default=False)
    goes_alone = fields.BooleanField(db_default=False)
    refused_at = fields.DatetimeField(db_default=Now())

    class Meta(Model.Meta):
        table = "refusal"


class Picture(Model):
    """A picture that editors uploaded, under the SHA-256 of what they sent; its files are in the store of pictures."""

    id = fields.CharField(max_length=64, primary_key=True)
    width = fields.IntField()
    height = fields.IntField()
    colour = fields.TextField()
    variants = fields.JSONField[list[dict[str, int]]]()
    alt = fields.JSONField[dict[str, str]](db_default=_EMPTY_MAP)
    as_shown: str | None = fields.TextField(null=True)
    """What the catalog says of it, as JSON without its first brace, each path without a host. Postgres generates it."""
    created_at = fields.DatetimeField(db_default=Now())
    unused_since: datetime | None = fields.DatetimeField(null=True, db_default=Now())

    class Meta(Model.Meta):
        table = "picture"


class Activity(Model):
    """One change of one thing, in the order in which it was written; rows are only ever added, by triggers."""

    seq = fields.BigIntField(primary_key=True, generated=True)
    at = fields.DatetimeField(db_default=SqlDefault("clock_timestamp()"))
    actor = fields.TextField()
    action = fields.TextField()
    object_type = fields.TextField()
    object_id: UUID | None = fields.UUIDField(null=True)
    before = fields.JSONField[dict[str, Any]](null=True)
    after = fields.JSONField[dict[str, Any]](null=True)

    class Meta(Model.Meta):
        table = "activity"
        indexes = (("object_id", "seq"),)


class FeedKind(StrEnum):
    """What the feed tells of."""

    PROGRAM = "program"
    LESSON = "lesson"


class FeedEntry(Model):
    """A program or lesson that is public, or was, at the position of its latest change."""

    id = fields.UUIDField(primary_key=True, default=None)
    kind = fields.CharEnumField(FeedKind)
    position = fields.BigIntField(unique=True)
    is_public = fields.BooleanField()
    changed_at = fields.DatetimeField()
    public_since = fields.BigIntField()

    class Meta(Model.Meta):
        table = "feed"


class FeedMark(Model):
    """The last position of one numbering, with a number by chance: what tells one history from another."""

    position = fields.BigIntField(primary_key=True, generated=False)
    mark = fields.BigIntField()
    marked_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "feed_mark"


class FeedGap(Model):
    """Lines of the history that were not there yet when those behind them were numbered."""

    first_line = fields.BigIntField(primary_key=True, generated=False)
    last_line = fields.BigIntField()
    seen_by = fields.BigIntField()

    class Meta(Model.Meta):
        table = "feed_gap"


class FeedState(Model):
    """How far the feed has come: its last position, and the last line of the history that was seen."""

    id = fields.IntField(primary_key=True, generated=False)
    position = fields.BigIntField()
    line = fields.BigIntField()
    kept_after = fields.BigIntField()

    class Meta(Model.Meta):
        table = "feed_state"


class Alert(Model):
    """What happened to a lesson that somebody has to act on, for webhooks: each once, in the order of its position."""

    position = fields.BigIntField(primary_key=True, generated=False)
    kind = fields.CharEnumField(AlertKind)
    lesson_id = fields.UUIDField()
    program_id = fields.UUIDField()
    publish_at = fields.DatetimeField()
    reason = fields.TextField(db_default=_EMPTY_TEXT)
    at = fields.DatetimeField(db_default=SqlDefault("clock_timestamp()"))

    class Meta(Model.Meta):
        table = "alert"


class Webhook(Model):
    """Where events are sent, signed with its secret; while that is rotated, with the former one too."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
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

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    webhook: fields.ForeignKeyRelation[Webhook] = fields.ForeignKeyField(
        "chaishots.Webhook", related_name="attempts", on_delete=fields.CASCADE
    )
    message_id = fields.UUIDField()
    is_test = fields.BooleanField(db_default=False)
    at = fields.DatetimeField(db_default=SqlDefault("clock_timestamp()"))
    status: int | None = fields.IntField(null=True)
    reason = fields.TextField(db_default=_EMPTY_TEXT)
    latency_ms = fields.IntField()
    answer = fields.TextField(db_default=_EMPTY_TEXT)

    class Meta(Model.Meta):
        table = "webhook_attempt"
        indexes = (("webhook_id", "id"),)


class ApiToken(Model):
    """A key to the CMS, with a role; only its hash is kept."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    name = fields.TextField()
    role = fields.CharEnumField(Role)
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField(db_default=Now())
    last_used_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "api_token"


class IdempotencyKey(Model):
    """A request that was carried out once, with the answer it got, for whoever sends it again."""

    id = fields.UUIDField(primary_key=True, default=None, db_default=_UUID7)
    token: fields.ForeignKeyRelation[ApiToken] = fields.ForeignKeyField("chaishots.ApiToken", on_delete=fields.CASCADE)
    token_id: UUID
    key = fields.TextField()
    request_hash = fields.BinaryField()
    answer_status: int | None = fields.IntField(null=True)
    answer_headers = fields.JSONField[dict[str, str]](null=True)
    answer_body: bytes | None = fields.BinaryField(null=True)
    created_at = fields.DatetimeField(db_default=Now())

    class Meta(Model.Meta):
        table = "idempotency_key"
