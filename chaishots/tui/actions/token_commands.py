"""Makes tokens of what the operator typed, and says what is wrong with it; why one cannot be made or revoked now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chaishots.content import tokens
from chaishots.content.errors import InvalidContent
from chaishots.content.roles import Role
from chaishots.content.tokens import Token
from chaishots.database.connection import Connection
from chaishots.tui.actions.possible_actions import why_not_change
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.state.session import Session

ROLES: Final = tuple(role.value for role in Role)


@dataclass(frozen=True)
class TypedToken:
    """A token as it was typed. lifetime: such as 90d or 12h; empty for one that is good until it is revoked."""

    name: str = ""
    role: str = ""
    lifetime: str = ""


class BadField(Exception):
    """A field of what was typed cannot be used; the text says what can."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def check(typed: TypedToken) -> None:
    """Look whether a token can be made of what was typed, as far as is known without the database. Raises: BadField."""
    if not typed.name.strip():
        raise BadField("name", "Type a name: whom or what it is for.")
    if typed.role.strip().lower() not in ROLES:
        raise BadField("role", f"A role is {', '.join(ROLES[:-1])} or {ROLES[-1]}.")
    if typed.lifetime.strip():
        try:
            tokens.lifetime(typed.lifetime.strip())
        except InvalidContent as refused:
            raise BadField("lifetime", str(refused)) from None


async def create(connection: Connection, typed: TypedToken, now: datetime, actor: str) -> str:
    """Make a token of what was checked; its secret, which is told this once. Raises: a ContentError."""
    lifetime = typed.lifetime.strip()
    expires_at = now + tokens.lifetime(lifetime) if lifetime else None
    role = Role(typed.role.strip().lower())
    _, secret = await tokens.create_token(connection, typed.name.strip(), role, expires_at=expires_at, actor=actor)
    return secret


def why_not_create(session: Session) -> str | None:
    """Why no token can be made now; None when one can."""
    return why_not_change(read_only=session.options.read_only, is_away=session.is_away)


def why_not_revoke(session: Session, token: Token | None) -> str | None:
    """Why a token cannot be revoked now; None when it can."""
    if refused := why_not_create(session):
        return refused
    if token is None:
        return "Select a token first."
    return "It is revoked already." if token.revoked_at else None


def question(token: Token) -> str:
    """The question before a token is revoked."""
    return (
        f"Revoke the token “{plain(token.name)}” ({token.role})?\n\n"
        "Whoever uses it is refused at once, on every replica. It cannot be taken back: make a new one."
    )
