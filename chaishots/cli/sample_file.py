"""Where the sample content is: in the repository, or in what is installed."""

from pathlib import Path
from typing import Final

_SEEDS: Final = (Path(__file__).parents[2] / "seeds", Path(__file__).parents[1] / "seeds")


def sample_file() -> Path:
    """The file of the sample content, of the repository or of what is installed."""
    return next(folder for folder in _SEEDS if folder.is_dir()) / "demo.yaml"
