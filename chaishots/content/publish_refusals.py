"""What the publisher could not do, in SQL: one truth for everybody who shows it, counts it or reckons with it.

A refusal stands in the lesson's or release's `publish_error`. In `refusal` alone it stands while the publisher has not
come to tell it (what can be published goes first), and where the row refuses every update; there it counts for the
version that was refused.

What was refused is tried again when it or its program changes, and by itself after a pause: FIRST_PAUSE, then twice as
long each time, to LONGEST_PAUSE. The publisher has that from the database, where `chaishots_pause` makes each up to a
tenth longer, so that not all are tried at once.
"""

from datetime import timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)


def reason(table: str) -> str:
    """Why a row of `lesson` or `release` was refused, as an expression; null when it was not."""
    return (
        f"coalesce({table}.publish_error, (select untold.reason from refusal untold where untold.id = {table}.id"
        f" and untold.version = {table}.version and not untold.is_told))"
    )


def is_refused(table: str) -> str:
    """Whether a row of `lesson` or `release` was refused, as a condition; what is untold is read once a statement."""
    return (
        f"({table}.publish_error is not null or ({table}.id, {table}.version) in"
        f" (select untold.id, untold.version from refusal untold where not untold.is_told))"
    )
