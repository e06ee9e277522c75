"""Decodes one picture, and makes its variants.

It runs in a process of its own for each picture (`decoder_starter.py`): whatever a hostile file does to a decoder ends
with that process. Of ours it imports `formats_and_limits.py` alone, and Pillow only while it runs.

What it answers: one line of JSON, then the bytes that the line lists. `{"refused": …}` when it takes the picture for
broken, too large or more than a picture; the text says what to do.
"""

# Pillow's types name NumPy's, which is not installed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import io
import json
import re
from typing import TYPE_CHECKING, Any, Final

from chaishots.content.pictures.formats_and_limits import (
    CPU_SECONDS,
    FORMATS,
    LONGEST,
    MEMORY_BYTES,
    MOST_PIXELS,
    WIDTHS,
    format_of,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_WEBP_QUALITY: Final = 80
_WEBP_METHOD: Final = 4
_AVIF_QUALITY: Final = 55
_AVIF_SPEED: Final = 9
_AVIF_SPEED_OF_DRAWINGS: Final = 8
"""Lines stay clearer than at speed 9 in two thirds of the bytes (a kolam of 640 px: 20 kB, at speed 9 34, WebP 35).
Photos come out no better (structural similarity within 0.005), mostly a little smaller, in three times the time."""
_DRAWING_GAIN: Final = 0.9
"""What takes at most this much of its bytes at the lower speed is worth its time: kolams take 0.63 to 0.88, photos
0.88 to 1.05, the more the grainier, which take the longest."""
_AVIF_GAIN: Final = 0.9
"""AVIF is kept where it takes at most this much of WebP's bytes."""

# What makes a file that is a picture to one reader a document or program to another. No decoder needs any of it, and
# the odds that compressed pixels spell one are below 1 in 100,000 for the largest file.
_OTHER_CONTENT: Final = re.compile(rb"(?i:<script|<\?php|<!doctype|<html|<svg|<iframe)|%PDF-")
_JPEG_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# What phones append to a JPEG: more pictures (MPF), a film (its `ftyp` box), Samsung's and others' notes in text.
_JPEG_TRAILERS: Final = (b"\xff\xd8\xff", b"SEFH")
_ORIENTATION: Final = 0x0112


class Refused(Exception):
    """The picture is not taken; the text says why, and what to do."""


def load() -> None:
    """Load of Pillow what every picture needs. To save a format that it has not loaded, it would load all it has."""
    from PIL import AvifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401  # pyright: ignore


def answer(data: bytes) -> bytes:
    """What is told of a picture, and the files of its variants; on whatever is wrong with it, why it is refused.

    For good, the process that asks has no more memory and time than one picture may take.
    """
    _limit()
    try:
        told, bodies = decode(data)
    except Refused as refused:
        told, bodies = {"refused": str(refused)}, []
    except MemoryError:
        told, bodies = {"refused": "It takes too much memory to decode: save it anew, smaller, and send that."}, []
    return b"".join((json.dumps(told).encode(), b"\n", *bodies))


def decode(data: bytes, *, avif_from: int = 0) -> tuple[dict[str, Any], list[bytes]]:
    """What is told of a picture, and the files of its variants, in the order in which it tells their sizes.

    Args:
        avif_from: the width from which on AVIF is tried, which takes twice as long as WebP alone, of drawings thrice.
    Raises: Refused.
    """
    form = format_of(data[:64])
    if form is None:
        raise Refused(f"Send a picture as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    _require_whole(form, data)
    if _OTHER_CONTENT.search(data):
        raise Refused("There is a page or a program inside the picture: save it anew by itself, and send that.")
    load()
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the bound is ours, and said in our words
    try:
        picture = _upright(Image.open(io.BytesIO(data), formats=[form.upper()]))
    except Refused:
        raise
    except MemoryError:
        raise
    except Exception as error:
        # Whatever a decoder raises for bytes that it cannot make sense of: OSError, SyntaxError, struct.error, …
        raise Refused("The picture cannot be decoded: open it in a viewer, save it anew, and send that.") from error
    return _encoded(picture, avif_from)


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _upright(opened: "Image") -> "Image":
    """The picture as it is looked at, in sRGB and without any metadata, at most as wide as the widest variant."""
    from PIL import Image

    if getattr(opened, "is_animated", False) and opened.format != "MPO":
        raise Refused("The picture moves: send a still one.")
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise Refused(
            f"The picture has {width * height / 1e6:.0f} megapixels: send one of {MOST_PIXELS // 10**6} at most."
        )
    if max(width, height) > LONGEST * min(width, height):
        raise Refused(f"The picture is {width} by {height}: send one at most {LONGEST} times as long as wide.")
    turned = _turned(opened)
    is_swapped = turned in (5, 6, 7, 8)
    shown_width, shown_height = (height, width) if is_swapped else (width, height)
    target = (min(shown_width, WIDTHS[-1]), max(1, round(shown_height * min(1, WIDTHS[-1] / shown_width))))
    stored_target = (target[1], target[0]) if is_swapped else target
    opened.draft("RGB", stored_target)  # a JPEG is decoded at half, a quarter or an eighth of its size
    opened.load()
    profile = opened.info.get("icc_profile")
    picture = _plain(opened)
    if picture.size != stored_target:
        picture = picture.resize(stored_target, Image.Resampling.LANCZOS, reducing_gap=3)
    picture = _in_srgb(picture, profile)
    picture.info.clear()
    how = _TRANSPOSITIONS.get(turned)
    return picture if how is None else picture.transpose(Image.Transpose(how))


# EXIF's orientations, by Pillow's number of what undoes each: to mirror and to turn by quarters.
_TRANSPOSITIONS: Final = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


def _turned(opened: "Image") -> int:
    try:
        return int(opened.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  # of metadata that cannot be read, nothing is known
        return 1


def _plain(picture: "Image") -> "Image":
    """In a mode that can be made smaller: RGB, RGBA, CMYK for what has a profile to convert it by, or grey."""
    if picture.mode.startswith(("I", "F")):  # 16 bits of grey
        return picture.convert("I").point(lambda level: level / 256).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in ("RGB", "L", "CMYK") else picture.convert("RGB")


def _in_srgb(picture: "Image", profile: bytes | None) -> "Image":
    transparency = picture.getchannel("A") if picture.mode == "RGBA" else None
    opaque = picture.convert("RGB") if picture.mode == "RGBA" else picture
    if profile:
        opaque = _converted(opaque, profile)
    opaque = opaque.convert("RGB")
    if transparency is not None:
        opaque.putalpha(transparency)
    return opaque


def _converted(opaque: "Image", profile: bytes) -> "Image":
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return converted or opaque
    except (ImageCms.PyCMSError, OSError, ValueError):
        return opaque  # a profile that cannot be read, or is of another kind of picture: taken for sRGB


def _encoded(picture: "Image", avif_from: int) -> tuple[dict[str, Any], list[bytes]]:
    width, height = picture.size
    sizes = _in_sizes(picture)
    files = [(each, _saved(each, "WEBP", quality=_WEBP_QUALITY, method=_WEBP_METHOD)) for each in sizes]
    avifs = _avifs(sizes) if width >= avif_from else [None] * len(sizes)
    variants: list[dict[str, int]] = []
    bodies: list[bytes] = []
    for (each, webp), avif in zip(files, avifs, strict=True):
        variant = {"width": each.width, "height": each.height, "webp": len(webp)}
        bodies.append(webp)
        if avif is not None and len(avif) <= _AVIF_GAIN * len(webp):
            variant["avif"] = len(avif)
            bodies.append(avif)
        variants.append(variant)
    return {"width": width, "height": height, "colour": _average(sizes[-1]), "variants": variants}, bodies


def _in_sizes(picture: "Image") -> list["Image"]:
    """The picture in each width, the widest first.

    Each is made of the one before, which costs a quarter of making it of the whole.
    """
    from PIL import Image

    width, height = picture.size
    sizes = [picture]
    for narrower in sorted({wanted for wanted in WIDTHS if wanted < width}, reverse=True):
        size = (narrower, max(1, round(height * narrower / width)))
        sizes.append(sizes[-1].resize(size, Image.Resampling.LANCZOS))
    return sizes


def _avifs(sizes: list["Image"]) -> list[bytes]:
    """Each as AVIF. Whether it is a drawing, its narrowest tells, at both speeds."""
    fast, slow = (_avif(sizes[-1], speed) for speed in (_AVIF_SPEED, _AVIF_SPEED_OF_DRAWINGS))
    speed = _AVIF_SPEED_OF_DRAWINGS if len(slow) <= _DRAWING_GAIN * len(fast) else _AVIF_SPEED
    return [*(_avif(wider, speed) for wider in sizes[:-1]), min(slow, fast, key=len)]


def _avif(picture: "Image", speed: int) -> bytes:
    return _saved(picture, "AVIF", quality=_AVIF_QUALITY, speed=speed, max_threads=1)


def _saved(picture: "Image", form: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def _average(picture: "Image") -> str:
    from PIL import Image

    # Of what is transparent, nothing counts: Pillow weighs colours by it.
    return "#" + picture.resize((1, 1), Image.Resampling.BOX).convert("RGB").tobytes().hex()


def _require_whole(form: str, data: bytes) -> None:
    """Refuse a file that ends before its picture does, or goes on after it."""
    end = {"JPEG": _jpeg_end, "PNG": _png_end, "WebP": _webp_end, "AVIF": _avif_end}[form](data)
    if end is None or end > len(data):
        raise Refused("The picture is cut off: send the whole file.")
    rest = data[end:]
    if form == "JPEG" and (rest.startswith(_JPEG_TRAILERS) or rest[4:8] == b"ftyp" or rest[-4:] == b"SEFT"):
        return
    if rest.strip(b"\0"):
        raise Refused("Something follows the picture in its file: save the picture anew by itself, and send that.")


def _jpeg_end(data: bytes) -> int | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
        elif marker == 0xD9:
            return at + 2
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
            if marker == 0xDA:  # then pixels, until the next marker
                found = _JPEG_MARKER.search(data, at)
                if found is None:
                    return None
                at = found.start()
    return at + 2 if data[at : at + 2] == b"\xff\xd9" else None


def _png_end(data: bytes) -> int | None:
    at = 8
    while at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4])
        if kind == b"IEND":
            return at
    return None


def _webp_end(data: bytes) -> int:
    size = int.from_bytes(data[4:8], "little")
    return 8 + size + size % 2


def _avif_end(data: bytes) -> int | None:
    at = 0
    while at + 8 <= len(data) and data[at : at + 8].strip(b"\0"):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        if size == 0:
            return len(data)
        if size < 8:
            return None
        at += size
    return at
