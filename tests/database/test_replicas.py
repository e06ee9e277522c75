"""Who stands for election, as Postgres shows it: each schema by itself, with its lease, and with what it met."""

import asyncpg

from chaishots import __version__
from chaishots.content.queries.publisher_health import Publishing
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection, session
from chaishots.database.replicas import name_in_trouble, replicas
from chaishots.scheduler.election import stand_for_election
from chaishots.status import State
from tests.conftest import Database


async def test_two_schemas_of_one_database_have_a_leader_each(fresh_database: Database, sql: Connection) -> None:
    await sql.execute(
        "create schema other; create table other.lesson (); create function other.chaishots_campaign"
        "(lock bigint, turn_ms integer) returns boolean return public.chaishots_campaign(lock, turn_ms)"
    )
    beside = f"{fresh_database.dsn}{'&' if '?' in fresh_database.dsn else '?'}options=-csearch_path%3Dother"
    async with (
        stand_for_election(fresh_database.dsn, replica="first", lease_seconds=2),
        stand_for_election(beside, replica="second", lease_seconds=2),
    ):
        there = await asyncpg.connect(beside)
        try:
            seen = [[(one.name, one.leads) for one in await replicas(connection)] for connection in (sql, there)]
        finally:
            await there.close()
    assert seen == [[("first", True)], [("second", True)]]


async def test_the_lock_of_the_default_schema_is_the_number_that_scripts_know(
    fresh_database: Database, sql: Connection
) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=2):
        assert not await sql.fetchval("select pg_try_advisory_lock($1)", PUBLISHER)
        held = await sql.fetchrow("select classid, objid from pg_locks where locktype = 'advisory' and objsubid = 1")
    assert tuple(held or ()) == (0x4368, 0x61690000)


async def test_a_replica_shows_its_lease(fresh_database: Database, sql: Connection) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=2.5):
        assert [(one.name, one.lease_ms, one.version) for one in await replicas(sql)] == [("first", 2500, __version__)]


async def test_a_replica_shows_why_it_could_not_publish_last(fresh_database: Database, sql: Connection) -> None:
    name = name_in_trouble("x" * 40, "53100")
    async with session(fresh_database.dsn, application_name=name):
        assert [(one.name, one.leads, one.trouble) for one in await replicas(sql)] == [("x" * 40, False, "53100")]


async def test_a_replica_shows_whether_it_hears_of_changes(fresh_database: Database, sql: Connection) -> None:
    async with stand_for_election(fresh_database.dsn, replica="first", lease_seconds=2):
        [deaf] = await replicas(sql)
        async with session(fresh_database.dsn, application_name="chaishots:first:listener") as listener:
            await listener.execute("select")
            [hears] = await replicas(sql)
    assert (deaf.hears, deaf.heard_at, hears.hears) == (False, None, True)
    assert hears.heard_at is not None
    publishing = Publishing([deaf, hears], None)
    lines = [line for line in State(publishing, None).text().splitlines() if line.startswith("Deaf")]
    assert lines == ["Deaf       first: no changes are heard, Postgres is asked for each answer"]
