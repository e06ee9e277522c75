"""How many connections of the pool each class of work may take at most; `orm.py` sees to it."""

from contextvars import ContextVar
from enum import Enum
from typing import Final


class Share(Enum):
    """Whose connections of the pool they are; the value is how many. What one class of work waits for keeps no other
    waiting.

    READS: what renders the public catalog for all, by turns. TOKENS: reads of the catalog with a token, and whatever is
    none of the others. EDITORS: the CMS, the terminal and commands. PROBES: health and metrics. LOCKS: finding out who
    has locked what another connection waits for.
    """

    READS = 4, "reads"
    TOKENS = 2, "reads with a token"
    EDITORS = 5, "edits"
    PROBES = 1, "probes"
    LOCKS = 1, "looks at locks"


POOL_SIZE: Final = sum(share.value[0] for share in Share)

current_share: Final[ContextVar[Share]] = ContextVar("current_share", default=Share.EDITORS)
"""Whose connections one takes."""
