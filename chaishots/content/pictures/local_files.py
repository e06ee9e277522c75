"""Pictures as files of this machine, read for an upload. Must not know how a picture is kept."""

import stat
from pathlib import Path

from chaishots.content.errors import PictureRefused
from chaishots.content.pictures.formats_and_limits import MOST_BYTES
from chaishots.safe_text import visible

_NAME = 120
"""Characters of a path, its last, that messages name."""


def read_file(file: Path, *, named: str | None = None) -> bytes:
    """What the file holds; of one that is too large, enough to see that. Waits for the disk.

    Args:
        named: what the file is called in messages; None: its path.
    Raises: PictureRefused, in a sentence that names the file, when there is none, or nothing that ends by itself.
    """
    name = visible(named or str(file))[-_NAME:]
    try:
        kind = file.stat().st_mode
        if stat.S_ISDIR(kind):
            raise PictureRefused(f"{name} is a folder: name a picture in it.")
        if not stat.S_ISREG(kind):
            raise PictureRefused(f"{name} is no file: name a picture.")
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise PictureRefused(f"There is no file {name}.") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise PictureRefused(f"{name} cannot be read: {reason.rstrip('.')}.") from error
