"""Every request that reaches the application, counted and timed by its route. Plain ASGI, right around Quart.

Reads of the catalog that never come here are counted alike where they are answered, in `delivery/asgi_app.py`.
The route is its template, never the path: strangers choose paths, and each would be a time series of its own.
"""

import re
import time
from functools import cache
from typing import Final, cast

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from quart import Quart, request

from chaishots.metrics import REQUEST_SECONDS, REQUESTS

_ROUTE: Final = "chaishots.route"
_UNMATCHED: Final = "unmatched"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_LEFT: Final = 499


class Measured:
    """Count and time what the application does, and leave it as it is."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        # Before what refuses requests: they are counted by their route too.
        app.before_request_funcs[None].insert(0, _note_route)

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _CLIENT_LEFT
        began = time.perf_counter()

        async def send_noted(event: ASGISendEvent) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
            await send(event)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            route = cast("dict[str, str]", scope).get(_ROUTE, _UNMATCHED)
            REQUESTS[method, route, status] += 1
            REQUEST_SECONDS.labels(method, route).observe(time.perf_counter() - began)


async def _note_route() -> None:
    if request.url_rule is not None:
        # cast: a key of our own, as ASGI leaves to its layers; the type of a scope does not know it.
        cast("dict[str, str]", request.scope)[_ROUTE] = _template(request.url_rule.rule)


@cache
def _template(rule: str) -> str:
    """A rule of Quart's as addresses are written in the docs; there are as many as routes."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
