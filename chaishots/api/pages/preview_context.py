"""Where pages stand that show a preview: under the address of its link, below a banner that says what it shows.

A page is written for readers wherever it is shown; what is different about a preview is known here, by its context.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True)
class PreviewPlace:
    """The preview that pages are written for.

    base: what the paths of its pages begin with, without a slash at its end. at: the moment that it shows; None: now.
    until: when its link ends. is_of_one: whether it shows one program alone.
    """

    base: str
    at: datetime | None
    until: datetime
    is_of_one: bool


_place: Final[ContextVar[PreviewPlace | None]] = ContextVar("_place", default=None)


def current_place() -> PreviewPlace | None:
    """The preview that a page is being written for; None: it is for the public."""
    return _place.get()


@contextmanager
def written_for(place: PreviewPlace) -> Generator[None]:
    """Have every page that is written inside stand in the preview."""
    outer = _place.set(place)
    try:
        yield
    finally:
        _place.reset(outer)
