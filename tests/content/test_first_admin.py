"""The first admin's token, which every replica is given at every start: made once, replaced, and never brought back."""

import asyncio
import hashlib

import asyncpg
import pytest

from chaishots.content import tokens
from chaishots.content.roles import Role
from chaishots.content.tokens import FIRST_ADMIN, FirstAdmin, keep_first_admin
from chaishots.database.connection import Connection
from tests.cluster import Cluster
from tests.conftest import Database

FIRST = "chai_0123456789abcdef0123456789abcdef"
NEXT = "chai_fedcba9876543210fedcba9876543210"


async def _keep(sql: Connection, text: str) -> FirstAdmin:
    return await keep_first_admin(sql, text, actor="CHAISHOTS_ADMIN_TOKEN")


async def test_three_replicas_that_start_together_make_it_once(sql: Connection, fresh_database: Database) -> None:
    replicas = [await asyncpg.connect(fresh_database.dsn) for _ in range(3)]
    try:
        became = await asyncio.gather(*(_keep(replica, FIRST) for replica in replicas))
        assert sorted(each.name for each in became) == ["MADE", "THERE", "THERE"]
        # In the midst of a rollout some have another: whoever comes last, one is good.
        texts = [FIRST, NEXT, NEXT]
        became = await asyncio.gather(*(_keep(replica, text) for replica, text in zip(replicas, texts, strict=True)))
        assert sorted(each.name for each in became[1:]) == ["REPLACED", "THERE"]
        assert became[0] in (FirstAdmin.THERE, FirstAdmin.REVOKED)
    finally:
        for replica in replicas:
            await replica.close()
    good = await tokens.find_active_token(sql, NEXT)
    assert good is not None
    assert (good.name, good.role) == (FIRST_ADMIN, Role.ADMIN)
    assert await tokens.find_active_token(sql, FIRST) is None
    lines = await sql.fetch("select action, actor from activity where object_type = 'token' order by seq")
    assert [tuple(line) for line in lines] == [
        ("token.create", "CHAISHOTS_ADMIN_TOKEN"),
        ("token.revoke", "CHAISHOTS_ADMIN_TOKEN"),
        ("token.create", "CHAISHOTS_ADMIN_TOKEN"),
    ]


async def test_what_was_revoked_is_not_brought_back_by_the_next_start(sql: Connection) -> None:
    assert await _keep(sql, FIRST) is FirstAdmin.MADE
    await tokens.revoke_token(sql, FIRST_ADMIN)
    assert await _keep(sql, FIRST) is FirstAdmin.REVOKED
    assert await tokens.find_active_token(sql, FIRST) is None
    assert await _keep(sql, NEXT) is FirstAdmin.MADE


async def test_a_token_of_somebody_else_is_made_no_admins(sql: Connection) -> None:
    _, text = await tokens.create_token(sql, "asha", Role.EDITOR)
    assert await _keep(sql, text) is FirstAdmin.OF_OTHER_ROLE
    assert [token.name for token in await tokens.tokens(sql)] == ["asha"]


async def test_only_its_hash_is_stored(sql: Connection) -> None:
    await _keep(sql, FIRST)
    assert await sql.fetchval("select token_hash from api_token") == hashlib.sha256(FIRST.encode()).digest()
    history = await sql.fetch("select activity::text from activity")
    assert not [line for line in history if FIRST in line["activity"]]


async def test_a_server_that_cannot_write_now_only_reads(sql: Connection) -> None:
    await _keep(sql, FIRST)
    await sql.execute("set default_transaction_read_only = on")
    assert await _keep(sql, FIRST) is FirstAdmin.THERE
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await _keep(sql, NEXT)


async def test_a_server_lets_the_first_admin_in_and_logs_no_secret(cluster: Cluster) -> None:
    (replica,) = await cluster.start(CHAISHOTS_ADMIN_TOKEN=FIRST)
    answer = await replica.http.get("/cms/tokens", headers={"Authorization": f"Bearer {FIRST}"})
    assert [token["name"] for token in answer.json()["tokens"]] == [FIRST_ADMIN]
    assert [line["name"] for line in replica.logged("admin_token.made")] == [FIRST_ADMIN]
    assert FIRST not in replica.log_text()
