"""From when on something is overdue: it should have happened, and is told of everywhere an operator looks.

Pure. Postgres' clock says what time it is; `queries/upcoming_and_overdue.py` finds what is overdue.
"""

from datetime import datetime
from typing import Final

OVERDUE_AFTER_SECONDS: Final = 2
"""A lesson, an end or a change this late is told of (the design's "never silently late")."""


def is_overdue(due_at: datetime, now: datetime) -> bool:
    """Whether what was due at `due_at` is overdue at `now`, by Postgres' clock."""
    return (now - due_at).total_seconds() > OVERDUE_AFTER_SECONDS
