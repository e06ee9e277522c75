"""Looks at the catalog without a login: links to it as of a moment. Only a link's SHA-256 is kept; it is told once.

A link is looked up in the database with every request, so that a revoked one stops at once on every replica.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content import paging
from chaishots.content.actor import name_actor
from chaishots.content.answer_format import moments_sql
from chaishots.content.constraints import error_for_constraint
from chaishots.content.errors import Conflict, InvalidContent, NotFound
from chaishots.database.connection import Connection

HELD_FOR: Final = timedelta(days=7)
"""How long a link holds when nobody says; the database allows 90 days."""
_PREFIX: Final = "look_"
_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")
_PASSED: Final = "This time has passed: choose a later one."


@dataclass(frozen=True)
class PreviewLink:
    """A link as it is listed: everything but what opens it.

    at: the moment that it shows; None: whichever it is when somebody looks. program_id: the one program that it shows;
    None: the whole catalog. expires_at, revoked_at: or its token's, where that ends before.
    """

    id: UUID
    at: datetime | None
    program_id: UUID | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


# A link ends with the token that made it, which has leaked, or whose owner has left.
_ENDS: Final = """
    least(preview_link.expires_at, api_token.expires_at) as expires_at,
    coalesce(preview_link.revoked_at, api_token.revoked_at) as revoked_at
"""
_COLUMNS: Final = f"""
    preview_link.id, preview_link.at, preview_link.program_id, preview_link.created_by, preview_link.created_at, {_ENDS}
"""
_LINKS: Final = "preview_link left join api_token on api_token.id = preview_link.token_id"
# In one statement with its checks, so that one clock decides.
_CREATE: Final = f"""
    with preview_link as (
        insert into preview_link (token_hash, at, program_id, expires_at, token_id)
        values ($1, $2, $3, coalesce($4, now() + $5), $6) returning *
    ) select {_COLUMNS} from {_LINKS}
"""
_HAVE_PASSED: Final = "select $1::timestamptz < now() as at, $2::timestamptz <= now() as expires_at"
_PAGE: Final = f"""
    select row_to_json(shown)::text as document, shown.id from (
        select id, {moments_sql("link", "at")}, program_id, created_by,
               {moments_sql("link", "created_at", "expires_at", "revoked_at")}
          from (select {_COLUMNS} from {_LINKS}) as link where {{condition}} order by id desc limit $1) as shown
"""
_REVOKE: Final = """
    update preview_link set revoked_at = clock_timestamp()
     where id = $1 and revoked_at is null and ($2::uuid is null or token_id = $2) returning id
"""
_IS_ACTIVE: Final = "select exists (select from preview_link where id = $1 and revoked_at is null)"
# preview_link_hash_unique (token_hash).
_FIND: Final = f"""
    select * from (select {_COLUMNS} from {_LINKS} where preview_link.token_hash = $1) as link
     where revoked_at is null and expires_at > clock_timestamp()
"""


async def create_preview_link(
    connection: Connection,
    *,
    at: datetime | None = None,
    expires_at: datetime | None = None,
    program_id: UUID | None = None,
    token_id: UUID | None = None,
    actor: str,
) -> tuple[PreviewLink, str]:
    """Make a link; the text that opens it is given this once and never again.

    Args:
        at: the moment to show, not earlier than now; None: as it is whenever somebody looks.
        expires_at: from when on it opens nothing; None: in HELD_FOR.
        program_id: the one program to show, with its lessons; None: all.
        token_id: the token of whoever makes it: once that is revoked, or has expired, the link opens nothing any more.
    Raises: InvalidContent when a time has passed or is too late, or there is no such program.
    """
    text = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    try:
        async with connection.transaction():
            passed = await connection.fetchrow(_HAVE_PASSED, at, expires_at)
            assert passed is not None  # it always has its row
            for field in ("at", "expires_at"):
                if passed[field]:
                    raise InvalidContent(_PASSED, field=field)
            await name_actor(connection, actor)
            row = await connection.fetchrow(_CREATE, _hash(text), at, program_id, expires_at, HELD_FOR, token_id)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise error_for_constraint(error.constraint_name) or Conflict("This link cannot be made.") from error
    assert row is not None  # an insert returns its row
    return PreviewLink(**row), text


async def page_of_preview_links(connection: Connection, window: paging.Window) -> paging.Page:
    """Links, expired and revoked ones too, the newest first. Raises: InvalidContent."""
    return await paging.page(connection, _PAGE, [("id < {}", window.place(UUID))], window, sorted_by=("id",))


async def revoke_preview_link(connection: Connection, key: UUID, *, made_by: UUID | None = None, actor: str) -> bool:
    """Make a link open nothing any more, at once. False: another token made it.

    Args:
        made_by: the token whose links may be revoked; None: anybody's.
    Raises: NotFound when there is none that is not revoked already.
    """
    async with connection.transaction():
        await name_actor(connection, actor)
        if await connection.fetchval(_REVOKE, key, made_by) is not None:
            return True
        if not await connection.fetchval(_IS_ACTIVE, key):
            raise NotFound("There is no preview link with this id that is not revoked.", field="id")
        return False


async def find_active_link(connection: Connection, text: str) -> PreviewLink | None:
    """The link that a text opens at this moment; None when it opens none."""
    row = await connection.fetchrow(_FIND, _hash(text))
    return PreviewLink(**row) if row else None


def may_be_link(text: str) -> bool:
    """Whether a text looks like one of ours; nobody is asked about anything else."""
    return _TEXT.fullmatch(text) is not None


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
