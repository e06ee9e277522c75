"""Pictures: /cms/pictures."""

import re
from typing import Any, Final, cast

from quart import Blueprint, Response, current_app

from chaishots.api.auth import actor, requires
from chaishots.api.contract.parameters import PicturePage, takes_query
from chaishots.api.contract.requests import PictureBody
from chaishots.api.contract.responses.pictures import Picture, Pictures
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import retried
from chaishots.api.public_url import public_url
from chaishots.api.routes.cms.representations import answer_deleted, answer_page
from chaishots.api.uploads import read_upload, uploading
from chaishots.content.errors import NotFound
from chaishots.content.pictures import stored_pictures, upload_and_removal
from chaishots.content.roles import Role
from chaishots.database.connection import reading

pictures = Blueprint("cms_pictures", __name__, url_prefix="/cms/pictures")

PICTURES: Final = "PICTURES"
"""The pictures' name in the application's configuration."""
_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/avif")
_ID: Final = re.compile("[0-9a-f]{64}")


@pictures.get("")
@requires(Role.VIEWER)
@answers(Pictures)
@takes_query(PicturePage)
async def list_pictures(query_args: PicturePage) -> Response:
    """Pictures, the newest first: all, those that nothing uses, or those that one program or lesson uses."""
    async with reading() as connection:
        page = await stored_pictures.pictures(
            connection,
            public_url(),
            query_args.window,
            is_unused=query_args.unused,
            used_by=query_args.used_by,
        )
        return answer_page("pictures", page)


@pictures.post("")
@requires(Role.EDITOR)
@answers(Picture, 201, others={200: Picture}, takes_files=_TYPES)
async def upload_picture() -> Response:
    """Upload a picture: JPEG, PNG, WebP or AVIF, at most 10 MiB and 40 megapixels, as the body or the file of a form.

    It is turned upright, loses all metadata, and is made ready in the widths that pages need. Sent again, it is there
    once, and the answer is 200 instead of 201.
    """
    async with uploading():
        picture_id, is_new = await _pictures().keep(await read_upload(), actor=actor())
    return await _presented(picture_id, 201 if is_new else 200)


@pictures.get("/<picture_id>")
@requires(Role.VIEWER)
@answers(Picture)
async def get_picture(picture_id: str) -> Response:
    """A picture, with its URLs and how often it is used."""
    return await _presented(_identifier(picture_id))


@pictures.patch("/<picture_id>")
@requires(Role.EDITOR)
@retried
@answers(Picture)
@takes_body(PictureBody, example={"alt": {"te": "అ అనే అక్షరం", "en": None}})
async def change_picture(picture_id: str, body: PictureBody) -> Response:
    """Say in words what a picture shows, by language, for whoever does not see it; null takes a language away."""
    async with reading() as connection:
        await stored_pictures.change_alt(connection, _identifier(picture_id), body.alt, actor=actor())
    return await _presented(picture_id)


@pictures.delete("/<picture_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204)
async def delete_picture(picture_id: str) -> Response:
    """Delete a picture; refused while something uses it."""
    await _pictures().delete(_identifier(picture_id), actor=actor())
    return answer_deleted()


async def _presented(picture_id: str, status: int = 200) -> Response:
    async with reading() as connection:
        document = await stored_pictures.picture(connection, picture_id, public_url())
    response = Response(document, status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    if status == 201:
        response.headers["Location"] = f"/cms/pictures/{picture_id}"
    return response


def _pictures() -> upload_and_removal.Pictures:
    return cast("dict[str, Any]", current_app.config)[PICTURES]  # Quart's config is untyped


def _identifier(text: str) -> str:
    if not _ID.fullmatch(text):
        raise NotFound("There is no picture with this id: it is 64 digits and letters from a to f.", field="id")
    return text
