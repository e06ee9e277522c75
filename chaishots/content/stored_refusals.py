"""SQL for what the publisher could not publish, archive or apply. Whoever shows or counts refusals takes it from here.

A refusal is in `publish_error` of the lesson or release, in `error` of the change. It is only in `refusal` until the
publisher has written that (what can be published goes first), or if the row refuses every update; then it is about the
version that was refused.

What was refused is tried again when it or its program changes, and by itself after a pause: FIRST_PAUSE, then twice as
long each time, to LONGEST_PAUSE. The publisher has that from the database: `chaishots_pause`
(`migrations/functions/pause.sql`) makes each up to a tenth longer, so that not all are tried at once.
"""

from datetime import timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)


def reason(table: str) -> str:
    """Why a row of `lesson`, `release` or `change` was refused, as an expression; null when it was not."""
    return (
        f"coalesce({table}.{_column(table)}, (select untold.reason from refusal untold where untold.id = {table}.id"
        f" and untold.version = {table}.version and not untold.is_told))"
    )


def is_refused(table: str, *, named: str | None = None) -> str:
    """Whether a row of one of these was refused, as a condition; what is untold is read once a statement.

    named: the name that the statement has for the row, where that is not its table's.
    """
    row = named or table
    return (
        f"({row}.{_column(table)} is not null or ({row}.id, {row}.version) in"
        f" (select untold.id, untold.version from refusal untold where not untold.is_told))"
    )


def _column(table: str) -> str:
    return "error" if table == "change" else "publish_error"
