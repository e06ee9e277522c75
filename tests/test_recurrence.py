"""Rhythms as people write them, and the moments that they give: by wall clock, across changes of clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaishots.recurrence import MOST, NoRecurrence, NoSuchTimes, Recurrence, read_recurrence

BERLIN, KOLKATA, LORD_HOWE = (ZoneInfo(name) for name in ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("daily", Recurrence()),
        ("every day", Recurrence()),
        ("Every 3 days", Recurrence(3)),
        ("1d", Recurrence()),
        ("week", Recurrence(is_weekly=True)),
        ("weekly on FR", Recurrence(is_weekly=True, weekdays=(4,))),
        ("every 2 weeks on MO,TH", Recurrence(2, is_weekly=True, weekdays=(0, 3))),
        ("every 2w on thursday and mon", Recurrence(2, is_weekly=True, weekdays=(0, 3))),
        ("every friday", Recurrence(is_weekly=True, weekdays=(4,))),
        ("weekdays", Recurrence(is_weekly=True, weekdays=(0, 1, 2, 3, 4))),
        ("weekly on FR until 2030-06-30", Recurrence(is_weekly=True, weekdays=(4,), until=date(2030, 6, 30))),
        ("daily, 10 times", Recurrence(times=10)),
        ("daily for 10 times", Recurrence(times=10)),
        ("every 30m", Recurrence(length=timedelta(minutes=30))),
        ("every 2 hours", Recurrence(length=timedelta(hours=2))),
        ("1h 30min 5 times", Recurrence(length=timedelta(minutes=90), times=5)),
    ],
)
def test_a_rhythm_is_understood_and_told_so_that_it_is_understood_again(written: str, read: Recurrence) -> None:
    assert read_recurrence(written) == read
    assert read_recurrence(str(read)) == read


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "every", "sometimes", "monthly", "every 0 days", "every 999 weeks", "daily on FR", "weekly on",
        "weekly on XX", "weekly on FR,FR", "weekly on fr-sa", "daily until soon", "daily until 2030-02-30", "every s",
        "daily 0 times", "0m", "1h1h", "daily 501 times", "99999999m", "daily; drop table lesson", "రోజూ", "d" * 1000,
        "weekly on t",
    ],
)  # fmt: skip
def test_what_is_not_sure_is_refused_with_what_would_be(written: str) -> None:
    with pytest.raises(NoRecurrence, match=r"say|Say"):
        read_recurrence(written)


def told(recurrence: str, first: str, zone: ZoneInfo, count: int) -> list[str]:
    return [at.isoformat() for at in read_recurrence(recurrence).moments(datetime.fromisoformat(first), zone, count)]


def test_it_stays_the_same_on_the_clock_when_clocks_change() -> None:
    assert told("weekly on FR", "2030-03-22 18:00", BERLIN, 3) == [
        "2030-03-22T18:00:00+01:00",
        "2030-03-29T18:00:00+01:00",
        "2030-04-05T18:00:00+02:00",
    ]
    assert told("every 2 weeks on MO,TH", "2030-10-21 09:00", BERLIN, 4) == [
        "2030-10-21T09:00:00+02:00",
        "2030-10-24T09:00:00+02:00",
        "2030-11-04T09:00:00+01:00",
        "2030-11-07T09:00:00+01:00",
    ]


def test_minutes_and_hours_are_lengths_of_time() -> None:
    assert told("every 1h", "2030-03-31 01:30", BERLIN, 2) == ["2030-03-31T01:30:00+01:00", "2030-03-31T03:30:00+02:00"]


def test_times_that_the_clocks_skip_or_repeat_are_named_with_both_readings() -> None:
    with pytest.raises(NoSuchTimes) as refused:
        told("daily", "2030-03-30 02:30", BERLIN, 3)
    assert set(refused.value.faults) == {1}
    assert "2030-03-31T01:30:00+01:00 or 2030-03-31T03:30:00+02:00" in refused.value.faults[1]
    with pytest.raises(
        NoSuchTimes, match=r"happens twice.* by itself, at 2030-10-27T02:30:00\+02:00 or 2030-10-27T02:30:00\+01:00"
    ):
        told("daily", "2030-10-27 02:30", BERLIN, 1)
    with pytest.raises(NoSuchTimes):
        told("every 30m", "2030-03-31 02:30", BERLIN, 1)


@pytest.mark.parametrize(
    ("recurrence", "count", "says"),
    [
        ("weekly on MO", 1, "is a Friday, not one of MO: begin on one of them"),
        ("weekly until 2030-04-05", 4, "There are 4 lessons, and 3 moments"),
        ("daily 3 times", 4, "There are 4 lessons, and 3 moments"),
        ("every 30m until 2030-03-22", 20, "There are 20 lessons, and 12 moments"),
        ("daily", MOST + 1, "500 moments at most, not 501"),
        ("daily", 10_000, "500 moments at most, not 10,000"),
        ("every 520 weeks", 500, "There are 500 lessons, and 101 moments"),
    ],
)
def test_a_rhythm_that_does_not_fit_is_refused(recurrence: str, count: int, says: str) -> None:
    first = datetime(2030, 3, 22, 18)  # noqa: DTZ001
    if "520" in recurrence:
        first = first.replace(year=8000)
    with pytest.raises(NoRecurrence, match=says):
        read_recurrence(recurrence).moments(first, KOLKATA, count)


@given(
    zone=st.sampled_from([BERLIN, KOLKATA, LORD_HOWE, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Africa/Casablanca")]),
    first=st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)),  # noqa: DTZ001
    every=st.integers(1, 60),
    is_weekly=st.booleans(),
    count=st.integers(1, 40),
)
def test_whatever_the_zone_each_moment_shows_the_first_ones_time_or_all_are_refused(
    zone: ZoneInfo, first: datetime, every: int, is_weekly: bool, count: int
) -> None:
    first = first.replace(microsecond=0)
    days = [first + timedelta(days=place * every * (7 if is_weekly else 1)) for place in range(count)]
    offsets = [[day.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)] for day in days]
    unsure = {place for place, (early, late) in enumerate(offsets) if early != late}
    recurrence = Recurrence(every, is_weekly)
    if unsure:
        with pytest.raises(NoSuchTimes) as refused:
            recurrence.moments(first, zone, count)
        assert set(refused.value.faults) == unsure
        return
    moments = recurrence.moments(first, zone, count)
    assert [at.replace(tzinfo=None) for at in moments] == days
    assert [at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) for at in moments] == days
