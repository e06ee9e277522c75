"""The commands, run as processes of their own."""

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from chaishots.database.embedded_account import PROGRAMS
from tests.cluster import DEADLINE_SECONDS


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


async def chaishots(*arguments: str, typed: bytes = b"", **environment: str) -> Ran:
    """Run one command to its end. `typed`: what it finds on its standard input."""
    return await ended(await started(*arguments, stdin=asyncio.subprocess.PIPE, **environment), typed)


async def started(
    *arguments: str, stdin: Any = asyncio.subprocess.DEVNULL, stdout: Any = asyncio.subprocess.PIPE, **environment: str
) -> asyncio.subprocess.Process:
    """Start one command. Any: what subprocess takes for a stream."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CHAISHOTS_", "DATABASE_"))}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chaishots",
        *arguments,
        stdin=stdin,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
        env=inherited | environment,
    )


async def ended(process: asyncio.subprocess.Process, typed: bytes | None = None) -> Ran:
    """Wait until a command ends."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        out, err = await process.communicate(typed)
    assert process.returncode is not None
    return Ran(process.returncode, (out or b"").decode(), err.decode())


def postgres_program(name: str) -> str:
    """Where a program of Postgres is, of the version that the tests run on; skips the test when there is none."""
    own = PROGRAMS / name
    found = str(own) if "DATABASE_URL" not in os.environ and own.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


async def ran(*command: str, text: bytes = b"") -> bytes:
    """What a program prints that succeeds, given this text."""
    running = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await running.communicate(text)
    assert running.returncode == 0, errors.decode()
    return out
