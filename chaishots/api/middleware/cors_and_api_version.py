"""Who may read answers in a browser, on a page of another origin (CORS), and the API's version. Plain ASGI.

The catalog and the contract are for everybody: any origin, always the same headers, so that caches need not tell
origins apart. The CMS is for the origins that `CHAISHOTS_CORS_ORIGINS` names. Credentials of the browser's own, as
cookies, are never asked for: whoever has a token sends it.
"""

from collections.abc import Collection, Iterable
from typing import Final

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

from chaishots import API_VERSION
from chaishots.metrics import REQUESTS

Header = tuple[bytes, bytes]

PREFLIGHT_SECONDS: Final = 86_400
VERSION: Final[Header] = (b"api-version", API_VERSION.encode())
"""Of every answer; `server/` sends it."""
EXPOSED: Final[Header] = (
    b"access-control-expose-headers",
    b"ETag, Last-Modified, Age, Cache-Status, Location, X-Request-ID, Retry-After, API-Version, Deprecation, Sunset",
)
"""What scripts may look at, beside what browsers show them anyway."""
FOR_EVERYBODY: Final[list[Header]] = [(b"access-control-allow-origin", b"*"), EXPOSED]
PUBLIC: Final = ("/catalog", "/pictures", "/openapi.json", "/health")
"""How the addresses begin that any page may ask."""

_CMS: Final = "/cms"
_BY_ORIGIN: Final[Header] = (b"vary", b"Origin")
_MAX_AGE: Final[Header] = (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS)
READING: Final[list[Header]] = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (
        b"access-control-allow-headers",
        b"Authorization, If-Match, If-Modified-Since, If-None-Match, Last-Event-ID, X-Request-ID",
    ),
    _MAX_AGE,
]
_EDITING: Final[list[Header]] = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, Last-Event-ID, "
        b"X-Request-ID",
    ),
    _MAX_AGE,
]
_ASKED_BEFORE: Final = b"access-control-request-method"


class CrossOrigin:
    """Answer what browsers ask before a request, and say in each answer who may read it."""

    def __init__(self, app: ASGIFramework, origins: Collection[str] = ()) -> None:
        """Let pages of any origin read what is public.

        Args:
            origins: whose pages may use the CMS, such as https://editors.example.com.
        """
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_cms = scope["path"].startswith(_CMS)
        told = self._told(scope["path"], scope["headers"])
        is_allowed = len(told) > 1
        if scope["method"] == "OPTIONS" and is_allowed and any(name == _ASKED_BEFORE for name, _ in scope["headers"]):
            REQUESTS["OPTIONS", "preflight", 204] += 1
            headers = [*told, *(_EDITING if is_cms else READING)]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def send_told(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event["headers"], *told]
            await send(event)

        await self._app(scope, receive, send_told if told else send)

    def _told(self, path: str, headers: Iterable[Header]) -> list[Header]:
        if path.startswith(PUBLIC):
            return FOR_EVERYBODY
        if not path.startswith(_CMS) or not self._origins:
            return []
        origin = next((value for name, value in headers if name == b"origin"), b"")
        if origin not in self._origins:
            return [_BY_ORIGIN]
        return [(b"access-control-allow-origin", origin), EXPOSED, _BY_ORIGIN]
