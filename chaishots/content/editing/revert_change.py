"""Takes one change back: the inverse of a line of the history, as far as the rules allow it now.

What the history has of the change, before and after, is all that is looked at, whoever made it. One transaction; its
own lines stand in the history like any others, and can be taken back in their turn.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing import lessons
from chaishots.content.editing.load_and_save import database_now, save
from chaishots.content.editing.programs import PROGRAM_FIELDS
from chaishots.content.editing.terms import MOVABLE_FIELDS as TERM_FIELDS
from chaishots.content.editing.topics import TOPIC_FIELDS
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import Versioned, lock
from chaishots.content.errors import ChangedSince, InvalidContent, InvalidTransition, NotFound
from chaishots.content.lifecycle import ProgramStatus, ReleaseStatus, Status
from chaishots.content.models import Lesson, Program, Release, Term, Topic
from chaishots.database.orm import query
from chaishots.times import tell_time

Before = Mapping[str, Any]  # Any: JSON
Held = tuple[Versioned, Program | None]
"""A thing that is locked, and the program of a lesson that may go public again."""

_COUNTED: Final = frozenset({"version", "updated_at", "publish_error", "published_at"})
"""What goes with a change by itself."""
# activity_pkey (seq)
_LINE: Final = "select seq, action, object_type, object_id, before, after from activity where seq = $1"
# idx_activity_object_… (object_id, seq)
_SINCE: Final = """
    select seq, at, actor, action from activity
     where object_id = $1 and seq > $2 and seq <> all($4::bigint[]) and action !~ '[.](refuse|retry)$'
       and (after is null or after ?| $3)
     order by seq limit 1
"""
_NEWEST: Final = "select seq, action from activity where object_id = $1 order by seq desc limit 1"
_MADE: Final = "select action, before, after from activity where object_id = $1 and seq > $2 order by seq"
_PROGRAM_OF: Final = """
    select term.program_id from lesson join term on term.id = lesson.term_id where lesson.id = $1
"""
_PUT_BACK: Final = """
    update {table} set {columns} from jsonb_populate_record(null::{table}, $1) as was where {table}.id = $2
"""
_TOPICS: Final = {
    "program.add_topic": "delete from program_topic where program_id = $1 and topic_id = $2",
    "program.remove_topic": "insert into program_topic (program_id, topic_id) values ($1, $2)",
}
_MEMBERS: Final = {
    "release.add_lesson": "update lesson set release_id = null where id = $2 and release_id = $1",
    "release.remove_lesson": "update lesson set release_id = $1 where id = $2",
}
_NO_WAY: Final = {
    "create": "Delete it instead, or archive it when it is public.",
    "delete": "Bring it back with: chaishots restore {id}",
    "add_change": "Take the change out of the release, or cancel it (/cms/changes).",
    "remove_change": "Have the change join the release again, by its release_id (/cms/changes).",
    "revert": "Restore what went down with the release, lesson by lesson.",
    "refuse": "The publisher noted that; nothing was changed.",
    "retry": "The publisher noted that; nothing was changed.",
    "truncate": "The table was emptied: import a file of what was in it.",
}


@dataclass(frozen=True)
class Line:
    """A line of the history that is to be taken back."""

    seq: int
    action: str
    object_type: str
    object_id: UUID
    before: Before
    after: Before

    @property
    def fields(self) -> list[str]:
        """What it changed."""
        return sorted((self.before.keys() | self.after.keys()) - _COUNTED)


@dataclass(frozen=True)
class MadeLine:
    """A line of the history that taking back makes: what changes, as the history tells it."""

    action: str
    before: Before
    after: Before


@dataclass(frozen=True)
class Reverted:
    """What was taken back, and the line of the history that did it; None when all stood as before already.

    seq, action: of the last of the lines. seq is None too of what was only tried.
    """

    reverted: int
    object_type: str
    object_id: UUID
    fields: list[str]
    seq: int | None
    action: str | None
    lines: Sequence[MadeLine] = ()


async def revert_change(seq: int, *, force: bool = False, dry_run: bool = False, actor: str) -> Reverted:
    """Take one change back: what it changed is as it was.

    A lesson that it made public is archived, as a public one is never a draft again. A moment that has passed is not
    given again.

    Args:
        seq: the line of the history.
        force: also when something else has changed the same since.
        dry_run: do everything, tell it, and undo it.
    Raises: NotFound, ChangedSince when something came since, InvalidTransition when there is no way back,
        InvalidContent, NotPublishable.
    """
    try:
        async with changing(actor) as transaction:
            reverted = await _revert(await line_of(seq, transaction), force, transaction)
            if dry_run:
                raise _Tried(replace(reverted, seq=None))
            return reverted
    except _Tried as tried:
        return tried.reverted


async def _revert(line: Line, force: bool, transaction: TransactionalDBClient) -> Reverted:
    held = await hold(line, transaction)
    if not force:
        await require_newest(line, transaction)
    [was] = await query(transaction, _NEWEST, line.object_id)
    await take_back(line, held, transaction)
    [newest] = await query(transaction, _NEWEST, line.object_id)
    made = [
        MadeLine(row["action"], _document(row["before"]), _document(row["after"]))
        for row in await query(transaction, _MADE, line.object_id, was["seq"])
    ]
    told = (newest["seq"], newest["action"]) if made else (None, None)
    return Reverted(line.seq, line.object_type, line.object_id, line.fields, *told, made)


class _Tried(Exception):
    """What would be done is told, and nothing is kept."""

    def __init__(self, reverted: Reverted) -> None:
        super().__init__()
        self.reverted = reverted


async def hold(line: Line, transaction: TransactionalDBClient) -> Held:
    """Lock what a line is of. Raises: NotFound when it was deleted since."""
    program = await _program_of(line, transaction)
    return await _locked(line, transaction), program


async def take_back(line: Line, held: Held, transaction: TransactionalDBClient) -> None:
    """Make the inverse of a line. Raises: InvalidTransition, InvalidContent, NotPublishable."""
    await _TAKE_BACK[line.object_type](*held, line, transaction)


async def line_of(seq: int, transaction: TransactionalDBClient) -> Line:
    """A line that has an inverse. Raises: NotFound, InvalidTransition."""
    rows = await query(transaction, _LINE, seq)
    if not rows:
        raise NotFound("The history has no line of this number.", field="seq")
    row, verb = rows[0], rows[0]["action"].partition(".")[2]
    if row["object_type"] not in _TAKE_BACK or verb in _NO_WAY or row["object_id"] is None:
        reason = _NO_WAY.get(verb, "Only changes of content are taken back.").format(id=row["object_id"])
        raise InvalidTransition(f"A line {row['action']} has no inverse. {reason}", field="seq")
    before, after = _document(row["before"]), _document(row["after"])
    return Line(seq, row["action"], row["object_type"], row["object_id"], before, after)


def _document(text: str | None) -> Before:
    return json.loads(text) if text else {}


async def _program_of(line: Line, transaction: TransactionalDBClient) -> Program | None:
    # The program before the lesson, as whoever publishes locks them; only what goes public again needs it.
    if line.object_type != "lesson" or line.before.get("status") != Status.PUBLISHED:
        return None
    rows = await query(transaction, _PROGRAM_OF, line.object_id)
    return await lock(Program, rows[0]["program_id"], transaction) if rows else None


async def _locked(line: Line, transaction: TransactionalDBClient) -> Versioned:
    try:
        return await lock(_MODELS[line.object_type], line.object_id, transaction)
    except NotFound:
        text = f"The {line.object_type} was deleted since: bring it back first (chaishots restore {line.object_id})."
        raise NotFound(text, field="seq") from None


async def require_newest(line: Line, transaction: TransactionalDBClient, *, beside: Sequence[int] = ()) -> None:
    """Refuse what something else has changed since. Raises: ChangedSince.

    Args:
        beside: lines that go back with it, and do not count.
    """
    if line.action in (*_TOPICS, *_MEMBERS):
        return  # one of several: its own statement looks whether that one is as it was left
    rows = await query(transaction, _SINCE, line.object_id, line.seq, line.fields, list(beside))
    if rows:
        seq, at, by, action = (rows[0][name] for name in ("seq", "at", "actor", "action"))
        text = f"{by} has changed the same since ({action}, {tell_time(at)}, line {seq})"
        raise ChangedSince(text, "take that back first, or send force=true.", field="seq")


async def _take_back_lesson(
    thing: Versioned, program: Program | None, line: Line, transaction: TransactionalDBClient
) -> None:
    assert isinstance(thing, Lesson)
    await _put_back("lesson", thing, line.before, lessons.MOVABLE_FIELDS, transaction)
    await thing.refresh_from_db(using_db=transaction)
    becomes, now = Status(line.before.get("status", thing.status)), await database_now(transaction)
    publish_at = _moment(line.before["publish_at"]) if "publish_at" in line.before else thing.publish_at
    zone = line.before.get("publish_zone", thing.publish_zone)
    if becomes is thing.status and not {"publish_at", "publish_zone"} & line.before.keys():
        return
    if thing.status is Status.PUBLISHED and becomes is not Status.PUBLISHED:
        await lessons.archive(thing, transaction)
        return
    if thing.status is Status.ARCHIVED and becomes is not Status.ARCHIVED:
        archive_at, archive_zone = thing.archive_at, thing.archive_zone
        thing = await lessons.restore(thing, transaction)
        if archive_at is not None and archive_at > now:
            thing.archive_at, thing.archive_zone = archive_at, archive_zone
            thing = await save(thing, ["archive_at", "archive_zone"], transaction)
    if becomes is Status.SCHEDULED and publish_at is not None:
        await lessons.schedule(thing, publish_at, zone, now, transaction)
    elif becomes is Status.PUBLISHED and thing.status is not Status.PUBLISHED:
        assert program is not None  # locked for this
        await lessons.publish(thing, program, now, transaction)
    elif becomes is Status.DRAFT and thing.status is Status.SCHEDULED:
        await lessons.unschedule(thing, transaction)
    elif becomes is Status.ARCHIVED and thing.status is not Status.ARCHIVED:
        await lessons.archive(thing, transaction)


async def _take_back_program(
    thing: Versioned, _: Program | None, line: Line, transaction: TransactionalDBClient
) -> None:
    assert isinstance(thing, Program)
    if statement := _TOPICS.get(line.action):
        await query(transaction, statement, thing.id, UUID((line.before or line.after)["topic_id"]))
        return
    if line.before.get("status") == ProgramStatus.DRAFT and thing.status is ProgramStatus.PUBLISHED:
        raise InvalidTransition("It went public with a lesson: take that down, or archive the program.", field="status")
    await _put_back("program", thing, line.before, PROGRAM_FIELDS | {"status"}, transaction)


async def _take_back_release(
    thing: Versioned, _: Program | None, line: Line, transaction: TransactionalDBClient
) -> None:
    assert isinstance(thing, Release)
    if statement := _MEMBERS.get(line.action):
        await query(transaction, statement, thing.id, UUID((line.before or line.after)["lesson_id"]))
        return
    if thing.status in (ReleaseStatus.PUBLISHED, ReleaseStatus.CANCELLED) and "status" in line.before:
        text = f"The release is {thing.status}: POST /cms/releases/{thing.id}/revert takes a published one back."
        raise InvalidTransition(text, field="status")
    becomes = ReleaseStatus(line.before.get("status", thing.status))
    publish_at = _moment(line.before.get("publish_at"))
    if becomes is ReleaseStatus.SCHEDULED and publish_at and publish_at <= await database_now(transaction):
        raise InvalidContent("The time that it had has passed: choose a later one.", field="publish_at")
    fields = frozenset({"name", "status", "publish_at", "publish_zone"})
    await _put_back("release", thing, line.before, fields, transaction)


async def _take_back_fields(
    thing: Versioned, _: Program | None, line: Line, transaction: TransactionalDBClient
) -> None:
    fields = TERM_FIELDS if line.object_type == "term" else TOPIC_FIELDS
    await _put_back(line.object_type, thing, line.before, fields, transaction)


async def _put_back(
    table: str, thing: Versioned, before: Before, fields: frozenset[str], transaction: TransactionalDBClient
) -> None:
    # By Postgres, which reads what it wrote; its rules look at each. Names of columns are those of `fields` alone.
    names = sorted(before.keys() & fields)
    if names:
        columns = ", ".join(f"{name} = was.{name}" for name in names)
        await query(transaction, _PUT_BACK.format(table=table, columns=columns), json.dumps(before), thing.id)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_TakeBack = Callable[[Versioned, Program | None, Line, TransactionalDBClient], Awaitable[None]]
_MODELS: Final[Mapping[str, type[Versioned]]] = {
    "lesson": Lesson,
    "program": Program,
    "term": Term,
    "topic": Topic,
    "release": Release,
}
_TAKE_BACK: Final[Mapping[str, _TakeBack]] = {
    "lesson": _take_back_lesson,
    "program": _take_back_program,
    "release": _take_back_release,
    "term": _take_back_fields,
    "topic": _take_back_fields,
}
