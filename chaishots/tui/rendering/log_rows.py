"""How lines of the log are drawn, as rows and as a page. Pure; whatever a line holds may be hostile."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from rich.text import Text

from chaishots.times import here, tell_time
from chaishots.tui.rendering.details import Field, Page, Section
from chaishots.tui.rendering.formatting import cell, plain
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STYLES: Final = {"debug": "muted", "warning": "soon", "error": "bad", "critical": "bad"}
_HEAD: Final = ("timestamp", "level", "event", "exception")
_KNOWN_ANYWAY: Final = ("replica", "part")
"""What a row leaves out: all lines are of one replica, and the part stands in most names of events."""


@dataclass(frozen=True)
class LogEvent:
    """What a line of the log tells.

    at: None when the line does not say. fields: all that it names. exception: the traceback; empty for none.
    """

    event: str
    level: str = ""
    at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Any: JSON
    exception: str = ""

    @cached_property
    def text(self) -> str:
        """All of it on one line, for the filter."""
        told = " ".join(f"{name} {_shown(value)}" for name, value in self.fields.items())
        return f"{self.level} {self.event} {told} {self.exception}"

    @property
    def style(self) -> str:
        """The style of its level, a name in Styles."""
        return _STYLES.get(self.level, "text")


@dataclass(frozen=True)
class LogRow(Row):
    """A line of the log."""

    event: LogEvent = field(default_factory=lambda: LogEvent(""))


def read_event(line: str) -> LogEvent:
    """A line as the log has it, one JSON document; any other text is an event of its own."""
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return LogEvent(line)
    document: dict[str, Any] = told  # pyright: ignore[reportUnknownVariableType]  # Any: JSON
    return LogEvent(
        str(document.get("event", "")),
        plain(str(document.get("level") or "")),
        _moment(document.get("timestamp")),
        {name: value for name, value in document.items() if name not in _HEAD},
        str(document.get("exception", "")),
    )


def draw_event(event: LogEvent, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a line: its time, its level, what happened, with what; of an error, the traceback's last line.

    Ids come last: people know things by their titles, and a narrow terminal cuts off the end.
    """
    line = Text()
    if event.at is not None:
        at = here(event.at)
        is_today = at.date() == here(now).date()
        line.append(f"{at:%H:%M:%S} " if is_today else f"{at:%d %b %H:%M:%S} ", styles.muted)
    style = getattr(styles, event.style)
    line.append(cell(event.level, 9) if event.level else "", style)
    line.append(plain(event.event), style)
    for name, value in sorted(event.fields.items(), key=lambda one: _is_id(one[1])):
        if name not in _KNOWN_ANYWAY:
            line.append(f"  {plain(name)} ", styles.muted).append(_shown(value), styles.text)
    if error := event.exception.strip().rpartition("\n")[2]:
        line.append(f"  {plain(error)}", styles.bad)
    line.truncate(width, overflow="ellipsis")
    return line


def event_page(key: object, event: LogEvent) -> Page:
    """The page of a line: all that it tells, whole."""
    head = [Field("level", event.level, event.style)] if event.level else []
    head += [Field("when", tell_time(event.at))] if event.at is not None else []
    told = [Field(plain(name), _shown(value)) for name, value in event.fields.items()]
    trace = [Field("", plain(one)) for one in event.exception.splitlines()]
    return Page(
        repr(key),
        plain(event.event),
        [Section("", [*head, *told]), *([Section("Traceback", trace)] if trace else ())],
    )


def _is_id(value: Any) -> bool:  # Any: JSON
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _shown(value: Any) -> str:  # Any: JSON
    if isinstance(value, str):
        return f"“{plain(value)}”" if " " in value else plain(value)
    return plain(json.dumps(value, ensure_ascii=False))


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None
