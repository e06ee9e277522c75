"""Saves the operator's theme between runs, in a file of the user's configuration.

No failure here stops the terminal: it then uses the defaults and saves nothing.
"""

import json
import os
from pathlib import Path
from typing import Any, cast


def folder() -> Path:
    """The user's configuration folder (XDG Base Directory Specification)."""
    given = os.environ.get("XDG_CONFIG_HOME")
    return (Path(given) if given else Path.home() / ".config") / "chaishots"


def load_theme() -> str | None:
    """Load the theme chosen last; None: none is saved, or it cannot be read."""
    try:
        kept: Any = json.loads((folder() / "terminal.json").read_text())  # Any: whatever the file holds
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home
        return None
    if not isinstance(kept, dict):
        return None
    theme = cast("dict[str, Any]", kept).get("theme")
    return theme if isinstance(theme, str) else None


def save_theme(name: str) -> bool:
    """Save the theme for the next run; returns whether it is saved."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        new = folder() / f"terminal.{os.getpid()}.json"
        new.write_text(json.dumps({"theme": name}) + "\n")
        new.replace(folder() / "terminal.json")
    except (OSError, RuntimeError):
        return False
    return True
