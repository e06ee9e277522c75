"""The whole of an edit: open, have it edited, check, show the difference, store; again, as long as something is wrong.

Whoever edits is asked through `Dialogue`: a command asks on standard input, the terminal in its dialogs. Nothing that
was typed is lost: it is dropped only by who typed it. Must not know editors, files or screens.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from chaishots.content.errors import BadFile, ContentError, InvalidContent, NotFound, VersionConflict
from chaishots.content.exchange.import_report import Imported
from chaishots.content.exchange.text_editing.conflicts import Meanwhile, find_meanwhile, over_newest, without
from chaishots.content.exchange.text_editing.edited_text import NAME, Edit, at_a_moment, read_edit
from chaishots.content.exchange.text_editing.faults_in_text import is_untouched, with_faults, without_faults
from chaishots.content.exchange.text_editing.opened_text import Opened
from chaishots.content.exchange.text_editing.store_edit import store_edit
from chaishots.database.connection import Connection, reading
from chaishots.database.errors import DatabaseTrouble

Open = Callable[[Connection], Awaitable[Opened]]
"""Reads the things, as text to be edited."""


class Choice(Enum):
    """What is to become of an edit that is right."""

    STORE = auto()
    AGAIN = auto()
    DROP = auto()
    KEEP = auto()
    """Not now: what was typed stays in its file."""


@dataclass(frozen=True)
class At:
    """Store it at a moment to come. zone: the IANA zone in which that was written, where one was named."""

    moment: datetime
    zone: str | None


class Resolution(Enum):
    """What is to become of an edit where somebody else has changed the same."""

    MINE = auto()
    THEIRS = auto()
    AGAIN = auto()
    DROP = auto()


class Dialogue(Protocol):
    """How whoever edits is asked."""

    async def edit(self, text: bytes, line: int) -> bytes | None:
        """Have a text edited, at a line; None when that is given up, which the dialogue has told then."""
        ...

    async def choose(self, edit: Edit) -> Choice | At:
        """Show what would be stored, and ask whether it is to be."""
        ...

    async def resolve(self, meanwhile: Meanwhile) -> Resolution:
        """Show what somebody else has changed of the same, and ask whose stays."""
        ...


@dataclass(frozen=True)
class Stored:
    """What was stored, and what others have changed meanwhile beside it. at: when it will be."""

    imported: Imported
    meanwhile: Meanwhile | None = None
    at: At | None = None


class Left(Enum):
    """Why nothing was stored."""

    AS_IT_WAS = auto()
    """Nothing was changed."""
    DROPPED = auto()
    """Whoever edited does not want it."""
    UNFINISHED = auto()
    """What was typed is not stored, and is to be kept: the editor failed, or was left while something was wrong."""


async def edit_in_rounds(opening: Open, dialogue: Dialogue, *, actor: str) -> Stored | Left:
    """Have things edited until they are stored, or given up.

    Raises: NotFound when they are not there at the beginning; DatabaseTrouble, too, at the beginning alone.
    """
    async with reading() as connection:
        opened = await opening(connection)
    rounds = _Rounds(opening, opened, dialogue, actor)
    given, line, is_refused = opened.text.encode(), 1, False
    while True:
        edited = await dialogue.edit(given, line)
        # The same as before is left; and a script that is the editor would have it refused for ever.
        if edited is None or (is_refused and without_faults(edited) == without_faults(given)):
            return Left.UNFINISHED
        if is_untouched(opened, edited):
            return Left.AS_IT_WAS
        is_refused = True
        try:
            return await rounds.store(edited)
        except _Dropped as dropped:
            return dropped.left
        except _EditAgain as again:
            # Where nothing is wrong, the same once more is what is wanted.
            is_refused = bool(again.args)
            given, line = with_faults(edited, again) if is_refused else (edited, 1)
        except (ContentError, DatabaseTrouble) as refused:
            given, line = with_faults(edited, refused)


class _EditAgain(Exception):
    """Whoever edits wants the text once more; its text is what is to stand at the top."""


class _Dropped(Exception):
    def __init__(self, left: Left) -> None:
        super().__init__()
        self.left = left


class _Rounds:
    def __init__(self, opening: Open, opened: Opened, dialogue: Dialogue, actor: str) -> None:
        self._opening = opening
        self._opened = opened
        self._dialogue = dialogue
        self._actor = actor
        self._meanwhile: Meanwhile | None = None

    async def store(self, text: bytes) -> Stored:
        # A text of a megabyte takes a second, and others share the loop.
        edit = await asyncio.to_thread(read_edit, self._opened, text)
        if edit.is_empty:
            raise _Dropped(Left.AS_IT_WAS)
        # What is wrong is told before anything is asked.
        edit, _ = await self._over_others(edit, dry_run=True)
        choice = await self._dialogue.choose(edit)
        if choice is Choice.AGAIN:
            raise _EditAgain
        if choice is Choice.DROP:
            raise _Dropped(Left.DROPPED)
        if choice is Choice.KEEP:
            raise _Dropped(Left.UNFINISHED)
        at = choice if isinstance(choice, At) else None
        if at is not None:
            await _require_to_come(at.moment)
            edit = at_a_moment(edit, at.moment, at.zone)
        _, imported = await self._over_others(edit, dry_run=False)
        return Stored(imported, self._meanwhile, at)

    async def _over_others(self, edit: Edit, *, dry_run: bool) -> tuple[Edit, Imported]:
        while True:
            try:
                return edit, await store_edit(edit, actor=self._actor, dry_run=dry_run)
            except VersionConflict:
                edit = await self._settle(edit)

    async def _settle(self, edit: Edit) -> Edit:
        try:
            async with reading() as connection:
                newest = await self._opening(connection)
        except NotFound as gone:
            raise BadFile(NAME, reason="Somebody has deleted it meanwhile: copy out what you need.") from gone
        try:
            seen = await asyncio.to_thread(find_meanwhile, self._opened, newest, edit)
        except BadFile as moved:  # what it stands in now was not opened
            reason = "Somebody has moved it meanwhile: copy out what you need, and open it again."
            raise BadFile(NAME, reason=reason) from moved
        # What was read first stays what ours is compared with.
        self._opened = replace(self._opened, versions=newest.versions)
        self._meanwhile = seen
        edit = over_newest(newest, edit)
        match await self._dialogue.resolve(seen) if seen.overlaps else Resolution.MINE:
            case Resolution.MINE:
                return edit
            case Resolution.THEIRS:
                edit = without(edit, seen.overlaps)
                if edit.is_empty:
                    raise _Dropped(Left.DROPPED)
                return edit
            case Resolution.AGAIN:
                raise _EditAgain("Somebody else has changed the same: " + "; ".join(seen.lines()))
            case Resolution.DROP:
                raise _Dropped(Left.DROPPED)


async def _require_to_come(moment: datetime) -> None:
    async with reading() as connection:
        if await connection.fetchval("select $1 <= clock_timestamp()", moment):
            raise InvalidContent("This moment has passed: choose a later one, or store it now.")
