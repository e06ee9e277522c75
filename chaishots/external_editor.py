"""The editor that a person has chosen ($VISUAL, $EDITOR), and the file that is edited in it.

Knows processes and files. Must not know what the text means. Anybody may import this.
"""

import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Final

_USUAL: Final = ("sensible-editor", "editor", "nano", "vim", "vi")
_TAKES_LINE: Final = frozenset({"vi", "vim", "nvim", "gvim", "nano", "emacs", "emacsclient", "kak", "joe", "mg", "ne"})
"""Those known to take `+LINE` before the file."""
_FOLDER: Final = "chaishots-edit-"


class NoEditor(Exception):
    """There is no editor, or it cannot be started; the text says what to do."""


def editor_command(path: Path, line: int = 1) -> list[str]:
    """How the person's editor is called on a file, at a line where it is known to take one. Raises: NoEditor."""
    chosen = next((value for name in ("VISUAL", "EDITOR") if (value := os.environ.get(name, "").strip())), "")
    try:
        words = shlex.split(chosen) if chosen else [next(filter(shutil.which, _USUAL), "")]
    except ValueError as error:
        raise NoEditor(f"$VISUAL or $EDITOR cannot be read as a command ({error}): {chosen}") from error
    if not words or not words[0]:
        raise NoEditor("There is no editor here: set EDITOR to the command of one, such as EDITOR=nano.")
    if shutil.which(words[0]) is None:
        raise NoEditor(f"There is no {words[0]} here: set EDITOR to the command of an editor that there is.")
    at = [f"+{line}"] if line > 1 and Path(words[0]).name in _TAKES_LINE else []
    return [*words, *at, str(path)]


class EditedFile:
    """A file of one's own that holds a text while it is edited; nobody else may read it."""

    def __init__(self, name: str) -> None:
        """Make the folder that the file will be in. Raises: OSError."""
        self.path = Path(tempfile.mkdtemp(prefix=_FOLDER)) / f"{name}.yaml"

    def write(self, text: bytes) -> None:
        """Put a text into it. Raises: OSError."""
        self.path.write_bytes(text)

    def read(self, most_bytes: int) -> bytes:
        """What is in it, up to one byte more than that; nothing when the editor took it away. Raises: OSError."""
        try:
            if not self.path.is_file():  # a pipe in its place would be waited for, a device have no end
                return b""
            with self.path.open("rb") as file:
                return file.read(most_bytes + 1)
        except FileNotFoundError:
            return b""

    def remove(self) -> None:
        """Remove it, with what the editor left beside it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)
