"""What the database refuses of a file, told with the thing's place in the file."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.editing.transaction import refusal
from chaishots.content.exchange.faults import Fault
from chaishots.content.exchange.file_content import Seed
from chaishots.database.errors import beneath

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@contextmanager
def naming_what_is_refused(things: Mapping[UUID, Seed], *, otherwise: Seed | None = None) -> Generator[None]:
    """Raise Fault, with its place in the file, for what the database refuses.

    That is what the checks of the format miss, and what others store meanwhile; the database tells the row.

    Args:
        otherwise: the thing it is about if the database tells no row.
    """
    try:
        yield
    except Exception as error:
        meaning, cause = refusal(error), beneath(error)
        if meaning is None or not isinstance(cause, asyncpg.PostgresError):
            raise
        rule, field = str(meaning), meaning.field or "id"
        of_file = (things[UUID(key)] for key in _UUID.findall(str(cause)) if UUID(key) in things)
        thing = next(of_file, otherwise)
        if thing is None:
            kind = (cause.constraint_name or "").partition("_")[0]
            raise Fault({"topic": "topics", "release": "releases"}.get(kind, "programs"), rule) from error
        raise thing.fault(field, rule) from error
