"""The words of a command line that is still being typed in bash, and how a word goes on safely in its quotes.

Pure: nothing is expanded here. Titles can hold anything; on the line, nothing of them may be more than a letter.
"""

import re
from dataclasses import dataclass
from typing import Final

_BLANKS: Final = " \t\n"
_IN_DOUBLE_QUOTES: Final = '$`"\\\n'
"""What a backslash stands before inside double quotes; before anything else it stands for itself."""
_ACTIVE: Final = "$`!"
"""What bash acts upon outside single quotes: it expands, or recalls a line."""
_NOT_PLAIN: Final = re.compile(r"([^A-Za-z0-9_./,%+\x80-\U0010ffff-])")


@dataclass(frozen=True)
class Word:
    """A word as it was typed and as bash will read it.

    Attributes:
        raw: as typed, without a backslash at its end that waits for a letter: that is `dangling`.
        quote: the quote that is still open at its end, or nothing.
        is_literal: whether it means what it says: nothing in it is to be expanded.
    """

    raw: str
    text: str
    quote: str = ""
    dangling: str = ""
    is_literal: bool = True


def split_line(line: str) -> list[Word]:
    """The words of a line up to the cursor; the last one is the one at the cursor, empty behind a blank."""
    words: list[Word] = []
    place = end_of_word = 0
    while place < len(line):
        if line[place] in _BLANKS:
            place += 1
            continue
        words.append(word := _read_word(line, place))
        place = end_of_word = place + len(word.raw) + len(word.dangling)
    if not words or end_of_word < len(line):
        words.append(Word("", ""))
    return words


def _read_word(line: str, start: int) -> Word:
    text, quote, is_literal = "", "", True
    place = start
    while place < len(line):
        letter, after = line[place], line[place + 1 : place + 2]
        if not quote and letter in _BLANKS:
            break
        if letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote = letter
        elif letter == "\\" and quote != "'" and not after:
            return Word(line[start:place], text, quote, "\\", is_literal)
        elif letter == "\\" and quote != "'" and (not quote or after in _IN_DOUBLE_QUOTES):
            text += after
            place += 1
        else:
            is_literal = is_literal and (quote == "'" or letter not in _ACTIVE)
            text += letter
        place += 1
    return Word(line[start:place], text, quote, "", is_literal)


def quote_rest(text: str, quote: str) -> str:
    """The rest of a word, for bash, inside the quote that is open, which stays so."""
    match quote:
        case "'":
            return text.replace("'", "'\\''")
        case '"':
            # No backslash keeps bash from recalling a line inside double quotes.
            return re.sub(r'(["\\$`])', r"\\\1", text).replace("!", "\"'!'\"")
        case _:
            return _NOT_PLAIN.sub(r"\\\1", text)
