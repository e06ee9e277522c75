"""The last part of a program's address, in Latin letters: `telugu-aksharalu`.

The database makes the slug, so that whoever writes gets one: `chaishots_slug` keeps letters, digits and hyphens, and
the trigger `hold_slug` looks for one that is free. It knows no letters but Latin ones; here the others are spelled in
those. Must not know Postgres.
"""

import re
from typing import Final

from anyascii import anyascii

LENGTH: Final = 80
MOST_FORMER: Final = 50
"""How many former slugs of a program lead to it; the oldest is given up first."""
PATTERN: Final = "[a-z0-9]+(-[a-z0-9]+)*"
_SLUG: Final = re.compile(PATTERN)
_LIKE_AN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WISH: Final = "~"

# The scripts of India stand in blocks of one shape, 128 code points each (ISCII): consonants, then a nukta, then signs
# for other vowels than a, the last of them for none. A consonant without a sign has its a, which anyascii leaves out.
_BLOCKS: Final = range(0x900, 0xD80, 0x80)
_CONSONANTS: Final = "".join(f"{chr(block + 0x15)}-{chr(block + 0x39)}" for block in _BLOCKS) + "\u0958-\u095f"
_NUKTAS: Final = "".join(chr(block + 0x3C) for block in _BLOCKS)
_SIGNS: Final = "".join(f"{chr(block + 0x3E)}-{chr(block + 0x4D)}{chr(block + 0x57)}" for block in _BLOCKS)
# In Hindi and its neighbours the last a of a word is not spoken, but after a conjunct: kamal, dharma.
_SILENT: Final = r"(?<=[\u0900-\u094c])[\u0915-\u0939]\u093c?(?![\u0900-\u097f])"
_INHERENT: Final = re.compile(f"{_SILENT}|([{_CONSONANTS}][{_NUKTAS}]?)(?![{_SIGNS}{_NUKTAS}])")


def is_slug(text: str) -> bool:
    """Whether this may be a slug. What looks like an id is none."""
    return len(text) <= LENGTH and _SLUG.fullmatch(text) is not None and not _LIKE_AN_ID.fullmatch(text)


def latin(text: str) -> str:
    """The text in Latin letters, as one would spell it roughly: తెలుగు is telugu."""
    spelled = _INHERENT.sub(lambda found: f"{found[1]}a" if found[1] else found[0], text)
    return anyascii(spelled).replace("'", "")


def wished(title: str) -> str:
    """What to store as the slug of a program of this title: the database makes a free one of it."""
    return _WISH + latin(title)
