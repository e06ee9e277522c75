"""wrk, the load generator: one run, and what it printed.

Knows nothing of the servers that it is pointed at.
"""

import asyncio
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

THREADS: Final = 1
CONNECTIONS: Final = 32
_MILLISECONDS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_VERSION: Final = re.compile(r"wrk \S*?(\d+\.\d+(?:\.\d+)?)")
_RATE: Final = re.compile(r"Requests/sec:\s+([\d.]+)")
_LATENCY: Final = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)\s*$", re.MULTILINE)
_FAILURES: Final = re.compile(r"^\s+(?:Non-2xx or 3xx responses|Socket errors): (.+)$", re.MULTILINE)


class WrkMissing(Exception):
    """There is no wrk here; the text says how to get it."""


class Unreadable(Exception):
    """wrk printed something else than its figures; the text is what it printed."""


@dataclass(frozen=True)
class Load:
    """What a server was seen to do under load.

    rate: answers a second. p50_ms, p99_ms: how long one took. failed: answers that were neither 2xx nor 3xx, and
    broken connections.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    failed: int = 0


def version() -> str:
    """The version of wrk. Raises: WrkMissing."""
    if shutil.which("wrk") is None:
        raise WrkMissing("The bench needs wrk: get it with `apt-get install wrk`, or from github.com/wg/wrk.")
    printed = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return (_VERSION.search(printed) or ["", "unknown"])[1]


async def load(
    url: str,
    *,
    seconds: float,
    headers: dict[str, str] | None = None,
    connections: int = CONNECTIONS,
    script: Path | None = None,
) -> Load:
    """Ask for one URL over so many connections for so many seconds. Raises: Unreadable.

    Args:
        script: in Lua, for wrk to make its requests by.
    """
    scripted = ("-s", str(script)) if script else ()
    given = [option for name, value in (headers or {}).items() for option in ("-H", f"{name}: {value}")]
    process = await asyncio.create_subprocess_exec(
        *("wrk", "--latency", f"-t{THREADS}", f"-c{connections}", f"-d{seconds:.0f}s", *scripted, *given, url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return parsed(printed.decode())


def parsed(printed: str) -> Load:
    """What wrk printed with --latency, as figures. Raises: Unreadable."""
    rate = _RATE.search(printed)
    latency = {percent: float(value) * _MILLISECONDS[unit] for percent, value, unit in _LATENCY.findall(printed)}
    if rate is None or latency.keys() != {"50", "99"}:
        raise Unreadable(printed)
    failed = sum(int(number) for told in _FAILURES.findall(printed) for number in re.findall(r"\d+", told))
    return Load(float(rate[1]), latency["50"], latency["99"], failed)
