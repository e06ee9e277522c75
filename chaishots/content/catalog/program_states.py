"""The state of each program on a page, so that one whose JSON is known in that state need not be read anew.

Part of the statement of `statements.programs`. Must not know what is shown of a program.
"""

from dataclasses import dataclass
from typing import Final

# What a program's JSON is made of is as it was where this is: by the transactions that wrote its rows, and how many
# there are. Versions would not tell where one row takes another's place, nor of what is written while triggers are off,
# as when a dump is read in. Of what is elsewhere, pictures (whose alts may be written together with what shows them)
# and what is refused are read once for all. A sixth of what the JSON takes. offset 0: it is worked out once.
STATE: Final = """cross join lateral (select concat(program.id, ' ', program.written, (
    select concat(' ', count(*), ' ', sum(term.xmin::text::bigint), ' ', sum(of_term.lessons), ' ',
                  sum(of_term.written), ' ', sum(of_term.released))
      from term cross join lateral (
        select count(*) as lessons, sum(lesson.xmin::text::bigint) as written,
               sum((select release.xmin::text::bigint from release where release.id = lesson.release_id))
                   filter (where lesson.status = 'scheduled' and lesson.release_id is not null) as released
          from lesson where lesson.term_id = term.id) as of_term
     where term.program_id = program.id), (
    select concat(' ', count(*), ' ', sum(topic.xmin::text::bigint), ' ', sum(program_topic.xmin::text::bigint))
      from program_topic join topic on topic.id = program_topic.topic_id
     where program_topic.program_id = program.id), (
    select concat(' ', count(*), ' ', sum(picture.xmin::text::bigint)) from picture), (
    select concat(' ', count(*), ' ', sum(untold.xmin::text::bigint))
      from refusal as untold where not untold.is_told)) as state offset 0) as its"""
WRITTEN: Final = ", program.xmin as written"
"""A program's own part of it, where programs are read from their table."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A page of programs in parts: what stands before them, each in their order, what stands behind.

    programs: the state of each, a text that begins with its id and is another whenever what it is made of is; and its
        JSON, None where whoever asked knows that of this state.
    """

    before: str
    programs: tuple[tuple[str, str | None], ...]
    behind: str
