"""Runs all checks, beside each other where one does not need another, each within its deadline."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from chaishots.checks.content import look_at_content
from chaishots.checks.findings import NAMES, Finding, State, fault, ok, skipped, troubled
from chaishots.checks.postgres_connection import look_at_listener, look_at_pooler, reach
from chaishots.checks.postgres_server import look_at_facts, look_at_hosts, read_facts
from chaishots.checks.without_postgres import add_sharing, look_at_disk, look_at_pictures, look_at_settings
from chaishots.database.connection import Connection
from chaishots.database.errors import trouble_of
from chaishots.settings import Settings

ALL_SECONDS: Final = 2.0
"""The longest that all of it takes, whatever hangs; each check has less."""
_FACTS_SECONDS: Final = 1.0
_CONTENT_SECONDS: Final = 1.2
_NOT_REACHED: Final = "Postgres is not reached"
_BROKE_OFF: Final = "Postgres did not go on replying, see above"
_LATE: Final = "no reply in time"


class Findings:
    """What is found, as it is found: whoever waits no longer takes what there is."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}

    def add(self, *found: Finding) -> None:
        """Keep what a check has found; the first of a name counts."""
        for one in found:
            self._found.setdefault(one.name, one)

    def get(self, name: str) -> Finding | None:
        """What was found there; None when it is not known yet."""
        return self._found.get(name)

    def replace(self, found: Finding) -> None:
        """Keep this in the place of what was found before."""
        self._found[found.name] = found

    def next_unknown(self) -> str:
        """The first that is asked of Postgres and not known yet."""
        return next((name for name in NAMES if name not in self._found and name not in _OF_THE_MACHINE), "database")

    def skip_rest(self, why: str, names: Iterable[str] = NAMES) -> None:
        """Say why what has not been looked at is not."""
        self.add(*(skipped(name, why) for name in names if name not in _OF_THE_MACHINE))

    def skip_all(self, why: str) -> None:
        """Say why nothing else was looked at."""
        self.add(*(skipped(name, why) for name in NAMES))

    def all(self) -> list[Finding]:
        """All in their order; what has not answered is told as that, the first in the way as a fault."""
        found = dict(self._found)
        late = [name for name in NAMES if name not in found]
        for name in late:
            first = name == late[0] or name in _OF_THE_MACHINE
            found[name] = fault(name, _LATE, _LATE_ACTIONS.get(name, _LATE_ACTION)) if first else skipped(name, _LATE)
        return [found[name] for name in NAMES]


_OF_THE_MACHINE: Final = ("settings", "disk", "pictures")
_LATE_ACTION: Final = "See Postgres' log and its load, and the way there; then check again."
_LATE_ACTIONS: Final = {
    "disk": "The disk of the data folder hangs, as one over the network does whose server is away.",
    "pictures": "See that the store of pictures is reached from here.",
    "database": "See that the name in DATABASE_URL is found (DNS), and that no firewall lies in between.",
}


def needs_a_person(found: list[Finding]) -> bool:
    """Whether somebody has to act."""
    return any(one.state is State.FAULT for one in found)


async def look_around(
    settings: Settings, postgres: tuple[str, str] | None, shown: Callable[[str], str], into: Findings
) -> None:
    """Look at everything.

    Args:
        postgres: its URL as the pool has it, perhaps through a pooler, and the one past it; None: `into` knows why.
        shown: a URL as people may see it.
        into: takes what is found as it is found.
    """
    into.add(look_at_settings(os.environ))
    hosts: set[str] = set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_look(into, "disk", look_at_disk(settings)))
        tasks.create_task(_look(into, "pictures", look_at_pictures(settings)))
        if postgres is not None:
            tasks.create_task(_look_at_database(*postgres, shown, into, hosts))
    if (found := into.get("pictures")) is not None:
        into.replace(add_sharing(found, settings, hosts))
    into.skip_rest(_NOT_REACHED)


async def _look(into: Findings, name: str, looking: Awaitable[Finding | list[Finding]]) -> None:
    """Wait for a check; what it raises is its finding. Never raises, so that the others go on."""
    try:
        found = await looking
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        into.add(troubled(name, trouble_of(error)))
    else:
        into.add(*([found] if isinstance(found, Finding) else found))


async def _look_at_database(
    url: str, direct_url: str, shown: Callable[[str], str], into: Findings, hosts: set[str]
) -> None:
    is_pooled, named = url != direct_url, shown(direct_url)
    try:
        async with reach(direct_url) as connection:
            if is_pooled:
                named = shown(url)
                async with reach(url, pooled=True):
                    named = f"{shown(direct_url)}, past the pooler {shown(url)}"
            into.add(ok("database", f"{named} is reached"))
            pooler = await look_at_pooler(connection, direct_url, is_pooled=is_pooled)
            into.add(pooler)
            is_standby = await _look_at_server(connection, direct_url, is_pooled=is_pooled, into=into, hosts=hosts)
            if pooler.state is State.FAULT:
                into.skip_rest("through such a pooler nothing is told by it")
                return
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_look(into, "schema", _within(_CONTENT_SECONDS, look_at_content(direct_url))))
                if is_standby:
                    into.skip_rest("a standby takes nobody who listens", ["listener"])
                else:
                    tasks.create_task(_look(into, "listener", look_at_listener(direct_url, url)))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        # Met when it was reached already, it is of what was looked at then: the first that is not known yet.
        met, name = trouble_of(error), into.next_unknown()
        into.add(fault(name, f"{named}: {met.text}", met.action) if name == "database" else troubled(name, met))
        into.skip_rest(_NOT_REACHED if name == "database" else _BROKE_OFF)


async def _look_at_server(
    connection: Connection, dsn: str, *, is_pooled: bool, into: Findings, hosts: set[str]
) -> bool:
    """Find what is told without touching a table; whether the server is a standby."""
    async with asyncio.timeout(_FACTS_SECONDS):
        facts = await read_facts(connection)
    found = {one.name: one for one in look_at_facts(facts, is_pooled=is_pooled)}
    into.add(*(found | {"writes": look_at_hosts(found["writes"], dsn)}).values())
    hosts.update(one.name.rpartition("-")[0] for one in facts.replicas)
    return bool(facts.row["is_standby"])


async def _within(seconds: float, looking: Awaitable[list[Finding]]) -> list[Finding]:
    async with asyncio.timeout(seconds):
        return await looking
