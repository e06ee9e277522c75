"""Words that people write: one form for each (NFC), no controls, and whether there is anything in them to see.

The database does the same, for whoever writes: its triggers store titles and names in NFC, its checks ask for something
visible.
"""

import re
import unicodedata
from typing import Final

INVISIBLE: Final = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff\U0001d173-\U0001d17a"  # as they are: JSON Schema has no way to write them
)
"""What shows nothing by itself, for a class of a regular expression: spaces, controls, what joins, marks or directs.

White_Space, Cc and Default_Ignorable_Code_Point of Unicode, and the empty Braille pattern. Joiners inside words are
fine: a text is refused when it has nothing else.
"""
_UNFIT_FOR_NAMES: Final = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200b\u200e\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff\U0001d173-\U0001d17a/"
)
_NAME_ENDS: Final = f"[^ \\u200c\\u200d{_UNFIT_FOR_NAMES}"
TOKEN_NAME: Final = f"^{_NAME_ENDS}.-]([^{_UNFIT_FOR_NAMES}]{{0,62}}{_NAME_ENDS}])?$"
"""What a token may be called, as a regular expression: what people are called, in any script. It is shown, logged and
stands in addresses: so nothing in it is invisible but spaces and joiners inside, nor is there a slash.
"""
NAMING_RULE: Final = (
    "Give a name of 1 to 64 letters, digits and signs of any script; none is invisible or a slash, and the first one is"
    " no dot or hyphen."
)
_VISIBLE: Final = re.compile(f"[^{INVISIBLE}]")
BREAKING: Final = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e"
"""What a text of one line does not hold, for a class of a regular expression: controls (C0, C1), the separators of
lines and paragraphs, and what turns the direction of writing for all that follows. Isolates and joiners do.
"""
STEERING: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029"
"""What a text of several lines does not hold: controls, but for tabs and line breaks (CR, LF)."""
_BREAKING: Final = re.compile(f"[{BREAKING}]")
_STEERING: Final = re.compile(f"[{STEERING}]")
_LONGEST_QUOTE: Final = 300
_JOINERS: Final = "\u200c\u200d"
_NO_JOINERS: Final = dict.fromkeys(map(ord, _JOINERS))


def normalised(text: str) -> str:
    """The text in NFC: two that look the same are the same."""
    return unicodedata.normalize("NFC", text)


def is_visible(text: str) -> bool:
    """Whether there is anything to see in it."""
    return _VISIBLE.search(text) is not None


def is_one_line(text: str) -> bool:
    """Whether it is of one line, with no control in it."""
    return _BREAKING.search(text) is None


def is_plain(text: str) -> bool:
    """Whether no control is in it but tabs and line breaks."""
    return _STEERING.search(text) is None


def harmless(text: str) -> str:
    """Somebody else's words for a sentence of ours: one line, cut where it is long, nothing that steers a terminal.

    Joiners stay, without which Indic words are misspelled.
    """
    line = " ".join(text.split())
    shown = "".join(it if it.isprintable() or it in "\u200c\u200d" else f"<U+{ord(it):04X}>" for it in line)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"


def without_joiners(text: str) -> str:
    """A text as somebody types it whose keyboard has no joiners, which nobody sees."""
    return text.translate(_NO_JOINERS)


def is_like(text: str) -> str:
    """A condition of SQL: an expression's text is like the pattern `{0}`, whatever its capitals and joiners."""
    return f"translate({text}, '{_JOINERS}', '') ilike translate({{0}}, '{_JOINERS}', '')"


def containing(text: str) -> str:
    """The pattern of LIKE for what has this text anywhere."""
    return f"%{_literal(text)}%"


def starting(text: str) -> str:
    """The pattern of LIKE for what begins with this text."""
    return f"{_literal(text)}%"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
