"""Pictures for tests, good and hostile, made as files."""

import io
import os
import struct
import zlib
from functools import lru_cache
from typing import Any

from PIL import Image

GPS = 0x8825
ORIENTATION = 0x0112


def encoded(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def decoded(file: bytes) -> Image.Image:
    """The picture in a file."""
    picture = Image.open(io.BytesIO(file))
    picture.load()
    return picture


def plain(width: int = 800, height: int = 600, colour: str = "#a05030", form: str = "JPEG") -> bytes:
    """A picture of one colour, as a file."""
    return encoded(Image.new("RGB", (width, height), colour), form)


@lru_cache
def photo(width: int, height: int, grain: int = 8) -> Image.Image:
    """What compresses like a photo: noise of several sizes, the finest for the bytes."""
    picture = Image.new("RGB", (width, height), "#b08050")
    for across, weight in ((6, 0.6), (40, 0.4), (max(41, width // grain), 0.35)):
        size = (across, max(1, across * height // width))
        noise = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
        picture = Image.blend(picture, noise.resize((width, height), Image.Resampling.BICUBIC), weight)
    return picture


def phone_photo(width: int = 1600, height: int = 1200, *, orientation: int = 6, quality: int = 85) -> bytes:
    """A photo as a phone stores it: lying, turned by EXIF, with where it was taken; its stored top is blue."""
    picture = photo(width, height).copy()
    picture.paste("#1030d0", (0, 0, width, height // 4))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (17.0, 23.0, 6.0)
    return encoded(picture, exif=exif.tobytes(), quality=quality)


def png_of_size(width: int, height: int) -> bytes:
    """A few bytes that say they are a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
GIF = encoded(Image.new("P", (9, 9)), "GIF")
