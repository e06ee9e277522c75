"""The pages as pictures, made anew: docs/pictures/pages/*.webp, of the demo's content and of what might go wrong.

    python -m bench.page_pictures

Each sheet is a page in one language: at 360, 768 and 1440 px, light above and dark below. README.md shows two of them.
Needs Debian's chromium (`make browser`).
"""

import asyncio
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import asyncpg
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from chaishots.database.embedded import embedded_postgres
from tests import builders

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures" / "pages"
WIDTHS: Final = {360: 740, 768: 1024, 1440: 900}
LANGUAGES: Final = ("te", "hi", "en")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
T = TypeVar("T")

_SEARCHED: Final = {"te": "చాయ్", "hi": "हिंदी", "en": "letters"}
_GAP: Final = 24
_TALLEST: Final = 2_000
HOSTILE: Final = (
    "</title><script>alert(1)</script>",
    '"\' onerror=alert(1) x="',
    "\u2067عنوان من اليمين إلى اليسار\u2069",
    "👩‍👩‍👧‍👦 क्षत्रिय 🏳️‍🌈",
    "Wordsthatdonotend" * 17,
    "A title that goes on and on, " * 10,
)
_BROKEN: Final = {"en": {"portrait": "http://127.0.0.1:9/p.jpg", "landscape": "http://127.0.0.1:9/l.jpg"}}


def main() -> None:
    """Serve the content of the demo and of mishaps, and take each picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no chromium here: `make browser` installs it.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True) as folder,
        sync_playwright() as played,
        ExitStack() as database,
    ):
        browser = played.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        dsn = database.enter_context(embedded_postgres(Path(folder) / "postgres"))
        with _served(dsn, folder) as address:
            _sheet(browser, "empty", [f"{address}/te/"])
            _run("seed", dsn, folder, address)
            programs, lessons = _wait(_look(dsn))
            for tag in LANGUAGES:
                _sheet(browser, f"home-{tag}", [f"{address}/{tag}/"])
                _sheet(browser, f"program-{tag}", [f"{address}/{tag}/programs/{programs[tag]}"])
                _sheet(browser, f"search-{tag}", [f"{address}/{tag}/search?q={_SEARCHED[tag]}"])
                _sheet(browser, f"lesson-{tag}", [f"{address}/{tag}/lessons/{lessons[tag]}"])
            _readme(browser, address, programs["te"])
            long = _wait(_mishaps(dsn))
            _sheet(browser, "hostile", [f"{address}/en/"])
            _sheet(browser, "broken-posters", [f"{address}/hi/?language=en"])
            _sheet(browser, "500-lessons", [f"{address}/te/programs/{long}"])
            _sheet(browser, "404", [f"{address}/te/nothing"])
            _wait(_take_down(dsn, lessons["en"]))
            _sheet(browser, "410", [f"{address}/en/lessons/{lessons['en']}"])
            database.close()
            _sheet(browser, "503", [f"{address}/hi/lessons/{uuid4()}"])
        browser.close()


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """Run it beside Playwright, which has a loop of its own in this thread."""
    with ThreadPoolExecutor() as beside:
        return beside.submit(asyncio.run, work).result()


@contextmanager
def _served(dsn: str, folder: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {
        "DATABASE_URL": dsn,
        "PORT": str(port),
        "CHAISHOTS_DATA_DIR": folder,
        "CHAISHOTS_PUBLIC_URL": address,
        "CHAISHOTS_LOG_LEVEL": "error",
    }
    server = subprocess.Popen([sys.executable, "-m", "chaishots", "serve"], env={**os.environ, **settings})
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/health/live", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(15)


def _run(command: str, dsn: str, folder: str, address: str) -> None:
    # Pictures of ours are named by where the public finds us.
    settings = {"DATABASE_URL": dsn, "CHAISHOTS_DATA_DIR": folder, "CHAISHOTS_PUBLIC_URL": address}
    subprocess.run([sys.executable, "-m", "chaishots", command], env={**os.environ, **settings}, check=True)


def _sheet(browser: Browser, name: str, addresses: Iterable[str]) -> None:
    """One picture of a page in all widths and both themes."""
    rows = []
    for scheme in ("light", "dark"):
        shots = [_shot(browser, url, width, scheme) for url in addresses for width in WIDTHS]
        rows.append(shots)
    widths = max(sum(shot.width + _GAP for shot in row) for row in rows) + _GAP
    heights = [max(shot.height for shot in row) for row in rows]
    sheet = Image.new("RGB", (widths, sum(heights) + _GAP * (len(rows) + 1)), "#8a8078")
    y = _GAP
    for row, height in zip(rows, heights, strict=True):
        x = _GAP
        for shot in row:
            sheet.paste(shot, (x, y))
            x += shot.width + _GAP
        y += height + _GAP
    sheet = sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS)
    _write(sheet, name)


def _readme(browser: Browser, address: str, program: UUID) -> None:
    """The two pictures of README.md: the home page on a wide screen, and a program on a phone, in both themes."""
    _write(_shot(browser, f"{address}/en/", 1440, "light").crop((0, 0, 1440, 1060)), "readme-home")
    phones = [
        _shot(browser, f"{address}/te/programs/{program}", 360, "light"),
        _shot(browser, f"{address}/hi/", 360, "dark"),
        _shot(browser, f"{address}/te/", 360, "light"),
    ]
    height = 1_000
    row = Image.new("RGB", (sum(phone.width + _GAP for phone in phones) - _GAP, height), "#ffffff")
    for place, phone in enumerate(phones):
        row.paste(phone.crop((0, 0, phone.width, height)), (place * (phone.width + _GAP), 0))
    _write(row, "readme-phones")


def _shot(browser: Browser, url: str, width: int, scheme: str) -> Image.Image:
    page = browser.new_page(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
    page.goto(url)
    page.evaluate("document.fonts.ready")
    # What is loaded only when it is looked at.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 0)")
    height = min(_TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    taken = page.screenshot(full_page=True, animations="disabled", clip=clip)  # pyright: ignore[reportArgumentType]
    page.close()
    return Image.open(io.BytesIO(taken)).convert("RGB")


def _write(picture: Image.Image, name: str) -> None:
    path = FOLDER / f"{name}.webp"
    picture.save(path, quality=72, method=6)
    print(path, path.stat().st_size)


async def _look(dsn: str) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """A program of each language, and a free lesson of it."""
    sql = await asyncpg.connect(dsn)
    rows = await sql.fetch(
        """
        select distinct on (program.language_primary)
               program.language_primary as tag, program.id as program, lesson.id as lesson
          from program join term on term.program_id = program.id join lesson on lesson.term_id = term.id
         where program.status = 'published' and lesson.status = 'published' and not lesson.is_paid
         order by program.language_primary, program.id, lesson.published_at desc
        """
    )
    await sql.close()
    return {row["tag"]: row["program"] for row in rows}, {row["tag"]: row["lesson"] for row in rows}


async def _take_down(dsn: str, lesson: UUID) -> None:
    sql = await asyncpg.connect(dsn)
    await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
    await sql.close()


async def _mishaps(dsn: str) -> UUID:
    """Titles that mean harm, posters that lead nowhere, and a program of 500 lessons, whose id is given."""
    sql = await asyncpg.connect(dsn)
    for title in HOSTILE:
        program = await builders.a_program(sql, title=title, description=title, status="published", posters=_BROKEN)
        await builders.a_lesson(sql, await builders.a_term(sql, program, title=title), title=title, status="published")
    long = await builders.a_program(
        sql,
        title="ఐదు వందల పాఠాలు",
        status="published",
        language_primary="te",
        languages_available=["te"],
        posters={"te": _BROKEN["en"]},
    )
    await builders.lessons_due(sql, 500, term=await builders.a_term(sql, long), due_in=timedelta(hours=1))
    await sql.execute(
        """
        update lesson set status = 'published', publish_at = null
         where term_id in (select id from term where program_id = $1)
        """,
        long,
    )
    await sql.close()
    return long


if __name__ == "__main__":
    main()
