"""What hangs, in a user's own trigger that sleeps or waits for a lock, is told, and makes the others little late."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.database.connection import Connection
from chaishots.scheduler.batch_limits import TimeLimits
from chaishots.scheduler.batch_outcome import ONCE_MORE, Batch
from chaishots.scheduler.given_up_statements import Hang
from chaishots.scheduler.publisher import publish_due, warm_up
from tests.builders import A_MOMENT_AGO, a_lesson, a_term, database_now, lessons_due, row
from tests.cluster import eventually
from tests.conftest import Database
from tests.scheduler.test_isolation import tried_again

GOOD = 200
LOST = 0.95
"""Seconds: about 0.1; the rest is for a busy machine."""
GAVE_UP = "Postgres gave it up, though it was tried by itself (canceling statement due to"

# A title such as `bad published` hangs at that step. BEFORE, AFTER: how it does.
SLEEPS = """
    create function hang() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$;
    create trigger hang {} update on lesson for each row
        when (new.title like 'bad%' and new.title like '%' || new.status) execute function hang();
"""
WAITS = SLEEPS.replace("pg_sleep(30)", "from held for update")


@asynccontextmanager
async def held(database: Database, sql: Connection) -> AsyncIterator[None]:
    """A table `held` with a row that another session keeps locked."""
    await sql.execute("create table held as select 1 as one")
    holder = await asyncpg.connect(database.dsn)
    try:
        async with holder.transaction():
            await holder.execute("select from held for update")
            yield
    finally:
        await holder.close()


class Leader:
    """The leader's calls, one after the other; when, after the first began, each was over."""

    def __init__(self, sql: Connection) -> None:
        self._sql = sql
        self._time_limits = TimeLimits()
        self._untold: dict = {}
        self.batches: list[Batch] = []
        self.seconds: list[float] = []

    async def publish(self) -> None:
        began, self.batches, self.seconds = time.monotonic(), [], []
        while not self.batches or self.batches[-1].is_full:
            self.batches.append(
                await publish_due(self._sql, actor="replica-1", untold=self._untold, time_limits=self._time_limits)
            )
            self.seconds.append(time.monotonic() - began)

    async def limit_ms(self) -> int:
        """What the next batch may take."""
        await self._time_limits.limit_batch(self._sql)
        return await self._sql.fetchval("select setting::integer from pg_settings where name = 'statement_timeout'")

    @property
    def went(self) -> int:
        return sum(len(batch.published) + len(batch.archived) for batch in self.batches)

    @property
    def hangs(self) -> int:
        return sum(batch is ONCE_MORE for batch in self.batches)

    @property
    def lost_s(self) -> float:
        """For how long the last that went has waited for what hung."""
        began = [0.0, *self.seconds]
        last = self.seconds.index(self.last_went_after_s)
        return sum(self.seconds[n] - began[n] for n in range(last) if self.batches[n] is ONCE_MORE)

    @property
    def last_went_after_s(self) -> float:
        went = zip(self.batches, self.seconds, strict=True)
        return max(seconds for batch, seconds in went if batch.published or batch.archived)

    @property
    def refused(self) -> list[UUID]:
        return [lesson.lesson_id for batch in self.batches for lesson in batch.refused]


@pytest.fixture
async def leader(fresh_database: Database) -> AsyncIterator[Leader]:
    """In a session of its own, which it gives its limits."""
    session = await asyncpg.connect(fresh_database.dsn)
    await warm_up(session)
    yield Leader(session)
    await session.close()


async def error(sql: Connection, table: str, key: UUID) -> str:
    return (await row(sql, table, key))["publish_error"] or ""


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lesson_that_hangs_is_told_and_the_others_go_out_soon(
    sql: Connection, when: str, leader: Leader
) -> None:
    await sql.execute(SLEEPS.format(when))
    bad = await a_lesson(sql, title="bad published", due_in=timedelta(seconds=-2))
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert leader.went == GOOD
    assert leader.lost_s < LOST
    assert leader.refused == [bad]
    assert (await error(sql, "lesson", bad)).startswith(GAVE_UP)
    assert "Mend the trigger" in await error(sql, "lesson", bad)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_one_that_hangs_is_known_at_once_in_whatever_order_the_rows_are_stored(
    sql: Connection, when: str, leader: Leader
) -> None:
    await sql.execute(SLEEPS.format(when))
    await lessons_due(sql, GOOD)
    await sql.execute("update lesson set publish_at = now() - random() * interval '1 s'")
    bad = await sql.fetchval("""
        update lesson set title = 'bad published', publish_at = now() - interval '2 s'
         where lesson_number = 50 returning id""")
    await sql.execute("vacuum analyze lesson")

    await leader.publish()

    assert leader.went == GOOD - 1
    assert leader.refused == [bad]
    assert leader.hangs == 1


async def test_one_that_hangs_a_trigger_of_the_whole_statement_is_found_and_the_others_go_out_soon(
    sql: Connection, leader: Leader
) -> None:
    await sql.execute("""
        create function hang() returns trigger language plpgsql as $$ begin
            if exists (select from changed where title like 'bad%' and status = 'published') then
                perform pg_sleep(30);
            end if;
            return null;
        end $$;
        create trigger hang after update on lesson referencing new table as changed
            for each statement execute function hang();
    """)
    bad = await a_lesson(sql, title="bad published", due_in=timedelta(seconds=-2))
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert (leader.went, leader.refused) == (GOOD, [bad])
    assert leader.lost_s < 1.5


async def test_limits_are_wider_after_a_false_alarm(sql: Connection, leader: Leader) -> None:
    # Only once, as on a machine that is busy for a moment.
    await sql.execute("create sequence calls")
    await sql.execute(
        SLEEPS.format("before").replace(
            "perform pg_sleep(30)", "if nextval('calls') = 1 then perform pg_sleep(30); end if"
        )
    )
    lesson = await a_lesson(sql, title="bad published", due_in=timedelta(seconds=-2))
    before_ms = await leader.limit_ms()

    await leader.publish()

    assert [published.lesson_id for batch in leader.batches for published in batch.published] == [lesson]
    assert await leader.limit_ms() == 2 * before_ms


async def test_an_end_that_hangs_is_told_and_the_others_are_taken_down_soon(sql: Connection, leader: Leader) -> None:
    await sql.execute(SLEEPS.format("before"))
    ends = {"status": "published", "archive_at": await database_now(sql) - timedelta(seconds=1)}
    term = await a_term(sql)
    for _ in range(20):
        await a_lesson(sql, term, **ends)
    bad = await a_lesson(sql, term, title="bad archived", **ends)
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert leader.went == GOOD + 20
    assert leader.lost_s < LOST
    assert leader.refused == [bad]
    assert (await error(sql, "lesson", bad)).startswith(GAVE_UP)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_release_that_hangs_is_told_with_its_lesson_and_the_others_go_out_soon(
    sql: Connection, when: str, leader: Leader
) -> None:
    await sql.execute(SLEEPS.format(when))
    statement = "insert into release (name, status, publish_at) values ($1, 'scheduled', now()) returning id"
    release, other = [await sql.fetchval(statement, name) for name in ("Diwali", "Holi")]
    term = await a_term(sql)
    for _ in range(5):
        await a_lesson(sql, term, release_id=release)
        await a_lesson(sql, term, release_id=other)
    bad = await a_lesson(sql, term, title="bad published", release_id=release)
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert leader.went == GOOD + 5
    assert leader.lost_s < LOST
    assert leader.refused == [bad]
    assert (await error(sql, "release", release)).startswith(f"bad published: {GAVE_UP}")


async def test_a_release_whose_own_row_hangs_is_told(sql: Connection, leader: Leader) -> None:
    await sql.execute(
        SLEEPS.format("before")
        .replace("on lesson", "on release")
        .replace("(new.title like 'bad%' and new.title like '%' || new.status)", "(new.version > 1)")
    )
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('bad', 'scheduled', now()) returning id"
    )
    await a_lesson(sql, release_id=release)
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert (leader.went, leader.refused) == (GOOD, [release])
    assert GAVE_UP in await sql.fetchval("select reason from refusal where id = $1", release)


async def test_a_lock_that_never_comes_is_told_as_one_and_the_others_go_out_soon(
    sql: Connection, fresh_database: Database, leader: Leader
) -> None:
    async with held(fresh_database, sql):
        await sql.execute(WAITS.format("before"))
        bad = await a_lesson(sql, title="bad published", due_in=timedelta(seconds=-2))
        await lessons_due(sql, GOOD)

        await leader.publish()

    assert (leader.went, leader.refused) == (GOOD, [bad])
    assert leader.lost_s < LOST
    assert (await error(sql, "lesson", bad)).startswith(f"{GAVE_UP} lock timeout)")


async def test_a_row_that_hangs_at_every_update_is_known_as_refused(sql: Connection, leader: Leader) -> None:
    bad = await a_lesson(sql, title="bad", due_in=timedelta(seconds=-2))
    await sql.execute(SLEEPS.format("before").replace("and new.title like '%' || new.status", ""))
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert (leader.went, leader.refused) == (GOOD, [bad])
    assert leader.lost_s < LOST
    assert (await sql.fetchval("select reason from refusal where id = $1", bad)).startswith(GAVE_UP)
    assert 25 < (leader.batches[-1].seconds_to_next or 0) < 35


async def test_what_hung_makes_nobody_late_later_and_is_tried_by_itself_after_a_pause_that_grows(
    sql: Connection, leader: Leader
) -> None:
    await sql.execute(SLEEPS.format("before"))
    bad = await a_lesson(sql, title="bad published", due_in=timedelta(seconds=-2))
    await leader.publish()
    pauses: list[float] = []
    for _ in range(2):
        await lessons_due(sql, GOOD)
        await tried_again(sql)
        await leader.publish()
        assert leader.went == GOOD
        assert leader.last_went_after_s < 0.5
        pauses.append(await sql.fetchval("select extract(epoch from retry_at - now())::float8 from refusal"))
    await sql.execute("drop trigger hang on lesson")
    await tried_again(sql)

    await leader.publish()

    assert [round(pause / 30) for pause in pauses] == [2, 4]
    assert [lesson.lesson_id for batch in leader.batches for lesson in batch.published] == [bad]
    assert await sql.fetchval("select count(*) from refusal") == 0


async def test_what_hung_is_not_tried_while_something_is_about_to_fall_due(sql: Connection, leader: Leader) -> None:
    await sql.execute(SLEEPS.format("before"))
    await a_lesson(sql, title="bad published", due_in=A_MOMENT_AGO)
    await leader.publish()
    await tried_again(sql)
    await a_lesson(sql, due_in=timedelta(seconds=0.5))

    await leader.publish()

    assert leader.seconds[-1] < 0.4
    assert 0 < (leader.batches[-1].seconds_to_next or 0) < 0.5


async def test_many_that_hang_do_not_add_up_to_the_time_of_a_batch_each(sql: Connection, leader: Leader) -> None:
    await sql.execute(SLEEPS.format("before"))
    term = await a_term(sql)
    bad = [await a_lesson(sql, term, title="bad published", due_in=timedelta(seconds=-2)) for _ in range(8)]
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert leader.went == GOOD
    assert leader.last_went_after_s < 4
    assert sorted(leader.refused) == sorted(bad)


async def test_one_in_whose_batch_another_hung_is_published_and_nothing_is_told_of_it(
    sql: Connection, leader: Leader
) -> None:
    # The trigger updates others as well: how far the statement came is no hint at the one that hangs.
    await sql.execute(
        SLEEPS.format("before").replace("perform pg_sleep", "update lesson set title = title; perform pg_sleep")
    )
    bad = await a_lesson(sql, title="bad published", due_in=timedelta(seconds=-2))
    await lessons_due(sql, GOOD)

    await leader.publish()

    assert leader.went == GOOD
    assert leader.refused == [bad]


async def test_a_release_larger_than_a_batch_has_time_for_its_size(sql: Connection, leader: Leader) -> None:
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', now()) returning id"
    )
    await lessons_due(sql, 1_200)
    await sql.execute("update lesson set release_id = $1", release)
    # As on a slow machine.
    await sql.execute(
        SLEEPS.format("before")
        .replace("30", "0.001")
        .replace("new.title like 'bad%' and new.title like '%' || new.status", "new.status = 'published'")
    )

    await leader.publish()

    assert (leader.went, leader.refused) == (1_200, [])


async def test_what_is_only_slow_goes_out_with_all_others_and_is_no_surprise_the_next_time(
    sql: Connection, leader: Leader
) -> None:
    # A trigger of somebody's that takes so long by rights, and longer than a lesson took before.
    await sql.execute(
        SLEEPS.format("before").replace("30", "0.004").replace("new.title like 'bad%' and new.title", "new.status")
        .replace(" like '%' || new.status)", " = 'published')")
    )  # fmt: skip
    for _ in range(2):
        await lessons_due(sql, GOOD)

        await leader.publish()

        assert (leader.went, leader.refused) == (GOOD, [])
    assert await sql.fetchval("select count(*) from refusal") == 0
    assert leader.hangs == 0


async def test_what_was_given_up_is_tried_once_more_soon_though_others_fall_due_all_the_time() -> None:
    limits, soon_s = TimeLimits(), 0.05
    given_up, of_another_leader = uuid4(), uuid4()
    limits.note_hang(Hang(given_up, lessons=1))

    async def is_quick(key: UUID) -> bool:
        return limits.is_quick(key, 1, soon_s) is True

    assert not await is_quick(given_up)
    for key in (given_up, of_another_leader):
        began = time.monotonic()
        await eventually(lambda key=key: is_quick(key), within=5)
        assert time.monotonic() - began > 0.3, "each makes others late, so they are some way apart"
        assert not await is_quick(key), "from then on it waits for its full time"
