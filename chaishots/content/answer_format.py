"""How answers are written: moments as YYYY-MM-DDTHH:MM:SS.mmmZ, JSON without a space between its parts. In SQL as here.

Moments are cut to the millisecond, never rounded: what is shown has happened. Cursors and versions keep what is stored.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

MOMENT: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"
"""What every moment in an answer looks like, as a regular expression."""


def moment(at: datetime) -> str:
    """A moment, as it stands in an answer."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_milliseconds(at: datetime) -> datetime:
    """The moment without what an answer would not show."""
    return at.replace(microsecond=at.microsecond // 1_000 * 1_000)


def plain(row: Mapping[str, Any]) -> dict[str, Any]:  # Any: what JSON takes, moments and ids
    """What is told of a thing, as JSON takes it."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return str(value) if isinstance(value, UUID) else value


def compact(value: Any) -> str:  # Any: JSON
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def moment_sql(column: str) -> str:
    """A timestamptz, as it stands in an answer. to_char cuts what is finer than a millisecond."""
    return f"""to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def moments_sql(table: str, *names: str) -> str:
    """Columns of a table, each under its own name, as they stand in an answer."""
    return ", ".join(f"{moment_sql(f'{table}.{name}')} as {name}" for name in names)


def compact_sql(column: str) -> str:
    """A jsonb without nulls, as json. Postgres writes jsonb with spaces; json_strip_nulls is what writes it without."""
    return f"json_strip_nulls(({column})::json)"


def urls_text_sql(column: str) -> str:
    """A jsonb in which no text has a space, such as a map of URLs, as JSON in a text, which nobody looks over.

    It takes less than a third of what `compact_sql` does.
    """
    return f"replace(({column})::text, ' ', '')"
