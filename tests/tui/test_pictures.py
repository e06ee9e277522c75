"""How each screen looks, at every size and in every state: pictures compared, for looks only.

`pytest tests/tui/test_pictures.py --snapshot-update` takes them anew; look at each before it is kept.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.conftest import Database, _execute, in_database
from tests.content.exchange.seeds import named
from tests.tui.staged import EDITOR, RELEASES, TOKENS, WEBHOOKS, StagedSession, picture, shown, stage

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
    asyncio.run(_execute(dsn, TOKENS))
    asyncio.run(_execute(dsn, WEBHOOKS))
    yield dsn
    asyncio.run(_execute(postgres, f"drop database {name} with (force)"))


@pytest.fixture(scope="module")
def released(postgres: str, template: str) -> Iterator[str]:
    """The same, with releases: by itself, as the schedule shows those that are to come."""
    name = "chaishots_released"
    asyncio.run(_execute(postgres, f"create database {name} template {template}"))
    dsn = in_database(postgres, name)
    asyncio.run(stage(dsn))
    asyncio.run(_execute(dsn, RELEASES))
    yield dsn
    asyncio.run(_execute(postgres, f"drop database {name} with (force)"))


OPEN = ("j", "j", "l", "j", "l", "j")
LOG = deque(['{"level": "info", "event": "published", "part": "publisher", "timestamp": "2030-01-07T08:29:58Z"}'])
LIGHT = {"theme": "textual-light"}
PICTURES: list[tuple[str, tuple[int, int], Sequence[str], dict[str, Any]]] = [
    ("content", SMALL, OPEN, {}),
    ("content", MIDDLE, OPEN, {"label": "prod"}),
    ("content", LARGE, OPEN, LIGHT),
    ("content", (60, 16), OPEN, {"read_only": True}),
    ("schedule", SMALL, ("2", "j"), LIGHT),
    ("schedule", MIDDLE, ("2", "j"), {}),
    ("schedule", LARGE, ("2", "j"), {"read_only": True}),
    ("replicas", MIDDLE, ("3",), {}),
    ("replicas", SMALL, ("3",), LIGHT),
    ("replicas", LARGE, ("3",), LIGHT),
    ("replicas-none", SMALL, ("3",), {"replicas": ()}),
    ("activity", SMALL, ("4", "j"), {}),
    ("activity", MIDDLE, ("4", "j"), LIGHT),
    ("activity", LARGE, ("4", "j"), {}),
    ("log", SMALL, ("5",), {"logs": LOG}),
    ("tokens", SMALL, ("6", "j"), {}),
    ("tokens", MIDDLE, ("6", "j"), LIGHT),
    ("tokens", (60, 16), ("6", "j"), {"read_only": True}),
    ("webhooks", SMALL, ("7", "j"), {}),
    ("webhooks", MIDDLE, ("7", "j", "j"), LIGHT),
    ("webhooks", LARGE, ("7", "j"), {}),
    ("webhooks", (60, 16), ("7", "j"), {"read_only": True}),
    ("webhooks-details", (60, 16), ("7", "j", "j", "tab"), LIGHT),
    ("replay", (60, 16), ("7", "R"), {}),
    ("new-token", (60, 16), ("6", "n"), {}),
    ("no-leader", MIDDLE, OPEN, {"replicas": (), **LIGHT}),
    ("frozen", SMALL, (*OPEN, "p"), {}),
    ("finding", SMALL, ("slash", "c", "h", "a", "i"), LIGHT),
    ("scheduling", MIDDLE, (*OPEN, "s"), {}),
    ("picture", SMALL, ("i",), {"upload": named}),
    ("picture", MIDDLE, (*OPEN, "i"), {"upload": named, **LIGHT}),
    ("new", SMALL, (*OPEN, "n"), {}),
    ("form", SMALL, (*OPEN, "f"), LIGHT),
    ("form", MIDDLE, (*OPEN, "f"), {}),
    ("review", SMALL, (*OPEN, "e"), {}),
    ("review", MIDDLE, (*OPEN, "e"), LIGHT),
    ("keys", MIDDLE, ("question_mark",), {}),
    ("confirm", SMALL, ("j", "j", "j", "A"), LIGHT),
    ("too-small", (40, 12), (), {}),
]


@pytest.mark.parametrize(
    ("size", "keys", "given"),
    [pytest.param(*what, id=f"{name} {what[0][0]}x{what[0][1]}") for name, *what in PICTURES],
)
async def test_a_screen_looks_as_it_did(
    staged: str,
    drawn: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    keys: Sequence[str],
    given: dict[str, Any],
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", EDITOR)
    async with shown(staged, size, **given) as hands:
        for key in keys:
            await hands.press(key)
            await hands.settled()
        assert picture(hands) == drawn


@pytest.mark.parametrize(
    ("size", "keys", "given"),
    [
        pytest.param((60, 16), ("8", "l", "j"), {"read_only": True}, id="60x16"),
        pytest.param(SMALL, ("8", "l"), LIGHT, id="80x24"),
        pytest.param(MIDDLE, ("8", "l", "j", "j"), {}, id="120x36"),
        pytest.param(LARGE, ("8", "l"), {}, id="200x60"),
        pytest.param(SMALL, ("1", *OPEN, "space", "m"), {}, id="putting-in 80x24"),
        pytest.param((60, 16), ("1", *OPEN, "m"), {}, id="putting-in 60x16"),
    ],
)
async def test_releases_look_as_they_did(
    released: str, drawn: SnapshotAssertion, size: tuple[int, int], keys: Sequence[str], given: dict[str, Any]
) -> None:
    async with shown(released, size, **given) as hands:
        for key in keys:
            await hands.press(key)
            await hands.settled()
        assert picture(hands) == drawn


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_one_whose_database_is_away_looks_as_it_did(
    staged: str, drawn: SnapshotAssertion, size: tuple[int, int]
) -> None:
    async with shown(staged, size) as hands:
        for key in OPEN:
            await hands.press(key)
            await hands.settled()
        assert isinstance(hands.app.session, StagedSession)
        hands.app.session.is_cut_off = True
        await hands.press("r")
        await hands.sees(lambda: hands.here.has_class("-away"))
        assert picture(hands) == drawn


async def test_an_empty_one_looks_as_it_did(fresh_database: Database, drawn: SnapshotAssertion) -> None:
    await stage(fresh_database.dsn, content=False)
    async with shown(fresh_database.dsn, SMALL) as hands:
        assert picture(hands) == drawn
