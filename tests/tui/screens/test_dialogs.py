"""Dialogs in a window of any size: the keys that answer are always seen, and whatever is long scrolls above them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.screen import Screen

from chaishots.content.lifecycle import Obstacle
from chaishots.time_input import read_moments
from chaishots.tui.actions.picture_input import Places, Typed
from chaishots.tui.actions.token_commands import TypedToken
from chaishots.tui.app import OperatorApp
from chaishots.tui.screens import dialogs
from chaishots.tui.screens.dialogs import AskMoment, Blocked, Confirm, Leave
from chaishots.tui.screens.edit_dialogs import ResolveEdit, ReviewEdit
from chaishots.tui.screens.picture_dialog import AskPicture
from chaishots.tui.screens.token_dialogs import AskToken, ShowSecret
from chaishots.tui.screens.webhook_dialogs import AskSince
from tests.tui.tmux import TITLES

NOW = datetime(2030, 1, 7, 8, 30, tzinfo=UTC)
LONG = " ".join(TITLES.values())


class Below(App[None]):
    """Nothing but the styles of dialogs, and what makes them fit."""

    CSS_PATH = Path(dialogs.__file__).with_suffix(".tcss")
    VERTICAL_BREAKPOINTS = OperatorApp.VERTICAL_BREAKPOINTS


def a_picture() -> Screen[Any]:
    """Asks for one of many places."""
    return AskPicture(Places("posters", LONG, ["te", "hi", "bn", "ta"]), Typed(LONG, "te portrait"))


DIALOGS: dict[str, tuple[Callable[[], Screen[Any]], list[str]]] = {
    "confirm": (lambda: Confirm("\n\n".join([LONG] * 6)), ["y  yes", "n, Esc  no"]),
    "leave": (Leave, ["y  stop it", "n  keep it", "Esc  stay"]),
    "blocked": (lambda: Blocked(LONG, [Obstacle("field", LONG)] * 9), ["Enter  show the field", "Esc  close"]),
    "moment": (
        lambda: AskMoment("Schedule", [LONG] * 9, lambda text: read_moments(text, NOW), lambda: NOW, note=LONG),
        ["Enter  do it", "Esc  cancel"],
    ),
    "review": (lambda: ReviewEdit([LONG] * 50, can_wait=True), ["y  store", "e  edit again", "Esc  later"]),
    "resolve": (lambda: ResolveEdit([LONG] * 50), ["m  keep mine", "n  store nothing"]),
    "picture": (a_picture, ["Enter  upload it", "Esc  cancel"]),
    "token": (lambda: AskToken(TypedToken(LONG, LONG), problem=LONG), ["Enter  make it", "Esc  cancel"]),
    "secret": (lambda: ShowSecret(LONG[:64], "chai_" + "x" * 43), ["y  copy it", "Esc  close"]),
    "since": (lambda: AskSince("a.example/" + "x" * 70, lambda: NOW, "-2h"), ["Enter  do it", "Esc  cancel"]),
}


@pytest.mark.parametrize("size", [(60, 16), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", DIALOGS)
async def test_its_keys_are_seen_whatever_it_tells(name: str, size: tuple[int, int]) -> None:
    make, keys = DIALOGS[name]
    app = Below()
    async with app.run_test(size=size) as pilot:
        await app.push_screen(make())
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        shown = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        for key in keys:
            assert key in shown, shown
