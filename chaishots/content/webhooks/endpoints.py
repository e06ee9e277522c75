"""Webhooks as admins see them: made, changed, paused, replayed; and the attempts at each.

Who sends is `chaishots/webhooks/`; what is sent, `messages.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import paging
from chaishots.content.answer_format import moment_sql, moments_sql
from chaishots.content.catalog.feed import Cursor
from chaishots.content.editing.transaction import changing
from chaishots.content.errors import CursorExpired, InvalidContent, NotFound, VersionConflict
from chaishots.content.queries.cms_content import Document
from chaishots.content.webhooks.health import LAG_SQL
from chaishots.content.webhooks.messages import NO_MESSAGE
from chaishots.database.connection import Connection
from chaishots.database.orm import query

WRITABLE: Final = ("url", "events", "status")

_CURSOR: Final = """
    rtrim(translate(encode(convert_to(format('[%s,%s,0]', delivery.position, delivery.mark), 'UTF8'), 'base64'),
                    '+/', '-_'), '=')
"""
_ATTEMPT: Final = f"""
    attempt.id, 'msg_' || replace(attempt.message_id::text, '-', '') as message_id, {moment_sql("attempt.at")} as at,
    attempt.is_test, attempt.status, attempt.reason, attempt.latency_ms, attempt.answer
"""
# idx_webhook_att_… (webhook_id, id), backwards.
_WEBHOOKS: Final = f"""
    select row_to_json(shown)::text as document, shown.version, shown.id from (
        select webhook.id, webhook.url, webhook.events, webhook.status, webhook.paused_reason,
               delivery.tries, {moment_sql("delivery.failing_since")} as failing_since,
               {moment_sql("delivery.retry_at")} as retry_at, {_CURSOR} as cursor,
               greatest(coalesce((select position from feed_state), 0) - delivery.position, 0) as behind,
               round(greatest({LAG_SQL}, 0), 3) as lag_s,
               (select row_to_json(last) from (select {_ATTEMPT} from webhook_attempt as attempt
                 where webhook_id = webhook.id order by attempt.id desc limit 1) as last) as last_attempt,
               case when webhook.former_secret_until > now()
                    then {moment_sql("webhook.former_secret_until")} end as former_secret_until,
               {moments_sql("webhook", "created_at", "updated_at")}, webhook.version
          from webhook join webhook_delivery as delivery on delivery.webhook_id = webhook.id
         where {{condition}} order by webhook.id desc limit $1) as shown
"""
_ATTEMPTS: Final = f"""
    select row_to_json(shown)::text as document, shown.id from (
        select {_ATTEMPT} from webhook_attempt as attempt
         where {{condition}} order by attempt.id desc limit $1) as shown
"""
_LOCK: Final = "select version from webhook where id = $1 for no key update"
_CREATE: Final = "insert into webhook ({columns}) values ({places}) returning id, secret"
_CHANGE: Final = "update webhook set {columns} where id = $1"
_ROTATE: Final = "update webhook set secret = chaishots_webhook_secret() where id = $1 returning secret"
_DELETE: Final = "delete from webhook where id = $1"
_TEST: Final = "update webhook_delivery set test_id = $2 where webhook_id = $1"
_TRY_NOW: Final = "update webhook_delivery set retry_at = null where webhook_id = $1"
_TELL: Final = "select pg_notify('chaishots_webhooks', '')"
# What the message that is being sent would have brought comes again.
_GO_TO: Final = f"""
    update webhook_delivery set position = $2, mark = $3, alert = coalesce($4, alert), {NO_MESSAGE}
     where webhook_id = $1
"""
_REPLAYED: Final = "update webhook set replayed_at = clock_timestamp() where id = $1"
# feed_mark_pkey (position).
_MARK: Final = "select mark from feed_mark where position >= $1 order by position limit 1"
_PLACE_AT: Final = """
    select coalesce((select max(position) from feed_mark where marked_at <= $1),
                    (select kept_after from feed_state), 0) as position,
           coalesce((select max(position) from alert where at <= $1), 0) as alert
"""
_HAS_PASSED: Final = "select $1::timestamptz <= clock_timestamp() as has_passed"


async def webhook(connection: Connection, webhook_id: UUID) -> Document:
    """A webhook, with how far it has come; never its secret. Raises: NotFound."""
    row = await connection.fetchrow(_WEBHOOKS.format(condition="webhook.id = $2"), 1, webhook_id)
    if row is None:
        raise _not_found()
    return Document(row["document"], row["version"])


async def webhooks(connection: Connection, window: paging.Window) -> paging.Page:
    """All webhooks, the newest first."""
    conditions = [("webhook.id < {}", window.place(UUID))]
    return await paging.page(connection, _WEBHOOKS, conditions, window, sorted_by=("id",))


async def attempts(connection: Connection, webhook_id: UUID, window: paging.Window) -> paging.Page:
    """The attempts at a webhook of the last 30 days, the newest first. Raises: NotFound."""
    await webhook(connection, webhook_id)
    conditions = [("attempt.webhook_id = {}", webhook_id), ("attempt.id < {}", window.place(UUID))]
    return await paging.page(connection, _ATTEMPTS, conditions, window, sorted_by=("id",))


async def create_webhook(values: Mapping[str, Any], *, actor: str) -> tuple[UUID, str]:
    """Make a webhook, which is sent what happens from now on; its secret is given this once.

    Args:
        values: `url`, and `events` if not all are wanted.
    Raises: InvalidContent; Conflict when there are as many as there may be.
    """
    async with changing(actor) as transaction:
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        made = await query(transaction, _CREATE.format(columns=", ".join(values), places=places), *values.values())
        return made[0]["id"], made[0]["secret"]


async def change_webhook(
    webhook_id: UUID, values: Mapping[str, Any], *, version: int | None = None, actor: str
) -> None:
    """Change some of a webhook's WRITABLE columns; one that becomes active is sent what it missed.

    Raises: NotFound, VersionConflict, InvalidContent.
    """
    async with changing(actor) as transaction:
        await _lock(transaction, webhook_id, version)
        if values:
            columns = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
            await query(transaction, _CHANGE.format(columns=columns), webhook_id, *values.values())


async def delete_webhook(webhook_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a webhook with its attempts. Raises: NotFound, VersionConflict."""
    async with changing(actor) as transaction:
        await _lock(transaction, webhook_id, version)
        await query(transaction, _DELETE, webhook_id)


async def rotate_secret(webhook_id: UUID, *, version: int | None = None, actor: str) -> str:
    """Give a webhook another secret; for 24 hours the former one signs too. Raises: NotFound, VersionConflict."""
    async with changing(actor) as transaction:
        await _lock(transaction, webhook_id, version)
        return (await query(transaction, _ROTATE, webhook_id))[0]["secret"]


async def request_test(webhook_id: UUID, *, actor: str) -> UUID:
    """Have the leader send a test, once, also to one that is paused; the id of its message. Raises: NotFound."""
    async with changing(actor) as transaction:
        await _lock(transaction, webhook_id, None)
        message_id = uuid4()
        await query(transaction, _TEST, webhook_id, message_id)
        await query(transaction, _TELL)
        return message_id


async def try_now(webhook_id: UUID, *, actor: str) -> None:
    """Have the leader send at once what it would try again later, if it is active. Raises: NotFound."""
    async with changing(actor) as transaction:
        await _lock(transaction, webhook_id, None)
        await query(transaction, _TRY_NOW, webhook_id)
        await query(transaction, _TELL)


async def replay(
    webhook_id: UUID,
    *,
    cursor: str | None = None,
    since: datetime | None = None,
    version: int | None = None,
    actor: str,
) -> None:
    """Send a webhook again what came after a cursor of the feed, or after a moment: each thing once, as it is now.

    Raises: NotFound, VersionConflict; InvalidContent when not one of the two is given, the cursor is none, or the
        moment is to come; CursorExpired when the feed does not go back so far.
    """
    if (cursor is None) == (since is None):
        raise InvalidContent("Give either a cursor or a moment.", field="cursor")
    async with changing(actor) as transaction:
        await _lock(transaction, webhook_id, version)
        place = await _of_cursor(transaction, cursor) if cursor is not None else await _of_moment(transaction, since)
        await query(transaction, _GO_TO, webhook_id, *place)
        await query(transaction, _REPLAYED, webhook_id)


async def _of_cursor(transaction: TransactionalDBClient, text: str) -> tuple[int, int, int | None]:
    cursor = Cursor.of(text)
    marks = await query(transaction, _MARK, cursor.position)
    if not marks or marks[0]["mark"] != cursor.mark:
        raise CursorExpired(
            "This cursor is older than what the feed still tells, or of another history: give a moment.", field="cursor"
        )
    return cursor.position, cursor.mark, None


async def _of_moment(transaction: TransactionalDBClient, since: datetime | None) -> tuple[int, int, int | None]:
    if not (await query(transaction, _HAS_PASSED, since))[0]["has_passed"]:
        raise InvalidContent("This time is to come: nothing happened after it yet.", field="since")
    place = (await query(transaction, _PLACE_AT, since))[0]
    marks = await query(transaction, _MARK, place["position"])
    return place["position"], marks[0]["mark"] if marks else 0, place["alert"]


async def _lock(transaction: TransactionalDBClient, webhook_id: UUID, version: int | None) -> None:
    rows = await query(transaction, _LOCK, webhook_id)
    if not rows:
        raise _not_found()
    if version is not None and version != rows[0]["version"]:
        raise VersionConflict(rows[0]["version"])


def _not_found() -> NotFound:
    return NotFound("There is no webhook with this id.", field="id")
