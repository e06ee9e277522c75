"""Keeping Python's collector from stopping everything else: it walks all that there is, to find that little is garbage.

Knows nothing of what is done meanwhile.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_THRESHOLDS: Final = (2_000, 10, 500)
"""A full collection, which takes 50 to 300 ms, after some ten million objects; the young ones, 20,000 at most, at once.

Most garbage is cells and messages of one picture, and dies young; by Python's own 70,000, holding a key down walked
everything again and again.
"""


@contextmanager
def pause_collection() -> Generator[None]:
    """Let nothing be walked until the context is left; for loading modules, a tenth of which is such walks."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def collect_rarely() -> Generator[None]:
    """Have what exists already walked no more, and the rest seldom, until the context is left."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
