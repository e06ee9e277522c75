"""Which version of a thing a change is meant for: the thing is locked, and one meant for another is refused."""

from typing import TypeVar
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.errors import NotFound, VersionConflict
from chaishots.content.models import Lesson, Program, Release, ScheduledChange, Term, Topic

Versioned = Program | Term | Lesson | Topic | Release | ScheduledChange
V = TypeVar("V", bound=Versioned)


async def lock(model: type[V], key: UUID, transaction: TransactionalDBClient, *, version: int | None = None) -> V:
    """Load a thing and keep others from changing it until the transaction ends.

    Args:
        version: the one that the change is meant for; None when any will do.
    Raises: NotFound, VersionConflict.
    """
    thing = await model.filter(id=key).select_for_update(no_key=True).using_db(transaction).first()
    if thing is None:
        raise NotFound(f"There is no {model.Meta.table} with this id.", field="id")  # pyright: ignore
    require_version(thing, version)
    return thing


def require_version(thing: Versioned, version: int | None) -> None:
    """Refuse a change that was meant for another version. Raises: VersionConflict."""
    if version is not None and version != thing.version:
        raise VersionConflict(thing.version)
