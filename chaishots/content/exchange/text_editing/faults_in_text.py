"""What is wrong with a text that was edited, at its top, with the lines of it; and the text without that.

Knows texts and their lines. Must not know what they mean.
"""

import re
from collections.abc import Sequence
from typing import Final

from chaishots.content.errors import BadFile, FileFault
from chaishots.content.exchange.text_editing.edited_text import NAME
from chaishots.content.exchange.text_editing.opened_text import Opened
from chaishots.safe_text import visible

_MARK: Final = "# ! "
_LINE: Final = re.compile(r"line (\d+)")


def is_untouched(opened: Opened, text: bytes) -> bool:
    """Whether nobody changed anything in it, or everything was taken out."""
    written = without_faults(text)
    return written == opened.text.encode() or not re.sub(rb"(?m)^\s*#.*$", b"", written).strip()


def with_faults(text: bytes, refused: Exception) -> tuple[bytes, int]:
    """The text with what is wrong with it at its top, and the first line that is wrong (from 1)."""
    bare = without_faults(text)
    taken = text[: len(text) - len(bare)].count(b"\n")
    faults = refused.faults if isinstance(refused, BadFile) and refused.faults else ()
    block = [f"Not stored: {_sentence(refused)}" if not faults else f"Not stored, {_count(refused, faults)}:"]
    shift = len(faults) + (1 if _is_cut(refused, faults) else 0) + 1 - taken
    lines = [line + shift if (line := _line_of(fault)) else None for fault in faults]
    for fault, line in zip(faults, lines, strict=True):
        where = f"line {line}, " if line else ""
        key = "" if _LINE.match(fault.place) else f"{fault.place.rpartition('.')[2] or 'the text'}: "
        block.append(f"{where}{key}{fault.text}")
    if _is_cut(refused, faults):
        block.append("… and more.")
    said = "".join(f"{_MARK}{visible(' '.join(line.split()))}\n" for line in block)
    return said.encode() + bare, next((line for line in lines if line), 1)


def without_faults(text: bytes) -> bytes:
    """The text without what was said of it before."""
    mark = _MARK.encode()
    while text.startswith(mark):
        text = text.partition(b"\n")[2]
    return text


def faults_of(text: bytes) -> list[str]:
    """What is said at the top of a text of what is wrong with it."""
    lines = text[: len(text) - len(without_faults(text))].decode().splitlines()
    return [line.removeprefix(_MARK) for line in lines]


def _sentence(refused: Exception) -> str:
    return str(refused).removeprefix(f"{NAME}: ")


def _count(refused: Exception, faults: Sequence[FileFault]) -> str:
    total = refused.total if isinstance(refused, BadFile) else len(faults)
    return "one thing is wrong" if total == 1 else f"{total:,} things are wrong"


def _is_cut(refused: Exception, faults: Sequence[FileFault]) -> bool:
    return isinstance(refused, BadFile) and refused.total > len(faults) > 0


def _line_of(fault: FileFault) -> int | None:
    if fault.line:
        return fault.line
    found = _LINE.match(fault.place)
    return int(found[1]) if found else None
