"""Simulated time, and processes in it, each with an event loop of its own that can be paused, and killed.

Nothing waits: time goes to the next thing that is to happen. Must not know what the processes do.
"""

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from unittest.mock import patch

_STEPS_AT_ONE_MOMENT: Final = 10_000
"""Whoever takes more turns than this without any time going by would have a core to itself for ever."""


class World:
    """The one time that all share, and what is to happen when."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = 1_000_000.0
        self.steps = 0
        self.running: Process | None = None
        self._order = count()
        self._to_come: list[tuple[float, int, Callable[[], object]]] = []
        self._ready: dict[Process, None] = {}

    def at(self, moment: float, do: Callable[[], object]) -> None:
        """Have something happen at a moment; what is of the same moment happens in the order in which it was asked."""
        heapq.heappush(self._to_come, (max(moment, self.now), next(self._order), do))

    def after(self, seconds: float, do: Callable[[], object]) -> None:
        """Have something happen later."""
        self.at(self.now + seconds, do)

    def wake(self, process: "Process") -> None:
        """Give a process its turn, as soon as it runs."""
        self._ready[process] = None

    def run(self, seconds: float) -> None:
        """Let so much time go by."""
        until = self.now + seconds
        with _clocks(self):
            self._take_turns()
            while self._to_come and self._to_come[0][0] <= until:
                self.now, _, do = heapq.heappop(self._to_come)
                do()
                self._take_turns()
            self.now = until

    def _take_turns(self) -> None:
        for turn in count():
            ready = [process for process in self._ready if not process.is_paused]
            if not ready:
                return
            assert turn < _STEPS_AT_ONE_MOMENT, f"{ready[0].name} spins"
            process = self.chance.choice(ready) if len(ready) > 1 else ready[0]
            del self._ready[process]
            self.steps += 1
            process.take_turn()


class Process(asyncio.SelectorEventLoop):
    """A process, as the loop that everything in it runs on: it has its turn when something is to be done, and runs."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__()
        self._world = world
        self.name = name
        self.is_paused = False
        self.is_dead = False
        self.runs_since = world.now
        self.host_clock_off_s = 0.0
        self._main: asyncio.Task[None] | None = None

    def time(self) -> float:
        """Monotonic, and no less while paused."""
        return self._world.now

    def call_soon(self, *arguments: Any, **options: Any) -> asyncio.Handle:  # Any: as the loop's own
        """Note that there is something to be done."""
        self._world.wake(self)
        return super().call_soon(*arguments, **options)

    def call_at(self, when: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:  # Any: as the loop's own
        """Note when there will be."""
        self._world.at(when, lambda: self._world.wake(self))
        return super().call_at(when, *arguments, **options)

    def take_turn(self) -> None:
        """Run what is ready, and due, once."""
        if not self.is_closed():
            self._world.running = self
            self.stop()  # before it runs: then it goes around once, and waits for nothing
            self.run_forever()
            self._world.running = None

    def start(self, main: Coroutine[Any, Any, None]) -> None:
        """Begin what the process is for."""
        self._main = self.create_task(main)

    def is_as_expected(self) -> bool:
        """Whether it goes on, as it always should."""
        return self._main is not None and not self._main.done()

    def pause(self) -> None:
        """Stop it from running, as SIGSTOP would."""
        self.is_paused = True

    def resume(self) -> None:
        """Let it run again, with all that came meanwhile."""
        self.is_paused = False
        self.runs_since = self._world.now
        self._world.wake(self)

    def kill(self) -> None:
        """End it: nothing that it still does gets out."""
        self.is_dead = True
        if self.is_closed():
            return
        with _clocks(self._world):
            for _ in range(100):
                tasks = asyncio.all_tasks(self)
                if not tasks:
                    break
                for task in tasks:
                    task.cancel()
                self.take_turn()
        self.close()


@contextmanager
def _clocks(world: World) -> Iterator[None]:
    def wall() -> float:
        return world.now + (world.running.host_clock_off_s if world.running else 0.0)

    with patch.object(time, "monotonic", lambda: world.now), patch.object(time, "time", wall):
        yield
