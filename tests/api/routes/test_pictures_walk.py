"""An editor's way with pictures, from a photo that is refused to one in the catalog; on a folder and on a bucket."""

import struct
from typing import Any

import httpx2

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.storage.folder_or_bucket import Store
from tests import images, stores
from tests.api.conftest import served
from tests.builders import a_public_program
from tests.conftest import Database
from tests.images import decoded, phone_photo, plain

s3, store_url = stores.s3, stores.store_url

MEGABYTE = 1_000_000
HOSTILE = {
    "bomb": (images.png_of_size(40_000, 40_000), 422, "megapixels"),
    "truncated": (plain(1600, 1200)[:-30], 422, "cut off"),
    "SVG with a script": (images.SVG, 415, "JPEG, PNG, WebP or AVIF"),
    "GIF": (images.GIF, 415, "JPEG, PNG, WebP or AVIF"),
    "polyglot": (plain(form="PNG") + b"PK\x03\x04" + b"<script>", 422, "Something follows the picture"),
}


def padded(photo: bytes, size: int) -> bytes:
    """The photo in a file of this size, as cameras pad theirs: they keep a preview behind it."""
    return photo + b"\0" * (size - len(photo))


async def test_from_a_photo_that_is_refused_to_one_in_the_catalog(
    database: Database, sql: Connection, store_url: str
) -> None:
    _, token = await create_token(sql, "asha", Role.EDITOR)
    editor = {"Authorization": f"Bearer {token}"}
    photo = phone_photo(1600, 1200, orientation=6)
    assert decoded(photo).getexif().get_ifd(images.GPS)
    assert tells_place(photo)
    async with served(database, store=Store(store_url)) as serving:
        client = serving.client

        async def send(data: bytes) -> httpx2.Response:
            return await client.post("/cms/pictures", content=data, headers=editor)

        too_large = await send(padded(photo, 12 * MEGABYTE))
        assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")
        assert "10 MiB" in too_large.json()["detail"]
        for name, (data, status, says) in HOSTILE.items():
            refused = await send(data)
            assert (refused.status_code, says in refused.json()["detail"]) == (status, True), (name, refused.text)
        assert (await client.get("/cms/pictures", headers=editor)).json()["pictures"] == []
        assert [entry async for entry in Store(store_url).list()] == []

        answer = await send(padded(photo, 6 * MEGABYTE))
        assert answer.status_code == 201, answer.text
        picture: dict[str, Any] = answer.json()
        assert (picture["width"], picture["height"]) == (1200, 1600)
        program = await a_public_program(sql)
        version = (await client.get(f"/cms/programs/{program}", headers=editor)).headers["etag"]
        assets = {"en": {"portrait": picture["url"], "landscape": picture["url"]}}
        changed = await client.patch(
            f"/cms/programs/{program}", json={"posters": assets}, headers=editor | {"If-Match": version}
        )
        assert changed.status_code == 200, changed.text

        shown = (await client.get(f"/catalog/programs/{program}")).json()["assets"]
        assert shown["posters"] == assets
        told = shown["pictures"]["en"]["portrait"]
        assert (told["url"], told["width"], told["height"]) == (picture["url"], 1200, 1600)
        assert [variant["width"] for variant in told["variants"]] == [320, 640, 1200]
        for variant in told["variants"]:
            for url in filter(None, (variant["url"], variant.get("avif"))):
                file = await client.get(url)
                assert file.status_code == 200, url
                await is_upright_and_tells_nothing(file.content, variant["width"])


def tells_place(file: bytes) -> bool:
    """Whether it has the latitude of the photo, as EXIF keeps it."""
    return any(struct.pack(f"{order}6I", 17, 1, 23, 1, 6, 1) in file for order in "<>")


async def is_upright_and_tells_nothing(file: bytes, width: int) -> None:
    """Its blue, the stored top, is at the right, where orientation 6 turns it; and there is nothing but the picture."""
    variant = decoded(file)
    assert variant.size == (width, width * 4 // 3) or abs(variant.size[1] - width * 4 / 3) < 1
    red, _, blue = variant.convert("RGB").getpixel((width * 15 // 16, variant.size[1] // 2))  # type: ignore[misc]
    assert blue > red + 50
    assert not dict(variant.getexif())
    assert not {"exif", "xmp", "icc_profile"} & {key for key, value in variant.info.items() if value}
    assert b"Exif" not in file
    assert not tells_place(file)
