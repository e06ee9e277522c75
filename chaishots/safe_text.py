"""What people wrote, as it may be shown: nothing in it steers a terminal, forges a line or turns round what is read.

Anybody may import this.
"""

import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
_HOSTILE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls (C0, C1), formats (bidirectional ones above all), halves of pairs, separators of lines and paragraphs."""


def is_safe(text: str) -> bool:
    """Whether nothing in it is hostile."""
    return text.isprintable() or not any(map(_is_hostile, text))


def visible(text: str) -> str:
    """For people: what is hostile stands as an escape; joiners, which Indic words are written with, and spaces stay."""
    return text if is_safe(text) else "".join(_escaped(one, short=True) if _is_hostile(one) else one for one in text)


def harmless(json: str) -> str:
    """A JSON document in which what is hostile stands as \\uXXXX: it means the same, and can be shown by anything.

    Args:
        json: a document as json.dumps gives it; its line feeds, which only stand between values, stay.
    """
    if json.isprintable():
        return json
    return "".join(_escaped(one) if one != "\n" and _is_hostile(one) else one for one in json)


def _is_hostile(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _HOSTILE


def _escaped(letter: str, *, short: bool = False) -> str:
    code = ord(letter)
    if short and code < 0x100:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    if short:
        return f"\\U{code:08x}"
    return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
