"""Who reads the catalog, and so whose URLs are withheld: those of paid lessons, from whoever sends no token."""

from enum import Enum


class Reader(Enum):
    """Who reads; the value says, in SQL, which lessons are locked: their maps of URLs are empty."""

    ANYBODY = "lesson.is_paid"
    TOKEN_HOLDER = "false"  # noqa: S105  # no secret
