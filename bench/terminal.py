"""How the operator's terminal bears much content: starting, opening, browsing, and what it takes of memory.

    python -m bench.terminal [LESSONS]

Makes a database with so many lessons (100,000 if not said) in programs of 1,000, and prints: the time from the start of
`chaishots tui`, on a terminal of its own, to its first picture and to the first programs; then, of a terminal without a
screen, how long opening a program of 1,000 lessons takes, the longest time that the event loop stood still while
browsing, and memory; and, where wrk is installed, the catalog's p99 without and with `serve --tui` in its process.
DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import psutil
from textual.widgets import Input

from bench.data import STANDARD_PROGRAMS, a_catalog, a_database
from bench.terminal_start import LAST_SCREEN, SIZE, first_seen, surroundings
from chaishots.database.embedded import embedded_postgres
from chaishots.database.listener import Listener
from chaishots.database.pool import open_pool
from chaishots.tui.app import OperatorApp
from chaishots.tui.host.garbage_collection import collect_rarely
from chaishots.tui.options import Options
from chaishots.tui.screens.base import MainScreen

LESSONS_A_PROGRAM = 1_000
PROGRAMS_OPENED = 5
STARTS = 5
PAIRS = 6
LOAD_SECONDS = 4
BEAT_SECONDS = 0.005

FILL = """
    set session_replication_role = replica;
    insert into program (title, slug, language_primary, languages_available, posters)
    select 'Program ' || n, 'program-' || n, 'en', array['en'], '{{}}' from generate_series(1, {programs}) n;
    insert into term (program_id, term_number) select id, 1 from program;
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_languages_available, content_urls, thumbnails, status, publish_at, published_at)
    select term.id, n, 'Lesson ' || n, 'video', 60000, 'en', array['en'], '{{"en": "https://cdn.example.com/en.mp4"}}',
           '{{"en": {{"portrait": "https://cdn.example.com/p.jpg", "landscape": "https://cdn.example.com/l.jpg"}}}}',
           (array['published', 'scheduled', 'draft', 'archived'])[1 + n % 4],
           case when n % 4 = 1 then now() + n * interval '1 minute' end,
           case when n % 4 = 0 then now() - n * interval '1 minute' end
      from term cross join generate_series(1, {lessons}) n;
"""


async def fill(dsn: str, lessons: int) -> None:
    """Make the content, past every trigger."""
    sql = await asyncpg.connect(dsn, command_timeout=600)
    await sql.execute(FILL.format(programs=lessons // LESSONS_A_PROGRAM, lessons=LESSONS_A_PROGRAM))
    await sql.execute("vacuum analyze")
    await sql.close()


def start(dsn: str, bytecode: str) -> tuple[float, float]:
    """How long `chaishots tui` takes, in ms, until its first picture stands, and until the first programs do.

    Args:
        bytecode: a folder for compiled modules.
    """
    with tempfile.TemporaryDirectory(prefix="chaishots-") as folder:
        command = (sys.executable, "-m", "chaishots", "tui")
        picture, programs = first_seen(command, (LAST_SCREEN, b"Program 1"), surroundings(dsn, folder, bytecode))
    return picture, programs


async def beside(dsn: str) -> None:
    """Load the list with and without the view in the server's process, in alternation, and tell the p99 of each."""
    from bench.compared_servers import LIST_PAGE
    from bench.servers import replica
    from bench.wrk import Load, load
    from tests.terminals import on_terminal

    without, with_view = list[Load](), list[Load]()
    with tempfile.TemporaryDirectory(prefix="chaishots-") as folder:
        async with (
            replica(dsn) as (alone, _),
            on_terminal(dsn, Path(folder), "-m", "chaishots", "serve", "--tui") as server,
        ):
            for loads, url in ((without, alone), (with_view, f"http://127.0.0.1:{server.port}")) * (PAIRS + 1):
                loads.append(await load(url + LIST_PAGE, seconds=LOAD_SECONDS))
    # The first of each has warmed it up.
    p99_ms = [statistics.median(one.p99_ms for one in loads[1:]) for loads in (without, with_view)]
    print(f"p99 of the list: {p99_ms[0]:.1f} ms, beside the view {p99_ms[1]:.1f} ms ({p99_ms[1] / p99_ms[0] - 1:+.0%})")


async def show(dsn: str) -> None:
    """Be an operator, in a process of its own."""
    async with open_pool(dsn, application_name="chaishots:bench:pool"):
        listener = Listener(dsn, application_name="chaishots:bench:listener")
        listening = asyncio.create_task(listener.run())
        app = OperatorApp(Options(listener, "bench", "bench"))
        with collect_rarely():
            await look_at(app)
        listening.cancel()
    print(f"memory {psutil.Process().memory_info().rss / 1e6:.0f} MB")


async def look_at(app: OperatorApp) -> None:
    """Start the terminal and look around in it."""
    async with app.run_test(size=SIZE[::-1]):
        await until(lambda: app.here and app.here.rows.rows)
        await browse(app)


async def browse(app: OperatorApp) -> None:
    """Open programs, run through the lessons, filter; the loop is watched all the while."""
    stalls, work = list[float](), list[float]()
    beating = asyncio.create_task(beat(stalls, work))

    def told(what: str) -> None:
        print(f"{what}: longest stall {max(stalls):.0f} ms, of which at work {max(work):.0f} ms")
        stalls.clear()
        work.clear()

    here = app.here
    assert here is not None
    opened_ms, at_work_ms = list[float](), list[float]()
    for _ in range(PROGRAMS_OPENED):
        began, at_work = time.perf_counter(), time.thread_time()
        before = len(here.rows.rows)
        here.rows.action_choose()
        await until(lambda before=before: len(here.rows.rows) > before + LESSONS_A_PROGRAM)
        opened_ms.append((time.perf_counter() - began) * 1000)
        at_work_ms.append((time.thread_time() - at_work) * 1000)
        await run_through(here)
    print(
        f"opening 1,000 lessons: median {statistics.median(opened_ms):.0f} ms, worst {max(opened_ms):.0f} ms, "
        f"of which at work {statistics.median(at_work_ms):.0f} and {max(at_work_ms):.0f} ms"
    )
    told("opening and browsing")
    here.action_find()
    here.query_one("#filter", Input).value = "lesson 77"
    await until(lambda: here.search and not here.unshown)
    told("finding by words")
    for name in ("schedule", "replicas", "activity", "content"):
        app.action_show(name)
        await until(lambda name=name: app.here and name == app.here.NAME and not app.here.unshown)
        await asyncio.sleep(0.3)
    told("going through the screens")
    beating.cancel()


async def run_through(here: MainScreen) -> None:
    """Hold the keys down, then go to a program that is not open."""
    for _ in range(100):
        here.rows.action_move(1)
        await asyncio.sleep(0.01)
    for _ in range(20):
        here.rows.action_page(1)
        await asyncio.sleep(0.02)
    program = next(row for row in here.rows.rows if row.thing is not None and not row.is_open and row.depth == 0)
    here.rows.move_to(program.key)
    await asyncio.sleep(0.2)


async def beat(stalls: list[float], work: list[float]) -> None:
    """Tell how much later than asked for the loop came back, and how long the processor was at work for it, in ms."""
    while True:
        began, at_work = time.perf_counter(), time.thread_time()
        await asyncio.sleep(BEAT_SECONDS)
        stalls.append((time.perf_counter() - began - BEAT_SECONDS) * 1000)
        work.append((time.thread_time() - at_work) * 1000)


async def until(is_so: Callable[[], object]) -> None:
    """Wait for something, for 30 s at most."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  # a terminal tells nobody what it shows
            await asyncio.sleep(0.001)


async def main(lessons: int, postgres: str) -> None:
    """Make the content, and have it shown by processes of their own."""
    async with a_database(postgres, "bench") as dsn:
        await fill(dsn, lessons)
        print(f"{lessons:,} lessons")
        with tempfile.TemporaryDirectory(prefix="chaishots-") as bytecode:
            await asyncio.to_thread(start, dsn, bytecode)  # compiles
            starts = [await asyncio.to_thread(start, dsn, bytecode) for _ in range(STARTS)]
        pictures, programs = zip(*starts, strict=True)
        print(f"first picture {statistics.median(pictures):.0f} ms after the start, worst {max(pictures):.0f} ms")
        print(f"first programs {statistics.median(programs):.0f} ms after the start, worst {max(programs):.0f} ms")
        command = [sys.executable, "-m", "bench.terminal", "--show", dsn]
        await asyncio.to_thread(subprocess.run, command, check=True, env={**os.environ, "TEXTUAL_ANIMATIONS": "none"})
        if shutil.which("wrk"):
            await beside(await a_catalog(postgres, STANDARD_PROGRAMS))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--show"]:
        asyncio.run(show(sys.argv[2]))
    else:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True))
            url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
            asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, url))
