"""The machine and the versions that figures were taken with; no host names, no paths."""

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import asyncpg
import psutil

from bench import servers, wrk

_PACKAGES: Final = ("chaishots", "hypercorn", "uvloop", "quart", "asyncpg")


@dataclass(frozen=True)
class Machine:
    """What the figures belong to."""

    cpu: str
    cores: int
    memory_bytes: int
    versions: dict[str, str]
    measured_on: str


async def this_machine(postgres: str) -> Machine:
    """Where we are. Raises: WrkMissing, NginxMissing."""
    sql = await asyncpg.connect(postgres)
    try:
        database = (await sql.fetchval("show server_version")).split()[0]
    finally:
        await sql.close()
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=psutil.virtual_memory().total,
        versions={
            "Linux": re.match(r"[\d.]+", platform.release())[0],
            "Python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
            "Postgres": database,
            "nginx": servers.nginx_version(),
            "wrk": wrk.version(),
        },
        measured_on=datetime.now(UTC).date().isoformat(),
    )


def _cpu() -> str:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return model[1] if model else platform.machine()
