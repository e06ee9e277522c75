"""What is drawn of the operator's terminal: each screen and each dialog, by the keys that lead there.

Knows no Postgres and no browser. The content is that of `tests/tui/staged.py`.
"""

import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chaishots.tui.screens.edit_dialogs import OwnEditor, ResolveEdit
from chaishots.tui.screens.token_dialogs import ShowSecret
from tests.content.exchange.seeds import named
from tests.tui.conftest import Hands
from tests.tui.tmux import TITLES

Step = str | Callable[[Hands], Awaitable[None]]
"""A key; or more than a key."""


@dataclass(frozen=True)
class Sheet:
    """Steps that lead to what is drawn; given: options of the terminal that differ."""

    steps: Sequence[Step]
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Any: as Options has it


def _type(text: str) -> Step:
    async def type_it(hands: Hands) -> None:
        await hands.type(text)

    return type_it


async def _meet_another_change(hands: Hands) -> None:
    hindi, telugu = TITLES["Hindi"], TITLES["Telugu"]
    told = f"  it was: {hindi}", f"  theirs: {telugu}", f"  yours : {hindi}, {telugu}"
    hands.app.push_screen(ResolveEdit([f"lesson “{hindi}”: title", *told]))


async def _show_secret(hands: Hands) -> None:
    hands.app.push_screen(ShowSecret("కొత్త ఫోన్", "chai_bvfrCZtEUIZ8t-iT-BwjtnqZZwkpuv9hRh96PApDeE4"))


async def _edit_here(hands: Hands) -> None:
    title = f"title: {TITLES['Telugu']}\nsummary: {TITLES['Bengali']}. {TITLES['Tamil']}. {TITLES['right-to-left']}.\n"
    hands.app.push_screen(OwnEditor(f"# {TITLES['emoji']}\n{title}", 2))


def _log(level: str, event: str, second: int, *, part: str = "publisher", **fields: Any) -> str:  # Any: JSON
    head = {"part": part, **fields, "event": event, "level": level, "replica": "web-1"}
    return json.dumps(head | {"timestamp": f"2030-01-07T08:29:{second:02}.125Z"}, ensure_ascii=False)


_ID: Final = "0192f6a0-1a00-7c03-8a11-5e0000000001"
_TRACEBACK: Final = 'Traceback (most recent call last):\n  File "app.py", line 9, in main\nOSError: ఫైలు లేదు'
_REASON: Final = "Add these thumbnails in hi: portrait, landscape. చిత్రాలు జోడించండి."
LOG: Final = (
    _log("info", "publisher.leads", 1),
    *(
        _log("info", "lesson.published", 2 + place, lesson=_ID, title=title, late_ms=3 + place)
        for place, title in enumerate(TITLES.values())
    ),
    _log("warning", "store.away", 40, part="api", request_id="7f3c", exception=_TRACEBACK),
    _log("error", "lesson.refused", 59, lesson=_ID, title="पोहा: चिवड़ा नहीं", reason=_REASON),
)

OPEN: Final = ("j", "j", "l", "j", "l", "j")
SCRIPTS: Final = ("l", "j", "j")
"""Opens the program whose lessons have titles in six scripts, and goes to the first."""
SCREENS: Final = {
    "content": Sheet((*SCRIPTS, "j", "j")),
    "schedule": Sheet(("2", "j")),
    "replicas": Sheet(("3",)),
    "activity": Sheet(("4", "j")),
    "log": Sheet(("5",)),
    "tokens": Sheet(("6", "j")),
    "webhooks": Sheet(("7", "j", "j")),
    "releases": Sheet(("8", "l")),
}
DIALOGS: Final = {
    "keys": Sheet(("question_mark",)),
    "palette": Sheet((*SCRIPTS, "ctrl+p", _type("రోజు"))),
    "why": Sheet((*SCRIPTS, "j", "w")),
    "details": Sheet((*SCRIPTS, "j", "enter")),
    "as-text": Sheet((*SCRIPTS, "j", "T")),
    "history": Sheet((*SCRIPTS, "j", "t")),
    "find": Sheet(("slash", _type("చాయ్"))),
    "marked": Sheet((*SCRIPTS, "space", "space", "V", "j")),
    "confirm": Sheet((*SCRIPTS, "P")),
    "confirm-many": Sheet((*SCRIPTS, *["space"] * 6, "A")),
    "moment": Sheet((*SCRIPTS, "j", "s", _type("fri 18:00 Asia/Kolkata"))),
    "series": Sheet((*SCRIPTS, "space", "space", "space", "s", _type("tomorrow 9:00 every 1d"))),
    "blocked": Sheet((*SCRIPTS, *["j"] * 5, "P")),
    "new": Sheet((*SCRIPTS, "n")),
    "form": Sheet((*SCRIPTS, "j", "f")),
    "review": Sheet((*SCRIPTS, "j", "e")),
    "resolve": Sheet((*SCRIPTS, _meet_another_change)),
    "editor": Sheet((*SCRIPTS, _edit_here)),
    "picture": Sheet((*SCRIPTS, "j", "i", _type("~/pictures/चाय.jpg")), {"upload": named}),
    "release": Sheet((*SCRIPTS, *["j"] * 4, "m", _type("ఉ"))),
    "change": Sheet(("2", "j", "j", "s", _type("+90m"))),
    "token": Sheet(("6", "n", _type("కొత్త ఫోన్"))),
    "secret": Sheet(("6", _show_secret)),
    "replay": Sheet(("7", "j", "j", "R", _type("-2h"))),
    "quit": Sheet((*SCRIPTS, "q"), {"serves": True}),
}


def logs() -> deque[str]:
    """The lines of the log, for one terminal."""
    return deque(LOG)
