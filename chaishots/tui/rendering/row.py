"""What every row of a list has; how one is drawn is in the file of its kind: `content_rows.py`, `schedule_rows.py`, ….

Columns of fixed width come first and titles last, as terminals differ in how wide they draw Telugu or Hindi letters,
and that must not move a column.
"""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A row of a list: its key, whether the cursor stops there, and whether it can be marked."""

    key: Hashable
    stops: bool = True
    can_be_marked: bool = False
