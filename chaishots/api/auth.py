"""Who asks: the bearer token of a request, its role, and the name that the history gets.

Refuses whoever's role does not do for the route. The role that each needs, it says itself, by `@requires`
(`routes/cms/`); which role includes which, `content/roles.py` knows.
"""

import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from quart import current_app, g, request
from quart_schema import security_scheme
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from chaishots.api.contract.route_documentation import SCHEME
from chaishots.api.log_limits import Seldom
from chaishots.content.roles import Role
from chaishots.content.tokens import Token, find_active_token
from chaishots.database.connection import reading
from chaishots.logs import named_logger

_ROLE: Final = "chaishots_role"
_BY_ADDRESS: Final = "chaishots_by_address"
_TOKEN: Final = re.compile(r"chai_[A-Za-z0-9_-]{20,100}")
"""What is a token of ours by its looks; nobody is asked about anything else."""
_REFUSED_SECONDS: Final = 1
_MOST_REFUSED: Final = 4_096
_refused_at: Final[dict[bytes, float]] = {}
"""Hashes of what was refused just now: whoever sends the same again and again takes no connection of the pool."""

_log = named_logger("api")
_seldom = Seldom(seconds=1)

Route = TypeVar("Route", bound=Callable[..., Awaitable[Any]])  # Any: routes take and give what they like


def requires(role: Role, *, by_address: bool = False) -> Callable[[Route], Route]:
    """Let only requests with a token of this role, or one that includes it, reach the route; `authorize` sees to it.

    Args:
        by_address: the token may stand in the address, as `?token=`, for programs that send no headers of ours. Then it
            is one of this very role, as addresses are passed on, and kept by programs in between.
    """

    def mark(route: Route) -> Route:
        setattr(route, _ROLE, role)
        setattr(route, _BY_ADDRESS, by_address)
        return security_scheme([{SCHEME: []}])(route)

    return mark


async def authorize() -> None:
    """Refuse a request whose token does not do for its route; every route under /cms needs one. Before each request.

    Raises: Unauthorized (401) without a token that is valid at this moment; Forbidden (403), naming the role needed.
    """
    if request.url_rule is None or request.method == "OPTIONS":
        return
    route = current_app.view_functions[request.url_rule.endpoint]
    role: Role | None = getattr(route, _ROLE, None)
    if role is None:
        if request.url_rule.rule.startswith("/cms"):
            raise LookupError(f"{request.url_rule} has no @requires(…): nobody is let in.")
        return
    in_address = request.args.get("token") if getattr(route, _BY_ADDRESS) else None
    token = await authenticate() if in_address is None else await _authenticate_text(in_address)
    if token is None:
        raise _unauthorized("This needs a token: send it as Authorization: Bearer …")
    if in_address is not None and token.role is not role:
        raise Forbidden(f"An address takes a token of the role {role} alone; this is {token.role}: better revoke it.")
    if not token.role.includes(role):
        raise Forbidden(f"This needs a token with the role {role}; yours is {token.role}.")
    g.token = token


async def authenticate() -> Token | None:
    """The token that came with the request; None when none did. Raises: Unauthorized when it is not valid."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise _unauthorized("Send the token as Authorization: Bearer …")
    return await _authenticate_text(text.strip())


async def _authenticate_text(text: str) -> Token:
    presented = hashlib.sha256(text.encode(errors="replace")).digest()
    token = None
    if _TOKEN.fullmatch(text) and not _is_refused(presented):
        async with reading() as connection:
            token = await find_active_token(connection, text)
    if token is None:
        _note_refusal(presented)
        raise _unauthorized(
            "This token is not valid, was revoked, or has expired: ask an admin for another.", error="invalid_token"
        )
    return token


def _is_refused(presented: bytes) -> bool:
    return time.monotonic() - _refused_at.get(presented, -_REFUSED_SECONDS) < _REFUSED_SECONDS


def _note_refusal(presented: bytes) -> None:
    if not _is_refused(presented):
        if len(_refused_at) >= _MOST_REFUSED:
            _refused_at.clear()
        _refused_at[presented] = time.monotonic()
    if (more := _seldom.again("refused")) is not None:
        _log.warning("login.refused", path=request.path[:200], more_since=more)


def actor() -> str:
    """The name that the history gets for what this request changes."""
    return current_token().name


def current_token() -> Token:
    """The token of a request that `authorize` has let through."""
    return cast("Token", g.token)


def _unauthorized(detail: str, **challenge: str) -> Unauthorized:
    return Unauthorized(detail, www_authenticate=WWWAuthenticate("bearer", {"realm": "chaishots", **challenge}))
