"""Dialogs about tokens: what a new one is to be, and its secret, which is shown this once."""

from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from chaishots.tui.actions.token_commands import ROLES, BadField, TypedToken, check
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.rendering.styles import Styles, styles_of
from chaishots.tui.screens.problem_dialog import ProblemDialog
from chaishots.tui.widgets.dialog_keys import Answers
from chaishots.tui.widgets.text_input import CompletedInput

_ROLES_TOLD: Final = """viewer reads, editor changes, admin manages tokens
reader: paid content; calendar: what is to come"""
_COPIED: Final = "Sent to the clipboard. If it is not there: select it with the mouse while holding Shift."


class AskToken(ProblemDialog[TypedToken | None]):
    """Asks for a token's name, role and lifetime.

    typed: what stands there at first. problem: what was wrong with it, empty for nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="token.cancel")]
    DEFAULT_CSS = "AskToken { align: center middle; background: $background 50%; }"

    def __init__(self, typed: TypedToken, problem: str = "") -> None:
        super().__init__(problem)
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -form") as box:
            box.border_title = "A new token"
            yield Static("Name", classes="label", markup=False)
            yield CompletedInput(self._typed.name, placeholder="whom or what it is for", id="name")
            yield Static("Role", classes="label", markup=False)
            roles = SuggestFromList(ROLES, case_sensitive=False)
            yield CompletedInput(self._typed.role, placeholder=", ".join(ROLES), id="role", suggester=roles)
            yield Static("Good for", classes="label", markup=False)
            lifetime = "90d, 12h; nothing: until it is revoked"
            yield CompletedInput(self._typed.lifetime, placeholder=lifetime, id="lifetime")
            yield Static(self.told(), id="told", classes="understood")
            yield Answers(("Enter", "make it"), ("Tab", "complete, or next"), ("Esc", "cancel"))

    @on(Input.Submitted)
    def _accept(self) -> None:
        typed = TypedToken(*(self.query_one(f"#{name}", Input).value for name in ("name", "role", "lifetime")))
        try:
            check(typed)
        except BadField as refused:
            self.tell(str(refused))
            self.query_one(f"#{refused.field}", Input).focus()
            return
        self.dismiss(typed)

    def hint(self, styles: Styles) -> Text:
        return Text(_ROLES_TOLD, style=styles.muted)


class ShowSecret(ModalScreen[None]):
    """Shows a new secret, of a token or of what `of` says. Only Esc closes it, as it cannot be shown again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy it", id="secret.copy"),
        Binding("escape", "dismiss", "Close", id="secret.close"),
    ]
    DEFAULT_CSS = "ShowSecret { align: center middle; background: $background 50%; }"

    def __init__(self, name: str, secret: str, *, of: str = "token") -> None:
        super().__init__()
        self._name = name
        self._secret = secret
        self._of = of

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = f"The {self._of}"
            yield Static(self._told(), markup=False)
            yield Static(Text(self._secret, style=styles_of(self).strong), id="secret")
            yield Static(id="copied", markup=False)
            yield Answers(("y", "copy it"), ("Esc", "close"))

    def _told(self) -> str:
        if self._of == "token":
            return f"“{plain(self._name)}” is made. This is shown once, and kept nowhere:\n"
        return f"The new secret of “{plain(self._name)}” is shown once:\n"

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._secret)  # pyright: ignore[reportUnknownMemberType]
        self.query_one("#copied", Static).update(f"\n{_COPIED}")
