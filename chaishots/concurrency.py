"""Several calls at once, and none of them left over. Imports nothing of ours."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")


async def run_all(run: Callable[[A], Awaitable[T]], arguments: Sequence[A], *, at_once: int) -> list[T]:
    """Call `run` with each argument, at most so many at once; the results, in the order of the arguments.

    When one fails, or the caller is cancelled, the others are cancelled, and have ended before this raises.

    Raises: what the first one raised that failed.
    """
    free = asyncio.Semaphore(at_once)

    async def one(argument: A) -> T:
        async with free:
            return await run(argument)

    tasks = [asyncio.create_task(one(argument)) for argument in arguments]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
