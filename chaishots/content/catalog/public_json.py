"""A public program or lesson as JSON, as much of it as a view shows: as SQL, for the statements of `statements.py`.

Must not know which programs and lessons are public.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chaishots.content.catalog.json_sql import Documents, Flag, Member, Members, WhereKnown, Withheld, object_sql
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.public_fields import (
    ID,
    LESSON_MEMBERS,
    LOCKED,
    PLACE_MEMBERS,
    PROGRAM_MEMBERS,
    TERM_MEMBERS,
    URLS,
)
from chaishots.content.catalog.requested_fields import View
from chaishots.content.catalog.what_is_public import PUBLISHED_LESSON

LISTED_TERMS: Final = 50
LISTED_LESSONS: Final = 200
"""How many terms of a program, and lessons of each, are shown where it is one of many. Its own page shows all.

One that has more says how many in `terms_left`, a term in `lessons_left`: members that are there only then.
"""
_TERMS_LEFT: Final = f"select count(*) - {LISTED_TERMS} from term where term.program_id = program.id"
_LESSONS_LEFT: Final = f"""select count(*) - {LISTED_LESSONS} from lesson
                            where lesson.term_id = term.id and {PUBLISHED_LESSON}"""
# What is in a term and in a program, in its order, by lesson_number_unique (term_id, lesson_number) and by
# term_number_unique (program_id, term_number). It is counted as it passes. offset 0: also while Postgres' statistics
# are older than what has gone out since, and make published lessons seem few.
_LESSONS: Final = f"""(
    select string_agg(its.document, ',') as documents, count(*) as lesson_count,
           coalesce(sum(its.duration_ms), 0) as total_duration_ms,
           count(*) filter (where not its.is_paid) as free_lesson_count, max(its.updated_at) as changed_at
      from (select {{}} as document, lesson.duration_ms, lesson.is_paid, lesson.updated_at from (
                select * from lesson where lesson.term_id = term.id order by lesson.lesson_number offset 0) as lesson
             where {PUBLISHED_LESSON} order by lesson.lesson_number {{}}) as its) as shown"""
_TERMS: Final = """(
    select string_agg(its.document, ',') as documents, count(*) as term_count{}
      from (select {} as document{} from term {} where term.program_id = program.id
             order by term.term_number {}) as its) as shown"""
# What is in a program or term, and when something of a program changed last: `changed_at` is of lessons that are
# public; of what is public no more it is by lesson_taken_down, and what leaves no such trace is in program_change.
_TALLY: Final = f"""(
    select count(*) as lesson_count, coalesce(sum(lesson.duration_ms), 0) as total_duration_ms,
           count(*) filter (where not lesson.is_paid) as free_lesson_count, max(lesson.updated_at) as changed_at
      from {{}} and {PUBLISHED_LESSON} {{{{where}}}}) as tally"""
_OF_TERM: Final = _TALLY.format("lesson where lesson.term_id = term.id")
_OF_PROGRAM: Final = _TALLY.format("""term cross join lateral (
        select * from lesson where lesson.term_id = term.id offset 0) as lesson where term.program_id = program.id""")
_TALLIED: Final = ("lesson_count", "total_duration_ms", "free_lesson_count", "changed_at")
_TALLY_COLUMNS: Final = ", ".join(f"tally.{name}" for name in _TALLIED)
_OF_TERMS: Final = """,
    coalesce(sum(its.lesson_count), 0) as lesson_count, coalesce(sum(its.total_duration_ms), 0) as total_duration_ms,
    coalesce(sum(its.free_lesson_count), 0) as free_lesson_count, max(its.changed_at) as changed_at"""
_TALLY_OF: Final = "tally."


def program_json(reader: Reader, view: View, prefer: str, *, is_listed: bool = False) -> str:
    """A program as JSON, for a statement that has `program`.

    Args:
        prefer: the placeholder of the view's languages.
        is_listed: whether it is one of many, of which only the first terms and lessons are shown.
    """
    return _program_json(reader, view.fields, prefer if view.prefer else None, is_listed)


def lesson_json(reader: Reader, view: View, prefer: str) -> str:
    """A lesson as JSON, for a statement that has `lesson`, `term` and `program`."""
    return _lesson_json({**LESSON_MEMBERS, **PLACE_MEMBERS}, reader, view.fields, prefer if view.prefer else None)


@lru_cache(256)
def _program_json(reader: Reader, fields: frozenset[str] | None, prefer: str | None, is_listed: bool) -> str:
    of_term = _within("terms", fields)
    of_terms, of_program = _chosen(TERM_MEMBERS, of_term), _chosen(PROGRAM_MEMBERS, fields)
    if "terms" not in of_program:
        return object_sql(of_program, prefer, _OF_PROGRAM.format(where=""))
    terms = _Rows("terms", "shown.term_count", _TERMS_LEFT, LISTED_TERMS if is_listed else None)
    document = terms.object_sql(of_program, prefer)
    if "lessons" not in of_terms:
        read = _TERMS.format("", object_sql(of_terms, prefer, _OF_TERM.format(where="")), "", "", terms.limit)
        counted = f"cross join {_OF_PROGRAM.format(where='')}" if _TALLY_OF in document else ""
        return f"(select {document} from {read} {counted})"
    lessons = _Rows("lessons", "shown.lesson_count", _LESSONS_LEFT, LISTED_LESSONS if is_listed else None)
    term = lessons.object_sql(of_terms, prefer)
    lesson = _lesson_json(LESSON_MEMBERS, reader, _within("lessons", of_term), prefer)
    inner = f"cross join lateral {_LESSONS.format(lesson, lessons.limit)}"
    if _TALLY_OF not in term + document:
        return f"(select {document} from {_TERMS.format('', term, '', inner, terms.limit)})"
    inner = f"{inner} {lessons.counted(_OF_TERM)}"
    read = _TERMS.format(_OF_TERMS, term, f", {_TALLY_COLUMNS}", inner, terms.limit)
    return f"(select {document} from {read} {terms.counted(_OF_PROGRAM)})"


@dataclass(frozen=True, slots=True)
class _Rows:
    """A member that is an array, of what `shown` has read: all rows, or `most` at most.

    count: how many were read. left: SELECT how many there are beyond `most`, asked where so many were read.
    """

    name: str
    count: str
    left: str
    most: int | None

    @property
    def limit(self) -> str:
        return "" if self.most is None else f"limit {self.most}"

    def object_sql(self, members: Members, prefer: str | None) -> str:
        """The object with its rows, and how many are left, where some are."""
        shown: dict[str, Member] = {**members, self.name: Documents("shown.documents")}
        if self.most is not None:
            shown[f"{self.name}_left"] = WhereKnown(f"case when {self._may_be_cut} then nullif(({self.left}), 0) end")
        return object_sql(shown, prefer)

    def counted(self, anew: str) -> str:
        """What is to be joined for the members that count: what was read, or `anew` where that may not be all."""
        if self.most is None:
            return f"cross join lateral (select {', '.join(f'shown.{name}' for name in _TALLIED)}) as tally"
        # A condition without a column of what it is on is asked before that is read.
        counts = ", ".join(
            f"case when {self._may_be_cut} then tally.{name} else shown.{name} end as {name}" for name in _TALLIED
        )
        return f"cross join lateral (select {counts} from {anew.format(where=f'and {self._may_be_cut}')}) as tally"

    @property
    def _may_be_cut(self) -> str:
        return f"{self.count} = {self.most}"


def _lesson_json(members: Members, reader: Reader, fields: frozenset[str] | None, prefer: str | None) -> str:
    chosen = dict(_chosen(members, fields))
    if LOCKED in chosen:
        chosen[LOCKED] = Flag(reader.value)
    if reader is not Reader.TOKEN_HOLDER:
        chosen |= {name: Withheld(sql, reader.value) for name, sql in chosen.items() if name in URLS}
    return object_sql(chosen, prefer)


def _chosen(members: Members, fields: frozenset[str] | None) -> Members:
    if fields is None:
        return members
    shown = {field.partition(".")[0] for field in fields} | {ID}
    return {name: sql for name, sql in members.items() if name in shown}


def _within(member: str, fields: frozenset[str] | None) -> frozenset[str] | None:
    if fields is None or member in fields:
        return None
    return frozenset(field.removeprefix(f"{member}.") for field in fields if field.startswith(f"{member}."))
