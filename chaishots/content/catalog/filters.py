"""Which programs or lessons a list has, in which order, and where one of its pages ended; as SQL.

Must not know what is shown of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from chaishots.content import paging
from chaishots.content.catalog.what_is_public import PUBLISHED_LESSON
from chaishots.content.search_words import query_of

Value: TypeAlias = int | str | datetime | UUID | list[str] | list[UUID]

MOST_IDS: Final = 100


_LAST: Final = 2**31 - 1
# program_place (status, this, published_at, id), backwards: what has no place comes behind all that has one.
_PLACED: Final = f"(-coalesce(program.position, {_LAST}))"

HAS_PLACE: Final = f"{_PLACED} > -{_LAST}"
"""Of a program, that editors gave it a position; by the index that lists are in the order of."""


class SortOrder(StrEnum):
    """By when something was published first; programs also by the place that editors gave them, then newest first.

    From the oldest on, what is new comes behind all that was there: pages keep their addresses and their bytes.
    """

    NEWEST = "newest"
    OLDEST = "oldest"
    POSITION = "position"

    @property
    def direction(self) -> str:
        """The same in SQL."""
        return "asc" if self is SortOrder.OLDEST else "desc"

    def by(self, table: str) -> str:
        """What rows of a table are ordered by."""
        placed = f"{_PLACED} {self.direction}, " if self is SortOrder.POSITION else ""
        return f"{placed}{table}.published_at {self.direction}, {table}.id {self.direction}"


@dataclass(frozen=True)
class Place:
    """Where in a list a page ended: its last program or lesson."""

    published_at: datetime
    id: UUID
    position: int | None = None

    def cursor(self) -> str:
        """The place as an opaque text for the next request's `cursor`."""
        placed = f" {self.position}" if self.position else ""
        return paging.opaque(f"{self.published_at.isoformat()} {self.id}{placed}")

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """The place that a cursor stands for. Raises: InvalidContent when it was not made by `cursor`."""
        try:
            published_at, last, *position = paging.behind(cursor).split(" ")
            place = cls(datetime.fromisoformat(published_at), UUID(last), *map(int, position[:1]))
        except ValueError:
            place = None
        if (
            place is None
            or place.cursor() != cursor
            or place.published_at.utcoffset() != timedelta(0)
            or not 1970 <= place.published_at.year < 9000
            or not 0 < (place.position or 1) <= _LAST
        ):
            raise paging.not_ours()
        return place

    def values(self, order: SortOrder) -> "tuple[Value, ...]":
        """The place as the values of a condition, of what comes behind it in an order."""
        placed = (-(self.position or _LAST),) if order is SortOrder.POSITION else ()
        return (*placed, self.published_at, self.id)


_AFTER: Final = {
    SortOrder.NEWEST: "and ({table}.published_at, {table}.id) < ({}, {})",
    SortOrder.OLDEST: "and ({table}.published_at, {table}.id) > ({}, {})",
    SortOrder.POSITION: f"and ({_PLACED}, {{table}}.published_at, {{table}}.id) < ({{}}, {{}}, {{}})",
}
_LANGUAGES: Final = {
    "program": "and program.languages_available && {}::text[]",
    "lesson": "and lesson.content_languages_available && {}::text[]",
}
_IDS: Final = "and {table}.id = any({}::uuid[])"
# By program_words_found. Of lessons, there are two ways: see `Selection.sql`.
_WORDS: Final = {
    "program": "and program.id in (select program_id from program_words where words @@ {}::text::tsquery)",
    "lesson": "and lesson.id = any(array(select lesson_id from lesson_words where words @@ {}::text::tsquery))",
}
_COMMON_WORDS: Final = "and (select words @@ {}::text::tsquery from lesson_words where lesson_id = lesson.id)"
FEW: Final = 1_000
"""How many lessons are looked up by their ids when words are looked for, whatever the order. Where more have the words,
lessons are looked through in their order instead, until the page is full, if the next NEAR of them fill it: what all
those of one old program have is looked up by ids too."""
NEAR: Final = 3_000
# By lesson_words_found; then by lesson_published.
_ARE_COMMON: Final = """
    select case when (select count(*) > {few} from (
        select from lesson_words where words @@ $1::text::tsquery limit {few} + 1) as found)
    then (select count(*) >= $2 from (
        select from (select lesson.id from lesson where {published} {after}
                      order by {order} limit {near}) as near
         where (select words @@ $1::text::tsquery from lesson_words where lesson_id = near.id) limit $2) as full_page)
    else false end
"""
# By topic_names or topic_pkey, then by program_topic_of_topic.
_TOPIC: Final = """
    and program.id in (
        select program_topic.program_id from topic join program_topic on program_topic.topic_id = topic.id
         where chaishots_topic_names(topic.name, topic.translations) @> array[lower({})])
"""
_TOPIC_ID: Final = "and program.id in (select program_id from program_topic where topic_id = {})"


@dataclass(frozen=True)
class Selection:
    """Which public programs or lessons a list has, and in which order.

    languages: only what is available in one of them. topic: only programs, or lessons of programs, about a topic
    that has this name in any language, whatever its case, or this slug, or this id. words: only what has
    all that these look for, in any language; as
    `search_of` gives them. ids: only these, when there are any. after: where the page before
    ended.
    """

    languages: tuple[str, ...] = ()
    topic: str | None = None
    words: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()
    order: SortOrder = SortOrder.NEWEST
    after: Place | None = None

    def sql(self, table: str, values: list[Value], *, are_common: bool = False) -> str:
        """The conditions, each beginning with `and`, for a statement that has `program`; their values are added.

        Args:
            table: program or lesson, of which the list is.
            are_common: whether lessons are to be looked through for the words, as `common_statement` tells.
        """
        topic_id = _uuid(self.topic)
        filters = ""
        for condition, wanted in (
            (_AFTER[self.order], self.after.values(self.order) if self.after else None),
            (_LANGUAGES[table], ([*self.languages],) if self.languages else None),
            (_IDS, ([*self.ids],) if self.ids else None),
            (_COMMON_WORDS if are_common else _WORDS[table], (query_of(self.words),) if self.words else None),
            (_TOPIC_ID, (topic_id,) if topic_id else None),
            (_TOPIC, (self.topic,) if self.topic and topic_id is None else None),
        ):
            if wanted:
                places = (f"${len(values) + place}" for place in range(1, len(wanted) + 1))
                filters += condition.format(*places, table=table)
                values.extend(wanted)
        return filters

    def common_statement(self, limit: int) -> tuple[str, list[Value]]:
        """SQL that tells whether so many lessons have the words that a page is filled soon, and its values."""
        values: list[Value] = [query_of(self.words), limit]
        after = ""
        if self.after:
            place = self.after.values(self.order)
            after = _AFTER[self.order].format(
                *(f"${len(values) + n}" for n in range(1, len(place) + 1)), table="lesson"
            )
            values.extend(place)
        statement = _ARE_COMMON.format(
            published=PUBLISHED_LESSON, few=FEW, near=NEAR, after=after, order=self.order.by("lesson")
        )
        return statement, values


EVERYTHING_PUBLIC: Final = Selection()


def _uuid(text: str | None) -> UUID | None:
    # A topic may be called what looks like one; it is found by its id then.
    try:
        found = UUID(text) if text else None
    except ValueError:
        return None
    return found if found and str(found) == (text or "").lower() else None
