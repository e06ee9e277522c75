"""Lists page by page: where a page ended, as an opaque text that leads on to the next."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chaishots.content.errors import InvalidContent
from chaishots.database.connection import Connection


@dataclass(frozen=True)
class Page:
    """Part of a list: JSON texts, and the cursor to the next part, None on the last."""

    documents: Sequence[str]
    next_cursor: str | None


def cursor(*key: int | str) -> str:
    """The place after the thing with this sort key, for the next request's `cursor`."""
    text = json.dumps(key, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place(text: str, *parts: Callable[[Any], Any]) -> list[Any]:  # Any: what each part makes of its own text
    """The sort key that a cursor stands for, each part read by its reader.

    Raises: InvalidContent when `cursor` did not make it.
    """
    try:
        key = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if isinstance(key, list) and len(key) == len(parts) and cursor(*key) == text:  # pyright: ignore[reportUnknownArgumentType]
            return [read(part) for read, part in zip(parts, key, strict=True)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        pass
    raise InvalidContent("Use next_cursor of the page before, as it was given; leave it out to begin.", field="cursor")


async def page(
    connection: Connection, select: str, conditions: Sequence[tuple[str, Any]], *, limit: int, sorted_by: str
) -> Page:
    """Fetch a page.

    Args:
        select: gives `document` and the sort key, in its order, of at most $1 rows where {condition}.
        conditions: SQL with {} for its one value; one whose value is None is not asked.
        sorted_by: the column of the sort key.
    """
    asked = [(sql, value) for sql, value in conditions if value is not None]
    condition = " and ".join(sql.format(f"${place}") for place, (sql, _) in enumerate(asked, start=2)) or "true"
    # One more than asked for tells whether there is a next page.
    rows = await connection.fetch(select.format(condition=condition), limit + 1, *(value for _, value in asked))
    documents = [row["document"] for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(documents, None)
    key = rows[limit - 1][sorted_by]
    return Page(documents, cursor(key if isinstance(key, int) else str(key)))
