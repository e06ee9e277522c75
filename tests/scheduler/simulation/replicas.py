"""Replicas that run the real `publish_on_time` in a simulated world, and what is promised of them there."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final
from unittest.mock import patch

import asyncpg
from structlog.testing import capture_logs

from chaishots.scheduler.publisher_loop import publish_on_time
from tests.scheduler.simulation.driver import Link, Way, connect
from tests.scheduler.simulation.postgres import Postgres, Session
from tests.scheduler.simulation.world import Process, World

LEASE_SECONDS: Final = 2.0
PASS_SECONDS: Final = 30.0
"""The longest that a batch, and what belongs to it, is waited for on a connection that may have been cut."""
_STARTS_EARLY: Final = frozenset({"stopped", "ended"})
"""Postgres ends these sessions before any lease is over, and lets another one lead at once."""
_OF_WAITING: Final = ("clock_timestamp()))::float8", "select exists (select from lesson")


class Replica:
    """One process that stands for election, and publishes while it leads."""

    def __init__(self, cluster: "Cluster", name: str) -> None:
        self.name = name
        self.process = Process(cluster.world, name)
        self.way = Way(cluster.world)
        self.links: list[Link] = []
        self.leads = False
        """Whether it takes itself for the leader: what is done beside publishing is begun, and not ended."""
        self._cluster = cluster
        self.process.set_exception_handler(lambda *_: None)
        self.process.start(
            publish_on_time(
                "postgresql://simulated/", replica=name, lease_seconds=LEASE_SECONDS, poll_seconds=60, beside=self._lead
            )
        )

    @asynccontextmanager
    async def _lead(self) -> AsyncIterator[None]:
        self.leads = True
        try:
            yield
        finally:
            self.leads = False

    async def connect(self, *, timeout: float, server_settings: dict[str, str]) -> Link:
        """Connect to Postgres."""
        link = await connect(self.process, self.way, self._cluster.postgres, server_settings, timeout)
        self.links.append(link)
        return link

    @property
    def link(self) -> Link | None:
        """Its publisher's connection, as it knows it."""
        open_links = [link for link in self.links if not link.is_closed()]
        return next(
            (link for link in reversed(open_links) if link.get_settings().application_name.count("feed") == 0), None
        )

    def kill(self) -> None:
        """End the process; its system closes its sockets."""
        self.process.kill()
        for link in self.links:
            if not link.is_closed():
                link.hang_up()


class Cluster:
    """Some replicas, one Postgres."""

    def __init__(self, number: int, seed: int, logged: list[MutableMapping[str, Any]]) -> None:  # Any: structlog's
        self._logged = logged
        self.world = World(random.Random(seed))
        self.postgres = Postgres(self.world)
        self._started = 0
        self.replicas = [self._started_one() for _ in range(number)]

    def _started_one(self) -> Replica:
        self._started += 1
        return Replica(self, f"replica-{self._started}")

    def replace(self, place: int) -> None:
        """Kill one, and start another in its place, which goes the same way to Postgres."""
        old = self.replicas[place]
        old.kill()
        new = self.replicas[place] = self._started_one()
        new.way = old.way

    def run(self, seconds: float) -> None:
        """Let so much time go by, in small steps, and look after each whether what is promised is kept."""
        until = self.world.now + seconds
        while self.world.now < until:
            self.world.run(min(0.05, until - self.world.now))
            self.require_promises()

    def leader(self) -> Replica:
        """Whose session holds the lock. Fails the test when that is nobody's that lives."""
        holder = self.postgres.holder
        leading = next((one for one in self.replicas if one.link and one.link.session is holder), None)
        assert leading is not None, f"nobody leads; the lock is held by {holder.name if holder else 'nobody'}"
        return leading

    def publisher_of(self, replica: Replica) -> Session | None:
        """The session by which it stands for election, or leads."""
        return replica.link.session if replica.link else None

    def heal(self) -> None:
        """End every fault."""
        for replica in self.replicas:
            replica.way.heal()
            for link in replica.links:
                link.half_sent = None
            replica.process.resume()
        self.postgres.is_up, self.postgres.slowness = True, 1.0

    def close(self) -> None:
        """End every process."""
        for replica in self.replicas:
            replica.process.kill()

    def require_promises(self) -> None:
        """Require what holds at every moment, whatever the faults."""
        for thing in self.postgres.things:
            assert len(thing.publishes) <= 1, "published twice"
            for _, name, led in thing.publishes:
                assert led, f"{name} published without the lock"
        for replica in self.replicas:
            assert replica.process.is_as_expected(), f"{replica.name} has ended"
        faults = [line for line in self._logged if line["event"].endswith(".failed")]
        assert not faults, f"met what it does not know: {faults[0]}"
        self._require_one_believer()
        self._require_that_the_deaf_give_up()

    def _require_one_believer(self) -> None:
        """Never do two lead whose leases hold, as far as each can know."""
        now = self.world.now
        believers: list[str] = []
        for replica in self.replicas:
            link = replica.link
            if replica.leads and not replica.process.is_paused and link and now - link.alive_at < LEASE_SECONDS:
                session = link.session
                if session is not None and session.ended_by not in _STARTS_EARLY:
                    believers.append(replica.name)
        assert len(believers) <= 1, f"{' and '.join(believers)} lead"

    def _require_that_the_deaf_give_up(self) -> None:
        """Who leads, runs and hears nothing gives up: within the lease, and a batch later where it waits for one."""
        for replica in self.replicas:
            if (link := replica.link) is None or not replica.leads or replica.process.is_paused:
                continue
            deaf_s = self.world.now - max(link.alive_at, replica.process.runs_since)
            is_waiting = link.asks is None or any(words in link.asks for words in _OF_WAITING)
            most_s = LEASE_SECONDS * 1.25 + (0 if is_waiting else PASS_SECONDS)
            assert deaf_s <= most_s, f"{replica.name} leads, and has heard nothing for {deaf_s:.2f} s"


@contextmanager
def simulated(number: int, seed: int) -> Iterator[Cluster]:
    """A cluster whose program reaches the simulated Postgres, in place of any other, for as long as the block lasts."""
    cluster: Cluster

    async def connect_simulated(
        _: str, *, timeout: float, server_settings: dict[str, str], **__: Any
    ) -> Link:  # Any: asyncpg's
        process = asyncio.get_running_loop()
        assert isinstance(process, Process)
        replica = next(one for one in cluster.replicas if one.process is process)
        return await replica.connect(timeout=timeout, server_settings=server_settings)

    with patch.object(asyncpg, "connect", connect_simulated), capture_logs() as logged:
        cluster = Cluster(number, seed, logged)
        try:
            yield cluster
        finally:
            cluster.close()
