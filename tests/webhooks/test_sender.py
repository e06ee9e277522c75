"""Webhooks are sent what happened, at least once, in order, signed; and whatever a receiver does harms nobody else."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import WebhookVerificationError
from structlog.testing import capture_logs

from chaishots.content.event_types import MOST_EVENTS, MOST_WEBHOOKS
from chaishots.content.webhooks import alerts, messages
from chaishots.database.connection import Connection, session
from chaishots.outbound.allowed_urls import Reach
from chaishots.scheduler.feed_numbering import numbering
from chaishots.webhooks.sender import Patience, sending
from chaishots.webhooks.signing import headers
from tests.builders import a_lesson, a_program, a_public_program, a_term, lessons_due
from tests.cluster import DEADLINE_SECONDS, eventually
from tests.conftest import Database
from tests.receivers import HERE, Delivered, Receiver, receiving, verify
from tests.tui.staged import MOMENT, stage, staged_dsn

QUICK = Patience(post_seconds=1, pauses_seconds=(0.05,), give_up_seconds=3)


@asynccontextmanager
async def sent(database: Database, *, reach: Reach = HERE, patience: Patience = QUICK) -> AsyncIterator[None]:
    """A leader that numbers changes and sends webhooks."""
    async with (
        numbering(database.dsn, replica="brew", feed_days=90),
        sending(database.dsn, replica="brew", reach=reach, patience=patience),
    ):
        yield


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The lines logged, in order."""
    with capture_logs() as logged:
        yield logged


async def a_webhook(sql: Connection, url: str, *events: str, **columns: Any) -> tuple[UUID, str]:
    """A webhook, and its secret."""
    row = await sql.fetchrow(
        "insert into webhook (url) values ($1) returning id, secret",
        url,
    )
    assert row is not None
    if events:
        await sql.execute("update webhook set events = $2 where id = $1", row["id"], list(events))
    for column, value in columns.items():
        await sql.execute(f"update webhook set {column} = $2 where id = $1", row["id"], value)
    return row["id"], row["secret"]


async def a_public_lesson(sql: Connection) -> tuple[UUID, UUID]:
    """A program and a lesson that are public, told in one step."""
    async with sql.transaction():
        program = await a_program(sql, status="published")
        return program, await a_lesson(sql, await a_term(sql, program), status="published")


async def delivery(sql: Connection, webhook: UUID) -> dict[str, Any]:
    """How far a webhook has come."""
    row = await sql.fetchrow(
        "select webhook.status as state, paused_reason, delivery.* from webhook join webhook_delivery as delivery"
        " on webhook_id = id where id = $1",
        webhook,
    )
    assert row is not None
    return dict(row)


def types(receiver: Receiver) -> list[str]:
    """The types of the events that it took."""
    return [event["type"] for event in receiver.events]


async def test_what_happens_is_sent_signed_and_in_order(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as receiver, sent(fresh_database):
        _, secret = await a_webhook(sql, receiver.url)
        program, lesson = await a_public_lesson(sql)
        await receiver.has(lambda it: len(it.events) == 2)
        await sql.execute("update lesson set title = 'అ ఆ, अ आ' where id = $1", lesson)
        await receiver.has(lambda it: "lesson.changed" in types(it))
        await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
        await receiver.has(lambda it: "lesson.removed" in types(it))
    assert types(receiver)[:2] == ["program.published", "lesson.published"]
    assert receiver.events[1] == {
        "type": "lesson.published",
        "id": str(lesson),
        "program_id": str(program),
        "at": receiver.events[1]["at"],
    }
    assert [verify(each, secret) for each in receiver.got] == [each.message for each in receiver.got]
    assert receiver.got[0].message["type"] == "events"
    with pytest.raises(WebhookVerificationError):
        verify(receiver.got[0], "whsec_" + "a" * 44)


async def test_a_new_webhook_is_sent_nothing_of_what_was_before(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as receiver, sent(fresh_database):
        before, _ = await a_public_lesson(sql)
        await eventually(lambda: sql.fetchval("select position = 2 from feed_state"))
        await a_webhook(sql, receiver.url)
        _, lesson = await a_public_lesson(sql)
        await receiver.has(lambda it: str(lesson) in {event["id"] for event in it.events})
    assert str(before) not in {event["id"] for event in receiver.events}


async def test_who_wants_some_events_is_sent_no_others(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as some, receiving() as all_of_them, sent(fresh_database):
        webhook, _ = await a_webhook(sql, some.url, "lesson.removed")
        await a_webhook(sql, all_of_them.url)
        _, lesson = await a_public_lesson(sql)
        await all_of_them.has(lambda it: len(it.events) == 2)
        head = await sql.fetchval("select position from feed_state")
        await eventually(lambda: _has_come_to(sql, webhook, head))
        assert some.got == []
        await sql.execute("delete from lesson where id = $1", lesson)
        await some.has(lambda it: types(it) == ["lesson.removed"])


async def _has_come_to(sql: Connection, webhook: UUID, position: int) -> bool:
    return (await delivery(sql, webhook))["position"] >= position


async def test_a_message_has_100_events_and_20_kb_at_most(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as receiver, sent(fresh_database):
        await a_webhook(sql, receiver.url, "lesson.published")
        await lessons_due(sql, 250, term=await a_term(sql, await a_public_program(sql)))
        await sql.execute("update lesson set status = 'published' where status = 'scheduled'")
        await receiver.has(lambda it: types(it).count("lesson.published") == 251)
    assert max(len(each.events) for each in receiver.got) == MOST_EVENTS
    assert max(len(each.body) for each in receiver.got) < 20_000


async def test_who_is_far_behind_is_told_what_was_published_though_it_was_changed_since(
    fresh_database: Database, sql: Connection
) -> None:
    async with receiving() as receiver, sent(fresh_database):
        webhook, _ = await a_webhook(sql, receiver.url)
        await sql.execute("update webhook set status = 'paused', paused_reason = 'asked' where id = $1", webhook)
        program, lesson = await a_public_lesson(sql)
        term = await a_term(sql, program)
        for _ in range(MOST_EVENTS):
            await a_lesson(sql, term, status="published")
        await sql.execute("update lesson set title = 'Better' where id = $1", lesson)
        head = "select position = (select max(position) from feed) and position > 102 from feed_state"
        await eventually(lambda: sql.fetchval(head))
        await sql.execute("update webhook set status = 'active', paused_reason = null where id = $1", webhook)
        await receiver.has(lambda it: len(it.got) == 2)
    told = [event["type"] for event in receiver.events if event["id"] == str(lesson)]
    assert told == ["lesson.published", "lesson.changed"]


async def test_a_receiver_that_fails_a_third_of_its_calls_gets_everything_in_order(
    fresh_database: Database, sql: Connection
) -> None:
    answers = itertools.cycle([200, 500, 200])
    async with receiving(lambda _: next(answers)) as receiver, sent(fresh_database):
        await a_webhook(sql, receiver.url)
        term = await a_term(sql, await a_public_program(sql))
        made = []
        for _ in range(40):
            made.append(str(await a_lesson(sql, term, status="published")))
            await asyncio.sleep(0.01)
        await receiver.has(lambda it: set(made) <= {event["id"] for event in it.events})
    first_told = list(dict.fromkeys(event["id"] for event in receiver.events if event["type"] == "lesson.published"))
    assert [each for each in first_told if each in made] == made
    by_id: dict[str, set[bytes]] = {}
    for each in receiver.got:
        by_id.setdefault(each.id, set()).add(each.body)
    assert all(len(bodies) == 1 for bodies in by_id.values())
    assert len(by_id) < len(receiver.got)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503, 599])
async def test_whatever_is_not_2xx_is_tried_again_with_the_same_message(
    fresh_database: Database, sql: Connection, status: int
) -> None:
    def answer(delivered: Delivered) -> bytes | int:
        # What a changed catalog would make of it must not matter.
        return (
            f"HTTP/1.1 {status} No\r\nLocation: http://169.254.169.254/\r\n\r\n".encode()
            if not delivered.before
            else 204
        )

    async with receiving(answer) as receiver, sent(fresh_database):
        webhook, secret = await a_webhook(sql, receiver.url)
        _, lesson = await a_public_lesson(sql)
        await receiver.has(lambda it: len(it.got) == 1)
        await sql.execute("update lesson set title = 'Another' where id = $1", lesson)
        await receiver.has(lambda it: len(it.events) >= 2)
        first, second = receiver.got[:2]
        attempts = await sql.fetch(
            "select status, answer from webhook_attempt where webhook_id = $1 order by id", webhook
        )
    assert (first.id, first.body) == (second.id, second.body)
    assert verify(second, secret)
    assert attempts[0]["status"] == status


async def test_nobody_waits_for_a_receiver_that_never_answers(fresh_database: Database, sql: Connection) -> None:
    patient = replace(QUICK, post_seconds=2 * DEADLINE_SECONDS)  # who waits for one is too late for the other
    async with receiving(lambda _: _never()) as dead, receiving() as well, sent(fresh_database, patience=patient):
        for _ in range(MOST_WEBHOOKS - 1):
            await a_webhook(sql, dead.url)
        await a_webhook(sql, well.url)
        await a_public_lesson(sql)
        await dead.has(lambda it: len(it.got) >= MOST_WEBHOOKS - 1)
        term = await a_term(sql, await a_public_program(sql))
        for _ in range(5):
            lesson = await a_lesson(sql, term, status="published")
            await well.has(lambda it, new=str(lesson): new in {event["id"] for event in it.events})
        held = await sql.fetchval("select count(*) from pg_stat_activity where application_name like '%:webhooks'")
    assert held == 1


async def _never() -> int:
    with suppress(asyncio.CancelledError):  # at the end of the test
        await asyncio.sleep(60)
    return 500


async def test_who_fails_for_too_long_is_paused_told_and_sent_all_when_it_is_resumed(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    status = [500]
    patience = Patience(post_seconds=1, pauses_seconds=(0.02,), give_up_seconds=0.3)
    async with receiving(lambda _: status[0]) as receiver, sent(fresh_database, patience=patience):
        webhook, _ = await a_webhook(sql, receiver.url)
        _, lesson = await a_public_lesson(sql)
        await eventually(lambda: _is_paused(sql, webhook, "failing"))
        tries = len(receiver.got)
        before = (await delivery(sql, webhook))["message_id"]
        await sql.execute("update lesson set title = 'Meanwhile' where id = $1", lesson)
        _, other = await a_public_lesson(sql)
        await asyncio.sleep(0.1)
        assert len(receiver.got) == tries
        status[0] = 200
        await sql.execute("update webhook set status = 'active' where id = $1", webhook)
        await receiver.has(lambda it: str(other) in {event["id"] for event in it.events})
        after = await delivery(sql, webhook)
        actions = [
            row["action"]
            for row in await sql.fetch("select action from activity where object_id = $1 order by seq", webhook)
        ]
    assert next(iter(receiver.taken)) == f"msg_{before.hex}"
    assert (after["tries"], after["failing_since"], after["paused_reason"]) == (0, None, None)
    assert actions == ["webhook.create", "webhook.pause", "webhook.resume"]
    told = [line for line in lines if line["event"] == "webhook.paused"]
    assert [(line["why"], line["status"]) for line in told] == [("failing", 500)]
    assert len([line for line in lines if line["event"] == "webhook.failing"]) == 1


async def _is_paused(sql: Connection, webhook: UUID, reason: str) -> bool:
    return (await delivery(sql, webhook))["paused_reason"] == reason


async def test_who_is_gone_is_paused_at_once(fresh_database: Database, sql: Connection) -> None:
    async with receiving(lambda _: 410) as receiver, sent(fresh_database):
        webhook, _ = await a_webhook(sql, receiver.url)
        await a_public_lesson(sql)
        await eventually(lambda: _is_paused(sql, webhook, "gone"))
    assert len(receiver.got) == 1
    assert await sql.fetchval("select actor from activity where action = 'webhook.pause'") == "brew"


@pytest.mark.parametrize(
    ("wish", "at_least", "at_most"), [("40", 39, 41), ("1" + "0" * 9, 28_000, 29_000), ("-5", 0, 1)]
)
async def test_a_wish_to_wait_is_heeded_within_bounds(
    fresh_database: Database, sql: Connection, wish: str, at_least: float, at_most: float
) -> None:
    refusal = f"HTTP/1.1 503 Busy\r\nRetry-After: {wish}\r\nContent-Length: 0\r\n\r\n".encode()
    async with receiving(lambda _: refusal) as receiver, sent(fresh_database):
        webhook, _ = await a_webhook(sql, receiver.url)
        await a_public_lesson(sql)
        await eventually(lambda: _has_tried(sql, webhook))
        waits = await sql.fetchval(
            "select extract(epoch from retry_at - clock_timestamp())::float8 from webhook_delivery"
        )
    assert at_least - 1 <= waits <= at_most


async def _has_tried(sql: Connection, webhook: UUID) -> bool:
    return (await delivery(sql, webhook))["tries"] > 0


async def test_another_leader_goes_on_with_the_same_message(fresh_database: Database, sql: Connection) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(delivered: Delivered) -> int:
        begun.set()
        await go_on.wait()
        return 200

    async with receiving(hold) as receiver:
        async with sent(fresh_database):
            await a_webhook(sql, receiver.url)
            _, lesson = await a_public_lesson(sql)
            await begun.wait()
            await sql.execute("update lesson set title = 'Another' where id = $1", lesson)
        go_on.set()
        async with sent(fresh_database):
            await receiver.has(lambda it: "lesson.changed" in types(it))
    assert (receiver.got[0].id, receiver.got[0].body) == (receiver.got[1].id, receiver.got[1].body)


async def test_what_is_paused_changed_and_replayed_in_the_midst_of_a_try_is_as_was_said(
    fresh_database: Database, sql: Connection
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(delivered: Delivered) -> int:
        begun.set()
        await go_on.wait()
        return 200

    async with receiving(hold) as slow, receiving() as other, sent(fresh_database):
        webhook, _ = await a_webhook(sql, slow.url)
        _, lesson = await a_public_lesson(sql)
        await begun.wait()
        await sql.execute(
            "update webhook_delivery set message_id = null, message_body = null, message_at = null,"
            " message_position = null, message_mark = null, message_alert = null"
        )
        await sql.execute("update webhook set url = $2 where id = $1", webhook, other.url)
        go_on.set()
        await other.has(lambda it: str(lesson) in {event["id"] for event in it.events})
    assert other.got[0].id != slow.got[0].id


async def test_while_a_secret_is_changed_both_sign(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as receiver, sent(fresh_database):
        webhook, former = await a_webhook(sql, receiver.url)
        secret = await sql.fetchval(
            "update webhook set secret = chaishots_webhook_secret() where id = $1 returning secret", webhook
        )
        await a_public_lesson(sql)
        await receiver.has(lambda it: len(it.events) == 2)
        await sql.execute("update webhook set former_secret_until = now() where id = $1", webhook)
        await a_public_lesson(sql)
        await receiver.has(lambda it: len(it.events) == 4)
    assert secret != former
    assert verify(receiver.got[0], secret) == verify(receiver.got[0], former)
    assert verify(receiver.got[-1], secret)
    with pytest.raises(WebhookVerificationError):
        verify(receiver.got[-1], former)


async def test_a_history_that_was_replaced_is_told_and_it_goes_on_from_there(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    async with receiving() as receiver:
        webhook, _ = await a_webhook(sql, receiver.url, "lesson.published")
        async with sent(fresh_database):
            await a_public_lesson(sql)
            await receiver.has(lambda it: len(it.events) == 1)
        await sql.execute("update feed_mark set mark = mark + 1")
        async with sent(fresh_database):
            await receiver.has(lambda it: types(it)[-1] == "feed.reset")
            _, lesson = await a_public_lesson(sql)
            await receiver.has(lambda it: it.events[-1]["id"] == str(lesson) if "id" in it.events[-1] else False)
    assert types(receiver) == ["lesson.published", "feed.reset", "lesson.published"]
    assert [line["webhook"] for line in lines if line["event"] == "webhook.begins_anew"] == [str(webhook)]


async def test_what_is_overdue_or_refused_is_told_once(fresh_database: Database, sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    async with receiving() as receiver, sent(fresh_database):
        await a_webhook(sql, receiver.url)
        late = await a_lesson(sql, term, due_in=timedelta(seconds=-10))
        refused = await a_lesson(sql, term, due_in=timedelta(seconds=-1))
        await sql.execute("update lesson set publish_error = 'No poster.' where id = $1", refused)
        await receiver.has(lambda it: {"schedule.overdue", "lesson.refused"} <= set(types(it)))
        await sql.execute("update lesson set publish_error = 'Still no poster.' where id = $1", refused)
        await receiver.has(lambda it: types(it).count("lesson.refused") == 2)
    told = [(event["type"], event["id"], event["program_id"]) for event in receiver.events]
    assert told.count(("schedule.overdue", str(late), str(program))) == 1
    assert told.count(("lesson.refused", str(refused), str(program))) == 2


async def test_a_test_is_sent_once_to_a_paused_one_too(fresh_database: Database, sql: Connection) -> None:
    async with receiving(lambda _: 500) as receiver, sent(fresh_database):
        webhook, secret = await a_webhook(sql, receiver.url, status="paused")
        await sql.execute("update webhook_delivery set test_id = chaishots_uuid7() where webhook_id = $1", webhook)
        await sql.execute("notify chaishots_webhooks")
        await receiver.has(lambda it: len(it.got) == 1)
        await eventually(lambda: sql.fetchval("select is_test from webhook_attempt"))
        await a_public_lesson(sql)
        await asyncio.sleep(0.1)
    assert verify(receiver.got[0], secret)["type"] == "webhook.test"
    assert len(receiver.got) == 1


async def test_a_deleted_webhook_is_sent_nothing_more_and_leaves_no_task(
    fresh_database: Database, sql: Connection
) -> None:
    async with receiving() as gone, receiving() as stays, sent(fresh_database):
        webhook, _ = await a_webhook(sql, gone.url)
        await a_webhook(sql, stays.url)
        await a_public_lesson(sql)
        await gone.has(lambda it: len(it.events) == 2)
        await sql.execute("delete from webhook where id = $1", webhook)
        await eventually(lambda: _has_no_task(webhook))
        await a_public_lesson(sql)
        await stays.has(lambda it: len(it.events) == 4)
    assert len(gone.events) == 2


async def _has_no_task(webhook: UUID) -> bool:
    return f"webhook {webhook}" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_what_is_wrong_with_one_webhook_holds_up_no_other(
    fresh_database: Database, sql: Connection, lines: list[Any]
) -> None:
    async with receiving() as receiver, sent(fresh_database):
        broken, _ = await a_webhook(sql, receiver.url)
        await sql.execute("alter table webhook drop constraint webhook_secret")
        await sql.execute("update webhook set secret = 'whsec_!' where id = $1", broken)
        await a_webhook(sql, receiver.url)
        _, lesson = await a_public_lesson(sql)
        await receiver.has(lambda it: str(lesson) in {event["id"] for event in it.events})

        async def told_of() -> set[str]:
            return {line["webhook"] for line in lines if "webhook" in line and line["log_level"] != "info"}

        # They are sent beside each other: what is wrong may be found a moment after the other's is there.
        assert await eventually(told_of) == {str(broken)}
    assert await told_of() == {str(broken)}


async def test_a_private_address_is_an_attempt_that_tells_why(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as receiver, sent(fresh_database, reach=Reach(http=True)):
        webhook, _ = await a_webhook(sql, receiver.url.replace("127.0.0.1", "localhost"))
        await a_public_lesson(sql)
        await eventually(lambda: _has_tried(sql, webhook))
        reason = await sql.fetchval("select reason from webhook_attempt limit 1")
    assert receiver.got == []
    assert "which is not public" in reason


async def test_old_attempts_and_alerts_are_thrown_away(sql: Connection) -> None:
    webhook, _ = await a_webhook(sql, "https://receiver.example/")
    await sql.execute(
        "insert into webhook_attempt (webhook_id, message_id, latency_ms, at)"
        " select $1, chaishots_uuid7(), 1, now() - make_interval(days => days) from unnest(array[1, 29, 31]) as days",
        webhook,
    )
    await sql.execute(
        "insert into alert (position, kind, lesson_id, program_id, publish_at, at)"
        " select n, 'lesson.refused', gen_random_uuid(), gen_random_uuid(), now(), now() - interval '91 days'"
        " from generate_series(1, 3) n"
    )
    await alerts.forget_old(sql)
    assert await sql.fetchval("select count(*) from webhook_attempt") == 2
    # The last one stays: positions go on from it.
    assert [row["position"] for row in await sql.fetch("select position from alert")] == [3]


async def test_a_message_is_signed_by_the_databases_clock_as_its_hosts_may_be_wrong(
    sql: Connection, fresh_database: Database
) -> None:
    await stage(fresh_database.dsn, content=False)
    webhook, _ = await a_webhook(sql, "https://hook.example")
    await sql.execute("update webhook_delivery set test_id = gen_random_uuid()")
    async with session(staged_dsn(fresh_database.dsn), application_name="chaishots:test") as connection:
        step = await messages.next_step(connection, webhook)
    assert isinstance(step, messages.Sending)
    signed = headers(step.message_id, step.body, step.secrets, step.at)
    assert signed["webhook-timestamp"] == str(int(MOMENT.timestamp()))
    assert json.loads(step.body)["timestamp"] == "2030-01-07T08:30:00.000Z"
