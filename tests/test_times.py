"""One way to say a moment."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from chaishots.times import here, is_utc, show_times_in, tell_time
from chaishots.zones import NoZone, canonical


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


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Asia/Kolkata", "2026-11-27 02:25:00 +05:30 Asia/Kolkata (2026-11-26 20:55:00 UTC)"),
        ("Europe/Lisbon", "2026-11-26 20:55:00 +00:00 Europe/Lisbon (20:55:00 UTC)"),
        ("UTC", "2026-11-26 20:55:00 UTC"),
        ("Asia/Nowhere", "2026-11-26 20:55:00 UTC"),
    ],
)
def test_a_moment_that_was_written_in_a_zone_is_told_in_that_one_by_its_name(zone: str, told: str) -> None:
    assert tell_time(datetime(2026, 11, 26, 20, 55, tzinfo=UTC), UTC, written_in=zone) == told


@pytest.mark.parametrize(
    ("given", "spelled"),
    [("asia/kolkata", "Asia/Kolkata"), ("utc", "UTC"), (" America/Port-au-Prince ", "America/Port-au-Prince")],
)
def test_a_zone_is_known_in_whatever_letters(given: str, spelled: str) -> None:
    assert canonical(given) == spelled


@pytest.mark.parametrize(
    "given", ["", "IST", "+05:30", "Asia", "Asia/Nowhere", "../etc/passwd", "Asia/Kolkata\0", "a" * 70]
)
def test_what_is_no_zone_is_refused_with_what_one_looks_like(given: str) -> None:
    with pytest.raises(NoZone, match="such as Asia/Kolkata"):
        canonical(given)


def test_times_are_shown_in_the_teams_zone() -> None:
    at = datetime(2026, 11, 26, 20, 55, tzinfo=UTC)
    try:
        show_times_in("Asia/Kolkata")
        assert tell_time(at) == "2026-11-27 02:25:00 +05:30 (2026-11-26 20:55:00 UTC)"
        assert tell_time(at, written_in="Europe/Berlin") == "2026-11-26 21:55:00 +01:00 Europe/Berlin (20:55:00 UTC)"
        assert here(at).isoformat() == "2026-11-27T02:25:00+05:30"
    finally:
        show_times_in(None)


@pytest.mark.parametrize(
    ("zone", "is_so"), [("UTC", True), ("Etc/GMT", True), ("Europe/London", False), ("Asia/Kolkata", False)]
)
def test_one_time_is_enough_where_clocks_show_utc_all_the_year(zone: str, is_so: bool) -> None:
    assert is_utc(ZoneInfo(zone)) is is_so
