"""What is typed and pasted into a field: any script, and nothing that steers the terminal."""

import pytest

from tests.tui.conftest import Hands, Sit

HOSTILE = "chai\x1b[2J\x1b]0;owned\x07\x9b1m\tx\r\nsecond"


def typed(hands: Hands) -> str:
    """What stands in the field that has the focus."""
    return hands.app.focused.value  # type: ignore[union-attr]


@pytest.mark.parametrize("opens", ["slash", "question_mark"])
async def test_a_hostile_paste_is_shown_as_escapes(sit: Sit, opens: str) -> None:
    async with sit((80, 24)) as hands:
        await hands.press(opens)
        await hands.type(HOSTILE)
        assert typed(hands) == "chai\\x1b[2J\\x1b]0;owned\\x07\\x9b1m x"
        assert not any(sign in hands.text() for sign in "\x1b\x07\x9b")


async def test_a_paste_takes_the_place_of_what_is_selected_and_keeps_joiners(sit: Sit) -> None:
    async with sit((80, 24)) as hands:
        await hands.press("slash")
        await hands.type("chai")
        await hands.press("home", "shift+end")
        await hands.type("क्\u200dष चాయ్ 🫖")
        assert typed(hands) == "क्\u200dष चాయ్ 🫖"
        await hands.type("\u200e")
        assert typed(hands) == "क्\u200dष चాయ్ 🫖\u200e"
        await hands.press("backspace")
        await hands.type("")
        assert typed(hands) == "क्\u200dष चాయ్ 🫖"
        await hands.type("\n")
        assert typed(hands) == "क्\u200dष चాయ్ 🫖"
