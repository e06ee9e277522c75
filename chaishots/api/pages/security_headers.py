"""What every page says to a browser about what it may do: nothing but what the page needs, and nothing inline
but its stylesheet, by its digest."""

from collections.abc import Iterable
from typing import Final

from quart import Response

from chaishots.api.delivery.cached_answer import VARY
from chaishots.api.delivery.catalog_reads import Header
from chaishots.api.pages import static_files

# Media may lie on any host, as editors have it. A page's data blocks (JSON-LD) are no scripts to this policy.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src '{static_files.styles_digest()}'",
        "img-src 'self' https: http:",
        "media-src 'self' https: http:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types chaishots",
    )
)
_SAID: Final = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        "microphone=(), midi=(), payment=(), serial=(), usb=()"
    ),
}


def page_headers() -> tuple[Header, ...]:
    """Of every page, problems among them."""
    said = {
        "Content-Type": "text/html; charset=utf-8",
        **_SAID,
        "Speculation-Rules": f'"{static_files.paths()["speculation.json"]}"',
    }
    return tuple((name.lower().encode(), value.encode()) for name, value in said.items())


def preview_headers() -> tuple[Header, ...]:
    """Of pages of a preview: nothing is fetched ahead, and nobody learns their address who did not have it."""
    said = {"Content-Type": "text/html; charset=utf-8", **_SAID, "Referrer-Policy": "no-referrer"}
    return tuple((name.lower().encode(), value.encode()) for name, value in said.items())


def plain_headers(content_type: str) -> tuple[Header, ...]:
    """Of what no browser shows as a page: a feed, a sitemap."""
    policy = b"default-src 'none'; frame-ancestors 'none'"
    return ((b"content-type", content_type.encode()), (b"content-security-policy", policy))


def private_response(headers: Iterable[Header], body: bytes, status: int = 200) -> Response:
    """An answer with these headers that nobody keeps."""
    told = {name.decode(): value.decode() for name, value in headers}
    response = Response(body, status, headers=told)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = VARY.decode()
    return response
