"""Who asks: the bearer token of a request, its role, and the name that the history gets."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, Final, TypeVar, cast

from quart import g, request
from quart_schema import security_scheme
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from chaishots.api.idempotency import once
from chaishots.content.lifecycle import Role
from chaishots.content.tokens import Token, authenticated
from chaishots.database.connection import reading

SCHEME: Final = "token"
"""The security scheme's name in /openapi.json."""

Route = TypeVar("Route", bound=Callable[..., Awaitable[Any]])  # Any: routes take and give what they like


def requires(role: Role) -> Callable[[Route], Route]:
    """Let only requests with a token of this role, or one that includes it, reach the route.

    Raises: Unauthorized (401) without a token that is valid at this moment; Forbidden (403), naming the role needed.
    """

    def guard(route: Route) -> Route:
        @wraps(route)
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            token = await presented_token()
            if token is None:
                raise _unauthorized("This needs a token: send it as Authorization: Bearer …")
            if not token.role.includes(role):
                raise Forbidden(f"This needs a token with the role {role}; yours is {token.role}.")
            g.token = token
            return await once(token, partial(route, *args, **kwargs))

        return cast("Route", security_scheme([{SCHEME: []}])(guarded))

    return guard


async def presented_token() -> Token | None:
    """The token that came with the request; None when none did. Raises: Unauthorized when it is not valid."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise _unauthorized("Send the token as Authorization: Bearer …")
    async with reading() as connection:
        token = await authenticated(connection, text.strip())
    if token is None:
        raise _unauthorized("This token is not valid, or was revoked: ask an admin for another.", error="invalid_token")
    return token


def actor() -> str:
    """The name that the history gets for what this request changes."""
    return current_token().name


def current_token() -> Token:
    """The token of a request that `requires` has let through."""
    return cast("Token", g.token)


def _unauthorized(detail: str, **challenge: str) -> Unauthorized:
    return Unauthorized(detail, www_authenticate=WWWAuthenticate("bearer", {"realm": "chaishots", **challenge}))
