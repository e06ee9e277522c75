"""Faults by chance, on replicas, on their way to Postgres and on Postgres itself; each is over when its call is."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Final

import asyncpg

from tests.cluster import Cluster, Replica
from tests.faults.history import EVERYWHERE, SILENCE, Fault, History
from tests.faults.own_postgres import FAST, IMMEDIATE, OwnPostgres
from tests.faults.witness import DATABASE_ERRORS
from tests.tcp_proxy import CutWay, cut_way

_SESSIONS: Final = "select pid from pg_stat_activity where application_name like 'chaishots:%'"
_READ_ONLY: Final = "alter database chaishots set default_transaction_read_only = on"
_WRITABLE: Final = "alter database chaishots reset default_transaction_read_only"
_LASTS_SECONDS: Final = (0.2, 3.0)
_PAUSE_SECONDS: Final = (0.0, 0.8)
"""Between two faults."""
LEASE_SECONDS: Final = 1
_SILENCE_SECONDS: Final = 3.3
"""How long a leader is paused in which its lease, and what is granted beyond, is over for certain."""
_SILENCE_EVERY: Final = 8
"""The first fault of so many is that: left to chance, a short run had none, and noticed no lease that was lost."""


class RandomFaults:
    """Replicas, each with a way of its own to Postgres, and what befalls them."""

    def __init__(self, cluster: Cluster, postgres: OwnPostgres, chance: random.Random, history: History) -> None:
        self._cluster = cluster
        self._postgres = postgres
        self._chance = chance
        self._history = history
        self._ways: dict[str, CutWay] = {}
        self._postgres_is_left = asyncio.Lock()
        self.replicas: list[Replica] = []
        self.started: Callable[[Replica], None] = lambda _: None
        """Called with each replica that is started in the place of one that was killed."""

    async def start(self, number: int, ways: AsyncExitStack) -> None:
        """Start so many, and wait until they are healthy."""
        made = [await ways.enter_async_context(cut_way(self._postgres.dsn)) for _ in range(number)]
        self.replicas = await asyncio.gather(*(self._started(way) for way in made))

    async def _started(self, way: CutWay, *, healthy: bool = True) -> Replica:
        (replica,) = await self._cluster.start(
            1, healthy=healthy, DATABASE_URL=way.dsn, CHAISHOTS_LEASE_SECONDS=str(LEASE_SECONDS)
        )
        self._ways[replica.name] = way
        return replica

    async def befall_replicas(self, stop: asyncio.Event) -> None:
        """One after another suffers something, until it is to stop."""
        kinds = (self._kill, self._pause, self._cut, self._cut, self._delay, self._drip, self._break_off)
        for number in count():
            if stop.is_set():
                return
            if number % _SILENCE_EVERY == 0:
                await self._silence_leader()
            replica = self._chance.choice(self._leading() or self.replicas)
            await self._suffer(replica.name, self._chance.choice(kinds), replica)

    async def _silence_leader(self) -> None:
        """Pause whoever leads for longer than its lease, while Postgres is left alone."""
        async with self._postgres_is_left:
            leader = await self._cluster.leader()
            began_at = time.time()
            with leader.paused():
                await asyncio.sleep(_SILENCE_SECONDS)
                self._history.faults.append(Fault(leader.name, SILENCE, began_at, time.time()))

    def _leading(self) -> list[Replica]:
        """The leader, every other time: most of what can go wrong is with whoever leads."""
        names = self._history.leaders[-1].names if self._history.leaders and self._chance.random() < 0.5 else ()
        return [replica for replica in self.replicas if replica.name in names]

    async def befall_postgres(self, stop: asyncio.Event) -> None:
        """Postgres suffers something now and then."""
        kinds = (self._end_sessions, self._end_sessions, self._restart, self._refuse_writes)
        while not stop.is_set():
            await asyncio.sleep(self._chance.uniform(*_PAUSE_SECONDS))
            async with self._postgres_is_left:
                await self._suffer(EVERYWHERE, self._chance.choice(kinds), None)

    async def _suffer(
        self, name: str, kind: Callable[[Replica], Awaitable[None]] | Callable[[None], Awaitable[None]], whom: object
    ) -> None:
        began_at = time.time()
        await kind(whom)  # type: ignore[arg-type]
        self._history.faults.append(Fault(name, kind.__name__.strip("_"), began_at, time.time()))
        await asyncio.sleep(self._chance.uniform(*_PAUSE_SECONDS))

    async def _lasts(self) -> None:
        await asyncio.sleep(self._chance.uniform(*_LASTS_SECONDS))

    async def _kill(self, replica: Replica) -> None:
        replica.kill()
        await replica.process.wait()
        new = await self._started(self._ways[replica.name], healthy=False)
        self.replicas[self.replicas.index(replica)] = new
        self.started(new)

    async def _pause(self, replica: Replica) -> None:
        with replica.paused():
            await self._lasts()

    async def _cut(self, replica: Replica) -> None:
        there, back = self._chance.choice([(True, True), (True, False), (False, True)])
        self._ways[replica.name].cut(there=there, back=back)
        await self._lasts()
        self._ways[replica.name].heal()

    async def _delay(self, replica: Replica) -> None:
        async with self._slow(replica, delay_seconds=self._chance.uniform(0.01, 0.2)):
            await self._lasts()

    async def _drip(self, replica: Replica) -> None:
        async with self._slow(replica, delay_seconds=0.002, piece_bytes=self._chance.choice([7, 200, 1_000])):
            await self._lasts()

    @contextlib.asynccontextmanager
    async def _slow(self, replica: Replica, *, delay_seconds: float, piece_bytes: int = 0) -> AsyncIterator[None]:
        way = self._ways[replica.name]
        way.delay_seconds, way.piece_bytes = delay_seconds, piece_bytes
        try:
            yield
        finally:
            way.delay_seconds, way.piece_bytes = 0.0, 0

    async def _break_off(self, replica: Replica) -> None:
        self._ways[replica.name].break_off()

    async def _end_sessions(self, _: None) -> None:
        with contextlib.suppress(*DATABASE_ERRORS):
            connection = await asyncpg.connect(self._postgres.outside)
            sessions = [row["pid"] for row in await connection.fetch(_SESSIONS)]
            for pid in self._chance.sample(sorted(sessions), min(len(sessions), self._chance.randint(1, 6))):
                await connection.execute("select pg_terminate_backend($1)", pid)
            await connection.close()

    async def _restart(self, _: None) -> None:
        await self._postgres.stop(self._chance.choice([FAST, IMMEDIATE]))
        await self._postgres.start()

    async def _refuse_writes(self, _: None) -> None:
        await self._postgres.execute(_READ_ONLY)
        await self._postgres.execute(f"select pg_terminate_backend(pid) from ({_SESSIONS}) as session")
        await self._lasts()
        await self._postgres.execute(_WRITABLE)
        await self._postgres.execute(f"select pg_terminate_backend(pid) from ({_SESSIONS}) as session")
