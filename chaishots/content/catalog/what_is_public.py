"""What is public, as conditions of SQL: the only place of the catalog that says so.

A lesson is public when it is published and its program is; a program, when it is published and has such a lesson.
Whose URLs are shown to whom, `paid_lessons.py` says.
"""

from typing import Final


def published(table: str) -> str:
    """Whether a row of a program or lesson, by the name that the statement has for it, is published."""
    return f"{table}.status = 'published'"


PUBLISHED_LESSON: Final = published("lesson")
"""Of the lessons of a program that is public, those that are public."""
PUBLISHED_PROGRAM: Final = published("program")
PUBLIC_LESSON: Final = f"{PUBLISHED_LESSON} and {PUBLISHED_PROGRAM}"
PUBLIC_PROGRAM: Final = f"""
    {PUBLISHED_PROGRAM} and exists (
        select from term join lesson on lesson.term_id = term.id
         where term.program_id = program.id and {PUBLISHED_LESSON})
"""

# The same, found out by keys for one program after the other. Postgres' statistics may be older than what has
# gone out since: then it takes published lessons for few, and reads all of them first. Not with offset 0.
EACH_PUBLIC_PROGRAM: Final = f"""
    {PUBLISHED_PROGRAM} and exists (
        select from term cross join lateral (
               select lesson.status from lesson where lesson.term_id = term.id offset 0) as lesson
         where term.program_id = program.id and {PUBLISHED_LESSON} offset 0)
"""
