"""Which pictures are taken, how large they may be, and in which widths they are kept.

The process that decodes (`decoder.py`) imports this: it must stay without imports that take time.
"""

from typing import Final

FORMATS: Final = ("JPEG", "PNG", "WebP", "AVIF")
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
WIDTHS: Final = (320, 640, 1280)
"""The widths that pages need; a picture is never enlarged, so a narrower one ends with its own width."""
LONGEST: Final = 12
"""The longer side is at most so many times the shorter one: the height of a variant stays below WebP's 16,383."""
MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Address space of the process that decodes: 40 megapixels with transparency twice, and the libraries."""
CPU_SECONDS: Final = 20


def format_of(head: bytes) -> str | None:
    """The format that a file's first bytes tell; None when it is none of ours."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp" and b"avif" in head[8:32]:
        return "AVIF"
    return None
