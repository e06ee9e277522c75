"""What the operator's terminal keeps for its user between runs: the theme, in a file of the user's configuration.

Nothing that goes wrong here may keep the terminal from working: then the defaults hold, and nothing is kept.
"""

import json
import os
from pathlib import Path
from typing import Any, cast


def folder() -> Path:
    """Where the user keeps configuration (XDG Base Directory Specification)."""
    given = os.environ.get("XDG_CONFIG_HOME")
    return (Path(given) if given else Path.home() / ".config") / "chaishots"


def load_theme() -> str | None:
    """The theme that was chosen last; None when there is none that can be read."""
    try:
        kept: Any = json.loads((folder() / "terminal.json").read_text())  # Any: whatever stands there
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home
        return None
    if not isinstance(kept, dict):
        return None
    theme = cast("dict[str, Any]", kept).get("theme")
    return theme if isinstance(theme, str) else None


def save_theme(name: str) -> bool:
    """Keep the theme for the next run; whether that could be done."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        new = folder() / f"terminal.{os.getpid()}.json"
        new.write_text(json.dumps({"theme": name}) + "\n")
        new.replace(folder() / "terminal.json")
    except (OSError, RuntimeError):
        return False
    return True
