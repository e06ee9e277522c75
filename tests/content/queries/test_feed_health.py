"""How far the feed is behind: told by the tables alone, and nobody is waited for."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

import asyncpg
import pytest

from chaishots.content.queries.feed_health import BEHIND_AFTER_SECONDS, FeedStanding, feed_standing
from chaishots.database.connection import Connection
from chaishots.database.replicas import Replica
from chaishots.scheduler.feed_numbering import number_all
from chaishots.status import State, read_state
from tests.builders import a_public_program
from tests.cluster import Cluster, eventually
from tests.conftest import Database


async def test_it_is_behind_from_a_change_until_that_is_numbered(sql: Connection) -> None:
    await a_public_program(sql)
    before = await feed_standing(sql)
    await number_all(sql)
    after = await feed_standing(sql)

    assert (before.position, after) == (0, FeedStanding(2, 0))
    assert before.behind_s is not None
    assert 0 < before.behind_s < 30


async def test_a_table_that_is_locked_is_waited_for_by_nobody_and_who_has_it_is_told(
    sql: Connection, fresh_database: Database
) -> None:
    other = await asyncpg.connect(fresh_database.dsn)
    async with other.transaction():
        await other.execute("lock table feed_state in access exclusive mode")
        standing = await feed_standing(sql)
        assert standing == FeedStanding(in_the_way=standing.in_the_way)
        assert standing.in_the_way is not None
        assert f"end it: select pg_terminate_backend({other.get_server_pid()})" in standing.in_the_way
    await other.close()


@pytest.mark.parametrize(
    ("feed", "is_led", "says", "needs_attention"),
    [
        (FeedStanding(7, 0.0), True, "Feed       at 7", False),
        (FeedStanding(7, BEHIND_AFTER_SECONDS + 1), True, "Feed       behind for 11", True),
        (FeedStanding(7, BEHIND_AFTER_SECONDS + 1, "Process 9 has it."), True, "           Process 9 has it.", True),
        (
            FeedStanding(7, BEHIND_AFTER_SECONDS + 1),
            False,
            "Feed       behind for 11",
            False,  # nobody leads: that is told by itself
        ),
        (FeedStanding(), True, "Feed       not known", True),
    ],
)
async def test_status_tells_it(
    sql: Connection, feed: FeedStanding, is_led: bool, says: str, needs_attention: bool
) -> None:
    state = await read_state(sql)
    leader = Replica("one", True, datetime.now(UTC))
    shown = State(replace(state.publishing, feed=feed, replicas=[leader] if is_led else []), state.content)

    assert says in shown.text()
    assert shown.needs_attention is needs_attention
    assert shown.document()["feed"] == asdict(feed)


async def test_a_leader_that_cannot_number_is_told_and_goes_on_when_it_can(
    cluster: Cluster, sql: Connection, fresh_database: Database
) -> None:
    [replica] = await cluster.start(1)
    await cluster.leader()
    other = await asyncpg.connect(fresh_database.dsn)
    async with other.transaction():
        await other.execute("lock table feed in share mode")
        await a_public_program(sql)

        async def is_behind() -> bool:
            health = await replica.health()
            return bool(health and health["http_status"] == 200 and health["feed_behind_s"])

        await eventually(is_behind)
        told = (await replica.http.get("/metrics")).text

        async def is_logged() -> bool:
            return bool(replica.logged("feed.waits"))

        await eventually(is_logged)
        assert "has locked the table feed" in str(replica.logged("feed.waits"))
    await replica.tells(feed_behind_s=0)
    await other.close()

    assert "chaishots_feed_behind_seconds " in told
    assert (await feed_standing(sql)).position == 2
