"""What ends the publisher's session when it is published is found and told, and holds up nobody for long."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
from structlog.testing import capture_logs

from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseTrouble
from chaishots.scheduler.batch_limits import TimeLimits
from chaishots.scheduler.publisher import publish_due
from chaishots.scheduler.publisher_loop import publish_on_time
from chaishots.scheduler.refusal_reasons import Refusal
from chaishots.scheduler.session_enders import LostSession
from tests.builders import A_MOMENT_AGO, a_change, a_lesson, a_term, database_now, lessons_due
from tests.cluster import eventually
from tests.conftest import Database
from tests.scheduler.test_isolation import tried_again

GOOD = 200

# What has such a title ends the session at every step: as a crash of Postgres would, for that session.
ENDS = """
    create function ends() returns trigger language plpgsql as $$
    begin
        if new.title like 'bad%' and (new.status, new.duration_ms) is distinct from (old.status, old.duration_ms) then
            perform pg_terminate_backend(pg_backend_pid()), pg_sleep(5);
        end if;
        return new;
    end $$;
    create trigger ends before update on lesson for each row execute function ends();
"""
_IS_KNOWN = "select id, tries from refusal where reason like 'The publisher''s session with Postgres ended%'"


class Replicas:
    """Leaders one after the other, each with a session of its own, as one replica has them."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._untold: dict[UUID, Refusal] = {}
        self.lost: LostSession | None = None
        self.sessions_lost = 0

    async def publish(self) -> None:
        """Publish until nothing more can be had, whatever becomes of the session."""
        while True:
            session = await asyncpg.connect(self._dsn)
            limits = TimeLimits.after(self.lost)
            try:
                while True:
                    batch = await publish_due(session, actor="replica-1", untold=self._untold, time_limits=limits)
                    if batch.is_empty and not batch.is_full:
                        break
                return
            except DatabaseTrouble:
                self.lost = limits.lost
                self.sessions_lost += 1
                assert self.sessions_lost < 30
            finally:
                await session.close()


async def test_one_of_each_kind_is_found_and_noted_and_all_others_go_out(
    sql: Connection, fresh_database: Database
) -> None:
    await sql.execute(ENDS)
    due = await database_now(sql) - timedelta(seconds=1)
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', $1) returning id", due
    )
    term = await a_term(sql)
    await a_lesson(sql, term, title="bad of the release", release_id=release)
    over = await a_lesson(sql, term, title="bad over", status="published", archive_at=due)
    changed = await a_change(sql, await a_lesson(sql, term, title="bad changed"), {"duration_ms": 61_000})
    bad = await a_lesson(sql, term, title="bad", due_in=timedelta(seconds=-0.9))
    await lessons_due(sql, GOOD, due_in=A_MOMENT_AGO)
    replicas = Replicas(fresh_database.dsn)

    await replicas.publish()

    assert (
        await sql.fetchval("select count(*) from lesson where status = 'published' and title like 'Lesson %'") == GOOD
    )
    assert {row["id"]: row["tries"] for row in await sql.fetch(_IS_KNOWN)} == dict.fromkeys(
        (release, over, changed, bad), 1
    )
    # One for each that is tried by itself, and one or two each to find it, for one hides the next.
    assert replicas.sessions_lost <= 14

    lost = replicas.sessions_lost
    await replicas.publish()
    assert replicas.sessions_lost == lost  # all four have their pause
    await tried_again(sql)
    await replicas.publish()
    assert replicas.sessions_lost == lost + 4
    assert {row["tries"] for row in await sql.fetch(_IS_KNOWN)} == {2}

    await sql.execute("drop trigger ends on lesson")
    await tried_again(sql)
    await replicas.publish()
    done = "select status from lesson where id = $1 union all select status from change where id = $2"
    assert [row["status"] for row in await sql.fetch(done, bad, changed)] == ["published", "applied"]
    done = "select status from release where id = $1 union all select status from lesson where id = $2"
    assert [row["status"] for row in await sql.fetch(done, release, over)] == ["published", "archived"]


async def test_one_whose_session_somebody_else_ended_goes_out_all_the_same(
    sql: Connection, fresh_database: Database
) -> None:
    await lessons_due(sql, GOOD)
    replicas = Replicas(fresh_database.dsn)
    replicas.lost = LostSession(lessons=1)  # as if the session had ended by chance, in a batch of one

    await replicas.publish()

    assert await sql.fetchval("select count(*) from lesson where status = 'published'") == GOOD
    assert (replicas.sessions_lost, await sql.fetchval("select count(*) from refusal")) == (0, 0)


async def test_a_replica_goes_on_publishing_and_tells_which_it_was(sql: Connection, fresh_database: Database) -> None:
    await sql.execute(ENDS)
    term = await a_term(sql)
    bad = await a_lesson(sql, term, title="bad", due_in=timedelta(seconds=-2))
    good = await a_lesson(sql, term, due_in=A_MOMENT_AGO)
    with capture_logs() as lines:
        task = asyncio.create_task(
            publish_on_time(fresh_database.dsn, replica="brew", lease_seconds=2, poll_seconds=60)
        )
        try:
            await eventually(lambda: _is_published(sql, good))
            told = await eventually(lambda: _told(lines))
        finally:
            task.cancel()
            await asyncio.wait([task])

    assert told
    assert told["lesson"] == str(bad)
    assert "Mend the trigger" in told["reason"]


async def _is_published(sql: Connection, lesson: UUID) -> bool:
    return await sql.fetchval("select status = 'published' from lesson where id = $1", lesson)


async def _told(lines: list) -> dict | None:
    return next((line for line in lines if line["event"] == "lesson.refused"), None)
