"""How tokens are drawn, as rows and as a page. Pure; the secret of a token is known to neither."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.text import Text

from chaishots.content.tokens import Token
from chaishots.times import here, tell_time
from chaishots.tui.rendering.details import Field, Page, Section
from chaishots.tui.rendering.formatting import cell, plain, short
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles

_WITH_EXPIRY: Final = 60
_WITH_DAY: Final = 74
_STATES: Final = {"active": ("● active", "good"), "expired": ("! expired", "soon"), "revoked": ("× revoked", "muted")}


@dataclass(frozen=True)
class TokenRow(Row):
    """A token; without one, a note that there are more."""

    token: Token | None = None
    note: str = ""


def draw_token(row: TokenRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a token: whether it is good, its role, its last use, until when it is good, when it was made, its name."""
    if row.token is None:
        return Text(f"  {row.note}", style=styles.muted)
    token = row.token
    text, style = _STATES[token.state(now)]
    line = Text().append(cell(text, 11), getattr(styles, style))
    line.append(cell(token.role, 9), styles.accent)
    line.append(cell(_used(token, now), 15), styles.muted)
    if width >= _WITH_EXPIRY:
        line.append(cell(_good_for(token, now), 11), styles.text)
    if width >= _WITH_DAY:
        line.append(cell(f"{here(token.created_at):%d %b %Y}", 13), styles.muted)
    return line.append(plain(token.name), styles.muted if token.revoked_at else styles.strong)


def token_page(token: Token, now: datetime) -> Page:
    """The page of a token: everything but the secret, which nobody knows any more."""
    text, style = _STATES[token.state(now)]
    return Page(
        token.id,
        plain(token.name),
        [
            Section("", [Field("token", text, style), Field("role", token.role)]),
            Section(
                "Times",
                [
                    Field("made", tell_time(token.created_at)),
                    Field("last used", tell_time(token.last_used_at) if token.last_used_at else "never"),
                    Field("good until", tell_time(token.expires_at) if token.expires_at else "it is revoked")
                    if token.revoked_at is None
                    else Field("revoked", tell_time(token.revoked_at)),
                ],
            ),
            Section("Record", [Field("id", str(token.id))]),
        ],
    )


def _used(token: Token, now: datetime) -> str:
    return f"used {short(now - token.last_used_at)} ago" if token.last_used_at else "never used"


def _good_for(token: Token, now: datetime) -> str:
    if token.expires_at is None or token.revoked_at is not None:
        return "" if token.revoked_at else "for ever"
    left = token.expires_at - now
    return f"{short(left)} left" if left.total_seconds() > 0 else f"{short(-left)} over"
