"""One way to say a moment."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from chaishots.times import tell_time


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "2026-11-26 20:55:00 UTC"),
        ("Europe/Lisbon", "2026-11-26 20:55:00 UTC"),
        ("Europe/Berlin", "2026-11-26 21:55:00 +01:00 (20:55:00 UTC)"),
        ("Asia/Kolkata", "2026-11-27 02:25:00 +05:30 (2026-11-26 20:55:00 UTC)"),
        ("America/New_York", "2026-11-26 15:55:00 -05:00 (20:55:00 UTC)"),
    ],
)
def test_a_moment_is_told_in_its_zone_and_in_utc(zone: str, told: str) -> None:
    assert tell_time(datetime(2026, 11, 26, 20, 55, tzinfo=UTC), ZoneInfo(zone)) == told
