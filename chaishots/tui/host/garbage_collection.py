"""Makes Python's garbage collector run less often: a full collection walks every object, and the loop stands still."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_THRESHOLDS: Final = (2_000, 10, 500)
"""A full collection (50 to 300 ms) runs after ten million new objects; one of young objects walks 20,000 at most.

Most garbage is cells and messages of one picture, and dies young. With Python's defaults, holding a key down started a
full collection again and again.
"""


@contextmanager
def pause_collection() -> Generator[None]:
    """Collect nothing until the context ends, nor ever walk what exists by then; for imports.

    What they load stays. With the collector on, a server spent a quarter of its start on walking it again and again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def collect_rarely() -> Generator[None]:
    """Collect rarely until the context ends, and never walk the objects that exist already."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
