"""Which program a slug leads to: its own or a former one, whose readers are sent on to the present one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from chaishots.content.catalog.what_is_public import PUBLIC_PROGRAM
from chaishots.content.errors import Moved
from chaishots.database.connection import Connection

T = TypeVar("T")

# program_slug_pkey (slug): it has every slug that a program has had.
_PROGRAMS_OF: Final = """
    select program_slug.slug as asked, program.id, program.slug
      from program_slug join program on program.id = program_slug.program_id where program_slug.slug = any($1)
"""
_SLUGS_OF: Final = f"select id, slug from program where id = any($1) and {PUBLIC_PROGRAM}"


@dataclass(frozen=True, slots=True)
class LedTo:
    """The program of a slug, public or not, and its present slug."""

    id: UUID
    slug: str


async def find_programs_of_slugs(connection: Connection, slugs: Sequence[str]) -> dict[str, LedTo]:
    """The programs that these slugs lead to, by the slug."""
    return {row["asked"]: LedTo(row["id"], row["slug"]) for row in await connection.fetch(_PROGRAMS_OF, slugs)}


async def find_slugs_of_programs(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The present slugs of those programs that are public."""
    return {row["id"]: row["slug"] for row in await connection.fetch(_SLUGS_OF, ids)}


def or_moved(found: T, asked: str, slug: str) -> T | Moved:
    """What was found of a public program, or where it is now when it was asked for by a former slug."""
    return found if asked == slug else Moved(slug)
