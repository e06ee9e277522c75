"""Has things edited, made, copied and deleted from the terminal: with the person's editor, and its dialogs around it.

What a text means and what is asked when, `content/exchange/text_editing/edit_loop.py` says. Loaded with the first edit.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from chaishots.content.editing.copies import copy_lesson, copy_program, copy_term
from chaishots.content.editing.lessons import delete_lesson
from chaishots.content.editing.programs import delete_program
from chaishots.content.editing.releases import delete_release
from chaishots.content.editing.restore_deleted import bring_back
from chaishots.content.editing.scheduled_changes import cancel_change
from chaishots.content.editing.terms import delete_term
from chaishots.content.errors import InvalidTransition, NotFound
from chaishots.content.exchange.import_report import Told
from chaishots.content.exchange.text_editing.conflicts import Meanwhile
from chaishots.content.exchange.text_editing.edit_loop import At, Choice, Left, Open, Resolution, Stored, edit_in_rounds
from chaishots.content.exchange.text_editing.edited_text import MOST_BYTES, TOO_LARGE, Edit, can_wait
from chaishots.content.exchange.text_editing.faults_in_text import faults_of
from chaishots.content.exchange.text_editing.opened_text import MOST_THINGS, Opened, open_new, open_things
from chaishots.content.exchange.text_editing.quick_form import form_of, form_text
from chaishots.database.connection import Connection
from chaishots.external_editor import EditedFile, NoEditor, editor_command
from chaishots.time_input import ReadMoments
from chaishots.times import tell_time
from chaishots.tui.actions.dialog_interface import Dialogs
from chaishots.tui.actions.edit_answers import Named, New, Review
from chaishots.tui.actions.undo_last_step import Outcome, Undo
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.state.session import Session
from chaishots.zones import name_of

_LINE: Final = re.compile(r"^line \d+, ")


async def edit_things(things: Sequence[Named], session: Session, dialogs: Dialogs, read: ReadMoments) -> Outcome | None:
    """Edit what exists. Raises: NotFound, InvalidTransition, DatabaseTrouble; None when nothing is to be told."""
    if len(things) > MOST_THINGS:
        raise InvalidTransition(f"Open {MOST_THINGS} things at once at most: unmark some of the {len(things):,}.")
    wanted = [(thing.kind, thing.id) for thing in things]
    return await _edit(lambda connection: open_things(connection, wanted), things[0].kind, session, dialogs, read)


async def make_new(new: New, session: Session, dialogs: Dialogs, read: ReadMoments) -> Outcome | None:
    """Make something new. Raises: as `edit_things`."""
    return await _edit(lambda connection: open_new(connection, new.kind, new.inside), new.kind, session, dialogs, read)


async def fill_in(thing: Named, session: Session, dialogs: Dialogs, read: ReadMoments) -> Outcome | None:
    """Change the few fields that change most, in a form. Raises: as `edit_things`."""
    if thing.kind not in ("program", "term", "lesson"):
        raise InvalidTransition(f"There is no form for a {thing.kind}: edit it as text (e).")
    opened: list[Opened] = []

    async def opening(connection: Connection) -> Opened:
        opened.append(await open_things(connection, [(thing.kind, thing.id)]))
        return opened[0]

    file = EditedFile(thing.kind)
    dialogue = _FormDialogue(file, dialogs, read, thing, opened)
    try:
        done = await edit_in_rounds(opening, dialogue, actor=session.options.actor)
    finally:
        file.remove()
    return _outcome(done)


def _outcome(done: Stored | Left) -> Outcome:
    if isinstance(done, Stored):
        return Outcome(_told(done), no_way_back="Take back the lines that this made, on Activity (4).")
    return Outcome("Nothing was changed." if done is Left.AS_IT_WAS else "Dropped: nothing was stored.")


async def _edit(opening: Open, name: str, session: Session, dialogs: Dialogs, read: ReadMoments) -> Outcome | None:
    file = EditedFile(name)
    dialogue = _TerminalDialogue(file, dialogs, read)
    keeps = True
    try:
        done = await edit_in_rounds(opening, dialogue, actor=session.options.actor)
        keeps = done is Left.UNFINISHED and dialogue.has_typed
    except NotFound:
        keeps = False
        raise
    finally:
        if not (keeps and dialogue.has_typed):
            file.remove()
    if done is Left.UNFINISHED and keeps:
        why = f"{dialogue.failure} " if dialogue.failure else ""
        raise InvalidTransition(f"{why}Nothing was stored; what was typed is in {file.path}")
    if done is Left.UNFINISHED and dialogue.failure:
        raise InvalidTransition(f"{dialogue.failure} Nothing was stored.")
    return _outcome(done)


def _told(done: Stored) -> str:
    told = [*done.imported.created.first, *done.imported.changed.first]
    named = "; ".join(
        f"{one.kind} {plain(one.title or 'without a title')}" + (f" ({', '.join(one.fields)})" if one.fields else "")
        for one in told[:3]
        if isinstance(one, Told)
    )
    more = f" and {len(told) - 3:,} more" if len(told) > 3 else ""
    lines = [f"Stored: {named}{more}"]
    if done.at is not None:
        lines = [f"Scheduled for {tell_time(done.at.moment, written_in=done.at.zone)}: {named}{more}"]
    if done.meanwhile is not None and done.meanwhile.others:
        others = ", ".join(f"{thing.kind} “{plain(thing.title)}”" for thing in done.meanwhile.others[:3])
        lines.append(f"Somebody else has changed {others} too, and that stays.")
    return "\n".join(lines)


class _TerminalDialogue:
    """The rounds' questions, asked in dialogs; the editor has the terminal meanwhile."""

    def __init__(self, file: EditedFile, dialogs: Dialogs, read: ReadMoments) -> None:
        self._file = file
        self._dialogs = dialogs
        self._read = read
        self.failure = ""
        self.has_typed = False

    async def edit(self, text: bytes, line: int) -> bytes | None:
        self._file.write(text)
        try:
            command = editor_command(self._file.path, line)
        except NoEditor:
            return await self._edit_here(text, line)
        try:
            code = await self._dialogs.run_editor(command)
        except OSError as error:
            self.failure = f"The editor cannot be started: {error.strerror}."
            return None
        finally:
            self.has_typed = self.has_typed or self._file.read(MOST_BYTES) not in (text, b"")
        if code != 0:
            self.failure = f"{shlex.join(command[:1])} ended with {code}."
            return None
        edited = self._file.read(MOST_BYTES)
        if len(edited) > MOST_BYTES:
            self.failure = TOO_LARGE
            return None
        return edited

    async def _edit_here(self, text: bytes, line: int) -> bytes | None:
        edited = await self._dialogs.edit_here(text.decode(errors="replace"), line)
        if edited is None:
            return text
        self.has_typed = True
        self._file.write(edited.encode())
        return edited.encode()

    async def choose(self, edit: Edit) -> Choice | At:
        while True:
            review = await self._dialogs.review(edit.lines(), can_wait=can_wait(edit))
            if review is not Review.AT:
                return Choice[review.name]
            titles = [thing.title for thing in edit.things]
            note = "Until then everything stays as it is."
            moments = await self._dialogs.ask_moments("Store it at", titles, self._read, note)
            if moments is not None:
                return At(moments.at, name_of(moments.at))

    async def resolve(self, meanwhile: Meanwhile) -> Resolution:
        return Resolution[(await self._dialogs.whose(meanwhile.lines())).name]


class _FormDialogue(_TerminalDialogue):
    """The same, with a form in the place of the editor. opened: what the rounds have read, the first of it first."""

    def __init__(
        self, file: EditedFile, dialogs: Dialogs, read: ReadMoments, thing: Named, opened: Sequence[Opened]
    ) -> None:
        super().__init__(file, dialogs, read)
        self._thing = thing
        self._opened = opened
        self._typed: dict[str, str] = {}

    async def edit(self, text: bytes, line: int) -> bytes | None:
        opened = self._opened[0]
        fields = [replace(one, text=self._typed.get(one.name, one.text)) for one in form_of(opened)]
        # A form has no lines to count.
        problem = "\n".join(_LINE.sub("", fault) for fault in faults_of(text))
        title = f"{self._thing.kind} “{plain(self._thing.title)}”"
        typed = await self._dialogs.fill_form(title, fields, lambda typed: form_text(opened, typed), problem)
        if typed is None:
            return opened.text.encode()
        self._typed = typed
        edited = form_text(opened, typed)
        # The same again would be left; here it is what is wrong that is looked at.
        return opened.text.encode() if edited == opened.known else edited


async def copy_thing(thing: Named, session: Session, dialogs: Dialogs) -> Outcome | None:
    """Copy a program, term or lesson, asked first. Raises: ContentError, DatabaseTrouble."""
    title, actor = plain(thing.title), session.options.actor
    if thing.kind not in _COPIES:
        raise InvalidTransition(f"A {thing.kind} is not copied: make a new one (n).")
    goes = {"lesson": "", "term": " and its lessons", "program": ", its terms and its lessons"}[thing.kind]
    if not await dialogs.confirm(f"Copy the {thing.kind} “{title}”{goes}?\n\nThe copy is a draft, all of it.", "Copy"):
        return None
    copy: UUID = await _COPIES[thing.kind](thing.id, actor=actor)
    delete = _DELETES[thing.kind]
    undo = Undo(f"the copy of {title} is gone", None, lambda: delete(copy, actor=actor))
    return Outcome(f"{title} is copied, as a draft", undo)


async def delete_thing(thing: Named, session: Session, dialogs: Dialogs) -> Outcome | None:
    """Delete a thing, asked first, with what goes with it. Raises: ContentError, DatabaseTrouble."""
    title, actor = plain(thing.title), session.options.actor
    told = await session.read(lambda connection: _goes_with(connection, thing))
    if not await dialogs.confirm(f"Delete the {thing.kind} “{title}”?\n\n{told}", "Delete"):
        return None
    if thing.kind == "change":
        await cancel_change(thing.id, actor=actor)
        return Outcome(f"The change of {title} is cancelled", no_way_back="Make it anew: n, then c.")
    await _DELETES[thing.kind](thing.id, actor=actor)
    if thing.kind == "release":
        return Outcome(f"The release {title} is deleted", no_way_back="Make it anew: n, then r.")
    undo = Undo(f"{title} is there again, as a draft", None, lambda: bring_back(thing.id, actor=actor))
    return Outcome(f"{title} is deleted", undo)


_LESSONS: Final = (
    "count(*) filter (where status in ('published', 'scheduled')) as open, count(*) as lessons from lesson"
)
_WITH_IT: Final = {
    "program": f"select (select count(*) from term where program_id = $1) as terms, {_LESSONS} "
    "where term_id in (select id from term where program_id = $1)",
    "term": f"select 0 as terms, {_LESSONS} where term_id = $1",
    "release": "select 0 as terms, 0 as open, count(*) as lessons from lesson where release_id = $1",
}


async def _goes_with(connection: Connection, thing: Named) -> str:
    if thing.kind == "lesson":
        status: str = await connection.fetchval("select status from lesson where id = $1", thing.id) or "gone"
        if status in ("published", "scheduled"):
            return f"It is {status}: archive it (A) first."
        return "z brings it back as a draft, under its own id."
    if thing.kind == "change":
        return "It is cancelled: what it was to change stays as it is."
    found = await connection.fetchrow(_WITH_IT[thing.kind], thing.id)
    assert found is not None
    if thing.kind == "release":
        return f"Its {count(found['lessons'], 'lesson')} stay, as drafts."
    terms = f"{count(found['terms'], 'term')} and " if thing.kind == "program" else ""
    lines = [f"With it go {terms}{count(found['lessons'], 'lesson')}. z brings all of it back, as drafts."]
    if found["open"]:
        lines.append(f"{count(found['open'], 'lesson')} of them public or scheduled: archive those first.")
    return "\n".join(lines)


_COPIES: Final = {"lesson": copy_lesson, "term": copy_term, "program": copy_program}
_DELETES: Final = {
    "lesson": delete_lesson,
    "term": delete_term,
    "program": delete_program,
    "release": delete_release,
}
