"""Tests of several processes side by side, as `make test` runs them; what is timed runs alone.

A test that is marked `alone` waits until the others' tests have ended, and theirs wait for it. Must not know what is
tested.
"""

import fcntl
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Files that are there anyhow: nothing is written to them. Of two runs in one folder, one waits for the other too.
_GATE = Path(__file__)
_TURN = Path(__file__).with_name("__init__.py")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test alike in every process: an id that is made at random is none of its name."""
    return _ID.sub("id", val) if isinstance(val, str) and _ID.search(val) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test in its turn, its fixtures too."""
    if not hasattr(item.config, "workerinput"):  # nobody is beside it
        return (yield)
    with _turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _turn(*, alone: bool) -> Generator[None]:
    with _TURN.open() as turn:
        # Who waits to be alone keeps the gate, so that nobody begins before.
        with _GATE.open() as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(turn, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
