"""What URLs of ours begin with, in answers that name them in full.

Set CHAISHOTS_PUBLIC_URL, and it is that. Else it is what the request came to, which only its sender learns; a request
that came through a proxy says in Host whatever its sender likes, so then it is the address that the proxy connected to.
"""

import re
from typing import Any, Final, cast

from hypercorn.typing import HTTPScope
from quart import current_app, request

from chaishots.api.log_limits import Seldom
from chaishots.logs import named_logger

PREVIEWS: Final = "/preview"
"""What the paths begin with of whatever a preview link opens."""
PUBLIC_URL: Final = "PUBLIC_URL"
"""The setting's name in the application's configuration."""
_HOST: Final = re.compile(r"(?i:[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")
_OF_PROXIES: Final = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via")

_log = named_logger("api")
_seldom = Seldom(seconds=60)


def public_url() -> str:
    """`https://host`, without a slash at its end, for URLs in the answer to this request."""
    config = cast("dict[str, Any]", current_app.config)  # Quart's config is untyped
    if (set_url := config.get(PUBLIC_URL)) is not None:
        return set_url
    host = request.headers.get("Host", "")
    is_forwarded = any(name in request.headers for name in _OF_PROXIES)
    if not is_forwarded and _HOST.fullmatch(host):
        return f"{request.scheme}://{host}"
    if is_forwarded and (more := _seldom.again("public_url")) is not None:
        _log.warning("public_url.unset", action="Set CHAISHOTS_PUBLIC_URL to where readers find us.", more_since=more)
    address, port = cast("HTTPScope", request.scope)["server"] or ("127.0.0.1", None)
    shown = f"[{address}]" if ":" in address else address
    return f"{request.scheme}://{shown}{f':{port}' if port else ''}"
