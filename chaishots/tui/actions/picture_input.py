"""What an operator types to give a thing a picture: the file's path, and for which language and variant it is.

Completes paths. Must not read a picture.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from chaishots.content.errors import PictureRefused
from chaishots.content.lifecycle import REQUIRED_VARIANTS, VARIANTS

_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".avif")
_MOST_LISTED: Final = 10_000
"""Files of a folder that are looked at, to complete a name."""


class NoPlace(Exception):
    """The text names no place for a picture; the message says what would."""


@dataclass(frozen=True)
class Place:
    """Where a thing has a picture: the poster or thumbnail of a language, in a variant such as portrait."""

    language: str
    variant: str

    def __str__(self) -> str:
        return f"{self.language} {self.variant}"


@dataclass(frozen=True)
class Places:
    """The places for pictures of a program or lesson, those of the primary language first.

    kind: posters or thumbnails. taken: those that have a picture, with its URL.
    """

    kind: str
    title: str
    languages: Sequence[str]
    taken: Mapping[Place, str] = field(default_factory=dict[Place, str])

    @property
    def all(self) -> list[Place]:
        """Every place."""
        return [Place(language, variant) for language in self.languages for variant in VARIANTS]

    @property
    def missing(self) -> list[Place]:
        """Those that the rules ask for, and that have no picture."""
        wanted = [Place(self.languages[0], variant) for variant in REQUIRED_VARIANTS]
        return [place for place in wanted if place not in self.taken]

    @property
    def first(self) -> Place:
        """The one that is most likely meant."""
        return next(iter(self.missing), self.all[0])

    def read(self, text: str) -> Place:
        """Read a place as it is typed. Raises: NoPlace."""
        typed = text.casefold().split()
        found = next((place for place in self.all if str(place).casefold().split() == typed), None)
        if found is None:
            raise NoPlace(f"Say which: one of {', '.join(self.languages)}, and one of {', '.join(VARIANTS)}.")
        return found


@dataclass(frozen=True)
class Typed:
    """What was typed for a picture, to be typed on when it does not do."""

    path: str
    place: str


def read_path(text: str) -> Path:
    """The path that was typed, or dropped into the terminal, which may put it in quotes. Raises: PictureRefused."""
    typed = text.strip()
    if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "'\"":
        typed = typed[1:-1]
    if not typed:
        raise PictureRefused("Type the path of a picture.")
    return Path(os.path.expanduser(typed))


def complete_path(text: str) -> str | None:
    """The text with the rest of the first name that begins so: a folder, or a picture. Waits for the disk."""
    folder, _, begun = text.rpartition("/")
    place = os.path.expanduser(f"{folder}/" if "/" in text else ".")
    try:
        with os.scandir(place) as entries:
            fitting = [entry for entry in islice(entries, _MOST_LISTED) if _fits(entry, begun)]
            names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in fitting)
    except (OSError, ValueError):
        return None
    name = next(iter(names), None)
    return None if name is None or not begun else text + name[len(begun) :]


def _fits(entry: os.DirEntry[str], begun: str) -> bool:
    is_meant = entry.name.startswith(begun) and (begun != "" or not entry.name.startswith("."))
    # A name may hold what would steer the terminal.
    return is_meant and entry.name.isprintable() and (entry.name.lower().endswith(_SUFFIXES) or entry.is_dir())
