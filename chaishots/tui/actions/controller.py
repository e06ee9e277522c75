"""Runs what the operator asks for: checks it, asks, performs the command, and tells the outcome.

Knows no screen and no widget: dialogs and the selection are passed in. The commands (`commands.py`) are imported with
the first change, as all that writes takes long to load.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from chaishots.content.errors import ContentError, NotPublishable, RowsRefused
from chaishots.content.lifecycle import Obstacle
from chaishots.content.queries import terminal_releases
from chaishots.content.queries.history import HistoryLine
from chaishots.content.queries.search_filter import Search
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.content.text_normalisation import normalised
from chaishots.database.errors import DatabaseTrouble
from chaishots.database.lock_timeouts import hears_of_waits
from chaishots.storage.folder_or_bucket import StoreAway
from chaishots.tui.actions import possible_actions
from chaishots.tui.actions.dialog_interface import Dialogs, Selection
from chaishots.tui.actions.edit_answers import Named, New
from chaishots.tui.actions.moment_questions import MomentQuestions
from chaishots.tui.actions.newest_rows import read_newest
from chaishots.tui.actions.picture_input import Typed, read_path
from chaishots.tui.actions.possible_actions import KEYS, Action, Target
from chaishots.tui.actions.undo_last_step import UNDO_KEY, LastStep, Outcome
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.state.session import Session

_RELEASES: Final = 200
"""Releases that are offered at once; what is typed finds the others."""


class Controller:
    """Runs actions, one after the other; each method runs in a worker of the app."""

    def __init__(self, session: Session, dialogs: Dialogs) -> None:
        self._session = session
        self._dialogs = dialogs
        self._moments = MomentQuestions(session, dialogs)
        self._last_step = LastStep()

    def why_not(self, action: Action, targets: Sequence[Target]) -> str | None:
        """Why the action is not possible now; None when it is."""
        return possible_actions.why_not(action, targets, read_only=self._read_only, is_away=self._session.is_away)

    async def act(self, action: Action, selection: Selection) -> None:
        """Run an action on what is marked, or else selected."""
        seen = list(selection.targets())
        targets = await read_newest(self._session, seen)
        if seen and not targets:
            self._dialogs.tell("It is gone: somebody deleted it.", "warning")
        elif refused := self.why_not(action, targets):
            self._dialogs.tell(refused, "warning")
        elif action is Action.SCHEDULE and isinstance(targets[0], ReleaseRow):
            await self._schedule_release(targets[0], selection)
        elif action is Action.SCHEDULE and isinstance(targets[0], ChangeRow):
            await self._move_change(targets[0], selection)
        elif action is Action.SCHEDULE:
            await self._schedule([target for target in targets if isinstance(target, LessonRow)], selection)
        elif action is Action.END and isinstance(targets[0], LessonRow):
            await self._set_end(targets[0], selection)
        elif action is Action.PICTURE:
            await self._set_picture(targets[0])
        elif action is Action.RELEASE:
            await self._put_in_release([one for one in targets if isinstance(one, LessonRow)], selection)
        elif len(targets) > 1:
            await self._do_many(action, [one for one in targets if isinstance(one, LessonRow)], selection)
        elif action is Action.PUBLISH and (obstacles := await self._read_obstacles(targets[0])):
            await self._show_obstacles(targets[0], obstacles, selection)
        else:
            question = possible_actions.question(action, targets[0])
            if question is None or await self._dialogs.confirm(question, KEYS[action].label):
                await self._perform(action, targets, selection)

    async def edit(self, things: Sequence[Named], selection: Selection) -> None:
        """Have what is marked, or else selected, edited as text."""
        from chaishots.tui.actions import edit_commands

        if not things:
            self._dialogs.tell("Select a program, term, lesson, release or change first.", "warning")
        elif await self._do(
            lambda: edit_commands.edit_things(things, self._session, self._dialogs, self._moments.read)
        ) and (len(things) > 1):
            selection.unmark_all()

    async def fill_in(self, thing: Named | None) -> None:
        """Change the few fields of what is selected that change most, in a form."""
        from chaishots.tui.actions import edit_commands

        if thing is None:
            self._dialogs.tell("Select a program, term or lesson first.", "warning")
        else:
            await self._do(lambda: edit_commands.fill_in(thing, self._session, self._dialogs, self._moments.read))

    async def make_new(self, choices: Sequence[New]) -> None:
        """Ask what is to be made, and have it written as text."""
        from chaishots.tui.actions import edit_commands

        if refused := self._why_not_change():
            self._dialogs.tell(refused, "warning")
        elif (new := await self._dialogs.ask_new(choices)) is not None:
            await self._do(lambda: edit_commands.make_new(new, self._session, self._dialogs, self._moments.read))

    async def copy(self, thing: Named | None) -> None:
        """Copy what is selected."""
        from chaishots.tui.actions import edit_commands

        if thing is None:
            self._dialogs.tell("Select a program, term or lesson first.", "warning")
        else:
            await self._do(lambda: edit_commands.copy_thing(thing, self._session, self._dialogs))

    async def delete(self, thing: Named | None) -> None:
        """Delete what is selected."""
        from chaishots.tui.actions import edit_commands

        if thing is None:
            self._dialogs.tell("Select a program, term, lesson, release or change first.", "warning")
        else:
            await self._do(lambda: edit_commands.delete_thing(thing, self._session, self._dialogs))

    def _why_not_change(self) -> str | None:
        return possible_actions.why_not_change(read_only=self._read_only, is_away=self._session.is_away)

    async def _do(self, step: Callable[[], Awaitable[Outcome | None]]) -> bool:
        if refused := self._why_not_change():
            self._dialogs.tell(refused, "warning")
            return False
        self._tell_waits()
        try:
            outcome = await step()
        except (ContentError, DatabaseTrouble) as error:
            self._dialogs.tell(_describe(error), "error")
        except OSError as error:
            self._dialogs.tell(f"The text has no place on this machine: {error.strerror}.", "error")
        else:
            if outcome is not None:
                self._note_done(outcome)
            return outcome is not None
        return False

    async def undo(self) -> None:
        """Undo the last action."""
        undo = self._last_step.undo
        if refused := possible_actions.why_not_change(read_only=self._read_only, is_away=self._session.is_away):
            self._dialogs.tell(refused, "warning")
        elif undo is None:
            self._dialogs.tell(self._last_step.why_no_undo, "warning")
        elif undo.question is None or await self._dialogs.confirm(undo.question, "Undo"):
            self._last_step.take_back()
            self._tell_waits()
            try:
                await undo.run()
            except (ContentError, DatabaseTrouble) as error:
                self._dialogs.tell(f"It could not be taken back: {_describe(error)}", "error")
            else:
                self._dialogs.tell(f"Undone: {undo.text}", "information")

    async def take_back(self, done: HistoryLine | ReleaseRow) -> None:
        """Take a line of the history back, whoever made it; or what a release has done."""
        if refused := possible_actions.why_not_change(read_only=self._read_only, is_away=self._session.is_away):
            self._dialogs.tell(refused, "warning")
            return
        from chaishots.tui.actions.revert_change_or_release import take_back_line, take_back_release

        self._tell_waits()
        actor, confirm = self._session.options.actor, self._dialogs.confirm
        try:
            if isinstance(done, ReleaseRow):
                outcome = await take_back_release(done.id, done.title, actor, confirm)
            else:
                outcome = await take_back_line(done, actor, confirm)
        except (ContentError, DatabaseTrouble) as error:
            self._dialogs.tell(f"It could not be taken back: {_describe(error)}", "error")
        else:
            if outcome is not None:
                self._note_done(outcome)

    @property
    def _read_only(self) -> bool:
        return self._session.options.read_only

    async def _do_many(self, action: Action, lessons: Sequence[LessonRow], selection: Selection) -> None:
        question = possible_actions.question_of_many(action, lessons, selection.count_hidden_marks())
        if await self._dialogs.confirm(question, KEYS[action].label) and await self._perform(
            action, lessons, selection
        ):
            selection.unmark_all()

    async def _schedule_release(self, release: ReleaseRow, selection: Selection) -> None:
        if (at := await self._moments.ask_for_release(release)) is not None:
            await self._perform(Action.SCHEDULE, [release], selection, [at])

    async def _move_change(self, change: ChangeRow, selection: Selection) -> None:
        if (at := await self._moments.ask_for_change(change)) is not None:
            await self._perform(Action.SCHEDULE, [change], selection, [at])

    async def _read_obstacles(self, target: Target) -> list[Obstacle]:
        # What would be refused is told before anything is asked.
        if not isinstance(target, LessonRow):
            return []
        from chaishots.content.queries import cms_content

        document = await self._session.read(lambda connection: cms_content.lesson(connection, target.id))
        return [Obstacle(one["field"], one["message"]) for one in json.loads(document.text)["blockers"]]

    async def _show_obstacles(self, target: Target, obstacles: Sequence[Obstacle], selection: Selection) -> None:
        field = await self._dialogs.show_obstacles(target.title, obstacles)
        if field is not None:
            selection.point_at(field)

    async def _schedule(self, lessons: Sequence[LessonRow], selection: Selection) -> None:
        times = await self._moments.ask_for_lessons(lessons, selection.count_hidden_marks())
        if times and await self._perform(Action.SCHEDULE, lessons, selection, times) and len(lessons) > 1:
            selection.unmark_all()

    async def _set_end(self, lesson: LessonRow, selection: Selection) -> None:
        if (answer := await self._moments.ask_for_end(lesson)) is not None:
            await self._perform(Action.END, [lesson], selection, [answer.at])

    async def _set_picture(self, target: Target) -> None:
        upload = self._session.options.upload
        if upload is None:
            self._dialogs.tell("There is nowhere to keep pictures: set CHAISHOTS_PICTURES_URL.", "warning")
            return
        from chaishots.tui.actions import picture_commands

        places = await self._session.read(lambda connection: picture_commands.read_places(connection, target))
        typed, problem = Typed("", str(places.first)), ""
        while (typed := await self._dialogs.ask_picture(places, typed, problem)) is not None:
            place = places.read(typed.place)
            try:
                path = read_path(typed.path)
                self._dialogs.tell(f"Uploading {plain(path.name)}", "information")
                outcome = await picture_commands.set_picture(
                    target, places, place, path, upload, self._session.options.actor
                )
            except (ContentError, DatabaseTrouble, StoreAway) as error:
                problem = _describe(error)  # to be asked again, with what was typed
            else:
                self._note_done(outcome)
                return

    async def _put_in_release(self, lessons: Sequence[LessonRow], selection: Selection) -> None:
        from chaishots.tui.actions import release_commands

        async def find(text: str) -> Sequence[ReleaseRow]:
            wanted = Search(words=normalised(text).replace("\0", " ").split())
            return await self._session.read(
                lambda connection: terminal_releases.find_releases(
                    connection, limit=_RELEASES, search=wanted, is_unfinished=True
                )
            )

        typed, problem = "", ""
        while (chosen := await self._dialogs.ask_release(lessons, find, typed, problem)) is not None:
            self._tell_waits()
            try:
                outcome = await release_commands.put_in_release(lessons, chosen, self._session.options.actor)
            except RowsRefused as refused:
                await self._show_faults(refused, lessons)
                return
            except (ContentError, DatabaseTrouble) as error:
                typed, problem = chosen.name, _describe(error)  # to be asked again, with what was typed
            else:
                self._note_done(outcome)
                selection.unmark_all()
                return

    async def _show_faults(self, refused: RowsRefused, targets: Sequence[Target]) -> None:
        faults = [
            Obstacle(plain(targets[fault.row].title), fault.text + (f" ({fault.field})" if fault.field else ""))
            for fault in refused.faults
        ]
        await self._dialogs.show_obstacles(count(len(targets), "lesson"), faults)

    async def _perform(
        self,
        action: Action,
        targets: Sequence[Target],
        selection: Selection,
        times: Sequence[datetime | None] = (None,),
    ) -> bool:
        from chaishots.tui.actions import commands

        actor = self._session.options.actor
        self._tell_waits()
        try:
            if len(targets) == 1:
                outcome = await commands.perform(action, targets[0], actor, times[0])
            else:
                lessons = [target for target in targets if isinstance(target, LessonRow)]
                outcome = await (
                    commands.schedule_many(lessons, [at for at in times if at is not None], actor)
                    if action is Action.SCHEDULE
                    else commands.perform_many(action, lessons, actor)
                )
        except NotPublishable as blocked:
            await self._show_obstacles(targets[0], blocked.obstacles, selection)
        except RowsRefused as refused:
            await self._show_faults(refused, targets)
        except (ContentError, DatabaseTrouble) as error:
            self._dialogs.tell(_describe(error), "error")
        else:
            self._note_done(outcome)
            return True
        return False

    def _tell_waits(self) -> None:
        # Of what this worker does from now on.
        hears_of_waits.set(lambda blocker: self._dialogs.tell(plain(blocker.explain_wait()), "warning"))

    def _note_done(self, outcome: Outcome) -> None:
        self._last_step.keep(outcome)
        self._dialogs.tell(outcome.text + (f"   {UNDO_KEY} takes it back" if outcome.undo else ""), "information")


def _describe(error: ContentError | DatabaseTrouble | StoreAway) -> str:
    if isinstance(error, StoreAway):
        return f"{error} {error.action}"
    return str(error.trouble) if isinstance(error, DatabaseTrouble) else str(error)
