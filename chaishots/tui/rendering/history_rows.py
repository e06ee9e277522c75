"""How lines of the history are drawn as rows: when, what was done, by whom, to what. Pure."""

from datetime import datetime
from typing import Final

from rich.text import Text

from chaishots.content.queries.history import HistoryLine
from chaishots.times import here
from chaishots.tui.rendering.details import change_text
from chaishots.tui.rendering.formatting import cell, plain
from chaishots.tui.rendering.styles import Styles

_WIDE: Final = 90
_ACTION_WIDTHS: Final = ((_WIDE, 22), (60, 18), (0, 15))
"""From so many cells on: how wide actions are; the longest name and a space, or what leaves a title its room."""
_VERBS: Final = {
    "publish": "good", "restore": "good", "schedule": "soon", "reschedule": "soon", "unschedule": "soon",
    "archive": "accent", "delete": "bad", "refuse": "bad",
}  # fmt: skip


def draw_history(line: HistoryLine, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a line of the history: time, action, actor, title, and what it changed."""
    at = here(line.at)
    today = at.date() == here(now).date()
    text = Text().append(cell(f"{at:%H:%M:%S}" if today else f"{at:%d %b %H:%M}", 13), styles.muted)
    verb = line.action.partition(".")[2]
    action_width = next(wide for least, wide in _ACTION_WIDTHS if width >= least)
    text.append(cell(line.action, action_width), getattr(styles, _VERBS.get(verb, "text")))
    text.append(cell(plain(line.actor), 16 if width >= _WIDE else 10), styles.muted)
    changed = change_text(line) if width >= _WIDE else ""
    text.append(plain(line.title or ""), styles.text)
    return text.append(f"  {changed}" if changed else "", styles.muted)
