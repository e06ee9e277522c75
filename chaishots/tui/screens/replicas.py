"""Replicas: who leads, who stands by, how late the last lessons went public, the backlog, and changes of the lead."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from chaishots.content.queries.lateness import Lateness, read_lateness
from chaishots.database.replicas import Replica
from chaishots.times import tell_time
from chaishots.tui.rendering.formatting import count, milliseconds, plain, short
from chaishots.tui.rendering.replica_rows import draw_replica
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles, styles_of
from chaishots.tui.screens.base import MainScreen
from chaishots.tui.state.session import Changed, Handover, Session, Standing
from chaishots.tui.widgets.bars import bars
from chaishots.tui.widgets.row_list import Rows

PROMISED_MS: Final = 150
"""The promised lateness (p99): a full bar, unless the worst is more."""
_PUBLISHES: Final = 60
_HANDOVERS: Final = 6
_EMPTY: Final = """No replica is connected: nothing is published.

Start one:  chaishots serve
or publish what is due once:  chaishots publish-due"""


@dataclass(frozen=True)
class ReplicaRow(Row):
    """A replica."""

    replica: Replica | None = None


class ReplicasScreen(MainScreen):
    """The replicas, and how late they publish."""

    NAME = "replicas"
    HAS_TARGETS = False
    rows: Rows[ReplicaRow]

    def __init__(self, session: Session) -> None:
        super().__init__(session, Rows[ReplicaRow](self._draw, empty=_EMPTY, id="list"))
        self._lateness: list[Lateness] = []

    def body(self) -> ComposeResult:
        with Vertical(id="standing"):
            yield self.rows
            yield Static(id="figures", markup=False)
            yield Static(id="handovers", markup=False)

    def _draw(self, row: ReplicaRow, width: int, styles: Styles) -> Text:
        assert row.replica is not None  # each row has one
        return draw_replica(row.replica, width, styles, self.session.clock.now())

    async def reload(self, changed: Changed) -> None:
        """Read how late the last lessons went public."""
        self._lateness = await self.session.read(lambda connection: read_lateness(connection, limit=_PUBLISHES))
        self.show_standing()

    def show_standing(self) -> None:
        super().show_standing()
        standing = self.session.standing
        if standing is None:
            return
        shown = [one for one in standing.replicas if self.search.matches(one.name)]
        self.rows.replace([ReplicaRow((one.name, one.connected_at), replica=one) for one in shown])
        self.rows.set_class(not shown, "-empty")
        self.query_one("#figures", Static).update(self._figures())
        self.query_one("#handovers", Static).update(self._handovers())

    def tick(self) -> None:
        super().tick()
        self.rows.tick()

    def as_text(self, width: int = 0) -> str:
        return f"{self._figures().plain}\n\n{self._handovers().plain}"

    def _figures(self) -> Text:
        styles, text, standing = styles_of(self), Text(), self.session.standing
        assert standing is not None  # asked by the caller
        if (
            standing.trouble is not None and not self.session.is_away
        ):  # first, as a low terminal shows no more than that
            text.append(f"! {plain(standing.trouble.of_writes)} {plain(standing.trouble.action)}\n\n", style=styles.bad)
        self._tell_backlog(text, standing, styles)
        text.append("\n\nLateness\n", styles.heading)
        return text.append_text(_lateness(list(reversed(self._lateness)), styles))

    def _tell_backlog(self, text: Text, standing: Standing, styles: Styles) -> None:
        text.append("Backlog\n", style=styles.heading)
        outlook = standing.outlook
        if self.session.is_away:
            were = count(outlook.overdue, "lesson was", "lessons were")
            text.append(f"not known now; {were} overdue at {tell_time(outlook.now)}", style=styles.muted)
            return
        if outlook.overdue:
            oldest = short(timedelta(seconds=outlook.oldest_overdue_s))
            text.append(f"! {count(outlook.overdue, 'lesson')} overdue, the oldest for {oldest}", style=styles.bad)
            text.append("   2 shows them, w says why", style=styles.muted)
        else:
            text.append("nothing is overdue", style=styles.good)
        if standing.trouble is None and standing.leader is None:
            text.append("\n! nobody leads: what falls due now waits", style=styles.bad)

    def _handovers(self) -> Text:
        styles = styles_of(self)
        text = Text().append("Changes of the lead, seen from here\n", styles.heading)
        seen = list(self.session.handovers)[-_HANDOVERS:]
        if not seen:
            text.append("none since this terminal was started", style=styles.muted)
        for one in reversed(seen):
            text.append(_handover(one) + "\n")
        return text


def _lateness(lateness: list[Lateness], styles: Styles) -> Text:
    if not lateness:
        return Text("nothing was published on its time lately", style=styles.muted)
    figures = [one.late_ms for one in lateness]
    worst = max(figures)
    good = worst <= PROMISED_MS
    text = Text().append(bars(figures, top=max(PROMISED_MS, worst)), styles.good if good else styles.soon)
    text.append(
        f"  last {milliseconds(figures[-1])}, median {milliseconds(median(figures))}, worst {milliseconds(worst)}"
        f" of the last {len(figures)}\n"
    )
    text.append(
        f"a full bar is {milliseconds(max(PROMISED_MS, worst))}; promised: {PROMISED_MS} ms", style=styles.muted
    )
    return text


def _handover(one: Handover) -> str:
    before = plain(one.before or "nobody")
    gap = milliseconds(one.without_s * 1000)
    return f"{tell_time(one.at)}  {plain(one.after)} took over from {before}, seen within {gap}"
