"""How times, lengths and hostile texts are said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chaishots.tui.rendering.formatting import count, countdown, day, milliseconds, plain, short

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("seconds", "said", "in_short"),
    [
        (-5, "now", "0s"),
        (0.9, "now", "0s"),
        (20, "00:00:20", "20s"),
        (3_599, "00:59:59", "59m"),
        (12_000, "03:20:00", "3h20"),
        (7_200, "02:00:00", "2h"),
        (187_869, "2d 04:11:09", "2d"),
    ],
)
def test_lengths_of_time(seconds: float, said: str, in_short: str) -> None:
    assert (countdown(timedelta(seconds=seconds)), short(timedelta(seconds=seconds))) == (said, in_short)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(0), "Today, Wed 25 November"),
        (timedelta(days=1), "Tomorrow, Thu 26 November"),
        (timedelta(days=-1), "Yesterday, Tue 24 November"),
        (timedelta(days=60), "Sun 24 January 2027"),
    ],
)
def test_days_are_the_operators_own(ahead: timedelta, said: str) -> None:
    assert day(NOW + ahead, NOW, KOLKATA) == said


def test_what_would_steer_the_terminal_is_shown_as_such_and_scripts_stay_whole() -> None:
    assert plain("a\x1b[2J\tb\u202e\nc") == "a\\x1b[2J b\\u202e c"
    assert plain("క్‌ష") == "క్‌ష"


def test_numbers() -> None:
    assert [count(1, "lesson"), count(1200, "lesson")] == ["1 lesson", "1,200 lessons"]
    assert [milliseconds(12.4), milliseconds(3_400), milliseconds(300_000)] == ["12 ms", "3.4 s", "5m"]
