"""Lessons, ends and releases that a user's own trigger refuses or keeps waiting, beside 200 good ones."""

import asyncio
from datetime import timedelta

import psutil

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_term, database_now, lessons_due
from tests.cluster import Cluster, eventually
from tests.scheduler.test_hangs import SLEEPS
from tests.scheduler.test_isolation import GOOD, POISON, SQLSTATES

IDLE_SECONDS = 2
_LATE = """
    select extract(epoch from max(activity.at) - min(lesson.publish_at))::float8
      from activity join lesson on lesson.id = activity.object_id
     where action = 'lesson.publish' and lesson.title like 'Lesson %'
"""

# Everything, a second from now.
_ALL_DUE = """
    begin;
    update release set publish_at = clock_timestamp() + interval '1 s';
    update lesson set publish_at = clock_timestamp() + interval '1 s' where status = 'scheduled' and release_id is null;
    update lesson set archive_at = clock_timestamp() + interval '1 s' where archive_at is not null;
    commit;
"""


async def test_every_kind_of_error_is_told_once_and_good_ones_go_out_and_no_replica_ends(
    cluster: Cluster, sql: Connection
) -> None:
    await sql.execute(POISON)
    await cluster.start(3)
    leader = await cluster.leader()
    due = await database_now(sql) + AN_HOUR
    term = await a_term(sql)
    for code in SQLSTATES:
        await a_lesson(sql, term, title=f"bad {code} published", status="scheduled", publish_at=due)
        await a_lesson(sql, term, title=f"bad {code} archived", status="published", archive_at=due)
        statement = "insert into release (name, status, publish_at) values ($1, 'scheduled', $2) returning id"
        release = await sql.fetchval(statement, f"Release {code}", due)
        await a_lesson(sql, term, title=f"bad {code} published", release_id=release)
    await lessons_due(sql, GOOD, due_in=AN_HOUR)
    await sql.execute(_ALL_DUE)

    async def all_told() -> bool:
        lessons = await sql.fetchval("select count(*) from lesson where publish_error is not null")
        releases = await sql.fetchval("select count(*) from release where publish_error is not null")
        good = await sql.fetchval("select count(*) from lesson where status = 'published' and title like 'Lesson %'")
        return (lessons, releases, good) == (3 * len(SQLSTATES), len(SQLSTATES), GOOD)

    await eventually(all_told)
    late = await sql.fetchval(_LATE)
    process = psutil.Process(leader.process.pid)
    before = sum(process.cpu_times()[:2])
    await asyncio.sleep(IDLE_SECONDS)  # to be idle is what is measured
    idle = (sum(process.cpu_times()[:2]) - before) / IDLE_SECONDS
    print(f"\nthe last of {GOOD} good ones {late * 1000:.0f} ms late; the leader then takes {idle:.1%} of a core")

    assert late < 1
    assert idle < 0.05
    assert [replica.process.returncode for replica in cluster.replicas] == [None] * 3
    assert await cluster.leader() is leader
    refused = [line for line in leader.log_text().splitlines() if "lesson.refused" in line]
    assert len(refused) == 3 * len(SQLSTATES)


async def test_what_hangs_is_told_and_the_good_ones_go_out_soon_and_later_ones_at_once(
    cluster: Cluster, sql: Connection
) -> None:
    await sql.execute(SLEEPS.format("before"))
    await cluster.start(3)
    leader = await cluster.leader()
    due = await database_now(sql) + AN_HOUR
    term = await a_term(sql)
    await a_lesson(sql, term, title="bad published", status="scheduled", publish_at=due)
    await a_lesson(sql, term, title="bad archived", status="published", archive_at=due)
    statement = "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', $1) returning id"
    await a_lesson(sql, term, title="bad published", release_id=await sql.fetchval(statement, due))
    await lessons_due(sql, GOOD, due_in=AN_HOUR)
    await sql.execute(_ALL_DUE)

    async def all_told() -> bool:
        lessons = await sql.fetchval("select count(*) from lesson where publish_error is not null")
        return (lessons, await sql.fetchval("select count(*) from release where publish_error is not null")) == (3, 1)

    await eventually(all_told)
    late = await sql.fetchval(_LATE)
    lessons = [await a_lesson(sql, term, due_in=timedelta(seconds=seconds)) for seconds in (1, 1.2)]

    async def are_out() -> bool:
        return await sql.fetchval("select bool_and(status = 'published') from lesson where id = any($1)", lessons)

    await eventually(are_out)
    later = await sql.fetchval(_LATE.replace("lesson.title like 'Lesson %'", "lesson.id = any($1)"), lessons)
    print(f"\nthe last of {GOOD} good ones {late * 1000:.0f} ms late, with three that hang")
    assert late < 6
    assert later < 0.5
    assert await cluster.leader() is leader
    assert [replica.process.returncode for replica in cluster.replicas] == [None] * 3
    assert len([line for line in leader.log_text().splitlines() if "lesson.refused" in line]) == 3
