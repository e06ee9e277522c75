"""GET /openapi.json, the contract; GET /docs: the same as pages to read and to try, by Swagger UI out of a package.

Each is made once, compressed once for each encoding, and has a strong ETag. No other host is asked.
"""

import asyncio
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

from quart import Blueprint, Response, current_app, render_template, request
from quart_schema import hide
from werkzeug.exceptions import NotFound

from chaishots.api.conditional_requests import is_held
from chaishots.api.delivery.encodings import ENCODERS, IDENTITY, encoding
from chaishots.content.answer_format import compact

ASSETS: Final = "/static/swagger-ui"
_FILES: Final = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
# Nothing but this host, and no script or style that stands in the page. Swagger UI brings its icons as data: URLs.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CONTRACT: Final = "CONTRACT_DOCUMENT"
_PAGE: Final = "DOCS_DOCUMENT"

docs = Blueprint("docs", __name__, template_folder="templates")


class _Document:
    """Bytes that stay as they are while the process lives, in the encodings that were asked for."""

    def __init__(self, body: bytes, content_type: str, **headers: str) -> None:
        self._digest = hashlib.sha256(body).hexdigest()[:24]
        self._headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        self._headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        self._content_type = content_type
        self._bodies = {IDENTITY: body}

    async def answer(self) -> Response:
        """What this request is answered: the document, or that the client has it."""
        chosen = encoding(request.headers.get("Accept-Encoding", "").encode("latin1"))
        etag = f'"{self._digest}"' if chosen == IDENTITY else f'"{self._digest}-{chosen}"'
        headers = {**self._headers, "ETag": etag}
        named = request.headers.get("If-None-Match", "").encode("latin1")
        if is_held(named, None, etag.encode(), None, 0):
            return Response(status=304, headers=headers)
        if chosen not in self._bodies:
            self._bodies[chosen] = await asyncio.to_thread(ENCODERS[chosen], self._bodies[IDENTITY])
        if chosen != IDENTITY:
            headers["Content-Encoding"] = chosen
        return Response(self._bodies[chosen], headers=headers, content_type=self._content_type)


@docs.get("/openapi.json")
@hide
async def get_contract() -> Response:
    """The contract, as OpenAPI 3.1."""
    config = cast("dict[str, Any]", current_app.config)  # Quart's config is untyped
    if _CONTRACT not in config:
        told = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
        text = compact(told)
        config[_CONTRACT] = _Document(text.encode(), "application/json")
    return await cast("_Document", config[_CONTRACT]).answer()


@docs.get("/docs")
@hide
async def get_docs() -> Response:
    """The page that shows /openapi.json."""
    config = cast("dict[str, Any]", current_app.config)
    if _PAGE not in config:
        page = await render_template("docs.html", assets=ASSETS)
        config[_PAGE] = _Document(
            page.encode(), "text/html; charset=utf-8", Content_Security_Policy=_POLICY, Referrer_Policy="no-referrer"
        )
    return await cast("_Document", config[_PAGE]).answer()


@docs.get(f"{ASSETS}/<name>")
@hide
async def get_asset(name: str) -> Response:
    """What the page is made of. Raises: NotFound (404)."""
    if name not in _FILES:
        raise NotFound
    return await _asset(name).answer()


@cache
def _asset(name: str) -> _Document:
    return _Document((files("flask_swagger_ui") / "dist" / name).read_bytes(), _FILES[name])
