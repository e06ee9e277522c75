"""Finds what ends the publisher's session when it is published: by a trigger that crashes Postgres, for one.

The database cannot catch that, so nobody is told at which lesson it was. It is found by what was on its way: batches
become small (`batch_limits.py`), then what is due first, of each kind, is put aside, to be tried by itself. Before it
is tried, it is noted as refused: when the session ends with it, no other replica tries it at once.

Knows the publisher's own session. Must not know who leads, or how a batch is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.stored_refusals import is_refused
from chaishots.database.connection import Connection
from chaishots.scheduler.refusal_reasons import Refusal, Refused

_SUSPECTED: Final = (
    "The publisher's session ended with a batch in which it was; it is tried by itself, as soon as the others are out."
)
_ENDS_SESSIONS: Final = (
    "The publisher's session with Postgres ended when it was tried by itself: most likely a trigger of your own ends "
    "the session, or crashes Postgres, whose log tells. Mend the trigger."
)
# lesson_end_due (archive_at, id), change_due (apply_at, id), lesson_due (publish_at, id), release_due (publish_at, id):
# as a batch of one takes them. And what a batch tries again, refused before, when nothing else is due.
_PUT_FIRST_ASIDE: Final = f"""
    with ending as (
        select id from lesson
         where archive_at is not null and status in ('scheduled', 'published') and publish_error is null
           and archive_at <= now() and not {is_refused("lesson")}
         order by archive_at, id limit 1 for update skip locked),
    changing as (
        select id from change
         where status = 'scheduled' and error is null and release_id is null and apply_at <= now()
           and not {is_refused("change")}
         order by apply_at, id limit 1 for update skip locked),
    publishing as (
        select id from lesson
         where status = 'scheduled' and publish_error is null and release_id is null and publish_at <= now()
           and (archive_at is null or archive_at > now()) and not {is_refused("lesson")}
         order by publish_at, id limit 1 for update skip locked),
    releasing as (
        select id from release
         where status = 'scheduled' and publish_error is null and publish_at <= now() and not {is_refused("release")}
         order by publish_at, id limit 1 for update skip locked),
    retrying as (
        select id from refusal where (retry_at <= now() or awaits_database) and not goes_alone
         order by retry_at limit 50)
    select chaishots_put_aside(id, $1, false)
      from (table ending union table changing union table publishing union table releasing union table retrying) first
"""
_PUT_ASIDE: Final = "select chaishots_put_aside($1, $2, false)"
_NOTE_BEFORE_TRY: Final = """
    select chaishots_put_aside(id, $3, true) from refusal where id = $1 and reason in ($2, $3)
"""
_NAMES: Final = """
    select id, title, version, false as is_change from lesson where id = any($1::uuid[])
     union all
    select id, name, version, false from release where id = any($1::uuid[])
     union all
    select change.id, object_type || ' ' || coalesce(
               (select title from lesson where lesson.id = object_id),
               (select title from program where program.id = object_id),
               (select coalesce(title, 'Term ' || term_number) from term where term.id = object_id)), version, true
      from change where id = any($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class LostSession:
    """At what the publisher's session ended, whoever or whatever ended it.

    lessons: how many the batch was to take. key: what was tried by itself instead. refusal: what is noted of that.
    """

    lessons: int = 0
    key: UUID | None = None
    refusal: Refusal | None = None

    @property
    def has_suspects(self) -> bool:
        """Whether it can be told what may have ended it, and is not known as refused yet."""
        return self.refusal is None and (self.key is not None or self.lessons == 1)


async def put_aside(session: Connection, lost: LostSession) -> None:
    """Have what may have ended the session be tried by itself: of a batch of one, what is due first of each kind."""
    if lost.key:
        await session.fetch(_PUT_ASIDE, lost.key, _SUSPECTED)
    else:
        await session.fetch(_PUT_FIRST_ASIDE, _SUSPECTED)


async def refusal_if_session_ends(session: Connection, key: UUID) -> Refusal | None:
    """What is to be told of one that was put aside as a suspect, if the session ends now that it is tried.

    It is noted as that before, to be forgotten when it goes well; None: it is no suspect.
    """
    if not await session.fetch(_NOTE_BEFORE_TRY, key, _SUSPECTED, _ENDS_SESSIONS):
        return None
    for name in await names_of(session, [key]):
        told = Refused(key, name["title"], _ENDS_SESSIONS, is_change=name["is_change"])
        return Refusal(key, name["version"], told, _ENDS_SESSIONS, None, awaits_database=False)
    return None


async def names_of(session: Connection, keys: Sequence[UUID | None]) -> Sequence[asyncpg.Record]:
    """Title and version of lessons, releases and changes."""
    return await session.fetch(_NAMES, keys)
