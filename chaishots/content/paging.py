"""Lists page by page: where a page ended, as an opaque text that leads on to the next."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from chaishots.content.errors import InvalidContent
from chaishots.database.connection import Connection


@dataclass(frozen=True)
class Page:
    """Part of a list: JSON texts, and the cursor to the next part, None on the last."""

    documents: Sequence[str]
    next_cursor: str | None


@dataclass(frozen=True)
class Window:
    """Which part of a list is asked for: so many things, behind `after`, the next_cursor of the part before."""

    limit: int
    after: str | None = None

    def place(self, *parts: Callable[[Any], Any]) -> list[Any] | None:
        """The sort key behind which it begins, each part read by its reader; None at the list's beginning.

        Raises: InvalidContent when the cursor is none of ours.
        """
        return place(self.after, *parts) if self.after else None


def cursor(*key: int | str) -> str:
    """The place after the thing with this sort key, for the next request's `cursor`."""
    return opaque(json.dumps(key, separators=(",", ":")))


def opaque(text: str) -> str:
    """A text as a cursor, which clients give back as it is."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def behind(cursor: str) -> str:
    """The text that was made `opaque`. Raises: ValueError when the cursor is not made of any."""
    return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()


def place(text: str, *parts: Callable[[Any], Any]) -> list[Any]:  # Any: what each part makes of its own text
    """The sort key that a cursor stands for, each part read by its reader.

    Raises: InvalidContent when `cursor` did not make it.
    """
    try:
        key = json.loads(behind(text))
        if isinstance(key, list) and len(key) == len(parts) and cursor(*key) == text:  # pyright: ignore[reportUnknownArgumentType]
            return [read(part) for read, part in zip(parts, key, strict=True)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise not_ours()


def not_ours() -> InvalidContent:
    """What is told of a cursor that was not made here."""
    return InvalidContent("Use next_cursor of the page before, as it was given; leave it out to begin.", field="cursor")


async def page(
    connection: Connection,
    select: str,
    conditions: Sequence[tuple[str, Any]],
    window: Window,
    *,
    sorted_by: Sequence[str],
) -> Page:
    """Fetch a part of a list.

    Args:
        select: gives `document` and the sort key, in its order, of at most $1 rows where {condition}.
        conditions: SQL with {} for its value, or as many for a list of values; one that is None is not asked.
        sorted_by: the columns of the sort key.
    """
    values: list[Any] = []
    asked: list[str] = []
    for sql, given in conditions:
        if given is not None:
            several = cast("list[Any]", given) if isinstance(given, list) else [given]
            asked.append(sql.format(*(f"${len(values) + place}" for place in range(2, len(several) + 2))))
            values += several
    # One more than asked for tells whether there is a next page.
    rows = await connection.fetch(select.format(condition=" and ".join(asked) or "true"), window.limit + 1, *values)
    documents = [row["document"] for row in rows[: window.limit]]
    if len(rows) <= window.limit:
        return Page(documents, None)
    return Page(documents, cursor(*(_plain(rows[window.limit - 1][column]) for column in sorted_by)))


def moment(text: str) -> datetime:
    """A time as it stands in a cursor. Raises: ValueError when it is none that a cursor could hold."""
    at = datetime.fromisoformat(text)
    if at.utcoffset() != timedelta(0) or not 1970 <= at.year < 9000:
        raise ValueError(text)
    return at


def number(key: Any) -> int:
    """A number as it stands in a cursor. Raises: ValueError when it is none that Postgres could hold."""
    if type(key) is not int or not 0 <= key < 2**63:
        raise ValueError(key)
    return key


def text(key: Any) -> str:
    """A text as it stands in a cursor. Raises: ValueError when it is none that Postgres could hold."""
    if not isinstance(key, str) or "\0" in key:
        raise ValueError(key)
    return key


def _plain(key: Any) -> int | str:
    if isinstance(key, datetime):
        return key.isoformat()
    return key if isinstance(key, int) else str(key)
