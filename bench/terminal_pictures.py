"""Pictures of the operator's terminal, made anew: docs/pictures/*.svg for the README, and each screen at four sizes.

    python -m bench.terminal_pictures [NAME …]

Of the demo's content, in Telugu, Hindi and English, and of titles in six scripts. The moment stands still, so that the
pictures differ only when the terminal looks different. Each screen or dialog at all sizes is one picture,
docs/pictures/screens/*.webp, drawn by Debian's chromium (`make browser`); with names, only these are drawn.
DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
from PIL import Image
from playwright.async_api import Browser, async_playwright

from bench.data import a_database
from bench.page_pictures import ARGUMENTS
from bench.screen_sheets import DIALOGS, OPEN, SCREENS, Sheet, Step, logs
from chaishots import __version__
from chaishots.database.embedded import embedded_postgres
from tests.tui.staged import EDITOR, RELEASES, SCRIPTS, TOKENS, WEBHOOKS, picture, shown, stage

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
SIZE: Final = (110, 30)
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
_COLUMN_PIXELS: Final = 6
_AROUND_DIALOGS: Final = 4
"""Of the largest terminal with a dialog in its middle, which has nothing to read around it."""
_COLOURS: Final = 64
"""Letters and their edges need no more, and without loss the file is smaller than with it."""
_SCALE: Final = 1.5
_STYLE: Final = (
    "body { margin: 8px; display: flex; flex-wrap: wrap; gap: 8px; background: #777; align-items: flex-start }"
)


async def main(postgres: str, only: Collection[str]) -> None:
    """Stage the content in a database of its own, and take each picture, or those of these names."""
    async with a_database(postgres, "pictures") as dsn:
        await stage(dsn)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for named, (keys, theme) in {} if only else PICTURES.items():
            (FOLDER / f"{named}.svg").write_text(await _take(dsn, SIZE, keys, theme=theme))
            print(FOLDER / f"{named}.svg")
        admin = await asyncpg.connect(dsn)
        for more in (TOKENS, WEBHOOKS, RELEASES, SCRIPTS):
            await admin.execute(more)
        await admin.close()
        async with async_playwright() as played:
            browser = await played.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
            for named, sheet in (SCREENS | DIALOGS).items():
                if named in only or not only:
                    svgs = [await _take_sheet(dsn, size, sheet) for size in SIZES]
                    await _draw(browser, named, svgs, _COLUMN_PIXELS if named in SCREENS else _AROUND_DIALOGS)
            await browser.close()


async def _take_sheet(dsn: str, size: tuple[int, int], sheet: Sheet) -> str:
    return await _take(dsn, size, sheet.steps, version=__version__, logs=logs(), **sheet.given)


async def _take(dsn: str, size: tuple[int, int], steps: Sequence[Step], **given: Any) -> str:  # Any: as shown has it
    async with shown(dsn, size, **given) as hands:
        for step in steps:
            await (hands.press(step) if isinstance(step, str) else step(hands))
            await hands.settled()
        return picture(hands)


async def _draw(browser: Browser, named: str, sizes: Sequence[str], largest: int) -> None:
    """One picture of a screen at all sizes, the small ones beside each other. largest: its pixels a column."""
    widths = [columns * (_COLUMN_PIXELS if columns < SIZES[-1][0] else largest) for columns, _ in SIZES]
    images = "".join(
        f"<img width={width} src='data:image/svg+xml,{quote(svg)}'>" for width, svg in zip(widths, sizes, strict=True)
    )
    view = {"width": SIZES[-1][0] * _COLUMN_PIXELS + 16, "height": 600}
    page = await browser.new_page(viewport=view, device_scale_factor=_SCALE)  # pyright: ignore[reportArgumentType]
    await page.set_content(f"<!doctype html><style>{_STYLE}</style>{images}")
    taken = await page.screenshot(full_page=True)
    await page.close()
    path = FOLDER / "screens" / f"{named}.webp"
    path.parent.mkdir(exist_ok=True)
    shown = Image.open(io.BytesIO(taken)).convert("RGB")
    few = shown.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.convert("RGB").save(path, lossless=True, quality=100, method=6)
    print(f"{path}  {path.stat().st_size:,} bytes")


def _chromium() -> str:
    found = shutil.which("chromium")
    return found if found is not None else sys.exit("There is no chromium here: `make browser` installs it.")


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True))
        os.environ |= {"TEXTUAL_ANIMATIONS": "none", "XDG_CONFIG_HOME": folder, "VISUAL": "", "EDITOR": EDITOR}
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
        asyncio.run(main(url, sys.argv[1:]))
