"""Which programs or lessons a list has, in which order, and where one of its pages ended; as SQL.

Must not know what is shown of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from chaishots.content import paging

Value: TypeAlias = int | str | datetime | UUID | list[str] | list[UUID]

MOST_IDS: Final = 100


class SortOrder(StrEnum):
    """By when something was published first.

    From the oldest on, what is new comes behind all that was there: pages keep their addresses and their bytes.
    """

    NEWEST = "newest"
    OLDEST = "oldest"

    @property
    def direction(self) -> str:
        """The same in SQL."""
        return "desc" if self is SortOrder.NEWEST else "asc"


@dataclass(frozen=True)
class Place:
    """Where in the list, newest first, a page ended."""

    published_at: datetime
    program_id: UUID

    def cursor(self) -> str:
        """The place as an opaque text for the next request's `cursor`."""
        return paging.opaque(f"{self.published_at.isoformat()} {self.program_id}")

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """The place that a cursor stands for. Raises: InvalidContent when it was not made by `cursor`."""
        try:
            published_at, _, program_id = paging.behind(cursor).partition(" ")
            place = cls(datetime.fromisoformat(published_at), UUID(program_id))
        except ValueError:
            place = None
        if (
            place is None
            or place.cursor() != cursor
            or place.published_at.utcoffset() != timedelta(0)
            or not 1970 <= place.published_at.year < 9000
        ):
            raise paging.not_ours()
        return place


_AFTER: Final = {
    SortOrder.NEWEST: "and ({table}.published_at, {table}.id) < ({}, {})",
    SortOrder.OLDEST: "and ({table}.published_at, {table}.id) > ({}, {})",
}
_LANGUAGES: Final = {
    "program": "and program.languages_available && {}::text[]",
    "lesson": "and lesson.content_languages_available && {}::text[]",
}
_IDS: Final = "and {table}.id = any({}::uuid[])"
# By topic_name_unique (lower(name)) or topic_pkey, then by program_topic_of_topic.
_TOPIC: Final = """
    and program.id in (
        select program_topic.program_id from topic join program_topic on program_topic.topic_id = topic.id
         where lower(topic.name) = lower({}))
"""
_TOPIC_ID: Final = "and program.id in (select program_id from program_topic where topic_id = {})"


def filter_sql(
    table: str,
    values: list[Value],
    *,
    languages: Sequence[str] = (),
    topic: str | None = None,
    ids: Sequence[UUID] = (),
    order: SortOrder = SortOrder.NEWEST,
    after: Place | None = None,
) -> str:
    """The conditions of a list, each beginning with `and`, for a statement that has `program`; their values are added.

    Args:
        table: program or lesson, of which the list is.
    """
    topic_id = _uuid(topic)
    filters = ""
    for condition, wanted in (
        (_AFTER[order], (after.published_at, after.program_id) if after else None),
        (_LANGUAGES[table], ([*languages],) if languages else None),
        (_IDS, ([*ids],) if ids else None),
        (_TOPIC_ID, (topic_id,) if topic_id else None),
        (_TOPIC, (topic,) if topic and topic_id is None else None),
    ):
        if wanted:
            places = (f"${len(values) + place}" for place in range(1, len(wanted) + 1))
            filters += condition.format(*places, table=table)
            values.extend(wanted)
    return filters


def _uuid(text: str | None) -> UUID | None:
    # A topic may be called what looks like one; it is found by its id then.
    try:
        found = UUID(text) if text else None
    except ValueError:
        return None
    return found if found and str(found) == (text or "").lower() else None
