"""Tokens: who may use the CMS, with which role; made and revoked here. A secret is shown once, in its dialog."""

from typing import ClassVar, Final

from rich.text import Text
from textual import events, work
from textual.binding import Binding, BindingType

from chaishots.content.errors import ContentError
from chaishots.content.tokens import Token, find_tokens, revoke_token
from chaishots.database.errors import DatabaseTrouble
from chaishots.tui.actions import token_commands
from chaishots.tui.actions.token_commands import TypedToken
from chaishots.tui.rendering.details import Page
from chaishots.tui.rendering.formatting import count, plain
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.rendering.token_rows import TokenRow, draw_token, token_page
from chaishots.tui.screens.base import Subject
from chaishots.tui.screens.dialogs import Confirm
from chaishots.tui.screens.polled_list import PolledScreen
from chaishots.tui.screens.token_dialogs import AskToken, ShowSecret
from chaishots.tui.state.session import Changed, Session
from chaishots.tui.widgets.row_list import Rows

_MOST: Final = 500
_EMPTY: Final = "There are no tokens yet: n makes one."
_NEW: Final = "New: a token, with a name and a role; its secret is shown once"
_REVOKE: Final = "Revoke: whoever uses the token is refused at once"


class TokenList(Rows[TokenRow]):
    """The list of tokens, where n makes one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,plus", "screen.new_token", "New", id="change.new_token", tooltip=_NEW),
    ]


class TokensScreen(PolledScreen):
    """The tokens of the CMS, active ones first. No notification tells of them, nor of their use."""

    NAME = "tokens"
    HAS_TARGETS = False
    FILTER_HINT: ClassVar[str] = "words, !without: a name, editor, !revoked"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,plus", "new_token", "New", id="change.new_token", tooltip=_NEW),
        Binding("A,x", "revoke_token", "Revoke", id="change.revoke_token", tooltip=_REVOKE),
    ]
    rows: Rows[TokenRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, TokenList(self._draw, empty="Loading …", id="list"))

    def _draw(self, row: TokenRow, width: int, styles: Styles) -> Text:
        return draw_token(row, width, styles, self.session.clock.now())

    @property
    def token(self) -> Token | None:
        """The selected token."""
        return self.rows.row.token if self.rows.row else None

    def subject(self) -> Subject | None:
        return Subject(self.token.id, plain(self.token.name)) if self.token else None

    async def selected_page(self) -> Page | None:
        return token_page(self.token, self.session.clock.now()) if self.token else None

    def selected_key(self) -> object:
        return self.token.id if self.token else None

    async def reload(self, changed: Changed) -> None:
        """Read the tokens again."""
        search = self.search
        found, total = await self.session.read(
            lambda connection: find_tokens(connection, words=search.words, unwanted=search.unwanted, limit=_MOST)
        )
        if search is not self.search:
            return  # somebody has typed meanwhile, and that is read by now
        self.rows.empty = "Nothing found. Esc shows everything again." if self.search else _EMPTY
        rows = [TokenRow(token.id, token=token) for token in found]
        if total > len(found):
            note = f"the first {len(found):,} of {count(total, 'token')}; / finds the others"
            rows.insert(0, TokenRow("note", stops=False, note=note))
        self.rows.replace(rows)
        self.show_details()  # of the same token, something else may be so now
        self.say_found(count(total, "token"))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what is not possible now; when pressed all the same, `on_key` says why."""
        if action == "new_token":
            return None if token_commands.why_not_create(self.session) else True
        if action == "revoke_token":
            return None if token_commands.why_not_revoke(self.session, self.token) else True
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """Say why a grey key does nothing."""
        refused = None
        if event.character in ("n", "+"):
            refused = token_commands.why_not_create(self.session)
        elif event.character in ("A", "x"):
            refused = token_commands.why_not_revoke(self.session, self.token)
        if refused:
            event.stop()
            self._tell(refused, "warning")

    def action_new_token(self) -> None:
        if not token_commands.why_not_create(self.session):
            self._create()

    def action_revoke_token(self) -> None:
        if not token_commands.why_not_revoke(self.session, self.token):
            self._revoke()

    @work(exclusive=True, group="action", exit_on_error=False)
    async def _create(self) -> None:
        typed, problem = TypedToken(), ""
        while (typed := await self._ask(AskToken(typed, problem))) is not None:
            try:
                secret = await self.session.read(
                    lambda connection, typed=typed: token_commands.create(
                        connection, typed, self.session.clock.now(), self.session.options.actor
                    )
                )
            except (ContentError, DatabaseTrouble) as error:
                problem = _describe(error)  # to be asked again, with what was typed
            else:
                self._look()
                await self._ask(ShowSecret(typed.name, secret))
                return

    @work(exclusive=True, group="action", exit_on_error=False)
    async def _revoke(self) -> None:
        token = self.token
        if token is None or not await self._ask(Confirm(token_commands.question(token), title="Revoke")):
            return
        actor = self.session.options.actor
        try:
            await self.session.read(lambda connection: revoke_token(connection, token.name, only=token.id, actor=actor))
        except (ContentError, DatabaseTrouble) as error:
            self._tell(_describe(error), "error")
        else:
            self._tell(f"The token {plain(token.name)} is revoked.", "information")
            self._look()


def _describe(error: ContentError | DatabaseTrouble) -> str:
    return str(error.trouble) if isinstance(error, DatabaseTrouble) else str(error)
