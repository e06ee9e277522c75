"""GET /docs: the contract as pages to read and to try, by Swagger UI out of a package; no other host is asked."""

from importlib.resources import files
from typing import Final

from quart import Blueprint, Response, render_template
from quart_schema import hide

ASSETS: Final = "/static/swagger-ui"

# Nothing but this host, and no script or style that stands in the page. Swagger UI brings its icons as data: URLs.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

docs = Blueprint(
    "docs",
    __name__,
    template_folder="templates",
    static_folder=str(files("flask_swagger_ui") / "dist"),
    static_url_path=ASSETS,
)


@docs.get("/docs")
@hide
async def get_docs() -> Response:
    """The page that shows /openapi.json."""
    response = Response(await render_template("docs.html", assets=ASSETS), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    return response
