"""The terminal's app: puts screens, keys, live updates and the controller together, and ends them."""

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from chaishots.content.errors import ContentError
from chaishots.database.errors import DatabaseTrouble
from chaishots.database.listener import Heard
from chaishots.tui.actions.controller import Controller
from chaishots.tui.actions.edit_answers import what_can_be_new
from chaishots.tui.actions.possible_actions import KEYS, Action
from chaishots.tui.host.error_boundary import ErrorBoundary
from chaishots.tui.host.run_and_restart import Leaving
from chaishots.tui.options import Options
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.screens.activity import ActivityScreen
from chaishots.tui.screens.base import MainScreen
from chaishots.tui.screens.command_palette import ProgramChosen, ProgramSearch
from chaishots.tui.screens.content import ContentScreen
from chaishots.tui.screens.dialogs import AppDialogs, Leave, PlainText
from chaishots.tui.screens.help_dialog import KeyRow, Keys, key_rows
from chaishots.tui.screens.list_with_details import read_why
from chaishots.tui.screens_and_global_keys import BINDINGS_EVERYWHERE, SCREENS
from chaishots.tui.state.live_updates import LiveUpdates
from chaishots.tui.state.preferences import load_theme, save_theme
from chaishots.tui.state.session import Changed, Session

LOOK_SECONDS: Final = 2.0
"""How often the app reads who leads, as no notification tells. On the Replicas screen: NEAR_LOOK_SECONDS."""
NEAR_LOOK_SECONDS: Final = 0.5
DEFAULT_THEME: Final = "textual-dark"


class OperatorApp(ErrorBoundary[Leaving]):
    """The operator's terminal. Open the process's pool before it runs, or in `options.reach`."""

    TITLE = "Chai Shots"
    COMMANDS = App.COMMANDS | {ProgramSearch}
    # Here, not at each screen: for one more file, Textual would parse all of them again at a screen's first visit.
    CSS_PATH: ClassVar = [f"screens/{name}.tcss" for name in ("base", "schedule", "replicas", "dialogs")]
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS_EVERYWHERE
    # Of dialogs; the main screens have their own.
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012  # as Textual has it

    class Notified(Message):
        """The database notified the listener."""

        def __init__(self, heard: Heard) -> None:
            super().__init__()
            self.heard = heard

    def __init__(self, options: Options, *, session: Session | None = None) -> None:
        super().__init__()
        self.options = options
        self.session = session or Session(options)
        self.controller = Controller(self.session, AppDialogs(self, self.session.clock.now))
        self.live_updates = LiveUpdates(self.session, self._apply)
        self._unsubscribe: Callable[[], None] = lambda: None
        self._next_look_in = 0.0
        self._screens: dict[str, MainScreen] = {}

    async def run_async(self, **options: Any) -> Leaving | None:  # Any: Textual's own options
        """Run the app, with or without the mouse as the options say."""
        options.setdefault("mouse", self.options.mouse)
        return await super().run_async(**options)

    def on_mount(self) -> None:
        self.theme = self._theme_at_start()
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        for name, make in SCREENS.items():
            if name == "log" and self.options.logs is None:
                continue
            self._screens[name] = make(self.session)
            self.add_mode(name, partial(self._screens.__getitem__, name))  # pyright: ignore[reportUnknownMemberType]
        self._switch_to("content")
        # Textual draws once everything is mounted: begin after that first picture.
        self.call_later(lambda: self.screen.call_after_refresh(self._begin))

    @work(group="reach", exit_on_error=False)
    async def _begin(self) -> None:
        if self.options.reach is not None:
            if (options := await self.options.reach()) is None:
                self.exit(Leaving.VIEW)
                return
            self.options = self.session.options = options
        assert self.options.listener is not None  # it is reached
        self.session.reached.set()
        self._unsubscribe = self.options.listener.subscribe(self._hear)
        self.run_worker(self.live_updates.run(), name="live updates", exit_on_error=False)
        self.live_updates.catch_up()
        self.set_interval(1, self._tick)
        self.set_interval(NEAR_LOOK_SECONDS, self._look_in_time)
        self._look()

    def _switch_to(self, name: str) -> None:
        if not (screen := self._screens[name]).is_ready:
            # A screen is styled when mounted; without this count Textual would parse all styles for it again.
            screen._css_update_count = self._css_update_count  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self.switch_mode(name)

    def on_unmount(self) -> None:
        self._unsubscribe()

    @property
    def here(self) -> MainScreen | None:
        """The main screen that is shown, below any dialog; None before the first."""
        if not self.screen_stack:
            return None
        below = (screen for screen in reversed(self.screen_stack) if isinstance(screen, MainScreen))
        return next((screen for screen in below if screen.is_ready), None)

    def _hear(self, heard: Heard) -> None:
        if heard.is_of_feed:
            return  # what it tells of was heard of already
        # This runs in the listener's context, where nothing but posting a message is safe.
        self.post_message(self.Notified(heard))

    @on(Notified)
    def _take_notification(self, message: Notified) -> None:
        if not message.heard.is_listening:
            self.session.note_away()
            self._mark_away()
        self.live_updates.hear(message.heard)

    @on(Worker.StateChanged)
    def _report_failure(self, message: Worker.StateChanged) -> None:
        if message.state is not WorkerState.ERROR:
            return
        error = message.worker.error  # pyright: ignore[reportUnknownMemberType]
        if isinstance(error, DatabaseTrouble):
            self._mark_away()
        else:
            said = str(error) if isinstance(error, ContentError) else f"A fault of this program: {error!r}"
            self.notify(said, severity="error", markup=False)

    @on(ProgramChosen)
    def _open_program(self, message: ProgramChosen) -> None:
        content = self._screens["content"]
        assert isinstance(content, ContentScreen)
        self.action_show("content")
        content.go_to(message.program_id)

    async def _apply(self, changed: Changed) -> None:
        here = self.here
        for screen in self._screens.values():
            await screen.receive(changed, is_shown=screen is here)
        self._look()

    def _tick(self) -> None:
        if self.here is not None and not self.session.frozen:
            self.here.tick()

    def _look_in_time(self) -> None:
        self._next_look_in -= NEAR_LOOK_SECONDS
        if self._next_look_in <= 0 or (self.here is not None and self.here.NAME == "replicas"):
            self._look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        self._next_look_in = LOOK_SECONDS
        was_away = self.session.away_since is not None
        try:
            came_back = await self.session.look()
        finally:
            if was_away != (self.session.away_since is not None):
                self._mark_away()
        if came_back:
            self.live_updates.catch_up()
        if self.here is not None:
            self.here.show_standing()

    def _mark_away(self) -> None:
        if self.here is not None:  # else it closes, and there is nothing to mark
            self.here.mark_away()
            self.here.show_standing()
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys of actions that are not possible now; when pressed all the same, `on_key` says why."""
        if action in ("edit", "fill_in", "new", "copy", "delete", "why") and (here := self.here) is not None:
            return here.HAS_TARGETS
        if action == "act" and (here := self.here) is not None:
            if not here.HAS_TARGETS:
                return False
            if here is self.screen:
                return None if self.controller.why_not(Action(str(parameters[0])), here.targets()) else True
        return True

    def on_key(self, event: Any) -> None:  # Any: Textual's Key
        here = self.here
        if here is not None and here is self.screen and here.HAS_TARGETS:
            for action, key in KEYS.items():
                if event.character == key.key and (refused := self.controller.why_not(action, here.targets())):
                    self.notify(refused, severity="warning", markup=False)

    def action_act(self, action: str) -> None:
        if self.here is not None:
            self.run_worker(
                self.controller.act(Action(action), self.here), group="action", exclusive=True, exit_on_error=False
            )

    def action_edit(self) -> None:
        if (here := self.here) is not None and here.HAS_TARGETS:
            self._change(self.controller.edit(here.named(), here))

    def action_fill_in(self) -> None:
        if (here := self.here) is not None and here.HAS_TARGETS:
            self._change(self.controller.fill_in(here.around()))

    def action_new(self) -> None:
        if (here := self.here) is not None and here.HAS_TARGETS:
            self._change(self.controller.make_new(what_can_be_new(here.around())))

    def action_copy(self) -> None:
        if (here := self.here) is not None and here.HAS_TARGETS:
            self._change(self.controller.copy(here.around()))

    def action_delete(self) -> None:
        if (here := self.here) is not None and here.HAS_TARGETS:
            self._change(self.controller.delete(here.around()))

    def _change(self, step: Coroutine[Any, Any, None]) -> None:  # Any: as coroutines have it
        self.run_worker(step, group="action", exclusive=True, exit_on_error=False)

    def action_undo(self) -> None:
        if self.here is not None:
            done = self.here.done_to_take_back()
            step = self.controller.undo() if done is None else self.controller.take_back(done)
            self.run_worker(step, group="action", exclusive=True, exit_on_error=False)

    def action_show(self, name: str) -> None:
        if name in self._screens and self.here is self.screen:
            self._switch_to(name)

    def action_look(self) -> None:
        self._look()
        self.live_updates.catch_up()

    def action_freeze(self) -> None:
        if self.session.frozen:
            self.live_updates.thaw()
        else:
            self.session.frozen = True
        if self.here is not None:
            self.here.mark_away()

    def action_copy_id(self) -> None:
        self._copy("id", lambda screen: str(subject.id) if (subject := screen.subject()) else None)

    def action_copy_url(self) -> None:
        self._copy(
            "URL",
            lambda screen: screen.url(self.options.base_url),
            "It is not public: there is nothing at its URL. Select a public lesson or program.",
        )

    def _copy(
        self,
        name: str,
        what: Callable[[MainScreen], str | None],
        otherwise: str = "Select a lesson or a program first.",
    ) -> None:
        text = what(self.here) if self.here is not None else None
        if text is None:
            self.notify(otherwise, severity="warning")
        else:
            self.copy_to_clipboard(text)
            self.notify(f"Copied the {name}: {text}", markup=False)

    def action_as_text(self) -> None:
        if self.here is not None and (text := self.here.as_text(self.size.width - PlainText.MARGINS)):
            self.push_screen(PlainText("As text", text, is_wide=True))

    @work(exclusive=True, group="why", exit_on_error=False)
    async def action_why(self) -> None:
        target = next(iter(self.here.targets()), None) if self.here is not None else None
        if target is None:
            self.notify("Select a lesson, program or release first.", severity="warning")
            return
        answer = await self.session.read(lambda connection: read_why(connection, target))
        reasons = "\n\n".join(f"{plain(reason.text)}\n{plain(reason.action)}" for reason in answer.reasons)
        title = f"{plain(target.title)} is {'public' if answer.is_public else 'not public'}"
        self.push_screen(PlainText(title, reasons))

    def action_history(self) -> None:
        subject = self.here.subject() if self.here is not None else None
        activity = self._screens["activity"]
        assert isinstance(activity, ActivityScreen)
        if subject is not None and self.here is not activity:
            activity.follow(subject)
            self.action_show("activity")

    def action_keys(self) -> None:
        if self.here is self.screen:
            self.push_screen(Keys(self.screen))

    @work
    async def action_leave(self) -> None:
        if not self.options.serves:
            self.exit(Leaving.VIEW)
            return
        stop = await self.push_screen_wait(Leave())
        if stop is not None:
            self.exit(Leaving.SERVER if stop else Leaving.VIEW)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every key of the current screen in the palette, beside Textual's own commands."""
        yield from super().get_system_commands(screen)  # pyright: ignore[reportUnknownMemberType]
        if self.here is not None:
            for row in key_rows(self.here):
                if row.stops:
                    yield SystemCommand(row.text, f"key {row.keys}", partial(self._run, row))

    async def _run(self, row: KeyRow) -> None:
        await self.run_action(row.action, row.node)

    def _theme_at_start(self) -> str:
        kept = load_theme()
        if kept is None or kept in self.available_themes:
            return kept or DEFAULT_THEME
        self.notify(f"There is no theme {kept!r} any more: choose another with ctrl+p.", markup=False)
        return DEFAULT_THEME

    def _keep_theme(self, theme: Theme) -> None:
        if theme.name != load_theme() and not save_theme(theme.name):
            self.notify("The theme could not be kept for the next time.", severity="warning")
