"""Idempotency-Key: a POST that is sent again, because its answer was lost, is answered again and done once.

Two requests with one key at the same moment wait for each other; a request that failed leaves its key free. What
another transaction was in the way of is tried again, with a key or without.
"""

import hashlib
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from quart import Response, g, make_response, request

from chaishots.api.auth import current_token
from chaishots.api.contract.route_documentation import mark_idempotent
from chaishots.content.editing.idempotency_keys import KeptAnswer, claim_key, keep_answer
from chaishots.content.errors import InvalidContent
from chaishots.database.orm import again, transaction

Route = TypeVar("Route", bound=Callable[..., Awaitable[Any]])  # Any: routes take and give what they like

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_LONGEST: Final = 255
_KEPT_HEADERS: Final = ("Content-Type", "Cache-Control", "ETag", "Location")


def idempotent(route: Route) -> Route:
    """Carry a POST out once for each Idempotency-Key of a token, and answer it again as it was answered then.

    Without a key it is `retried` alone.

    Raises: Conflict when the key was used for another request, or the answer was told once; InvalidContent when the key
        is empty, too long, or not plain text.
    """

    @wraps(route)
    async def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return await again(partial(route, *args, **kwargs))
        if not 1 <= len(key) <= _LONGEST or not key.isprintable() or not key.isascii():
            raise InvalidContent(f"Give a key of 1 to {_LONGEST} plain characters, such as a UUID.", field=HEADER)
        # Before a connection is taken: a client may send its body as slowly as it likes.
        request_hash = await _request_hash()
        return await again(partial(_once, current_token().id, key, request_hash, partial(route, *args, **kwargs)))

    mark_idempotent(once)
    return cast("Route", once)


def retried(route: Route) -> Route:
    """Carry a change out again when another transaction was in its way. Raises: DatabaseBusy when it always is."""

    @wraps(route)
    async def tried(*args: Any, **kwargs: Any) -> Any:
        return await again(partial(route, *args, **kwargs))

    return cast("Route", tried)


def hold_secret() -> None:
    """Say of the request's answer that it holds a secret, which is not to be kept anywhere."""
    g.is_told_once = True


async def _once(token_id: UUID, key: str, request_hash: bytes, route: Callable[[], Awaitable[Any]]) -> Response:
    async with transaction() as current:
        kept = await claim_key(current, token_id, key, request_hash)
        if kept is not None:
            return _replayed(kept)
        response = cast("Response", await make_response(await route()))
        if not g.get("is_told_once", default=False):
            body = await response.get_data(as_text=False)
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            await keep_answer(current, token_id, key, KeptAnswer(response.status_code, headers, body))
        return response


async def _request_hash() -> bytes:
    told = hashlib.sha256()
    for part in (request.full_path.encode(), cast("bytes", await request.get_data())):
        told.update(len(part).to_bytes(8) + part)
    return told.digest()


def _replayed(kept: KeptAnswer) -> Response:
    return Response(kept.body, kept.status, headers={**kept.headers, REPLAYED: "true"})
