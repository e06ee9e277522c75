"""Words to look for, as the database keeps those of titles, summaries, descriptions and topics (`chaishots_words`).

A word is what stands between spaces and punctuation, in whatever script: the parser of Postgres' own text search takes
the vowel signs of Indic words for the ends of words in some locales. Capitals, accents, joiners, apostrophes and nuktas
make no difference. Must not know Postgres.
"""

import re
import unicodedata
from typing import Final

MOST: Final = 8
"""How many words a search may have."""
LONGEST: Final = 40
"""Characters of a word that are looked at."""
_ANY_END: Final = "*"
IGNORED: Final = "[\u0300-\u036f\u093c'\u2019\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]"
"""What makes no difference in NFKD, as a regular expression, of Postgres too."""
_IGNORED: Final = re.compile(IGNORED)
_BETWEEN: Final = re.compile(
    "[\u0000-/:-@[-`{-\u00bf\u00d7\u00f7\u0964\u0965\u0970\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f"
    "\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\U0001f000-\U0001faff]+"
)


def plain_form(text: str) -> str:
    """A text without what makes no difference: as somebody types it who has no joiners, accents or capitals at hand."""
    return "".join(map(str.lower, _IGNORED.sub("", unicodedata.normalize("NFKD", text))))


def words_of(text: str) -> list[str]:
    """The words of a text, in its order."""
    plain = plain_form(text)
    return [word[:LONGEST] for word in _BETWEEN.split(plain) if word]


def search_of(text: str) -> tuple[str, ...]:
    """What a text looks for, each once, in one order whatever theirs is: `te*` is any word that begins like this.

    A single letter is a word by itself, unless it is the last, which somebody may still be typing: with each letter
    thousands of words begin, and all of them would be read for each one.
    """
    words = words_of(text)
    letters = {word for word in words[:-1] if len(word) == 1}
    begun = {word for word in words if len(word) > 1} | {*words[-1:]}
    return tuple(sorted(letters | {f"{word}{_ANY_END}" for word in begun}))


def query_of(wanted: tuple[str, ...]) -> str:
    """What finds texts that have all that is looked for, as `search_of` gives it; as Postgres' tsquery."""
    return " & ".join(f"'{word.removesuffix(_ANY_END)}'{':*' * word.endswith(_ANY_END)}" for word in wanted)
