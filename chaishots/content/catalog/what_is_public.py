"""Which programs are public, as conditions of SQL: the published ones with at least one published lesson.

A lesson is public when it is published, and its program is. Who reads decides on the URLs of paid lessons alone:
`view.py`.
"""

from typing import Final

PUBLIC: Final = """
    program.status = 'published' and exists (
        select from term join lesson on lesson.term_id = term.id
         where term.program_id = program.id and lesson.status = 'published')
"""

# The same, found out by keys for one program after the other. Postgres' statistics may be older than what has
# gone out since: then it takes published lessons for few, and reads all of them first. Not with offset 0.
EACH_PUBLIC: Final = """
    program.status = 'published' and exists (
        select from term cross join lateral (
               select lesson.status from lesson where lesson.term_id = term.id offset 0) as lesson
         where term.program_id = program.id and lesson.status = 'published' offset 0)
"""
