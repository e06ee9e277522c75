"""Keeps columns in place on terminals that draw Telugu, Hindi and others wider or narrower than Textual expects.

Terminals disagree on how many cells a syllable of such a script takes, so the rest of the line would be drawn in the
wrong column. After each such text we therefore move the cursor to the right column. Pure: texts in, texts out.
"""

import re
from typing import Final

from rich.cells import cell_len

# Marks that combine, joiners, right-to-left scripts, South and South-East Asian scripts, variants and pictures.
_UNSURE: Final = "\u0300-\u036f\u0590-\u109f\u1780-\u17ff\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\U0001f000-\U0001faff"
_HAS_UNSURE: Final = re.compile(f"[{_UNSURE}]")
_RUN: Final = re.compile(f"[{_UNSURE}](?:[^\n]*[{_UNSURE}])?")
_TOKEN: Final = re.compile(
    r"\x1b\[(\d+);(\d+)H|\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\n|[^\x1b\n]+|\x1b"
)


def anchor_columns(written: str) -> str:
    """Add to what is written a cursor movement after each text of uncertain width.

    Blanks the cells first: a text drawn narrower than expected would leave the old letters beside it.
    """
    if not _HAS_UNSURE.search(written):
        return written
    column: int | None = None
    parts: list[str] = []
    for token in _TOKEN.finditer(written):
        text = token[0]
        if token[2]:
            column = int(token[2])
        elif text[0] in "\x1b\n":
            # Colours and links do not move the cursor; after every other movement Textual writes the position.
            column = column if text[0] == "\x1b" else None
        elif column is not None:
            parts.append(_anchor(text, column))
            column += cell_len(text)
            continue
        parts.append(text)
    return "".join(parts)


def _anchor(text: str, column: int) -> str:
    found = _RUN.search(text)
    if found is None:
        return text
    before, run, after = text[: found.start()], found[0], text[found.end() :]
    # From the last letter of before on: a mark combines with it. Blanks behind are room for what is drawn wider.
    if before and not before[-1].isspace():
        letters = len(before) - len(before.rsplit(None, 1)[-1])
        before, run = before[:letters], before[letters:] + run
    if after and not after[0].isspace():
        rest = after.split(None, 1)[0]
        run, after = run + rest, after[len(rest) :]
    blanks = len(after) - len(after.lstrip(" "))
    at, width, after = column + cell_len(before), cell_len(run) + blanks, after[blanks:]
    return f"{before}{' ' * width}\x1b[{at}G{run}\x1b[{at + width}G{after}"
