"""The roles of tokens, and which role includes which.

Which role a request needs, its route says, by `@requires` (`api/auth.py`). Knows no token and no route.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a token may do; each role may do all that those before it may, but for the first two, which have one use.

    A calendar reads the schedule as a calendar, and a reader sees paid content of the catalog: no more.
    """

    CALENDAR = "calendar"
    READER = "reader"
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what the other may."""
        roles = list(Role)
        is_narrow = self in (Role.CALENDAR, Role.READER)
        return self is other or (not is_narrow and roles.index(self) >= roles.index(other))
