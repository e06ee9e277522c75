"""What an operator types for a moment, and what it means: a table. Nothing is guessed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chaishots.time_input import NotUnderstood, read_moment, read_moments
from chaishots.zones import name_of

KOLKATA = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # a Tuesday, 23:30 in Kolkata


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("+20s", "2026-11-24T18:00:20+00:00"),
        ("+2h", "2026-11-24T20:00:00+00:00"),
        ("+1h30m", "2026-11-24T19:30:00+00:00"),
        ("+1h 30min", "2026-11-24T19:30:00+00:00"),
        ("in 3d", "2026-11-27T18:00:00+00:00"),
        ("+2w", "2026-12-08T18:00:00+00:00"),
        ("23:45", "2026-11-24T23:45:00+05:30"),
        ("9:00", "2026-11-25T09:00:00+05:30"),
        ("6pm", "2026-11-25T18:00:00+05:30"),
        ("12am", "2026-11-25T00:00:00+05:30"),
        ("12:30 pm", "2026-11-25T12:30:00+05:30"),
        ("today 23:59:59", "2026-11-24T23:59:59+05:30"),
        ("Tomorrow  9:00", "2026-11-25T09:00:00+05:30"),
        ("tomorrow 9:00 utc", "2026-11-25T09:00:00+00:00"),
        ("fri 18:00", "2026-11-27T18:00:00+05:30"),
        ("tuesday 23:40", "2026-11-24T23:40:00+05:30"),
        ("tue 9:00", "2026-12-01T09:00:00+05:30"),
        ("2030-01-31 09:00", "2030-01-31T09:00:00+05:30"),
        ("2030-01-31 9:00", "2030-01-31T09:00:00+05:30"),
        ("2030-01-31T09:00:00+01:00", "2030-01-31T09:00:00+01:00"),
        ("2030-01-31 09:00 -05:00", "2030-01-31T09:00:00-05:00"),
        ("2030-01-31T09:00Z", "2030-01-31T09:00:00+00:00"),
        ("2030-01-31 09:00 utc", "2030-01-31T09:00:00+00:00"),
        ("in 2 hours", "2026-11-24T20:00:00+00:00"),
        ("in 1 hour 30 minutes", "2026-11-24T19:30:00+00:00"),
        ("18:00 IST", "2026-11-25T18:00:00+05:30"),
        ("18:00 +05:30", "2026-11-25T18:00:00+05:30"),
        ("tomorrow 9am utc+2", "2026-11-25T09:00:00+02:00"),
        ("2030-01-31 09:00 IST", "2030-01-31T09:00:00+05:30"),
        ("26 nov 18:00", "2026-11-26T18:00:00+05:30"),
        ("november 26, 2027 6pm", "2027-11-26T18:00:00+05:30"),
        ("3 jan 9:00", "2027-01-03T09:00:00+05:30"),
        ("next monday 9am", "2026-11-30T09:00:00+05:30"),
        ("next tuesday 9am", "2026-12-01T09:00:00+05:30"),
        ("fri 18:00 Europe/Berlin", "2026-11-27T18:00:00+01:00"),
        ("2030-07-31 09:00 america/new_york", "2030-07-31T09:00:00-04:00"),
    ],
)
def test_a_moment_is_understood(typed: str, understood: str) -> None:
    assert read_moment(typed, NOW, KOLKATA).isoformat() == understood


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "9", "soon", "noon", "25:00", "9:60", "13pm", "0am", "2h", "+", "+h", "+1h2h", "-2h", "+99999w",
        "tomorrow", "yesterday 9:00", "fri", "su 9:00", "2030-02-30 09:00", "2030-01-31", "31.01.2030 09:00",
        "today 9:00", "2020-01-01 09:00", "9999-01-01 09:00", "+0s", "9:00 every 1h", "٩:٠٠", "tomorrow 9:00 pst",
        "31 feb 9:00", "26 nov", "26 foo 9:00", "next 9:00", "9:00 +99", "in 2 parsecs",
        "fri 18:00 Asia/Nowhere", "Asia/Kolkata",
    ],
)  # fmt: skip
def test_what_is_not_sure_is_refused(typed: str) -> None:
    with pytest.raises(NotUnderstood):
        read_moment(typed, NOW, KOLKATA)


@pytest.mark.parametrize("typed", ["2027-03-28 02:30", "2027-10-31 02:30"])
def test_an_hour_that_the_clocks_skip_or_repeat_is_refused(typed: str) -> None:
    with pytest.raises(NotUnderstood, match="happen"):
        read_moment(typed, NOW, BERLIN)


def test_of_such_an_hour_both_readings_are_told() -> None:
    with pytest.raises(NotUnderstood, match=r"2027-03-28T01:30:00\+01:00 or 2027-03-28T03:30:00\+02:00"):
        read_moment("2027-03-28 02:30", NOW, BERLIN)
    with pytest.raises(NotUnderstood, match=r"2027-10-31T02:30:00\+02:00 or 2027-10-31T02:30:00\+01:00"):
        read_moment("2027-10-31 02:30", NOW, BERLIN)


def test_a_moment_keeps_the_zone_that_it_was_read_in() -> None:
    typed = {"fri 18:00": "Asia/Kolkata", "fri 18:00 europe/berlin": "Europe/Berlin", "+2h": None}
    typed |= {"2030-01-31T09:00:00+01:00": None, "fri 18:00 utc": None}
    assert {text: name_of(read_moment(text, NOW, KOLKATA)) for text in typed} == typed


def test_the_same_hour_is_taken_with_its_offset() -> None:
    assert read_moment("2027-10-31T02:30+01:00", NOW, BERLIN).astimezone(UTC).hour == 1


def test_a_row_of_moments_is_a_moment_and_an_interval() -> None:
    moments = read_moments("tomorrow 9:00 every 1h30m", NOW, KOLKATA)
    assert [at - moments.at for at in moments.of(3)] == [timedelta(0), timedelta(minutes=90), timedelta(hours=3)]


def test_days_in_a_row_keep_their_time_of_day_when_the_clocks_change() -> None:
    moments = read_moments("2027-03-27 09:00 every 1d", NOW, BERLIN)
    assert [at.astimezone(BERLIN).hour for at in moments.of(3)] == [9, 9, 9]
    with pytest.raises(NotUnderstood, match="02:30 does not happen"):
        read_moments("2027-03-27 02:30 every 1d", NOW, BERLIN).of(2)


@pytest.mark.parametrize(
    "typed", ["tomorrow 9:00 every", "tomorrow 9:00 every 0m", "tomorrow 9:00 every now and then", "every 1h"]
)
def test_an_interval_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(NotUnderstood):
        read_moments(typed, NOW, KOLKATA)


def test_without_an_interval_all_go_out_at_once() -> None:
    assert len(set(read_moments("+1h", NOW, KOLKATA).of(4))) == 1


def test_a_row_of_moments_by_days_and_weeks_keeps_the_time_of_day() -> None:
    moments = read_moments("2027-03-26 18:00 Europe/Berlin every week", NOW, KOLKATA).of(2)
    assert [at.isoformat() for at in moments] == ["2027-03-26T18:00:00+01:00", "2027-04-02T18:00:00+02:00"]
    with pytest.raises(NotUnderstood, match="does not happen"):
        read_moments("2027-03-27 02:30 europe/berlin every day", NOW, KOLKATA).of(2)
