"""The files of pictures: GET /pictures/…, no authentication.

What is well-formed is answered by `delivery/pictures.py` before it comes here. Here comes what is refused.
"""

from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

from chaishots.api.contract.route_documentation import answers

picture_files = Blueprint("pictures", __name__, url_prefix="/pictures")


@picture_files.get("/<file>")
@answers(None, files=("image/webp", "image/avif"))
async def get_picture(file: str) -> Response:
    """A picture: `{id}.webp` at its widest, `{id}-{width}.webp` at one of its widths; `.avif` where it has that."""
    raise NotFound
