"""Topics: create, rename and delete one; and find or create those that a program names."""

from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.load_and_save import Values, change, create, delete
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import TOPIC
from chaishots.content.models import Topic
from chaishots.database.errors import beneath
from chaishots.database.orm import query

TOPIC_FIELDS: Final = frozenset(written_by(Writer.EDITOR, TOPIC))
_HOLD_NAME: Final = "select chaishots_hold_topic_names(array[$1::text])"
# topic_name_unique (lower(name)).
_ADD_TOPIC: Final = """
    insert into topic (name) select $1::text where not exists (select from topic where lower(name) = lower($1))
"""
_FIND_TOPIC: Final = "select id from topic where lower(name) = lower($1)"


async def create_topic(values: Values, *, actor: str) -> Topic:
    """Create a topic from TOPIC_FIELDS. Raises: Conflict when there is one of this name in any case, InvalidContent."""
    return await create(Topic, values, TOPIC_FIELDS, actor)


async def change_topic(topic_id: UUID, values: Values, *, version: int | None = None, actor: str) -> Topic:
    """Change some of a topic's TOPIC_FIELDS, in every program that has it.

    Raises: NotFound, VersionConflict, Conflict, InvalidContent.
    """
    async with changing(actor) as transaction:
        topic = await lock(Topic, topic_id, transaction, version=version)
        return await change(topic, values, TOPIC_FIELDS, transaction)


async def delete_topic(topic_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a topic, and take it from every program that has it. Raises: NotFound, VersionConflict."""
    await delete(Topic, topic_id, version=version, actor=actor)


async def find_or_create_topic(name: str, transaction: TransactionalDBClient) -> Topic:
    """The topic of this name, in whatever case; created when there is none."""
    # Somebody else may be making it at this moment: then theirs is waited for, and used. Whoever does it by SQL of
    # their own holds no name: the constraint waits for them, and then refuses ours.
    await query(transaction, _HOLD_NAME, name)
    await query(transaction, "savepoint before_it")
    try:
        await query(transaction, _ADD_TOPIC, name)
    except Exception as error:
        if getattr(beneath(error), "constraint_name", None) != "topic_name_unique":
            raise
        await query(transaction, "rollback to savepoint before_it")
    (row,) = await query(transaction, _FIND_TOPIC, name)
    return await Topic.get(id=row["id"], using_db=transaction)
