"""Who may use the CMS: tokens with a role. Only a token's SHA-256 is kept; the token itself is shown once.

A token is looked up in the database with every request, so that a revoked one stops at once on every replica.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.errors import Conflict, NotFound, explained
from chaishots.content.lifecycle import Role
from chaishots.database.connection import Connection

_PREFIX: Final = "chai_"
_SECRET_BYTES: Final = 32
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


_COLUMNS: Final = "id, name, role, created_at, last_used_at, revoked_at"
_CREATE: Final = f"insert into api_token (name, role, token_hash) values ($1, $2, $3) returning {_COLUMNS}"
_LIST: Final = f"select {_COLUMNS} from api_token order by name, id"
_REVOKE: Final = """
    update api_token set revoked_at = clock_timestamp() where name = $1 and revoked_at is null returning id
"""
# api_token_hash_unique (token_hash).
_FIND: Final = f"select {_COLUMNS}, token_hash from api_token where token_hash = $1 and revoked_at is null"
_USED: Final = """
    update api_token set last_used_at = now()
     where id = $1 and (last_used_at is null or last_used_at < now() - make_interval(secs => $2))
"""


async def create_token(connection: Connection, name: str, role: Role) -> tuple[Token, str]:
    """Make a token; the text is given this once and never again. Raises: Conflict when an active one has the name."""
    text = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    try:
        row = await connection.fetchrow(_CREATE, name, role, _hash(text))
    except asyncpg.IntegrityConstraintViolationError as error:
        raise explained(error.constraint_name) or Conflict("This token cannot be made.") from error
    assert row is not None  # an insert returns its row
    return _token(row), text


async def tokens(connection: Connection) -> list[Token]:
    """Every token there is, revoked ones too, by name."""
    return [_token(row) for row in await connection.fetch(_LIST)]


async def revoke_token(connection: Connection, name: str) -> None:
    """Make the active token of this name useless at once. Raises: NotFound."""
    if await connection.fetchval(_REVOKE, name) is None:
        raise NotFound("There is no active token of this name.", field="name")


async def authenticated(connection: Connection, text: str) -> Token | None:
    """The active token that the text is; None when it is none."""
    presented = _hash(text)
    row = await connection.fetchrow(_FIND, presented)
    # The index has compared the hashes already; this says so in constant time.
    if row is None or not hmac.compare_digest(row["token_hash"], presented):
        return None
    await connection.execute(_USED, row["id"], LAST_USED_SECONDS)
    return _token(row)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _token(row: asyncpg.Record) -> Token:
    fields = ("id", "name", "created_at", "last_used_at", "revoked_at")
    return Token(role=Role(row["role"]), **{field: row[field] for field in fields})
