"""What is typed to find lines of the history: what is understood, and what is said of the rest."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chaishots.content.queries.history import ACTIONS
from chaishots.content.queries.history_filter import HistoryFilter, NotUnderstood, read_filter, read_since

NOW = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)  # the 28th in Kolkata
KOLKATA = ZoneInfo("Asia/Kolkata")


def read(text: str) -> HistoryFilter:
    """As on a terminal in Kolkata."""
    return read_filter(text, ACTIONS, NOW, KOLKATA)


def at(text: str) -> datetime:
    """A moment in Kolkata."""
    return datetime.fromisoformat(text).replace(tzinfo=KOLKATA)


def test_words_and_fields_are_told_apart() -> None:
    found = read('ginger "lemon tea" !seed who:asha !who:"Ravi K" what:lesson.publish !what:change')
    assert (found.words, found.unwanted) == (("ginger", "lemon tea"), ("seed",))
    assert (found.who, found.not_who) == (("asha",), ("Ravi K",))
    assert (found.what, found.not_what) == (("lesson.publish",), ("change",))
    assert (found.doubt, found.is_understood, bool(found)) == ("", True, True)


@pytest.mark.parametrize("text", ["", "   ", "!", "who:", "what: when:", "when:..", '"', '!""', 'who:""', "\0"])
def test_what_has_only_been_begun_asks_for_nothing(text: str) -> None:
    found = read(text)
    assert (bool(found), found.doubt, found.is_understood) == (False, "", True)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("today", "2026-11-28T00:00", "2026-11-29T00:00"),
        ("Yesterday", "2026-11-27T00:00", "2026-11-28T00:00"),
        ("2026-11-20", "2026-11-20T00:00", "2026-11-21T00:00"),
        ("2026-11-20..2026-11-22", "2026-11-20T00:00", "2026-11-23T00:00"),
        ("yesterday..", "2026-11-27T00:00", None),
        ("..2026-11-20", None, "2026-11-21T00:00"),
        ("-2h", "2026-11-27T23:30", None),
        ("-1d..-1h30m", "2026-11-27T01:30", "2026-11-28T00:00"),
        ("2026-11-20T18:00..2026-11-20T18:30", "2026-11-20T18:00", "2026-11-20T18:30"),
        ("2026-11-20t12:30z", "2026-11-20T18:00", "2026-11-20T18:01"),
    ],
)
def test_times_are_read_in_the_teams_zone(text: str, since: str | None, until: str | None) -> None:
    found = read(f"when:{text}")
    assert found.is_understood, found.doubt
    assert (found.since, found.until) == (since and at(since), until and at(until))


def test_several_times_have_all_to_be_so() -> None:
    found = read("when:yesterday.. when:..today when:-5d")
    assert (found.since, found.until) == (at("2026-11-27T00:00"), at("2026-11-29T00:00"))


def test_a_day_has_the_hours_that_the_zone_gives_it() -> None:
    found = read_filter("when:2026-03-29", ACTIONS, NOW, ZoneInfo("Europe/Berlin"))
    assert found.since
    assert found.until
    assert found.until - found.since == timedelta(hours=23)


@pytest.mark.parametrize(
    "text",
    [
        "when:2026-13", "when:2026-02-30", "when:soon", "when:-", "when:-2", "when:0001-01-01",
        "when:9999-12-31", "when:-999999w", "when:2026-11-22..2026-11-20", "!when:today", "when:20261120", "when:౨",
        "a " * 21, "x" * 1_001, pytest.param("x" * 10_000_000, id="10 MB"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_in_a_sentence(text: str) -> None:
    found = read(f"who:asha {text}")
    assert not found.is_understood
    assert not found
    assert found.doubt.endswith(".")
    assert len(found.doubt) < 90


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("what:publsh", "There is no action publsh: did you mean publish?"),
        ("what:qqq", "There is no action qqq: add_change, "),
        ("what:pub", ""),
        ("what:lesson.pub", ""),
        ("what:lesson", ""),
        ("state:draft", "state: is no field here; who:, what: and when: are."),
        ("https://example.com/x", ""),
    ],
)
def test_what_was_probably_meant_otherwise_is_told(text: str, doubt: str) -> None:
    found = read(text)
    assert found.is_understood
    assert found.doubt.startswith(doubt)
    assert bool(found.doubt) is bool(doubt)


def test_what_cannot_be_sent_to_postgres_is_put_into_words_that_can() -> None:
    for sql, value in read("as\udcffha who:\ud800 a\0b").conditions():
        assert "{0}" in sql
        value.encode()
        assert "\0" not in value


def test_since_is_one_moment() -> None:
    assert read_since(" today ", NOW, KOLKATA) == at("2026-11-28T00:00")
    assert read_since("-2h", NOW, KOLKATA) == NOW - timedelta(hours=2)
    for text in ("", "today..", "2h", "tomorrow"):
        with pytest.raises(NotUnderstood, match="is no time: say today, "):
            read_since(text, NOW, KOLKATA)
