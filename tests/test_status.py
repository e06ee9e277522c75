"""What `status` tells, and when it asks for a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chaishots.content.queries.upcoming_and_overdue import clock_text
from chaishots.content.webhooks.health import LONG_FAILING
from chaishots.database.connection import Connection
from chaishots.database.replicas import Replica, tell_versions
from chaishots.scheduler.publisher import publish_due
from chaishots.status import State, read_state
from chaishots.times import tell_time
from tests.builders import AN_HOUR, a_lesson, a_program, a_release, a_term, database_now
from tests.commands import chaishots
from tests.conftest import Database
from tests.content.queries.test_why_lesson import a_leader


async def led(sql: Connection, database: Database) -> State:
    """What is told while a replica leads."""
    async with a_leader(database):
        return await read_state(sql)


async def test_nobody_who_leads_needs_a_person_only_with_something_scheduled(sql: Connection) -> None:
    calm = await read_state(sql)
    assert (calm.needs_attention, "none: nobody publishes at this moment" in calm.text()) == (False, True)

    await a_lesson(sql, due_in=AN_HOUR)
    waiting = await read_state(sql)
    assert waiting.needs_attention
    assert "none: nobody will publish what is scheduled; start one: chaishots serve" in waiting.text()


async def test_nobody_who_leads_needs_a_person_with_an_end_to_come(sql: Connection) -> None:
    await a_lesson(sql, status="published", archive_at=await database_now(sql) + AN_HOUR)

    assert (await read_state(sql)).needs_attention


async def test_an_overdue_end_is_told_by_title_and_id(sql: Connection, fresh_database: Database) -> None:
    lesson = await a_lesson(sql, status="published", title="పాఠం", archive_at=await database_now(sql) - AN_HOUR)

    state = await led(sql, fresh_database)

    assert state.needs_attention
    assert "Ends       1 overdue, the oldest for 1 h: still public" in state.text()
    assert f"పాఠం (lesson {lesson}, A program, term " in state.text()
    assert state.document()["overdue_end_lessons"][0]["lesson_id"] == str(lesson)


async def test_a_refused_release_is_told_by_name_and_id(sql: Connection, fresh_database: Database) -> None:
    release = await a_release(sql, name="Spring")
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)
    await publish_due(sql, actor="brew")

    state = await led(sql, fresh_database)

    assert state.needs_attention
    assert f"Spring (release {release}): " in state.text()


async def test_what_will_be_blocked_within_the_hour_is_a_warning(sql: Connection, fresh_database: Database) -> None:
    bare = await a_term(sql, await a_program(sql, posters={}))
    soon = [await a_lesson(sql, bare, due_in=timedelta(minutes=30)) for _ in range(11)]
    later = await a_lesson(sql, bare, due_in=2 * AN_HOUR)

    state = await led(sql, fresh_database)
    whole = await read_state(sql, tells_all_soon=True)

    assert not state.needs_attention
    assert "Soon       11 will be blocked within 1 h as things are" in state.text()
    assert "… all of them: chaishots status --soon" in state.text()
    assert all(str(lesson) in whole.text() for lesson in soon)
    assert str(later) not in whole.text().partition("Soon")[2]


async def test_a_webhook_that_was_given_up_needs_a_person_one_that_fails_is_told(
    sql: Connection, fresh_database: Database
) -> None:
    url = "https://xn--h2brj.example:8443/secret"
    webhook = await sql.fetchval("insert into webhook (url) values ($1) returning id", url)
    well = await led(sql, fresh_database)
    fails = "update webhook_delivery set tries = 4, failing_since = now() - $1::interval"
    await sql.execute(fails, LONG_FAILING - timedelta(minutes=1))
    failing = await led(sql, fresh_database)
    await sql.execute(fails, LONG_FAILING)
    long_failing = await led(sql, fresh_database)
    await sql.execute("update webhook_delivery set failing_since = '2026-11-27T03:30:00Z'")
    await sql.execute("update webhook set status = 'paused', paused_reason = 'failing'")
    paused = await led(sql, fresh_database)
    await sql.execute("update webhook set paused_reason = 'asked'")
    asked = await led(sql, fresh_database)

    states = (well, failing, long_failing, paused, asked)
    assert [state.needs_attention for state in states] == [False, False, True, True, False]
    assert "Webhooks   1: 0 paused, 0 failing\n" in f"{well.text()}\n"
    named = f"xn--h2brj.example:8443 (webhook {webhook})"
    since = tell_time(datetime(2026, 11, 27, 3, 30, tzinfo=UTC))
    assert f"{named}: failing since " in failing.text()
    assert "tried 4 times" in failing.text()
    assert "replay" not in failing.text()
    assert "POST /cms/webhooks/{id}/replay" in long_failing.text()
    assert f"{named}: paused, failing since {since}" in paused.text()
    assert "PATCH /cms/webhooks" in paused.text()
    assert f"{named}: paused by an admin" in asked.text()
    assert "PATCH /cms/webhooks" not in asked.text()
    assert paused.document()["webhooks"] == [
        {
            "webhook_id": str(webhook),
            "host": "xn--h2brj.example:8443",
            "paused_reason": "failing",
            "tries": 4,
            "failing_since": "2026-11-27T03:30:00.000Z",
            "lag_s": 0.0,
            "failing_s": paused.content.webhooks[0].failing_s if paused.content else None,
        }
    ]
    assert all("secret" not in state.text() + str(state.document()) for state in states)


async def test_the_command_ends_with_3_for_a_webhook_that_was_given_up(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute("insert into webhook (url, status, paused_reason) values ('https://a.example', 'paused', 'gone')")

    ran = await chaishots("status", DATABASE_URL=fresh_database.dsn)

    assert (ran.code, "paused, its receiver answered 410 Gone" in ran.out) == (3, True)


async def test_a_clock_that_is_wrong_is_told(sql: Connection) -> None:
    content = (await read_state(sql)).content
    assert content is not None
    assert clock_text(content.outlook) is None
    told = clock_text(replace(content.outlook, clock_off_s=-3_600.0))
    assert told is not None
    assert told.startswith("that of this host is 1 h behind Postgres'")


async def test_the_command_says_which_database_it_asked_and_which_schema_lacks_what(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute("delete from aerich where version like '26\\_%'")

    ran = await chaishots("status", DATABASE_URL=fresh_database.dsn)

    assert ran.code == 3
    assert ran.out.startswith("Database   ")
    assert "The schema is older than this version" in ran.out
    assert "it lacks 26_" in ran.out


async def test_the_version_of_each_replica_is_told_where_they_differ() -> None:
    first = Replica("first", True, datetime.now(UTC), version="1.2.3")
    assert tell_versions([first]) == "Version    1.2.3"
    told = tell_versions(
        [first, replace(first, name="second", version="1.3.0"), replace(first, name="third", version=None)]
    )
    assert told is not None
    assert "first 1.2.3, second 1.3.0, third an older one" in told
