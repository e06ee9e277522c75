"""With NO_COLOR no colour is written, greys neither."""

import pytest

from chaishots.tui.host.no_colour import without_colours


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("\x1b[1;38;2;10;20;30;48;5;7mchai\x1b[0m", "\x1b[1mchai\x1b[0m"),
        ("\x1b[38;2;1;2;3mchai\x1b[m", "chai\x1b[m"),
        ("\x1b[7;31;102mచాయ్\x1b[0m", "\x1b[7mచాయ్\x1b[0m"),
        ("\x1b[2;4mchai\x1b[39;49m\x1b[3;7Hx", "\x1b[2;4mchai\x1b[3;7Hx"),
    ],
)
def test_colours_are_taken_out_and_the_rest_stays(written: str, left: str) -> None:
    assert without_colours(written) == left
