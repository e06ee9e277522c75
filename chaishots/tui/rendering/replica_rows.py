"""How replicas are drawn as rows: which leads, and since when each is connected. Pure."""

from datetime import datetime
from typing import Final

from rich.text import Text

from chaishots.database.replicas import Replica
from chaishots.times import here
from chaishots.tui.rendering.formatting import cell, plain, short
from chaishots.tui.rendering.styles import Styles

_WITH_SINCE: Final = 70


def draw_replica(replica: Replica, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a replica: whether it leads, since when it is connected, and its name, for which there is always room."""
    text = Text().append(
        cell("● leads" if replica.leads else "○ stands by", 14), styles.good if replica.leads else styles.text
    )
    facts = [(cell(short(now - replica.connected_at), 8)), cell(replica.version or "older", 9)]
    since = cell(f"since {here(replica.connected_at):%d %b %H:%M:%S}", 24)
    for fact in [since, *facts] if width >= _WITH_SINCE else facts:
        text.append(fact, styles.muted)
    text.append(plain(replica.name), styles.strong if replica.leads else styles.text)
    return text
