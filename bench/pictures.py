"""The README's pictures of the operator's terminal, made anew: docs/pictures/*.svg, of the demo's content.

    python -m bench.pictures

The moment stands still, so that the pictures differ only when the terminal looks different. DATABASE_URL names the
Postgres; else embedded.
"""

import asyncio
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.data import a_database
from chaishots.database.embedded import embedded_postgres
from tests.tui.staged import EDITOR, picture, shown, stage

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


async def main(postgres: str) -> None:
    """Stage the content in a database of its own, and take each picture."""
    async with a_database(postgres, "pictures") as dsn:
        await stage(dsn)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for named, (keys, theme) in PICTURES.items():
            async with shown(dsn, SIZE, theme=theme) as hands:
                for key in keys:
                    await hands.press(key)
                    await hands.settled()
                (FOLDER / f"{named}.svg").write_text(picture(hands))
                print(FOLDER / f"{named}.svg")


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True))
        os.environ |= {"TEXTUAL_ANIMATIONS": "none", "XDG_CONFIG_HOME": folder, "VISUAL": "", "EDITOR": EDITOR}
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
        asyncio.run(main(url))
