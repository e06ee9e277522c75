"""A transaction that could not begin, or not end: its connection is there for others, and who comes next is served."""

import pytest
from tortoise.connection import get_connections

from chaishots.database import orm
from chaishots.database.errors import DatabaseAway
from chaishots.database.pool import open_pool
from chaishots.database.pool_shares import Share
from tests.cluster import eventually
from tests.conftest import Database
from tests.tcp_proxy import cut_way


async def write(seconds: float) -> None:
    async with orm.transaction(seconds) as transaction:
        await orm.query(transaction, "select 1")


@pytest.mark.parametrize("is_begun", [False, True])
async def test_a_way_that_was_cut_leaves_every_connection_to_be_had(fresh_database: Database, is_begun: bool) -> None:
    async with cut_way(fresh_database.dsn) as way, open_pool(way.dsn, application_name="chaishots:tests:pool"):

        async def hang() -> None:
            if not is_begun:
                way.cut()
            async with orm.transaction(0.3) as transaction:
                way.cut()
                await orm.query(transaction, "select 1")

        async def is_served() -> bool:
            try:
                await write(1)
            except DatabaseAway:  # a connection of before, that has not heard of its end
                return False
            return True

        # More often than editors have connections; all in one task, for which each is over.
        for _ in range(2 * Share.EDITORS.value[0]):
            await eventually(is_served)
            with pytest.raises(DatabaseAway):
                await hang()
            way.heal()
        await eventually(is_served)
        assert get_connections().get("default") is orm._client()
