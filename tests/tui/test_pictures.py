"""How each screen looks, at every size and in every state: pictures compared, for looks only.

`pytest tests/tui/test_pictures.py --snapshot-update` takes them anew; look at each before it is kept.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.conftest import Database, _execute, in_database
from tests.tui.staged import picture, shown, stage

SMALL, MIDDLE, LARGE = (80, 24), (120, 36), (200, 60)


class Svg(SingleFileSnapshotExtension):
    """A picture a file."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def drawn(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The pictures that are kept."""
    return snapshot.use_extension(Svg)


@pytest.fixture(scope="module")
def staged(postgres: str, template: str) -> Iterator[str]:
    """The demo's content, on a clock that stands still."""
    name = "chaishots_staged"
    asyncio.run(_execute(postgres, f"create database {name} template {template}"))
    dsn = in_database(postgres, name)
    asyncio.run(stage(dsn))
    yield dsn
    asyncio.run(_execute(postgres, f"drop database {name} with (force)"))


OPEN = ("j", "j", "l", "j", "l", "j")
LIGHT = {"theme": "textual-light"}
PICTURES: list[tuple[str, tuple[int, int], Sequence[str], dict[str, Any]]] = [
    ("content", SMALL, OPEN, {}),
    ("content", MIDDLE, OPEN, {"label": "prod"}),
    ("content", LARGE, OPEN, LIGHT),
    ("content", (60, 16), OPEN, {"read_only": True}),
    ("schedule", SMALL, ("2", "j"), LIGHT),
    ("schedule", MIDDLE, ("2", "j"), {}),
    ("replicas", MIDDLE, ("3",), {}),
    ("replicas-none", SMALL, ("3",), {"replicas": ()}),
    ("activity", MIDDLE, ("4", "j"), LIGHT),
    ("keys", MIDDLE, ("question_mark",), {}),
    ("confirm", SMALL, ("j", "j", "j", "A"), LIGHT),
    ("too-small", (40, 12), (), {}),
]


@pytest.mark.parametrize(
    ("size", "keys", "given"),
    [pytest.param(*what, id=f"{name} {what[0][0]}x{what[0][1]}") for name, *what in PICTURES],
)
async def test_a_screen_looks_as_it_did(
    staged: str, drawn: SnapshotAssertion, size: tuple[int, int], keys: Sequence[str], given: dict[str, Any]
) -> None:
    async with shown(staged, size, **given) as hands:
        for key in keys:
            await hands.press(key)
            await hands.settled()
        assert picture(hands) == drawn


async def test_an_empty_one_looks_as_it_did(fresh_database: Database, drawn: SnapshotAssertion) -> None:
    await stage(fresh_database.dsn, content=False)
    async with shown(fresh_database.dsn, SMALL) as hands:
        assert picture(hands) == drawn
