"""Where lessons are, in words: the numbers of terms and the titles of their programs, for lists of lessons."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chaishots.database.connection import Connection

_PLACES: Final = """
    select term.id, term_number, program.title as program_title
      from term join program on program.id = term.program_id where term.id = any($1)
"""


@dataclass(frozen=True)
class TermPlace:
    """A term's number, and the title of its program."""

    term_number: int
    program_title: str


async def term_places(connection: Connection, terms: Collection[UUID]) -> dict[UUID, TermPlace]:
    """Where these terms are; one that is no more is left out."""
    rows = await connection.fetch(_PLACES, list(terms))
    return {row["id"]: TermPlace(row["term_number"], row["program_title"]) for row in rows}
