"""The two lines on top of every screen: the system and the screens; then leader, what is next, and backlog."""

from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from chaishots.database.errors import Trouble
from chaishots.tui.rendering.formatting import cell, count, countdown, plain, short
from chaishots.tui.rendering.styles import Styles, styles_of
from chaishots.tui.state.session import Session, Standing

TABS: Final = {
    "content": "Content",
    "schedule": "Schedule",
    "replicas": "Replicas",
    "activity": "Activity",
    "log": "Log",
    "tokens": "Tokens",
    "webhooks": "Webhooks",
    "releases": "Releases",
}
_ROOM_BESIDE_WHO: Final = 52
"""The cells that the second line needs for what is urgent; with less, it does not tell who acts."""
_LONGEST_NAME: Final = 24
_LEAST_PLACE: Final = 14
"""The cells to which the database's host and name are cut for the names of the screens, where no more are free."""


class Header(Widget):
    """Name, screens, database; leader, next, overdue; whether it is frozen, away or read only; and who acts."""

    DEFAULT_CSS = """
    Header { height: 2; background: $panel; color: $foreground; padding: 0 1; link-style: none;
             link-background: transparent; link-color: $foreground; }
    """

    def __init__(self, session: Session, here: str) -> None:
        super().__init__()
        self._session = session
        self._here = here
        self.marked = ""
        """What is marked on this screen, in words."""

    def render(self) -> RenderResult:
        styles, width = styles_of(self), self.size.width
        lines = (
            self._who_and_where(styles, width),
            _join(self._standing(styles), self._unusual(styles, width), width),
        )
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def _who_and_where(self, styles: Styles, width: int) -> Text:
        # Which screens there are is worth more than our name, and than the whole of a long host's.
        place = plain(self._session.options.database)
        name = Text().append("Chai Shots ", styles.strong)
        whole, short_ones = self._screens(styles), self._screens(styles, letters=3)
        for line in (name + whole, whole, name + short_ones, short_ones):
            if line.cell_len + 1 + cell_len(place) <= width:
                return _join(line, Text(place, style=styles.muted), width)
        close = self._screens(styles, letters=3, gap="")
        if (room := width - close.cell_len - 1) >= _LEAST_PLACE:
            return _join(close, Text(_cut_place(place, room), style=styles.muted), width)
        numbers = self._screens(styles, letters=0)
        room = max(width - numbers.cell_len - 1, width // 2)
        return _join(numbers, Text(_cut_place(place, room), style=styles.muted), width)

    def _screens(self, styles: Styles, *, letters: int | None = None, gap: str = " ") -> Text:
        # letters: how many of the names of the screens that are not shown; None for all. gap: behind each of them.
        line = Text()
        if label := self._session.options.label:
            # Capitals and reverse video as well: colour alone must not tell production from the rest.
            style = styles.bad if "prod" in label.lower() else styles.accent
            line.append(f" {plain(label).upper()} ", style=style + Style(reverse=True))
            line.append(" ")
        for place, (name, title) in enumerate(TABS.items(), 1):
            if name == "log" and self._session.options.logs is None:
                continue
            is_here = name == self._here
            here = Style(reverse=True, bold=True) if is_here else styles.muted
            click = Style(meta={"@click": f"app.show('{name}')"})
            told = f" {place} {title if is_here else title[:letters]}".rstrip()
            line.append("" if gap or not is_here else " ")
            line.append(f"{told}{' ' if is_here else gap}", here + click)
        return line

    def _standing(self, styles: Styles) -> Text:
        standing = self._session.standing
        if self._session.is_away:
            return Text("who leads and what is overdue is not known now", style=styles.muted)
        if standing is None:
            return Text("looking …", style=styles.muted)
        line = _trouble(standing.trouble, styles) if standing.trouble else _leader(self._session, styles)
        if standing.outlook.overdue:
            oldest = short(timedelta(seconds=standing.outlook.oldest_overdue_s))
            line.append(f"  ! {standing.outlook.overdue:,} overdue ({oldest})", style=styles.bad)
        if standing.outlook.overdue_ends:
            line.append(f"  ! {standing.outlook.overdue_ends:,} still up past the end", style=styles.bad)
        if standing.soon_total:
            line.append(f"  ! {standing.soon_total:,} will be blocked within the hour", style=styles.bad)
        if standing.outlook.refused_releases:
            line.append(f"  ! {count(standing.outlook.refused_releases, 'release')} refused", style=styles.bad)
        if late := max(standing.outlook.overdue_changes, standing.outlook.blocked_changes):
            line.append(f"  ! {count(late, 'change')} not applied", style=styles.bad)
        if coming := _coming(standing):
            at, what = min(coming, key=itemgetter(0))
            line.append("  next ", style=styles.muted)
            line.append(countdown(at - self._session.clock.now()), style=styles.soon)
            line.append(f" {what}")
        else:
            line.append("  nothing to come", style=styles.muted)
        return line

    def _unusual(self, styles: Styles, width: int) -> Text:
        notes: list[tuple[str, Style]] = []
        session = self._session
        if self.marked:
            notes.append((f" {self.marked} ", styles.marked + Style(reverse=True)))
        if session.frozen:
            notes.append((f" FROZEN, {session.behind:,} behind ", styles.soon + Style(reverse=True)))
        if session.away_since is not None:
            age = short(session.clock.now() - session.away_since)
            what = f" DATABASE AWAY {age}: " if session.trouble is None else f" {plain(session.trouble.text)} {age}: "
            notes.append((f"{what}old data, trying again ", styles.bad + Style(reverse=True)))
        if session.options.read_only:
            notes.append((" READ ONLY ", styles.accent + Style(reverse=True)))
        line = Text(" ").join(Text(text, style=style) for text, style in notes)
        if not session.options.actor:  # not known yet
            return line
        who = Text("as ", style=styles.muted).append(plain(session.options.actor), styles.text)
        who.truncate(_LONGEST_NAME, overflow="ellipsis")
        if width - line.cell_len - who.cell_len - 2 < _ROOM_BESIDE_WHO:
            return line
        return line.append(" " if notes else "").append_text(who)


def _cut_place(place: str, room: int) -> str:
    # A database's name tells it from its neighbours as well as its host does: the host's end gives way.
    host, slash, database = place.rpartition("/")
    left = room - cell_len(slash + database)
    if cell_len(place) <= room or left < 2:
        return cell(place, room + 1)[:-1].rstrip()
    return cell(host, left + 1)[:-1] + slash + database


def _trouble(trouble: Trouble, styles: Styles) -> Text:
    # Instead of the leader: it cannot publish. What that means comes first, as the cause may be long; 3 has all of it.
    return Text().append(f"! nothing is published: {plain(trouble.of_writes.removesuffix('.'))}", styles.bad)


def _coming(standing: Standing) -> list[tuple[datetime, str]]:
    # A lesson by its title, which is what most look for; of two at one moment, that one.
    outlook = standing.outlook
    named = [(lesson.publish_at, plain(lesson.title)) for lesson in standing.upcoming[:1]]
    others = [(outlook.next_change_at, "a change"), (outlook.next_end_at, "an end")]
    return named + [(at, what) for at, what in others if at is not None]


def _leader(session: Session, styles: Styles) -> Text:
    standing = session.standing
    assert standing is not None  # asked by the caller
    if standing.leader is None:
        return Text().append("! no leader: nothing is published", styles.bad)
    standbys = len(standing.replicas) - 1
    line = Text().append("● ", styles.good)
    line.append(plain(standing.leader.name))
    line.append(f" leads, {standbys} on standby" if standbys else " leads, alone", style=styles.muted)
    return line


def _join(left: Text, right: Text, width: int) -> Text:
    room = width - right.cell_len - (1 if right.cell_len else 0)
    if room < left.cell_len and room < width // 2:
        right.truncate(width // 2, overflow="ellipsis")
        room = width - right.cell_len - 1
    left.no_wrap = True
    left.truncate(max(0, room), overflow="ellipsis", pad=True)
    return left + (Text(" ") if right.cell_len else Text("")) + right
