"""A part that fails is started anew, and nothing else notices."""

import asyncio

import pytest
from structlog.testing import capture_logs

from chaishots.database import backoff
from chaishots.supervisor import _keep_running
from tests.cluster import DEADLINE_SECONDS


class _Part:
    """A part that fails a few times, and runs then."""

    def __init__(self, *endings: Exception | None) -> None:
        self.endings = list(endings)
        self.runs = asyncio.Event()
        self.has_failed = asyncio.Event()

    async def run(self) -> None:
        if self.endings:
            self.has_failed.set()
            if (ending := self.endings.pop(0)) is not None:
                raise ending
            return
        self.runs.set()
        await asyncio.Event().wait()


async def test_a_part_that_fails_by_a_fault_of_ours_or_returns_unasked_is_started_anew() -> None:
    part, stop = _Part(TypeError("a bug"), None, TypeError("a bug")), asyncio.Event()
    with capture_logs() as lines:
        async with asyncio.timeout(DEADLINE_SECONDS):
            task = asyncio.create_task(_keep_running("tea", part.run, stop))
            await part.runs.wait()
            task.cancel()
            await asyncio.wait([task])
    assert [(line["event"], type(line["exc_info"]).__name__) for line in lines] == [
        ("tea.failed", "TypeError"),
        ("tea.failed", "PartEnded"),
    ]


async def test_a_part_that_waits_to_be_started_anew_stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_OTHER_SECONDS", (3 * DEADLINE_SECONDS,) * 2)  # at least half of it is waited
    stop = asyncio.Event()
    part = _Part(*[TypeError("a bug")] * 1000)
    async with asyncio.timeout(DEADLINE_SECONDS):
        task = asyncio.create_task(_keep_running("tea", part.run, stop))
        await part.has_failed.wait()
        stop.set()
        await task


async def test_a_part_that_may_end_ends() -> None:
    part = _Part(None)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await _keep_running("tea", part.run, asyncio.Event(), may_end=True)
