"""How the catalog's rates change with its size."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum

from bench.compared_servers import COLD, LIST, LIST_PAGE
from bench.data import LESSONS_A_PROGRAM, a_catalog, newest_program_in
from bench.servers import replica
from bench.wrk import Load, load


class Line(StrEnum):
    """What is drawn against the size."""

    LIST_WARM = "list, warm"
    LIST_COLD = "list, cold"
    PROGRAM_WARM = "one program, warm"
    PROGRAM_COLD = "one program, cold"


@dataclass(frozen=True)
class Size:
    """A catalog of so many lessons, and what was seen of it, once a round."""

    lessons: int
    loads: dict[Line, list[Load]]


async def growth(postgres: str, sizes: list[int], *, rounds: int, seconds: float) -> list[Size]:
    """Make a catalog of each size (lessons, rounded up to whole programs), and measure them in alternation."""
    async with AsyncExitStack() as stack:
        seen: list[Size] = []
        urls: list[dict[Line, str]] = []
        for lessons in sizes:
            programs = -(-lessons // LESSONS_A_PROGRAM)
            dsn = await a_catalog(postgres, programs)
            warm, _ = await stack.enter_async_context(replica(dsn))
            cold, _ = await stack.enter_async_context(replica(dsn, **COLD))
            detail = f"{LIST}/{await newest_program_in(dsn)}"
            urls.append(
                dict(zip(Line, (warm + LIST_PAGE, cold + LIST_PAGE, warm + detail, cold + detail), strict=True))
            )
            seen.append(Size(programs * LESSONS_A_PROGRAM, {line: [] for line in Line}))
        for _ in range(rounds):
            for line in Line:
                for size, url in zip(seen, urls, strict=True):
                    size.loads[line].append(await load(url[line], seconds=seconds))
                    print(f"  {size.lessons:>9,} {line:18} {size.loads[line][-1].rate:>10,.0f}/s", flush=True)
        return seen
