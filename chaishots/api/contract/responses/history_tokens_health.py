"""What operators are answered: the history, tokens, health, metrics."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import CHANGED, CREATED, DUE, LESSON_ID, TOKEN_ID
from chaishots.api.contract.responses.answer import Answer, Cursor, Json, Seq, ShownMoment, open_enum
from chaishots.content.queries.history import ACTIONS
from chaishots.content.roles import Role
from chaishots.database.errors import Kind

METRICS: Final = """\
# HELP chaishots_lessons_published_total Lessons that this replica published on schedule.
# TYPE chaishots_lessons_published_total counter
chaishots_lessons_published_total 42.0
"""


class ActivityLine(Answer):
    """One change: who made it, when, and what the thing was before and after, column by column."""

    seq: Seq
    at: ShownMoment
    actor: str
    carried_out_by: Annotated[
        str | None, Field(description="Of a scheduled change: the replica that applied it; `actor` had scheduled it.")
    ]
    action: Annotated[str, open_enum(ACTIONS)]
    object_type: Annotated[str, open_enum(dict.fromkeys(action.partition(".")[0] for action in ACTIONS))]
    object_id: Annotated[UUID | None, Field(description="null where a table was emptied at once.")]
    before: Json | None
    after: Json | None

    example = {
        "seq": 1841,
        "at": CHANGED,
        "actor": "asha",
        "carried_out_by": None,
        "action": "lesson.schedule",
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "before": {"status": "draft", "publish_at": None, "version": 4},
        "after": {"status": "scheduled", "publish_at": DUE, "version": 5},
    }


class Activity(Answer):
    """A page of the history, the newest first."""

    activity: list[ActivityLine]
    next_cursor: Cursor

    example = {"activity": [ActivityLine.example], "next_cursor": "WzE4NDFd"}


class RevertedLine(Answer):
    """What a line of the history that taking back makes changes."""

    action: Annotated[str, open_enum(ACTIONS)]
    before: Json
    after: Json

    example = {
        "action": "lesson.unschedule",
        "before": {"status": "scheduled", "publish_at": DUE},
        "after": {"status": "draft", "publish_at": None},
    }


class Reverted(Answer):
    """What was taken back, and the line of the history that did it: null when all stood as before already.

    Of what was only tried, `seq` is null, and `action` that of the line that there would be.
    """

    reverted: Seq
    object_type: Annotated[str, open_enum(dict.fromkeys(action.partition(".")[0] for action in ACTIONS))]
    object_id: UUID
    fields: list[str]
    seq: Seq | None
    action: Annotated[str, open_enum(ACTIONS)] | None
    lines: Annotated[
        list[RevertedLine], Field(description="What changes by it, as the history tells it: one line, or a step more.")
    ]
    dry_run: Annotated[bool, Field(description="Whether nothing was taken back.")]

    example = {
        "reverted": 1841,
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "fields": ["publish_at", "status"],
        "seq": 1842,
        "action": "lesson.unschedule",
        "lines": [RevertedLine.example],
        "dry_run": False,
    }


class Token(Answer):
    """A token as it is listed: everything but the secret."""

    id: UUID
    name: str
    role: Annotated[str, open_enum(Role)]
    created_at: ShownMoment
    last_used_at: ShownMoment | None
    revoked_at: ShownMoment | None
    expires_at: ShownMoment | None

    example = {
        "id": TOKEN_ID,
        "name": "asha",
        "role": "editor",
        "created_at": CREATED,
        "last_used_at": CHANGED,
        "revoked_at": None,
        "expires_at": None,
    }


class Tokens(Answer):
    """A page of tokens, by name."""

    tokens: list[Token]
    next_cursor: Cursor

    example = {"tokens": [Token.example], "next_cursor": None}


class CreatedToken(Token):
    """A new token; `token` is the secret, told this once."""

    token: str

    identifies = ("name", "name")
    example = {**Token.example, "last_used_at": None, "token": "chai_nOtA-rEaLoNe"}


class Liveness(Answer):
    """The process serves."""

    status: Literal["ok"]
    version: str

    example = {"status": "ok", "version": "1.0.0"}


class TroubleTold(Answer):
    """Why Postgres does not do what is asked of it, and what to do about it."""

    kind: Annotated[str, open_enum(Kind)]
    text: str
    action: str

    example = {
        "kind": "read_only",
        "text": "Postgres refuses writes: read-only (cannot execute UPDATE in a read-only transaction).",
        "action": "Name the primary in DATABASE_URL.",
    }


Hears = Annotated[
    Literal["ok", "lost"],
    Field(description="Whether changes are heard as they are committed; `lost`: Postgres is asked for each answer."),
]
HeardAt = Annotated[ShownMoment | None, Field(description="Until when all that was committed is known to be heard.")]
_HEARD: Final = {"hears": "ok", "heard_at": "2030-01-31T03:29:59.412Z"}


class Health(Answer):
    """How the schedule stands, by what this replica sees."""

    status: Literal["ok"]
    database: Literal["ok"]
    scheduler: Literal["leader", "standby"]
    leader: Annotated[str | None, Field(description="The replica that publishes; null while nobody does.")]
    replica: str
    version: str
    hears: Hears
    heard_at: HeardAt
    next_publish_at: ShownMoment | None
    overdue: (
        Annotated[int, Field(ge=0, description="Lessons that should be public for more than 2 s and are not.")] | None
    )
    oldest_overdue_s: Annotated[float, Field(ge=0)] | None
    next_end_at: ShownMoment | None
    overdue_ends: (
        Annotated[int, Field(ge=0, description="Lessons whose end has passed for more than 2 s, still up.")] | None
    )
    refused_releases: Annotated[int, Field(ge=0, description="Releases that were refused as a whole.")] | None
    next_change_at: ShownMoment | None
    overdue_changes: (
        Annotated[int, Field(ge=0, description="Changes late by more than 2 s, refused ones among them.")] | None
    )
    blocked_changes: Annotated[int, Field(ge=0, description="Changes that were refused.")] | None
    clock_off_s: (
        Annotated[
            float, Field(description="How far this host's clock is ahead of Postgres', which decides what is due.")
        ]
        | None
    )
    writes: Annotated[
        Literal["ok", "refused", "waiting"],
        Field(description="Whether Postgres takes what is to be published; `waiting`: somebody has a table locked."),
    ]
    trouble: TroubleTold | None
    feed_behind_s: (
        Annotated[
            float,
            Field(ge=0, description="For how long changes have waited that `GET /catalog/changes` does not tell yet."),
        ]
        | None
    )

    example = {
        "status": "ok",
        "database": "ok",
        "scheduler": "leader",
        "leader": "chai-1",
        "replica": "chai-1",
        "version": "1.0.0",
        **_HEARD,
        "next_publish_at": DUE,
        "overdue": 0,
        "oldest_overdue_s": 0.0,
        "next_end_at": None,
        "overdue_ends": 0,
        "refused_releases": 0,
        "next_change_at": None,
        "overdue_changes": 0,
        "blocked_changes": 0,
        "clock_off_s": 0.001,
        "writes": "ok",
        "trouble": None,
        "feed_behind_s": 0.0,
    }


class Unhealthy(Answer):
    """The database was not reached within 2 s."""

    status: Literal["unavailable"]
    database: Literal["unavailable"]
    scheduler: Literal["unknown"]
    replica: str
    version: str
    hears: Hears
    heard_at: HeardAt
    trouble: TroubleTold

    example = {
        "status": "unavailable",
        "database": "unavailable",
        "scheduler": "unknown",
        "replica": "chai-1",
        "version": "1.0.0",
        "hears": "lost",
        "heard_at": None,
        "trouble": {
            "kind": "away",
            "text": "The database is not reached.",
            "action": "Check DATABASE_URL, and that Postgres runs.",
        },
    }
