"""The Log screen: lines for people, the newest followed, one of them whole."""

import json
from collections import deque

from tests.tui.conftest import Sit
from tests.tui.tmux import TITLES


def line(event: str, level: str = "info", **given: object) -> str:
    """A line, as the log has it."""
    return json.dumps({"event": event, "level": level, "timestamp": "2030-01-07T08:29:58Z", **given})


async def test_lines_are_told_for_people_found_by_level_and_read_whole(sit: Sit) -> None:
    logs = deque(line("lesson.published", title=title) for title in TITLES.values())
    async with sit((80, 24), logs=logs) as hands:
        await hands.press("5")
        await hands.reads(f"lesson.published  title “{TITLES['Telugu'][:12]}")
        assert '{"' not in hands.text()
        logs.append(line("store.away", "warning", reason="the bucket is gone", exception="Traceback\nOSError: చాయ్"))
        hands.here.tick()
        await hands.reads("store.away")
        await hands.press("enter")
        await hands.reads("the bucket is gone")
        await hands.sees(lambda: "OSError: చాయ్" in hands.here.as_text())
        await hands.press("escape", "slash")
        await hands.type("state:warn")
        await hands.reads("1 line")
        await hands.reads("To what was found")
        assert "lesson.published" not in hands.text()
