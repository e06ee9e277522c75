"""What a part's log says while it fails, and how long it waits."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from chaishots.database.backoff import Backoff
from chaishots.logs import named_logger


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The lines logged, in order."""
    with capture_logs() as logged:
        yield logged


@pytest.fixture
def backoff() -> Backoff:
    """Of a part called tea."""
    return Backoff(named_logger("tests"), "tea")


READ_ONLY = asyncpg.ReadOnlySQLTransactionError("cannot execute UPDATE in a read-only transaction")


def test_the_same_trouble_is_told_once_and_its_end_once(backoff: Backoff, lines: list[Any]) -> None:
    for _ in range(50):
        backoff.note_failure(READ_ONLY)
    backoff.note_success()
    backoff.note_success()
    assert [line["event"] for line in lines] == ["tea.refused", "tea.well"]
    assert "Postgres refuses writes: read-only" in lines[0]["reason"]
    assert lines[1]["tries"] == 50


def test_a_trouble_that_comes_and_goes_each_second_is_told_no_more_often(backoff: Backoff, lines: list[Any]) -> None:
    for _ in range(50):
        backoff.note_failure(ConnectionRefusedError("refused"))
        backoff.note_success()
    assert [line["event"] for line in lines] == ["tea.lost", "tea.well"]


def test_another_trouble_is_told_beside_the_first(backoff: Backoff, lines: list[Any]) -> None:
    backoff.note_failure(READ_ONLY)
    backoff.note_failure(asyncpg.DiskFullError("could not extend file"))
    backoff.note_failure(READ_ONLY)
    assert [line["kind"] for line in lines] == ["read_only", "disk_full"]


def test_a_trouble_that_lasts_is_told_again_after_a_minute_with_its_count(
    backoff: Backoff, lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaishots.database.backoff.AGAIN_SECONDS", 0.0)
    backoff.note_failure(READ_ONLY)
    monkeypatch.undo()
    for _ in range(7):
        backoff.note_failure(READ_ONLY)
    monkeypatch.setattr("chaishots.database.backoff.AGAIN_SECONDS", 0.0)
    backoff.note_failure(READ_ONLY)
    assert [line.get("again") for line in lines] == [None, 7]


def test_a_fault_of_ours_is_told_with_its_traceback_once(backoff: Backoff, lines: list[Any]) -> None:
    for _ in range(3):
        backoff.note_failure(TypeError("'NoneType' object is not callable"))
    assert [(line["event"], isinstance(line["exc_info"], TypeError)) for line in lines] == [("tea.failed", True)]


def test_a_session_that_asyncpg_lost_track_of_is_a_lost_one(backoff: Backoff, lines: list[Any]) -> None:
    backoff.note_failure(asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"))
    assert [line["event"] for line in lines] == ["tea.lost"]


@pytest.mark.parametrize(
    ("error", "longest"), [(ConnectionRefusedError("refused"), 2.0), (READ_ONLY, 1.0), (TypeError("no"), 5.0)], ids=str
)
def test_the_waits_grow_to_a_few_seconds_and_begin_anew_when_all_is_well(
    backoff: Backoff, error: Exception, longest: float
) -> None:
    pauses = [backoff.note_failure(error) for _ in range(40)]
    assert pauses[0] <= longest / 5
    assert all(longest / 2 <= pause <= longest for pause in pauses[-20:])
    backoff.note_success()
    assert backoff.note_failure(error) <= longest / 5
