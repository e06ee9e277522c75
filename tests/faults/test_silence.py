"""A replica that no change reaches any more, though nothing tells it so (promise 5)."""

import time

import pytest

from chaishots.database.connection import Connection
from tests.builders import a_public_program
from tests.cluster import Cluster, Replica, eventually
from tests.conftest import Database
from tests.tcp_proxy import cut_way

SILENT_SECONDS = 1.0
_DIRECTIONS = {"both ways": (True, True), "there": (True, False), "back": (False, True)}


@pytest.mark.parametrize(("there", "back"), _DIRECTIONS.values(), ids=_DIRECTIONS)
async def test_a_replica_whose_listener_hears_nothing_shows_what_was_taken_down_for_a_second_at_most(
    fresh_database: Database, sql: Connection, cluster: Cluster, there: bool, back: bool
) -> None:
    program = await a_public_program(sql)
    path = f"/catalog/programs/{program}"
    async with cut_way(fresh_database.dsn) as way:
        (replica,) = await cluster.start(1, CHAISHOTS_DIRECT_DATABASE_URL=way.dsn)
        await eventually(lambda: _is_plain(replica, path))
        way.cut(there=there, back=back)
        await sql.execute("update program set status = 'archived' where id = $1", program)
        taken_down = shown_last = time.monotonic()

        async def is_gone() -> bool:
            nonlocal shown_last
            asked = time.monotonic()
            if await _is_plain(replica, path):
                shown_last = asked
            return (await replica.http.get(path)).status_code == 404

        await eventually(is_gone)
        way.heal()
        assert shown_last - taken_down <= SILENT_SECONDS


async def _is_plain(replica: Replica, path: str) -> bool:
    answer = await replica.http.get(path)
    return answer.status_code == 200 and "stale" not in answer.headers.get("Cache-Status", "")
