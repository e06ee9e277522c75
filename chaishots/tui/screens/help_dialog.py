"""The list of keys of a screen: typing filters it by name or key, Enter runs the selected one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from chaishots.tui.rendering.formatting import cell
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.widgets.row_list import Rows
from chaishots.tui.widgets.text_input import TextInput

_NAMES = {
    "slash": "/", "colon": ":", "question_mark": "?", "plus": "+", "enter": "Enter", "escape": "Esc", "space": "Space",
    "down": "↓", "up": "↑", "left": "←", "right": "→", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home",
    "end": "End", "tab": "Tab",
}  # fmt: skip
_MODIFIER: Final = re.compile(r"[a-z]+(?=\+)")
_GROUPS = {
    "change": "Change",
    "show": "Go to",
    "quit": "Everywhere",
    "rows": "Move and mark",
    "details": "Details",
    "copy": "Copy",
}

_ORDER = ["This screen", "Change", "Move and mark", "Details", "Go to", "Copy", "Everywhere"]


@dataclass(frozen=True)
class KeyRow(Row):
    """A binding, or the heading of a group of them."""

    keys: str = ""
    text: str = ""
    action: str = ""
    node: DOMNode | None = None


class Keys(ModalScreen[None]):
    """The keys of a screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "dismiss", "Close", id="keys.close"),
        Binding("down", "move(1)", show=False, id="keys.down"),
        Binding("up", "move(-1)", show=False, id="keys.up"),
    ]

    def __init__(self, of: Screen[Any]) -> None:
        super().__init__()
        self._all = list(key_rows(of))
        self._rows = Rows[KeyRow](_draw, empty="No key does that here.", id="keys")
        self._rows.is_steered = True

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall") as box:
            box.border_title = "Keys here"
            box.border_subtitle = "type to find · Enter does it · Esc closes"
            yield TextInput(placeholder="find a key, by name or key", id="find")
            yield self._rows

    def on_mount(self) -> None:
        self._show("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _filter_as_typed(self, message: Input.Changed) -> None:
        self._show(message.value)

    @on(Input.Submitted)
    def _choose_selected(self) -> None:
        self._rows.action_choose()

    @on(Rows.Chosen)
    def _run_chosen(self, message: Rows.Chosen) -> None:
        if isinstance(message.row, KeyRow):
            row, app = message.row, self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            self.dismiss()
            app.call_later(app.run_action, row.action, row.node)  # pyright: ignore[reportUnknownMemberType]

    def action_move(self, by: int) -> None:
        self._rows.action_move(by)

    def _show(self, text: str) -> None:
        wanted = text.casefold().strip()
        kept = [
            row for row in self._all if not row.stops or wanted in row.text.casefold() or wanted in row.keys.casefold()
        ]
        # Leave out headings with nothing below them.
        self._rows.replace([row for row, after in _pairs(kept) if row.stops or (after is not None and after.stops)])
        self._rows.action_to_start()


def _pairs(rows: Sequence[KeyRow]) -> Iterator[tuple[KeyRow, KeyRow | None]]:
    return zip(rows, [*rows[1:], None], strict=True)


def key_rows(of: Screen[Any]) -> Iterator[KeyRow]:
    """Every key of a screen, in groups, each below its heading."""
    groups: dict[str, dict[str, KeyRow]] = {}
    for active in of.active_bindings.values():
        binding = active.binding
        if binding.system or not binding.description:
            continue
        part, dot, _ = (binding.id or "").partition(".")
        group = groups.setdefault(_GROUPS.get(part, "This screen" if dot else "Everywhere"), {})
        key = _NAMES.get(binding.key, _MODIFIER.sub(lambda found: found[0].capitalize(), binding.key))
        before = group.get(binding.action)
        text = binding.tooltip or binding.description
        keys = f"{before.keys}, {key}" if before else key
        group[binding.action] = KeyRow(
            ("key", part, binding.action), True, False, keys, text, binding.action, active.node
        )
    for group in sorted(groups, key=_ORDER.index):
        yield KeyRow(group, stops=False, text=group)
        yield from groups[group].values()


def _draw(row: KeyRow, width: int, styles: Styles) -> Text:
    if not row.stops:
        return Text(row.text, style=styles.heading)
    line = Text().append(cell(row.keys, 14), styles.accent)
    line.append(row.text)
    return line
