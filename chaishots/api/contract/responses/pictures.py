"""What is answered of pictures: in the CMS, and beside their URLs in the catalog."""

from typing import Annotated, Final

from pydantic import Field

from chaishots.api.contract.examples import CREATED, PICTURE_ID
from chaishots.api.contract.responses.answer import Answer, Count, Cursor, ShownMoment
from chaishots.api.contract.values import Language, Variant

_PICTURE: Final = f"https://catalog.example.com/pictures/{PICTURE_ID}"
Pixels = Annotated[int, Field(ge=1)]


class PictureVariant(Answer):
    """A picture in one width. avif: the same as AVIF, where that takes fewer bytes."""

    url: str
    width: Pixels
    avif: str | None = None

    example = {"url": f"{_PICTURE}-640.webp", "width": 640, "avif": f"{_PICTURE}-640.avif"}


class UploadedPicture(Answer):
    """A picture of ours. url, width, height: its widest variant; colour: its average; variants: for `srcset`."""

    url: str
    width: Pixels
    height: Pixels
    colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
    variants: list[PictureVariant]

    example = {
        "url": f"{_PICTURE}.webp",
        "width": 1280,
        "height": 720,
        "colour": "#c8953f",
        "variants": [
            {"url": f"{_PICTURE}-320.webp", "width": 320},
            PictureVariant.example,
            {"url": f"{_PICTURE}.webp", "width": 1280, "avif": f"{_PICTURE}.avif"},
        ],
    }


class PictureAsset(UploadedPicture):
    """A picture of ours as it is shown in a language, with its alt text in that one where it has one."""

    alt: str | None = None

    example = {**UploadedPicture.example, "alt": "The letter అ, drawn as a kolam"}


PicturesShown = dict[Language, dict[Variant, PictureAsset]]
"""By language and variant, as the URLs are."""


class Picture(UploadedPicture):
    """An uploaded picture. uses: how many programs and lessons have it; unused_since: since when none has."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    alt: dict[Language, str]
    created_at: ShownMoment
    unused_since: ShownMoment | None
    uses: Count

    identifies = ("picture_id", "id")
    example = {
        "id": PICTURE_ID,
        **UploadedPicture.example,
        "alt": {"te": "అ"},
        "created_at": CREATED,
        "unused_since": None,
        "uses": 2,
    }


class Pictures(Answer):
    """A page of pictures, the newest first."""

    pictures: list[Picture]
    next_cursor: Cursor

    identifies = ("picture_id", "pictures/0/id")
    example = {"pictures": [Picture.example], "next_cursor": None}
