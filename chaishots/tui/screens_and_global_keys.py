"""The terminal's screens, in the order of their number keys, and the keys that work on all of them."""

from collections.abc import Callable
from typing import Final

from textual.binding import Binding, BindingType

from chaishots.tui.actions.possible_actions import KEYS, Action
from chaishots.tui.actions.undo_last_step import UNDO_KEY
from chaishots.tui.screens.activity import ActivityScreen
from chaishots.tui.screens.base import MainScreen
from chaishots.tui.screens.content import ContentScreen
from chaishots.tui.screens.log import LogScreen
from chaishots.tui.screens.releases import ReleasesScreen
from chaishots.tui.screens.replicas import ReplicasScreen
from chaishots.tui.screens.schedule import ScheduleScreen
from chaishots.tui.screens.tokens import TokensScreen
from chaishots.tui.screens.webhooks import WebhooksScreen
from chaishots.tui.state.session import Session

_UNDO: Final = "Undo the last step; on Activity and Releases, what is selected"
SCREENS: Final[dict[str, Callable[[Session], MainScreen]]] = {
    screen.NAME: screen
    for screen in (
        ContentScreen,
        ScheduleScreen,
        ReplicasScreen,
        ActivityScreen,
        LogScreen,
        TokensScreen,
        WebhooksScreen,
        ReleasesScreen,
    )
}
BINDINGS_EVERYWHERE: Final[list[BindingType]] = [
    *(
        Binding(
            key.key,
            f"act('{action}')",
            key.label,
            id=f"change.{action}",
            tooltip=key.meaning,
            show=action in (Action.SCHEDULE, Action.PUBLISH, Action.ARCHIVE),
        )
        for action, key in KEYS.items()
    ),
    Binding("e", "edit", "Edit", id="edit", show=True, tooltip="Edit as text, in your own editor ($EDITOR)"),
    Binding("f", "fill_in", "Fields", id="fields", show=False, tooltip="Title, summary, length, URLs: in a form"),
    Binding("n,plus", "new", "New", id="new", show=False, tooltip="Make something new; + while a filter is on"),
    Binding("c", "copy", "Copy it, as a draft", id="copy", show=False),
    Binding("x", "delete", "Delete it", id="delete", show=False),
    Binding(UNDO_KEY, "undo", "Undo", id="undo", show=False, tooltip=_UNDO),
    *(
        Binding(str(place), f"show('{name}')", name.capitalize(), show=False, id=f"show.{name}")
        for place, name in enumerate(SCREENS, 1)
    ),
    Binding("w", "why", "Why", id="why", tooltip="Why it is public or not, and what to do"),
    Binding("t", "history", "Its history", id="history", show=False),
    Binding("y", "copy_id", "Copy the id", show=False, id="copy.id"),
    Binding("Y", "copy_url", "Copy the URL", show=False, id="copy.url"),
    Binding("T", "as_text", "Show as text", show=False, id="text"),
    Binding("p", "freeze", "Freeze the picture", show=False, id="freeze"),
    Binding("r", "look", "Look now", show=False, id="look"),
    Binding("colon,ctrl+p", "command_palette", "Commands", show=False, id="palette"),
    Binding("question_mark", "keys", "Keys", id="keys"),
    Binding("q", "leave", "Quit", id="quit"),
    Binding("ctrl+q", "leave", "Quit", show=False, id="quit.always"),
]
