"""Webhooks: where events are sent, how each stands, what came of its tries; paused, tried, tested, replayed here."""

from typing import ClassVar, Final

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType

from chaishots.content.errors import ContentError, VersionConflict
from chaishots.content.queries.search_filter import Search
from chaishots.database.errors import DatabaseTrouble
from chaishots.tui.actions import webhook_commands
from chaishots.tui.actions.webhook_commands import STEPS, Step
from chaishots.tui.rendering.details import Page
from chaishots.tui.rendering.formatting import count
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.rendering.webhook_rows import WebhookRow, draw_webhook, short_url, webhook_page, words_of
from chaishots.tui.screens.base import Subject
from chaishots.tui.screens.dialogs import Confirm
from chaishots.tui.screens.polled_list import PolledScreen
from chaishots.tui.screens.token_dialogs import ShowSecret
from chaishots.tui.screens.webhook_dialogs import AskSince
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_EAGER_SECONDS: Final = 15
"""For so long after a test or a try it is looked each second what came of it: a receiver has as long."""
_EMPTY: Final = """There are no webhooks. With an admin's token:
POST /cms/webhooks {"url": "https://receiver.example"}
It answers with the secret that signs, this once."""


class WebhooksScreen(PolledScreen):
    """The webhooks, the newest first. No notification tells of what is sent."""

    NAME = "webhooks"
    HAS_TARGETS = False
    FILTER_HINT: ClassVar[str] = "words, !without: a host, failing, lesson.refused"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "x,delete" if step is Step.DELETE else key.key,
            f"step('{step}')",
            key.label,
            id=f"change.webhook_{step}",
            tooltip=key.meaning,
            show=step not in (Step.ROTATE, Step.REPLAY),  # the rarest: a footer of 60 columns has no room for all
        )
        for step, key in STEPS.items()
    ]
    rows: Rows[WebhookRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[WebhookRow](self._draw, empty="Loading …", id="list"))
        self._eager_for = 0

    def _draw(self, row: WebhookRow, width: int, styles: Styles) -> Text:
        return draw_webhook(row, width, styles, self.session.clock.now())

    def subject(self) -> Subject | None:
        row = self.rows.row
        return Subject(row.webhook_id, short_url(row.document["url"])) if row else None

    async def selected_page(self) -> Page | None:
        row = self.rows.row
        if row is None:
            return None
        document, attempts = await self.session.read(
            lambda connection: webhook_commands.read_webhook(connection, row.webhook_id)
        )
        return webhook_page(document, attempts, self.session.clock.now())

    def selected_key(self) -> object:
        return self.rows.row.webhook_id if self.rows.row else None

    async def reload(self, changed: Changed) -> None:
        """Read the webhooks again."""
        search = self.search
        rows = await self.session.read(webhook_commands.read_webhooks)
        if search is not self.search:
            return  # somebody has typed meanwhile, and that is read by now
        self.rows.empty = "Nothing found. Esc shows everything again." if search else _EMPTY
        found = [row for row in rows if _is_found(row, search)]
        self.rows.replace(found)
        self.show_details()  # of the same webhook, something else may be so now
        self.say_found(count(len(found), "webhook"))
        self.refresh_bindings()

    def tick(self) -> None:
        self._eager_for -= 1
        super().tick()

    def _is_time_to_look(self) -> bool:
        return self._eager_for > 0 or super()._is_time_to_look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what is not possible now; when pressed all the same, `on_key` says why."""
        if action == "step":
            return None if self._why_not(Step(str(parameters[0]))) else True
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """Say why a grey key does nothing."""
        step = next((step for step, key in STEPS.items() if event.character == key.key), None)
        step = Step.DELETE if event.key == "delete" else step
        if step is not None and (refused := self._why_not(step)):
            event.stop()
            self._tell(refused, "warning")

    def _why_not(self, step: Step) -> str | None:
        return webhook_commands.why_not(self.session, step, self.rows.row)

    def action_step(self, step: str) -> None:
        if not self._why_not(Step(step)):
            self._take(Step(step))

    @work(exclusive=True, group="action", exit_on_error=False)
    async def _take(self, step: Step) -> None:
        row = self.rows.row  # what was shown when it was asked for, whatever is selected meanwhile
        if row is None:
            return
        asked = webhook_commands.question(step, row)
        if asked is not None and not await self._ask(Confirm(asked, title=STEPS[step].label)):
            return
        if step is Step.REPLAY:
            await self._replay(row)
            return
        try:
            if step is Step.ROTATE:
                secret = await webhook_commands.rotate(row, self._actor)
                await self._ask(ShowSecret(short_url(row.document["url"]), secret, of="secret"))
            else:
                told = await webhook_commands.perform(step, row, self._actor)
                self._tell(told + self._who_does_it(step), "information")
                self._eager_for = _EAGER_SECONDS
        except (ContentError, DatabaseTrouble) as error:
            self._tell(_describe(error), "error")
        self._look()

    async def _replay(self, row: WebhookRow) -> None:
        where, typed, problem = short_url(row.document["url"]), "", ""
        while (answer := await self._ask(AskSince(where, self.session.clock.now, typed, problem))) is not None:
            typed, since = answer
            try:
                told = await webhook_commands.replay(row, since, self._actor)
            except (ContentError, DatabaseTrouble) as error:
                problem = _describe(error)  # to be asked again, with what was typed
            else:
                self._tell(told + self._who_does_it(Step.REPLAY), "information")
                self._eager_for = _EAGER_SECONDS
                self._look()
                return

    def _who_does_it(self, step: Step) -> str:
        standing = self.session.standing
        is_sent = step in (Step.TRY, Step.TEST, Step.REPLAY)
        return " Nobody leads now: once a replica does." if is_sent and standing and standing.leader is None else ""

    @property
    def _actor(self) -> str:
        return self.session.options.actor


def _is_found(row: WebhookRow, search: Search) -> bool:
    words = words_of(row.document)
    if search.ids and row.webhook_id not in search.ids:
        return False
    wanted = all(word.casefold() in words for word in search.words)
    return wanted and not any(word.casefold() in words for word in search.unwanted)


def _describe(error: ContentError | DatabaseTrouble) -> str:
    if isinstance(error, VersionConflict):
        return "Somebody has changed it meanwhile: look at it as it is now, and do it again."
    return str(error.trouble) if isinstance(error, DatabaseTrouble) else str(error)
