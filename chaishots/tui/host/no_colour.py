"""Takes the colours out of what is written to a terminal whose user asked for none (NO_COLOR, no-color.org).

Textual's own filter turns colours into greys, which are colours too. Pure: texts in, texts out.
"""

import re
from typing import Final

_STYLE: Final = re.compile(r"\x1b\[([0-9;]*)m")
_COLOUR: Final = re.compile(r"(?:[34]8;(?:5;\d+|2;\d+;\d+;\d+)|[349]\d|10[0-7])(?:;|$)")


def without_colours(written: str) -> str:
    """The same with bold, dim, underlined and reversed text, in the terminal's own two colours."""
    return _STYLE.sub(_without, written)


def _without(style: re.Match[str]) -> str:
    kept = _COLOUR.sub("", f"{style[1]};").strip(";") if style[1] else ""
    return f"\x1b[{kept}m" if kept or not style[1] else ""
