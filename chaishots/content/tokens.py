"""Who may use the CMS: tokens with a role. Only a token's SHA-256 is kept; the token itself is shown once.

A token is looked up in the database with every request, so that a revoked one stops at once on every replica.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, Literal
from uuid import UUID

import asyncpg

from chaishots.content import paging
from chaishots.content.actor import name_actor
from chaishots.content.answer_format import moments_sql
from chaishots.content.constraints import error_for_constraint
from chaishots.content.errors import Conflict, InvalidContent, NotFound
from chaishots.content.roles import Role
from chaishots.content.text_normalisation import containing, is_like, normalised
from chaishots.database.advisory_locks import FIRST_ADMIN as FIRST_ADMIN_LOCK
from chaishots.database.connection import Connection

_PREFIX: Final = "chai_"
_SECRET_BYTES: Final = 32
_LIFETIME: Final = re.compile(r"([0-9]{1,4})([dh])")
_UNITS: Final = {"d": "days", "h": "hours"}
FIRST_ADMIN: Final = "first-admin"
"""The name of the token that CHAISHOTS_ADMIN_TOKEN makes."""
LAST_USED_SECONDS: Final = 60
"""How exact `last_used_at` is: a write a minute, not one a request."""


@dataclass(frozen=True)
class Token:
    """A token as it is listed: everything but the secret."""

    id: UUID
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None

    def state(self, now: datetime) -> Literal["active", "expired", "revoked"]:
        """Whether it is good at this moment, and why not."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class FirstAdmin(Enum):
    """What became of the token that the operator gave at the start."""

    MADE = auto()
    REPLACED = auto()
    """Made, and the one given before is revoked."""
    THERE = auto()
    REVOKED = auto()
    """It was revoked once, or has expired, and stays so."""
    OF_OTHER_ROLE = auto()
    """It is a token already, and no admin's."""


_COLUMNS: Final = "id, name, role, created_at, last_used_at, revoked_at, expires_at"
_CREATE: Final = f"""
    insert into api_token (name, role, token_hash, expires_at) values ($1, $2, $3, $4) returning {_COLUMNS}
"""
_LIST: Final = f"select {_COLUMNS} from api_token order by name, id"
_FOUND: Final = f"""
    select {_COLUMNS}, count(*) over () as total from (
        select *, concat_ws(' ', name, role, case
                   when revoked_at is not null then 'revoked'
                   when expires_at <= clock_timestamp() then 'expired' else 'active' end) as words from api_token
    ) as token
     where not exists (select from unnest($1::text[]) as wanted where not {is_like("words").format("wanted")})
       and not exists (select from unnest($2::text[]) as unwanted where {is_like("words").format("unwanted")})
     order by revoked_at is not null, coalesce(expires_at <= clock_timestamp(), false), name, id limit $3
"""
_PAGE: Final = f"""
    select row_to_json(shown)::text as document, shown.name, shown.id from (
        select id, name, role, {moments_sql("api_token", "created_at", "last_used_at", "revoked_at", "expires_at")}
          from api_token where {{condition}} order by name, id limit $1) as shown
"""
_REVOKE: Final = """
    update api_token set revoked_at = clock_timestamp()
     where name = $1 and revoked_at is null and ($2::uuid is null or id = $2) returning id
"""
# api_token_hash_unique (token_hash).
_FIND: Final = f"""
    select {_COLUMNS}, token_hash, coalesce(last_used_at < now() - make_interval(secs => $2), true) as is_use_news
      from api_token
     where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())
"""
_GIVEN: Final = """
    select role, revoked_at is not null or coalesce(expires_at <= clock_timestamp(), false) as is_over
      from api_token where token_hash = $1
"""
_HAS_PASSED: Final = "select $1::timestamptz <= clock_timestamp()"
_USED: Final = """
    update api_token set last_used_at = now()
     where id = $1 and (last_used_at is null or last_used_at < now() - make_interval(secs => $2))
"""


def lifetime(text: str) -> timedelta:
    """How long a token is good for, written as 90d or 12h. Raises: InvalidContent."""
    found = _LIFETIME.fullmatch(text)
    if found is None or not int(found[1]):
        raise InvalidContent("Give a number of days or hours, such as 90d or 12h.", field="expires_at")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


async def create_token(
    connection: Connection, name: str, role: Role, *, expires_at: datetime | None = None, actor: str | None = None
) -> tuple[Token, str]:
    """Make a token; the text is given this once and never again.

    Args:
        expires_at: from when on it is good for nothing, as if it had been revoked; None: never.
        actor: whom the history names; None: the database's user.
    Raises: Conflict when one that is not revoked has the name; InvalidContent when expires_at has passed.
    """
    text = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    if expires_at is not None and await connection.fetchval(_HAS_PASSED, expires_at):
        raise InvalidContent("This time has passed: choose a later one, or none.", field="expires_at")
    try:
        async with connection.transaction():
            await _name(actor, connection)
            row = await connection.fetchrow(_CREATE, normalised(name), role, _hash(text), expires_at)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise error_for_constraint(error.constraint_name) or Conflict("This token cannot be made.") from error
    assert row is not None  # an insert returns its row
    return _token(row), text


async def keep_first_admin(connection: Connection, text: str, *, actor: str) -> FirstAdmin:
    """See to it that this text is an admin's token, `first-admin`; for every replica to call at every start.

    One of that name that is another text is revoked: the new one takes its place. What was revoked never comes back,
    or a replica that still has the old text would bring it back when it starts anew.
    """
    if (known := await _given(connection, text)) is not None:
        return known
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", FIRST_ADMIN_LOCK)
        if (known := await _given(connection, text)) is not None:
            return known
        await name_actor(connection, actor)
        before = await connection.fetchval(_REVOKE, FIRST_ADMIN, None)
        await connection.execute(_CREATE, FIRST_ADMIN, Role.ADMIN, _hash(text), None)
        return FirstAdmin.MADE if before is None else FirstAdmin.REPLACED


async def _given(connection: Connection, text: str) -> FirstAdmin | None:
    row = await connection.fetchrow(_GIVEN, _hash(text))
    if row is None:
        return None
    if row["is_over"]:
        return FirstAdmin.REVOKED
    return FirstAdmin.THERE if row["role"] == Role.ADMIN else FirstAdmin.OF_OTHER_ROLE


async def tokens(connection: Connection) -> list[Token]:
    """Every token there is, revoked ones too, by name."""
    return [_token(row) for row in await connection.fetch(_LIST)]


async def find_tokens(
    connection: Connection, *, words: Sequence[str] = (), unwanted: Sequence[str] = (), limit: int
) -> tuple[list[Token], int]:
    """Tokens, revoked ones last, and how many there are without the limit.

    Args:
        words: all of them are in its name, role or state (active, expired, revoked); the unwanted are not.
    """
    rows = await connection.fetch(_FOUND, [*map(containing, words)], [*map(containing, unwanted)], limit)
    return [_token(row) for row in rows], rows[0]["total"] if rows else 0


async def page_of_tokens(connection: Connection, window: paging.Window) -> paging.Page:
    """Tokens, revoked ones too, by name. Raises: InvalidContent."""
    conditions = [("(name, id) > ({}, {})", window.place(paging.text, UUID))]
    return await paging.page(connection, _PAGE, conditions, window, sorted_by=("name", "id"))


async def revoke_token(
    connection: Connection, name: str, *, only: UUID | None = None, actor: str | None = None
) -> None:
    """Make the token of this name useless at once. Raises: NotFound when there is none that is not revoked already.

    Args:
        only: the id that it has to have: another one of its name may have been made meanwhile.
    """
    async with connection.transaction():
        await _name(actor, connection)
        if await connection.fetchval(_REVOKE, normalised(name), only) is None:
            raise NotFound("There is no active token of this name.", field="name")


async def _name(actor: str | None, connection: Connection) -> None:
    if actor is not None:
        await name_actor(connection, actor)


async def find_active_token(connection: Connection, text: str) -> Token | None:
    """The active token that the text is; None when it is none."""
    presented = _hash(text)
    row = await connection.fetchrow(_FIND, presented, LAST_USED_SECONDS)
    # The index has compared the hashes already; this says so in constant time.
    if row is None or not hmac.compare_digest(row["token_hash"], presented):
        return None
    if row["is_use_news"]:
        await connection.execute(_USED, row["id"], LAST_USED_SECONDS)
    return _token(row)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _token(row: asyncpg.Record) -> Token:
    fields = ("id", "name", "created_at", "last_used_at", "revoked_at", "expires_at")
    return Token(role=Role(row["role"]), **{field: row[field] for field in fields})
