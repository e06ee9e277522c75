"""What a webhook is sent: messages of thin events, out of the feed, and what came of each try.

A message is made once and kept whole until it is taken, so that each try, by whichever leader, sends the same bytes
under the same id. Each function is one short transaction: nobody holds a connection while a receiver is waited for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

import asyncpg

from chaishots.content.actor import name_actor
from chaishots.content.answer_format import compact, moment
from chaishots.content.catalog.feed import Cursor
from chaishots.content.event_types import FEED_RESET, MOST_EVENTS, TEST, PausedReason, WebhookStatus
from chaishots.content.webhooks.retry_or_give_up import GIVE_UP_SECONDS, PAUSES_SECONDS, pause_seconds, why_give_up
from chaishots.database.connection import Connection

_LOCK: Final = """
    select webhook.url, webhook.events, webhook.status, webhook.secret,
           case when webhook.former_secret_until > clock_timestamp() then webhook.former_secret end as former_secret,
           delivery.*, extract(epoch from delivery.retry_at - clock_timestamp())::float8 as retry_in_s,
           clock_timestamp() as now
      from webhook join webhook_delivery as delivery on delivery.webhook_id = webhook.id
     where webhook.id = $1 for no key update of delivery
"""
# By feed_position_key (position) and feed_published (public_since), as the feed (`catalog/feed.py`): what was published
# and changed since is told at both places, or who is far behind would never hear that it was published. The marks and
# alerts by feed_mark_pkey and alert_pkey (position).
_NEWS: Final = """
    select coalesce(state.position, 0) as head,
           coalesce((select mark from feed_mark where position = state.position), 0) as head_mark,
           (select mark from feed_mark where position >= $1 order by position limit 1) as mark,
           told.id, told.type, told.changed_at, told.position,
           (select mark from feed_mark where position >= told.position order by position limit 1) as own_mark,
           term.program_id
      from (select) as always left join feed_state as state on true
           left join lateral (
                select * from (
                    select id, kind || case when not is_public then '.removed' when public_since = position
                                            then '.published' else '.changed' end as type, position, changed_at
                      from feed where position > $1
                     union all
                    select id, kind || '.published', public_since, changed_at
                      from feed where public_since > $1 and is_public and public_since < position) as event
                 where type = any($2) order by position limit $3) as told on true
           left join lesson on lesson.id = told.id left join term on term.id = lesson.term_id
     order by told.position
"""
_ALERTS: Final = """
    select position, kind, lesson_id, program_id, at from alert
     where position > $1 and kind = any($2) order by position limit $3
"""
_LAST_ALERT: Final = "select coalesce(max(position), 0) from alert"
_MOVE: Final = "update webhook_delivery set position = $2, mark = $3, alert = $4 where webhook_id = $1"
_KEEP: Final = """
    update webhook_delivery
       set message_id = $2, message_body = $3, message_at = $4, message_position = $5, message_mark = $6,
           message_alert = $7
     where webhook_id = $1
"""
_ATTEMPTED: Final = """
    insert into webhook_attempt (webhook_id, message_id, is_test, status, reason, latency_ms, answer)
    select id, $2, $3, $4, $5, $6, $7 from webhook where id = $1
"""
_TESTED: Final = "update webhook_delivery set test_id = null where webhook_id = $1 and test_id = $2"
NO_MESSAGE: Final = """tries = 0, failing_since = null, retry_at = null, message_id = null, message_body = null,
           message_at = null, message_position = null, message_mark = null, message_alert = null"""
"""What an update sets where nothing is being sent any more: the next message is made anew."""
_TAKEN: Final = f"""
    update webhook_delivery
       set position = message_position, mark = message_mark, alert = message_alert, {NO_MESSAGE}
     where webhook_id = $1 and message_id = $2
"""
_FAILED: Final = """
    update webhook_delivery
       set tries = tries + 1, failing_since = coalesce(failing_since, clock_timestamp()),
           retry_at = clock_timestamp() + make_interval(secs => $3)
     where webhook_id = $1 and message_id = $2
 returning extract(epoch from clock_timestamp() - failing_since)::float8 as failing_s
"""
_PAUSE: Final = "update webhook set status = 'paused', paused_reason = $2 where id = $1 and status = 'active'"
_ALL: Final = "select id from webhook order by id"


@dataclass(frozen=True, slots=True)
class Sending:
    """A message to be sent now.

    secrets: those that sign, the newest first. at: now, by the database's clock, as receivers refuse what was signed by
    one that is wrong. tries: how often this one has failed. is_anew: whether it was made just now because the cursor
    leads nowhere any more.
    """

    webhook_id: UUID
    url: str
    secrets: tuple[str, ...]
    message_id: UUID
    body: str
    at: datetime
    is_test: bool = False
    tries: int = 0
    is_anew: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is nothing to send. seconds: until there is; None: until something happens."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try. status: None when nobody answered, for this `reason`. answer: its beginning."""

    status: int | None
    reason: str
    latency_ms: int
    answer: bytes
    retry_after_seconds: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the message."""
        return self.status is not None and 200 <= self.status < 300


Step: TypeAlias = Sending | Waiting


def name_of(message_id: UUID) -> str:
    """A message's id, as its header has it."""
    return f"msg_{message_id.hex}"


async def webhook_ids(connection: Connection) -> list[UUID]:
    """All webhooks."""
    return [row["id"] for row in await connection.fetch(_ALL)]


async def next_step(connection: Connection, webhook_id: UUID) -> Step | None:
    """What a webhook is to be sent now; a message is made and kept where there is none. None: it was deleted."""
    async with connection.transaction():
        row = await connection.fetchrow(_LOCK, webhook_id)
        if row is None:
            return None
        if row["test_id"] is not None:
            return _sending(row, row["test_id"], _body(TEST, {}, row["now"]), is_test=True)
        if row["status"] != WebhookStatus.ACTIVE:
            return Waiting()
        if row["message_id"] is None:
            return await _make(connection, row)
        if row["retry_in_s"] is not None and row["retry_in_s"] > 0:
            return Waiting(row["retry_in_s"])
        return _sending(row, row["message_id"], row["message_body"], tries=row["tries"])


async def record(
    connection: Connection,
    sent: Sending,
    outcome: Outcome,
    *,
    actor: str,
    pauses: Sequence[float] = PAUSES_SECONDS,
    give_up_seconds: float = GIVE_UP_SECONDS,
) -> PausedReason | None:
    """Keep what came of a try. Returns: why the webhook was paused for it; None when it was not.

    One that was replayed or deleted meanwhile is left as it is.

    Args:
        actor: whom the history names when it is paused.
    """
    answer = outcome.answer.decode(errors="replace").replace("\0", "\ufffd")
    told = (outcome.status, outcome.reason, outcome.latency_ms, answer)
    async with connection.transaction():
        await connection.execute(_ATTEMPTED, sent.webhook_id, sent.message_id, sent.is_test, *told)
        if sent.is_test:
            await connection.execute(_TESTED, sent.webhook_id, sent.message_id)
            return None
        if outcome.is_taken:
            await connection.execute(_TAKEN, sent.webhook_id, sent.message_id)
            return None
        pause = pause_seconds(sent.tries, outcome.retry_after_seconds, pauses)
        failing_s = await connection.fetchval(_FAILED, sent.webhook_id, sent.message_id, pause)
        if failing_s is None:
            return None
        reason = why_give_up(outcome.status, failing_s, give_up_seconds)
        if reason is None:
            return None
        await name_actor(connection, actor)
        await connection.execute(_PAUSE, sent.webhook_id, reason.value)
        return reason


async def _make(connection: Connection, row: asyncpg.Record) -> Step:
    events: list[str] = row["events"]
    news = await connection.fetch(_NEWS, row["position"], events, MOST_EVENTS)
    first = news[0]
    # One that was made before anything was numbered has nothing behind it that could be missing.
    is_anew = first["mark"] != row["mark"] and (row["position"], row["mark"]) != (0, 0)
    if is_anew:
        told: list[Mapping[str, Any]] = [{"type": FEED_RESET, "at": moment(row["now"])}]
        news = []
    else:
        news = [event for event in news if event["id"] is not None]
        told = [_event(event["type"], event["id"], event["program_id"], event["changed_at"]) for event in news]
    after = Cursor(first["head"], first["head_mark"], 0)
    if len(news) == MOST_EVENTS:
        after = Cursor(news[-1]["position"], news[-1]["own_mark"], 0)
    left = MOST_EVENTS - len(told)
    last_alert = await connection.fetchval(_LAST_ALERT)
    alerts = await connection.fetch(_ALERTS, row["alert"], events, left)
    told += [_event(alert["kind"], alert["lesson_id"], alert["program_id"], alert["at"]) for alert in alerts]
    alert = row["alert"] if left == 0 else alerts[-1]["position"] if len(alerts) == left else last_alert
    if not told:
        if (after.position, alert) != (row["position"], row["alert"]):
            await connection.execute(_MOVE, row["webhook_id"], after.position, after.mark, alert)
        return Waiting()
    body = _body("events", {"cursor": str(after), "events": told}, row["now"])
    began = min([event["changed_at"] for event in news] + [alert["at"] for alert in alerts], default=row["now"])
    message_id = uuid4()
    kept = (message_id, body, began, after.position, after.mark, alert)
    await connection.execute(_KEEP, row["webhook_id"], *kept)
    return _sending(row, message_id, body, is_anew=is_anew)


def _sending(row: asyncpg.Record, message_id: UUID, body: str, **more: Any) -> Sending:  # Any: Sending's own
    secrets = tuple(secret for secret in (row["secret"], row["former_secret"]) if secret)
    return Sending(row["webhook_id"], row["url"], secrets, message_id, body, row["now"], **more)


def _event(kind: str, thing: UUID, program_id: UUID | None, at: datetime) -> Mapping[str, Any]:
    of_program = {} if program_id is None else {"program_id": str(program_id)}
    return {"type": kind, "id": str(thing), **of_program, "at": moment(at)}


def _body(kind: str, told: Mapping[str, Any], at: datetime) -> str:  # Any: JSON
    return compact({"type": kind, "timestamp": moment(at), "data": told})
