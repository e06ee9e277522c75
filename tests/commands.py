"""The commands, run as processes of their own."""

import asyncio
import os
import sys
from dataclasses import dataclass

from tests.cluster import DEADLINE_SECONDS


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


async def chaishots(*arguments: str, **environment: str) -> Ran:
    """Run one command to its end."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CHAISHOTS_", "DATABASE_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chaishots",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=inherited | environment,
    )
    async with asyncio.timeout(DEADLINE_SECONDS):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())
