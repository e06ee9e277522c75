"""The tables, as Tortoise models: the schema's one source, with `catalog/feed_models.py` and `webhooks/models.py`.

What a model cannot say (checks, triggers, functions, partial indexes) is SQL by hand in `migrations/`. Every default
stands in the database, so that a row written by psql is as whole as one written here.

`_no_comments` spares the start 50 ms: to look for comments (`#:`) on fields, Tortoise parses the file once a model.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.fields.db_defaults import Now, SqlDefault
from tortoise.models import Model

from chaishots.content import slug_spelling
from chaishots.content.lifecycle import (
    ChangeStatus,
    ContentType,
    ObjectType,
    ProgramStatus,
    ReleaseStatus,
    Status,
)
from chaishots.content.roles import Role

UUID7 = SqlDefault("chaishots_uuid7()")
_EMPTY_MAP = SqlDefault("'{}'::jsonb")
EMPTY_TEXT = SqlDefault("''")
_EMPTY_LIST = SqlDefault("'{}'::text[]")


class Topic(Model):
    """What programs are about; its name is unique without regard to case."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    name = fields.TextField()
    translations = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "topic"


class Program(Model):
    """A course: terms of lessons, in one language or more."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    title = fields.TextField()
    description = fields.TextField(db_default=EMPTY_TEXT)
    translations = fields.JSONField[dict[str, dict[str, str]]](db_default=_EMPTY_MAP)
    slug: str = fields.TextField(default=None)
    """None or `~title` where it is created: the database makes one (see `slug_spelling.py`)."""
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

    _no_comments = True
    slug = fields.CharField(max_length=slug_spelling.LENGTH, primary_key=True)
    program: fields.ForeignKeyRelation[Program] = fields.ForeignKeyField(
        "chaishots.Program", related_name="slugs", on_delete=fields.CASCADE
    )

    class Meta(Model.Meta):
        table = "program_slug"


class ProgramChange(Model):
    """When something in a program last changed without a trace: a lesson or term that is gone, a term, a topic."""

    _no_comments = True
    program: fields.OneToOneRelation[Program] = fields.OneToOneField(
        "chaishots.Program", primary_key=True, related_name="change", on_delete=fields.CASCADE
    )
    changed_at = fields.DatetimeField(db_default=Now())

    class Meta(Model.Meta):
        table = "program_change"


class Term(Model):
    """A part of a program; its number is its place."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
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

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    name = fields.TextField()
    status = fields.CharEnumField(ReleaseStatus, db_default="open")
    publish_at: datetime | None = fields.DatetimeField(null=True)
    publish_zone: str | None = fields.TextField(null=True)
    published_at: datetime | None = fields.DatetimeField(null=True)
    publish_error: str | None = fields.TextField(null=True)
    reverted_at: datetime | None = fields.DatetimeField(null=True)
    """When it was taken back; it stays published, as it was."""
    reverted_by: str | None = fields.TextField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "release"


class Lesson(Model):
    """One video or article of a term, with its place, its times and its state."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
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
    summary = fields.TextField(db_default=EMPTY_TEXT)
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
    publish_zone: str | None = fields.TextField(null=True)
    published_at: datetime | None = fields.DatetimeField(null=True)
    archive_at: datetime | None = fields.DatetimeField(null=True)
    archive_zone: str | None = fields.TextField(null=True)
    publish_error: str | None = fields.TextField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "lesson"


class ScheduledChange(Model):
    """What is to be changed of a program, term or lesson at a moment: a JSON Merge Patch (RFC 7396)."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    object_type = fields.CharEnumField(ObjectType)
    object_id = fields.UUIDField()
    patch = fields.JSONField[dict[str, Any]]()
    release: fields.ForeignKeyNullableRelation[Release] = fields.ForeignKeyField(
        "chaishots.Release", related_name="changes", null=True, on_delete=fields.SET_NULL
    )
    release_id: UUID | None
    apply_at: datetime | None = fields.DatetimeField(null=True)
    publish_zone: str | None = fields.TextField(null=True)
    status = fields.CharEnumField(ChangeStatus, db_default="scheduled")
    error: str | None = fields.TextField(null=True)
    scheduled_by = fields.TextField(db_default=SqlDefault("chaishots_actor()"))
    applied_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now())
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "change"


class ProgramWords(Model):
    """The words that a program is found by; rows are written by triggers alone."""

    _no_comments = True
    program: fields.OneToOneRelation[Program] = fields.OneToOneField(
        "chaishots.Program", primary_key=True, related_name="words", on_delete=fields.CASCADE
    )
    words = TSVectorField()

    class Meta(Model.Meta):
        table = "program_words"


class LessonWords(Model):
    """The words that a lesson is found by; rows are written by triggers alone."""

    _no_comments = True
    lesson: fields.OneToOneRelation[Lesson] = fields.OneToOneField(
        "chaishots.Lesson", primary_key=True, related_name="words", on_delete=fields.CASCADE
    )
    words = TSVectorField()

    class Meta(Model.Meta):
        table = "lesson_words"


class Refusal(Model):
    """What the publisher could not do for a lesson or a release, and when it tries again."""

    _no_comments = True
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

    _no_comments = True
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

    _no_comments = True
    seq = fields.BigIntField(primary_key=True, generated=True)
    at = fields.DatetimeField(db_default=SqlDefault("clock_timestamp()"))
    actor = fields.TextField()
    action = fields.TextField()
    object_type = fields.TextField()
    object_id: UUID | None = fields.UUIDField(null=True)
    before = fields.JSONField[dict[str, Any]](null=True)
    after = fields.JSONField[dict[str, Any]](null=True)
    carried_out_by: str | None = fields.TextField(null=True)
    """The replica that did it at the moment for which the actor had scheduled it."""

    class Meta(Model.Meta):
        table = "activity"
        indexes = (("object_id", "seq"),)


class ApiToken(Model):
    """A key to the CMS, with a role; only its hash is kept."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    name = fields.TextField()
    role = fields.CharEnumField(Role)
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField(db_default=Now())
    last_used_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "api_token"


class PreviewLink(Model):
    """A look at the catalog as of a moment, without a login, for whoever has the link; only its hash is kept."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
    token_hash = fields.BinaryField()
    at: datetime | None = fields.DatetimeField(null=True)
    """None: as it is whenever somebody looks."""
    program: fields.ForeignKeyNullableRelation[Program] = fields.ForeignKeyField(
        "chaishots.Program", related_name="preview_links", null=True, on_delete=fields.CASCADE
    )
    program_id: UUID | None
    token: fields.ForeignKeyNullableRelation[ApiToken] = fields.ForeignKeyField(
        "chaishots.ApiToken", related_name="preview_links", null=True, on_delete=fields.CASCADE
    )
    token_id: UUID | None
    """Of whoever made it, and with which it ends."""
    created_by = fields.TextField(db_default=SqlDefault("chaishots_actor()"))
    created_at = fields.DatetimeField(db_default=Now())
    expires_at = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta(Model.Meta):
        table = "preview_link"


class IdempotencyKey(Model):
    """A request that was carried out once, with the answer it got, for whoever sends it again."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None, db_default=UUID7)
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
