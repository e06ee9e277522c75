"""The state of each program on a page, so that one whose JSON is known in that state need not be read anew.

Part of the statement of `statements.programs`. Must not know what is shown of a program.
"""

from dataclasses import dataclass
from typing import Final

# What a program's JSON is made of is as it was where this is: each row that changes has another version, and what comes
# or goes is counted. A twentieth of what the JSON takes. offset 0: it is worked out once.
STATE: Final = """cross join lateral (select concat(program.id, ' ', program.version, (
    select concat(' ', count(*), ' ', sum(term.version), ' ', sum(of_term.lessons), ' ', sum(of_term.versions), ' ',
                  max(of_term.updated_at))
      from term cross join lateral (
        select count(*) as lessons, sum(lesson.version) as versions, max(lesson.updated_at) as updated_at
          from lesson where lesson.term_id = term.id) as of_term
     where term.program_id = program.id), (
    select concat(' ', count(*), ' ', sum(topic.version))
      from program_topic join topic on topic.id = program_topic.topic_id
     where program_topic.program_id = program.id)) as state offset 0) as its"""


@dataclass(frozen=True, slots=True)
class Parts:
    """A page of programs in parts: what stands before them, each in their order, what stands behind.

    programs: the state of each, a text that begins with its id and is another whenever what it is made of is; and its
        JSON, None where whoever asked knows that of this state.
    """

    before: str
    programs: tuple[tuple[str, str | None], ...]
    behind: str
