"""Tries a scheduled change as the publisher will apply it, and takes that back: what the rules refuse is told at once.

The publisher tries anew when it falls due: what the rules say then may be another thing.
"""

from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.transaction import refusal
from chaishots.content.errors import ContentError
from chaishots.database.errors import beneath
from chaishots.database.orm import query

_NUMBERS: Final = frozenset({"lesson_number_unique", "term_number_unique"})
"""Numbers may be free by then: two things can change theirs at one moment."""

# One of a release is taken out for it; what has no moment yet is tried as of now.
_APPLY: Final = """
    update change set status = 'applied', release_id = null, apply_at = coalesce(change.apply_at, now())
"""
_TRY: Final = f"{_APPLY} where id = $1"
# change_of_object (object_id, apply_at, id); of its release, change_of_release (release_id).
_TRY_WITH_THOSE_BEFORE: Final = f"""
    {_APPLY} from change as tried
     where tried.id = $1 and change.status = 'scheduled'
       and (change.object_id = tried.object_id and (change.apply_at, change.id) <= (tried.apply_at, tried.id)
            or change.release_id = tried.release_id or change.id = tried.id)
"""


async def require_fit(change_id: UUID, transaction: TransactionalDBClient) -> None:
    """Try a scheduled change as the publisher will apply it, and take that back. Raises: ContentError, if refused."""
    refused = await _try(_TRY, change_id, transaction)
    # What it builds on may come with one before it.
    if refused and await _try(_TRY_WITH_THOSE_BEFORE, change_id, transaction):
        raise refused


async def _try(statement: str, change_id: UUID, transaction: TransactionalDBClient) -> ContentError | None:
    """Apply it, and take that back again; what it was refused for."""
    await query(transaction, "savepoint before_it")
    refused = None
    try:
        await query(transaction, statement, change_id)
    except Exception as error:
        if (refused := refusal(error)) is None:
            raise
        if getattr(beneath(error), "constraint_name", None) in _NUMBERS:
            refused = None
    await query(transaction, "rollback to savepoint before_it")
    return refused
