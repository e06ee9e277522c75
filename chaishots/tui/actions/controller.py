"""From a key to a deed: may it be done, what will the public see, ask, do it, say what happened, and keep the undo.

What does it (`commands.py`) is loaded when there is something to do: all that writes takes long to load.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from textual.app import App

from chaishots.content.errors import ContentError, NotPublishable, RowsRefused
from chaishots.content.lifecycle import Obstacle
from chaishots.content.queries import tree
from chaishots.content.queries.tree import LessonRow, ProgramRow
from chaishots.database.troubles import DatabaseTrouble
from chaishots.tui.actions import actions
from chaishots.tui.actions.actions import KEYS, Step, Target
from chaishots.tui.actions.time_input import Moments, read_moments
from chaishots.tui.rendering.formatting import local, plain
from chaishots.tui.screens.dialogs import AskMoment, Blocked, Confirm
from chaishots.tui.screens.main import MainScreen
from chaishots.tui.state.session import Desk

if TYPE_CHECKING:
    from chaishots.tui.actions.commands import Done, Undo

_TOLD_SECONDS: Final = 8


class Steering:
    """What the operator does, as dialogues; each method runs in a worker of the app."""

    def __init__(self, app: App[Any], desk: Desk) -> None:  # Any: what the app returns is not ours to know
        self._app = app
        self._desk = desk
        self._undo: Undo | None = None
        self._no_undo = "There is nothing to undo."

    def why_not(self, step: Step, targets: Sequence[Target]) -> str | None:
        """Why the step cannot be taken now; None when it can."""
        context = self._desk.context
        return actions.why_not(step, targets, read_only=context.read_only, is_away=self._desk.away_since is not None)

    async def step(self, step: Step, screen: MainScreen) -> None:
        """Take a step with what is marked, or else selected."""
        seen = list(screen.targets())
        targets = await self._newest(seen)
        if seen and not targets:
            self._say("It is gone: somebody deleted it.", "warning")
        elif refused := self.why_not(step, targets):
            self._say(refused, "warning")
        elif step is Step.SCHEDULE:
            await self._schedule([target for target in targets if isinstance(target, LessonRow)], screen)
        elif step is Step.END and isinstance(targets[0], LessonRow):
            await self._end(targets[0], screen)
        else:
            await self._simply(step, targets[0], screen)

    async def undo(self, screen: MainScreen) -> None:
        """Take the last step back."""
        undo = self._undo
        if refused := actions.why_not_change(read_only=self._desk.context.read_only, is_away=self._is_away):
            self._say(refused, "warning")
        elif undo is None:
            self._say(self._no_undo, "warning")
        elif undo.question is None or await self._app.push_screen_wait(Confirm(undo.question, title="Undo")):
            self._undo, self._no_undo = None, "The last step is taken back already."
            try:
                await undo.run()
            except (ContentError, DatabaseTrouble) as error:
                self._say(f"It could not be taken back: {_said(error)}", "error")
            else:
                self._say(f"Undone: {undo.text}", "information")

    @property
    def _is_away(self) -> bool:
        return self._desk.away_since is not None

    async def _newest(self, seen: Sequence[Target]) -> list[Target]:
        # What is on the glass may be frozen, or a moment old: the question is asked of what there is now.
        lessons = [target.id for target in seen if isinstance(target, LessonRow)]
        programs = [target.id for target in seen if isinstance(target, ProgramRow)]
        if self._is_away or not seen:
            return list(seen)
        found: dict[UUID, Target] = {}
        if lessons:
            read = await self._desk.read(lambda connection: tree.lessons_by_id(connection, lessons))
            found |= {lesson.id: lesson for lesson in read}
        if programs:
            known = await self._desk.read(
                lambda connection: tree.programs(connection, limit=len(programs), only=programs)
            )
            found |= {program.id: program for program in known}
        return [found[target.id] for target in seen if target.id in found]

    async def _simply(self, step: Step, target: Target, screen: MainScreen) -> None:
        from chaishots.tui.actions import commands

        asked = actions.question(step, target)
        if asked and not await self._app.push_screen_wait(Confirm(asked, title=KEYS[step].label)):
            return
        await self._do(commands.take(step, target, self._desk.context.actor), target, screen)

    async def _schedule(self, lessons: Sequence[LessonRow], screen: MainScreen) -> None:
        from chaishots.tui.actions import commands

        unseen = screen.rows.unseen_marks
        note = f"({unseen} of them not in the list at this moment)" if unseen else ""
        if len(lessons) == 1 and lessons[0].publish_at is not None and lessons[0].status == "scheduled":
            note = f"It goes out {local(lessons[0].publish_at)} as it stands."
        moments = await self._ask("Schedule", [lesson.title for lesson in lessons], note)
        if moments is None:
            return
        if len(lessons) == 1:
            doing = commands.take(Step.SCHEDULE, lessons[0], self._desk.context.actor, moments.at)
            await self._do(doing, lessons[0], screen)
        else:
            times = moments.of(len(lessons))
            if await self._do(
                commands.schedule_many(lessons, times, self._desk.context.actor), lessons[0], screen, lessons
            ):
                screen.rows.action_unmark_all()

    async def _end(self, lesson: LessonRow, screen: MainScreen) -> None:
        from chaishots.tui.actions import commands

        note = "It is archived by itself at that moment. Type never for no end."
        if lesson.archive_at is not None:
            note = f"It ends {local(lesson.archive_at)} as it stands.\n{note}"
        moments = await self._ask("Scheduled end", [lesson.title], note, may_be_never=True)
        if moments is not None:
            at = None if moments is _NEVER else moments.at
            await self._do(commands.take(Step.END, lesson, self._desk.context.actor, at), lesson, screen)

    async def _ask(
        self, heading: str, named: Sequence[str], note: str, *, may_be_never: bool = False
    ) -> Moments | None:
        def read(text: str) -> Moments:
            if may_be_never and text.strip().lower() == "never":
                return _NEVER
            return read_moments(text, self._desk.clock.now())

        return await self._app.push_screen_wait(AskMoment(heading, named, read, self._desk.clock.now, note=note))

    async def _do(
        self, doing: Any, target: Target, screen: MainScreen, many: Sequence[LessonRow] = ()
    ) -> bool:  # Any: a coroutine that gives Done
        try:
            done: Done = await doing
        except NotPublishable as blocked:
            await self._show_blocked(target, blocked.obstacles, screen)
        except RowsRefused as refused:
            faults = [
                Obstacle(plain(many[fault.row].title), fault.text + (f" ({fault.field})" if fault.field else ""))
                for fault in refused.faults
            ]
            await self._app.push_screen_wait(Blocked(f"{len(many)} lessons", faults))
        except (ContentError, DatabaseTrouble) as error:
            self._say(_said(error), "error")
        else:
            self._undo, self._no_undo = done.undo, done.no_way_back or "There is no way back from that."
            self._say(done.text + ("   z takes it back" if done.undo else ""), "information")
            return True
        return False

    async def _show_blocked(self, target: Target, obstacles: Sequence[Obstacle], screen: MainScreen) -> None:
        field = await self._app.push_screen_wait(Blocked(target.title, obstacles))
        if field is not None:
            screen.point_at(field)

    def _say(self, text: str, severity: Any) -> None:  # Any: Textual's own Literal, which it does not export
        self._app.notify(text, severity=severity, markup=False, timeout=_TOLD_SECONDS)


def _said(error: ContentError | DatabaseTrouble) -> str:
    return str(error.trouble) if isinstance(error, DatabaseTrouble) else str(error)


_NEVER: Final = Moments(at=datetime.max.replace(tzinfo=UTC))
