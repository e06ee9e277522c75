"""Lessons, ends and releases that a user's own trigger refuses with every kind of error, beside 200 good ones."""

import asyncio

import psutil

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_term, database_now, lessons_due
from tests.cluster import Cluster, eventually
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
