"""Dialogs of an edit: what would be stored, whose change stays, what is to be made; and an editor of our own.

Each returns a typed answer. Enter means nothing that is stored.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from chaishots.content.exchange.text_editing.quick_form import FormField, NoLength
from chaishots.tui.actions.edit_answers import New, Review, Whose
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.rendering.styles import Styles, styles_of
from chaishots.tui.widgets.dialog_keys import Answers
from chaishots.tui.widgets.text_input import TextInput


class ReviewEdit(ModalScreen[Review]):
    """Shows what would be stored. can_wait: whether it can be at a moment to come."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss_with('store')", "Store it", id="review.store"),
        Binding("a", "dismiss_with('at')", "Store it at a moment", id="review.at"),
        Binding("e", "dismiss_with('again')", "Edit it again", id="review.again"),
        Binding("n", "dismiss_with('drop')", "Drop it", id="review.drop"),
        Binding("escape", "dismiss_with('keep')", "Keep the text for later", id="review.keep"),
    ]

    def __init__(self, lines: Sequence[str], *, can_wait: bool) -> None:
        super().__init__()
        self._lines = lines
        self._can_wait = can_wait

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -review") as box:
            box.border_title = "Store it?"
            with VerticalScroll():
                yield Static(difference(self._lines, styles_of(self)))
            at = [("a", "at a moment")] if self._can_wait else []
            yield Answers(("y", "store"), *at, ("e", "edit again"), ("n", "drop"), ("Esc", "later"))

    def action_dismiss_with(self, choice: str) -> None:
        review = Review(choice)
        if review is not Review.AT or self._can_wait:
            self.dismiss(review)


class ResolveEdit(ModalScreen[Whose]):
    """Shows what somebody else has changed of the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "dismiss_with('mine')", "Keep mine", id="resolve.mine"),
        Binding("t", "dismiss_with('theirs')", "Take theirs", id="resolve.theirs"),
        Binding("e,escape", "dismiss_with('again')", "Edit it again", id="resolve.again"),
        Binding("n", "dismiss_with('drop')", "Store nothing", id="resolve.drop"),
    ]

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -review -grave") as box:
            box.border_title = "Somebody else has changed the same"
            with VerticalScroll():
                yield Static(Text("\n".join(plain(line) for line in self._lines)))
            yield Answers(("m", "keep mine"), ("t", "take theirs"), ("e", "edit again"), ("n", "store nothing"))

    def action_dismiss_with(self, choice: str) -> None:
        self.dismiss(Whose(choice))


class ChooseNew(ModalScreen[New | None]):
    """Asks what is to be made, of what can be where the cursor is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="new.cancel")]

    def __init__(self, choices: Sequence[New]) -> None:
        super().__init__()
        self._choices = {choice.key: choice for choice in choices}

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = "New"
            lines = Table.grid(padding=(0, 2))
            for key, choice in self._choices.items():
                lines.add_row(Text(key, styles_of(self).accent), Text(f"{choice.kind}{plain(choice.where)}"))
            yield Static(lines)
            yield Answers(("Esc", "cancel"))

    def on_key(self, event: Key) -> None:
        if (choice := self._choices.get(event.character or "")) is not None:
            event.stop()
            self.dismiss(choice)


class QuickForm(ModalScreen[dict[str, str] | None]):
    """A line for each field; Enter goes on to the review, where nothing is stored yet.

    check: raises NoLength for what cannot be meant. problem: what was wrong with it before.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="form.cancel")]

    def __init__(
        self, title: str, fields: Sequence[FormField], check: Callable[[dict[str, str]], object], problem: str
    ) -> None:
        super().__init__()
        self._title = title
        self._fields = fields
        self._check = check
        self._problem = problem

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -form") as box:
            box.border_title = "Fields"
            yield Static(Text(self._title), classes="label")
            with VerticalScroll(can_focus=False):
                for field in self._fields:
                    yield Static(field.label, classes="label", markup=False)
                    yield TextInput(field.text, id=_id_of(field.name), select_on_focus=False)
            yield Static(Text(self._problem, style=styles_of(self).bad), id="problem")
            yield Answers(("Tab", "next"), ("Enter", "see what changes"), ("Esc", "cancel"))

    @on(Input.Submitted)
    def _accept(self) -> None:
        typed = {field.name: self.query_one(f"#{_id_of(field.name)}", Input).value for field in self._fields}
        try:
            self._check(typed)
        except NoLength as refused:
            self.query_one("#problem", Static).update(Text(str(refused), style=styles_of(self).bad))
        else:
            self.dismiss(typed)


def _id_of(name: str) -> str:
    return "field-" + name.replace(".", "-")


class OwnEditor(ModalScreen[str | None]):
    """Edits a text where there is no other editor: Ctrl+S is done; Esc gives up what was typed, when it is meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "done", "Done", id="editor.done", priority=True),
        Binding("escape", "give_up", "Give up", id="editor.give_up", priority=True),
    ]

    def __init__(self, text: str, line: int) -> None:
        super().__init__()
        self._text = text
        self._line = line
        self._is_asked = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -whole") as box:
            box.border_title = "Edit"
            area = TextArea(self._text, show_line_numbers=True, soft_wrap=False, tab_behavior="indent", id="text")
            area.move_cursor((self._line - 1, 0))
            yield area
            yield Answers(("Ctrl+S", "done"), ("Esc", "give up"), ("EDITOR=…", "your own editor"))

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def action_done(self) -> None:
        self.dismiss(self.query_one(TextArea).text)

    def action_give_up(self) -> None:
        if self._is_asked or self.query_one(TextArea).text == self._text:
            self.dismiss(None)
            return
        self._is_asked = True
        self.notify("Esc once more gives up what was typed; Ctrl+S goes on with it.", severity="warning")


def difference(lines: Sequence[str], styles: Styles) -> Text:
    """The lines of an edit, what goes and what comes in their colours."""
    text = Text()
    for line in lines:
        sign = line[2:3] if line.startswith("  ") else ""
        style = {"-": styles.bad, "+": styles.good}.get(sign, "bold" if not sign else "")
        text.append(f"{plain(line)}\n", style=style)
    text.rstrip()
    return text
