"""Which programs or lessons a list has, in which order, and where one of its pages ended; as SQL.

Must not know what is shown of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from chaishots.content import paging
from chaishots.content.words import query_of

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
    """Where in a list a page ended: its last program or lesson."""

    published_at: datetime
    id: UUID

    def cursor(self) -> str:
        """The place as an opaque text for the next request's `cursor`."""
        return paging.opaque(f"{self.published_at.isoformat()} {self.id}")

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """The place that a cursor stands for. Raises: InvalidContent when it was not made by `cursor`."""
        try:
            published_at, _, last = paging.behind(cursor).partition(" ")
            place = cls(datetime.fromisoformat(published_at), UUID(last))
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
# By program_words_found. Of lessons, there are two ways: see `Selection.sql`.
_WORDS: Final = {
    "program": "and program.id in (select program_id from program_words where words @@ {}::text::tsquery)",
    "lesson": "and lesson.id = any(array(select lesson_id from lesson_words where words @@ {}::text::tsquery))",
}
_COMMON_WORDS: Final = "and (select words @@ {}::text::tsquery from lesson_words where lesson_id = lesson.id)"
FEW: Final = 1_000
"""How many lessons are looked up by their ids when words are looked for. Where more have the words, lessons are looked
through in their order instead, until the page is full: both take a few milliseconds then, whatever the words."""
ARE_COMMON: Final = f"""
    select count(*) > {FEW} from (
        select from lesson_words where words @@ $1::text::tsquery limit {FEW + 1}) as found
"""
# By topic_name_unique (lower(name)) or topic_pkey, then by program_topic_of_topic.
_TOPIC: Final = """
    and program.id in (
        select program_topic.program_id from topic join program_topic on program_topic.topic_id = topic.id
         where lower(topic.name) = lower({}))
"""
_TOPIC_ID: Final = "and program.id in (select program_id from program_topic where topic_id = {})"


@dataclass(frozen=True)
class Selection:
    """Which public programs or lessons a list has, and in which order.

    languages: only what is available in one of them. topic: only programs, or lessons of programs, about the topic of
    this name, whatever its case, or of this id. words: only what has all that these look for, in any language; as
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
            are_common: whether more than FEW lessons have the words, as ARE_COMMON tells.
        """
        topic_id = _uuid(self.topic)
        filters = ""
        for condition, wanted in (
            (_AFTER[self.order], (self.after.published_at, self.after.id) if self.after else None),
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


EVERYTHING_PUBLIC: Final = Selection()


def _uuid(text: str | None) -> UUID | None:
    # A topic may be called what looks like one; it is found by its id then.
    try:
        found = UUID(text) if text else None
    except ValueError:
        return None
    return found if found and str(found) == (text or "").lower() else None
