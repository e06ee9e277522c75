"""How a line of the log is read and drawn: for people, whole on its page, and nothing in it steers the terminal."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.style import Style

from chaishots.tui.rendering.log_rows import draw_event, event_page, read_event
from chaishots.tui.rendering.styles import Styles

NOW = datetime(2030, 1, 7, 8, 30, tzinfo=UTC)
STYLES = Styles(**{name: Style() for name in Styles.__dataclass_fields__})


def line(**given: Any) -> str:
    """A line, as the log has it."""
    told = {"event": "lesson.published", "level": "info", "timestamp": (NOW - timedelta(seconds=1)).isoformat()}
    return json.dumps({"part": "publisher", "replica": "web-1", **told, **given}, ensure_ascii=False)


def drawn(text: str, width: int = 100) -> str:
    """A line as it stands in the list, in UTC or wherever the test runs."""
    return draw_event(read_event(text), width, STYLES, NOW).plain


def test_a_line_tells_its_level_what_happened_and_with_what() -> None:
    text = drawn(line(title="అల్లం టీ", late_ms=12.5))
    assert text.split()[1:] == ["info", "lesson.published", "title", "“అల్లం", "టీ”", "late_ms", "12.5"]


def test_a_narrow_terminal_cuts_off_ids_and_no_title() -> None:
    text = drawn(line(lesson="01a22290-dc33-7909-a2ab-c547a49f3ec4", title="అల్లం టీ", late_ms=12.5), 80)
    assert text.split()[1:8] == ["info", "lesson.published", "title", "“అల్లం", "టీ”", "late_ms", "12.5"]
    assert "lesson 01a2" in text


def test_of_an_error_its_last_line_is_told_and_its_page_has_them_all() -> None:
    event = read_event(line(level="error", exception="Traceback:\n  File x\nOSError: ఫైలు లేదు"))
    assert draw_event(event, 100, STYLES, NOW).plain.endswith("lesson.published  OSError: ఫైలు లేదు")
    page = event_page("key", event)
    assert [one.text for one in page.sections[1].fields] == ["Traceback:", "  File x", "OSError: ఫైలు లేదు"]
    assert [one.label for one in page.sections[0].fields] == ["level", "when", "part", "replica"]


@pytest.mark.parametrize(
    "text", ["no json", "[1]", '"x"', "{", "", "null", '{"timestamp": 5, "level": null, "event": []}']
)
def test_whatever_stands_in_a_line_is_shown(text: str) -> None:
    assert event_page("key", read_event(text)).sections
    assert len(drawn(text, 8)) <= 8


def test_nothing_in_a_line_steers_the_terminal() -> None:
    hostile = "\x1b[2J\u202e\n"
    event = read_event(line(event=hostile, level=hostile, exception=hostile, **{hostile: {hostile: hostile}}))
    page = event_page("key", event)
    told = [one.label + one.text for part in page.sections for one in part.fields]
    for text in [draw_event(event, 200, STYLES, NOW).plain, page.title, *told]:
        assert not {"\x1b", "\u202e", "\n"} & set(text)
