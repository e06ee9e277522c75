"""The terminal as somebody sees it: `chaishots tui` in tmux, which counts the cells of each script for itself."""

import asyncio
import contextlib
import os
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import uuid4

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_term
from tests.cluster import eventually

TITLES: Final = {
    "Telugu": "రోజు చాయ్ కథలు: పొద్దున్నే మొదలయ్యే కబుర్లు",
    "Hindi": "बारिश की कहानियाँ और एक किलो आलू",
    "Bengali": "বৃষ্টির দিনে চায়ের দোকানের গল্প কৌতুক",
    "Tamil": "காலை தேநீர் கதைகள் தொடக்கம் கொண்டாட்டம்",
    "emoji": "Chai ☕️ time 👩‍🚀 and 👨‍👩‍👧 at home 🇮🇳",
    "right-to-left": "چائے کی کہانی اور بارش کا دن",
}
"""A title in each script; every one fits where titles are shown in full. tmux keeps 21 bytes of one sign."""


class Tmux:
    """A terminal of a given size, its keys, and what is on it."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def run(self, *command: str) -> str:
        """Give tmux a command, and take its answer."""
        process = await asyncio.create_subprocess_exec(
            "tmux", "-u", "-L", self._name, *command,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        answer, _ = await process.communicate()
        return answer.decode()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.run("send-keys", "-t", "chai", *keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.run("send-keys", "-t", "chai", "-l", text)

    async def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        await self.run("resize-window", "-t", "chai", "-x", str(width), "-y", str(height))

    async def lines(self) -> list[str]:
        """What is on the glass, line by line."""
        return (await self.run("capture-pane", "-t", "chai", "-p")).splitlines()

    async def sees(self, *texts: str) -> list[str]:
        """Wait until all texts are on the glass; what a border or the width breaks into two lines counts as well."""

        async def look() -> list[str]:
            lines = await self.lines()
            shown = "\n".join(lines)
            return lines if all(text in shown for text in texts) else []

        try:
            return await eventually(look)
        except AssertionError:
            raise AssertionError(f"{texts} not in\n" + "\n".join(await self.lines())) from None

    async def misses(self, text: str) -> None:
        """Wait until a text is gone."""

        async def look() -> bool:
            return text not in "\n".join(await self.lines())

        await eventually(look)


@contextlib.asynccontextmanager
async def in_tmux(dsn: str, folder: Path, size: tuple[int, int] = (120, 36), **variables: str) -> AsyncIterator[Tmux]:
    """Start `chaishots tui` in a tmux of its own."""
    tmux = Tmux(f"chaishots-{uuid4().hex[:8]}")
    width, height = map(str, size)
    told = {"DATABASE_URL": dsn, "TEXTUAL_ANIMATIONS": "none", "XDG_CONFIG_HOME": str(folder), **variables}
    told |= {"PYTHONPATH": os.getcwd(), "CHAISHOTS_DATA_DIR": str(folder), "TERM": "tmux-256color", "LC_ALL": "C.UTF-8"}
    command = shlex.join(["env", *(f"{name}={value}" for name, value in told.items())])
    command += f" {shlex.join([sys.executable, '-m', 'chaishots', 'tui'])} 2>&1"
    options = ("-f", os.devnull, "new-session", "-d", "-s", "chai", "-x", width, "-y", height)
    assert not (answer := await tmux.run(*options, command.removesuffix(" 2>&1"))), answer
    try:
        yield tmux
    finally:
        await tmux.run("kill-server")


async def fill(sql: Connection) -> None:
    """A program in each script, with a scheduled lesson and a draft; and a token."""
    for place, title in enumerate(TITLES.values()):
        program = await a_program(sql, title=title, description=f"{title}. {title}.")
        term = await a_term(sql, program, title=title)
        await a_lesson(sql, term, title=f"{title} 1", due_in=AN_HOUR * (place + 1))
        await a_lesson(sql, term, title=f"{title} 2")
        await create_token(sql, token_name(title), Role.EDITOR, actor="tests")


def token_name(title: str) -> str:
    """A title as a token may be called: what picks the look of an emoji shows nothing by itself."""
    return title.replace("\ufe0f", "")
