"""Pictures of the operator's terminal, made anew: docs/pictures/*.svg for the README, and each screen at four sizes.

    python -m bench.pictures

Of the demo's content, in Telugu, Hindi and English. The moment stands still, so that the pictures differ only when the
terminal looks different. Each screen at all sizes is one picture, docs/pictures/screens/*.webp, drawn by Debian's
chromium (`make browser`). DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import io
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
from PIL import Image
from playwright.async_api import async_playwright

from bench.data import a_database
from bench.page_pictures import ARGUMENTS
from chaishots.database.embedded import embedded_postgres
from tests.tui.staged import EDITOR, RELEASES, TOKENS, WEBHOOKS, picture, shown, stage

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
SIZE: Final = (110, 30)
OPEN: Final = ("j", "j", "l", "j", "l", "j")
PICTURES: Final = {
    "content": (OPEN, "textual-dark"),
    "schedule": (("2", "j"), "textual-dark"),
    "replicas": (("3",), "textual-dark"),
    "activity": (("4", "j"), "textual-light"),
    "editing": ((*OPEN, "e"), "textual-dark"),
    "releases": (("8", "l"), "textual-dark"),
    "form": ((*OPEN, "f"), "textual-light"),
}


SIZES: Final = ((60, 16), (80, 24), (120, 36), (200, 60))
SCREENS: Final = {
    "content": OPEN,
    "schedule": ("2", "j"),
    "replicas": ("3",),
    "activity": ("4", "j"),
    "log": ("5",),
    "tokens": ("6", "j"),
    "webhooks": ("7", "j"),
    "releases": ("8", "l"),
}
_LOG: Final = (
    '{"level": "info", "event": "publisher.leads", "part": "publisher", "timestamp": "2030-01-07T08:29:58Z"}',
    '{"level": "warning", "event": "lesson.refused", "title": "पोहा: चिवड़ा नहीं", "timestamp": "2030-01-07T08:29:59Z"}',
)
_COLUMN_PIXELS: Final = 6
_SCALE: Final = 1.5


async def main(postgres: str) -> None:
    """Stage the content in a database of its own, and take each picture."""
    async with a_database(postgres, "pictures") as dsn:
        await stage(dsn)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for named, (keys, theme) in PICTURES.items():
            (FOLDER / f"{named}.svg").write_text(await _taken(dsn, SIZE, keys, theme=theme))
            print(FOLDER / f"{named}.svg")
        admin = await asyncpg.connect(dsn)
        for more in (TOKENS, WEBHOOKS, RELEASES):
            await admin.execute(more)
        await admin.close()
        for named, keys in SCREENS.items():
            await _draw(named, [await _taken(dsn, size, keys, logs=deque(_LOG)) for size in SIZES])


async def _taken(dsn: str, size: tuple[int, int], keys: Sequence[str], **given: Any) -> str:
    async with shown(dsn, size, **given) as hands:
        for key in keys:
            await hands.press(key)
            await hands.settled()
        return picture(hands)


async def _draw(named: str, sizes: Sequence[str]) -> None:
    """One picture of a screen at all sizes, the small ones beside each other."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no chromium here: `make browser` installs it.")
    images = "".join(
        f"<img width={columns * _COLUMN_PIXELS} src='data:image/svg+xml,{quote(svg)}'>"
        for (columns, _), svg in zip(SIZES, sizes, strict=True)
    )
    style = "body { margin: 8px; display: flex; flex-wrap: wrap; gap: 8px; background: #777; align-items: flex-start }"
    async with async_playwright() as played:
        browser = await played.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        view = {"width": SIZES[-1][0] * _COLUMN_PIXELS + 16, "height": 600}
        page = await browser.new_page(viewport=view, device_scale_factor=_SCALE)  # pyright: ignore[reportArgumentType]
        await page.set_content(f"<!doctype html><style>{style}</style>{images}")
        taken = await page.screenshot(full_page=True)
        await browser.close()
    path = FOLDER / "screens" / f"{named}.webp"
    path.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(taken)).save(path, quality=60, method=6)
    print(path)


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True))
        os.environ |= {"TEXTUAL_ANIMATIONS": "none", "XDG_CONFIG_HOME": folder, "VISUAL": "", "EDITOR": EDITOR}
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
        asyncio.run(main(url))
