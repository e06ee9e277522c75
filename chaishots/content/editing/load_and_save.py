"""The parts of every editing command: load one thing under a lock, check it, change it, save it.

Knows Tortoise and its rows. Must not know which transitions the lifecycle allows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model
from tortoise.queryset import QuerySet

from chaishots.content.editing.numbers_and_order import make_room, names_of
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import Versioned, lock
from chaishots.content.errors import Conflict, InvalidContent
from chaishots.content.lifecycle import LessonFacts, Status
from chaishots.content.models import Lesson, Program, Term
from chaishots.database.orm import query

OFFSET: Final = "Give the time with its offset, such as 2030-01-31T09:00:00+05:30."

Values = Mapping[str, Any]  # Any: one value a column; the database checks each
M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=Versioned)
P = TypeVar("P", Term, Lesson)

_NAMED: Final = 5
"""Lessons that a refusal to delete names at most."""


def require_fields(values: Values, allowed: frozenset[str]) -> None:
    """Refuse columns that cannot be set this way. Raises: InvalidContent."""
    if unknown := sorted(values.keys() - allowed):
        raise InvalidContent(f"Leave out {', '.join(unknown)}: it cannot be set this way.", field=unknown[0])


async def database_now(transaction: TransactionalDBClient) -> datetime:
    """The database's clock, which decides what is past."""
    return (await query(transaction, "select clock_timestamp() as now"))[0]["now"]


async def insert(model: type[M], values: Values, transaction: TransactionalDBClient) -> M:
    """Insert a thing, and give it as the database made it. Raises: InvalidContent."""
    _require_fit(model, values)
    created = await model.create(using_db=transaction, **values)
    await created.refresh_from_db(using_db=transaction)
    return created


async def change(thing: M, values: Values, allowed: frozenset[str], transaction: TransactionalDBClient) -> M:
    """Change some columns of a thing, and give it as the database left it.

    A map is merged into the one there is; an entry given as None goes (JSON Merge Patch, RFC 7396).

    Raises: InvalidContent.
    """
    require_fields(values, allowed)
    if not values:
        await thing.refresh_from_db(using_db=transaction)
        return thing
    merged = {name: _merged(getattr(thing, name), value) for name, value in values.items()}
    _require_fit(type(thing), merged)
    thing.update_from_dict(merged)  # pyright: ignore[reportUnknownMemberType]  # Tortoise types it loosely
    return await save(thing, list(values), transaction)


async def create(model: type[M], values: Values, allowed: frozenset[str], actor: str) -> M:
    """Create a thing in a transaction of its own, from columns out of `allowed`. Raises: InvalidContent."""
    require_fields(values, allowed)
    async with changing(actor) as transaction:
        return await insert(model, values, transaction)


async def create_part(
    model: type[P], parent_id: UUID, values: Values, allowed: frozenset[str], *, has_room: bool, actor: str
) -> P:
    """Create a term of a program, or a lesson of a term, in a transaction of its own, from columns out of `allowed`.

    Args:
        has_room: whether the one that has the number gets the next one, and so on.
    Raises: NotFound, Conflict, InvalidContent.
    """
    require_fields(values, allowed)
    table, of = names_of(model)
    async with changing(actor) as transaction:
        if has_room:
            await lock(Program if model is Term else Term, parent_id, transaction)
            await make_room(model, parent_id, values[f"{table}_number"], transaction)
        return await insert(model, {**values, f"{of}_id": parent_id}, transaction)


async def delete(
    model: type[V], key: UUID, *, lessons: QuerySet[Lesson] | None = None, version: int | None, actor: str
) -> None:
    """Delete a thing in a transaction of its own.

    Args:
        lessons: those that go with it; none of them may be public or scheduled.
    Raises: NotFound, VersionConflict, Conflict.
    """
    async with changing(actor) as transaction:
        thing = await lock(model, key, transaction, version=version)
        if lessons is not None:
            await _require_none_in_use(lessons, model.__name__.lower(), transaction)
        await thing.delete(using_db=transaction)


async def _require_none_in_use(lessons: QuerySet[Lesson], name: str, transaction: TransactionalDBClient) -> None:
    public = lessons.filter(status__in=[Status.PUBLISHED, Status.SCHEDULED]).order_by("lesson_number", "id")
    found = await public.limit(_NAMED + 1).using_db(transaction)
    if found:
        named = ", ".join(f"{lesson.title} ({lesson.status}, {lesson.id})" for lesson in found[:_NAMED])
        more = " and more" if len(found) > _NAMED else ""
        raise Conflict(f"Archive or unschedule first, then delete the {name}: {named}{more}.", field="lessons")


def facts_of(lesson: Lesson) -> LessonFacts:
    """What publishing asks of a lesson."""
    return LessonFacts(lesson.status, lesson.content_language_primary, lesson.content_urls, lesson.thumbnails)


async def save(thing: M, columns: list[str], transaction: TransactionalDBClient) -> M:
    """Save the columns named, and give the thing as the database left it: triggers set the version, times, and more."""
    await thing.save(using_db=transaction, update_fields=columns)
    await thing.refresh_from_db(using_db=transaction)
    return thing


def _merged(old: Any, new: Any) -> Any:  # Any: whatever JSON holds
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    both: dict[Any, Any] = {**old, **{key: _merged(old.get(key, {}), value) for key, value in new.items()}}  # pyright: ignore
    return {key: value for key, value in both.items() if value is not None}


def _require_fit(model: type[Model], values: Values) -> None:
    # What Tortoise would refuse with a ValueError of its own, or read in this machine's time zone.
    for name, value in values.items():
        # Any: fields are of every type; _meta is how Tortoise tells of them.
        field: Any = model._meta.fields_map[name]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]
        if isinstance(value, datetime) and value.tzinfo is None:
            raise InvalidContent(OFFSET, field=name)
        if value is None and not field.null:
            raise InvalidContent(f"Give {name} a value: it cannot be null.", field=name)
        try:
            field.to_python_value(value)
        except (ValueError, TypeError):
            raise InvalidContent(f"This is no value for {name}.", field=name) from None
