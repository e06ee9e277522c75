"""A word that is still being typed in bash goes on as letters, whatever it says: bash itself reads it back."""

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaishots.cli.completion_words import Word, quote_rest, split_line

HOSTILE = "$(touch x) `touch x` \\ \\\\ \" ' '' ; & | < > ( ) { } [ ] * ? ~ # ! !! ^ = : , % @ + అ\u200dక$HOME"
LETTERS = st.text(st.sampled_from(HOSTILE) | st.characters(exclude_categories=("C", "Z")), max_size=20)


def read_by_bash(lines: list[str]) -> list[str]:
    """What bash takes each of these words for."""
    script = "set +H\n" + "\n".join(f"printf '%s\\0' {line}" for line in lines)
    ran = subprocess.run(
        ["bash", "--norc"], input=script.encode(), capture_output=True, check=True, cwd="/", timeout=60
    )
    assert ran.stderr == b""
    return ran.stdout.decode().split("\0")[:-1]


@settings(max_examples=100, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=20), st.sampled_from(["", "'", '"']))
def test_what_is_quoted_is_read_as_it_was(texts: list[str], quote: str) -> None:
    lines = [f"x{quote}{quote_rest(text, quote)}{quote}" for text in texts]
    assert read_by_bash(lines) == [f"x{text}" for text in texts]


@settings(max_examples=100, deadline=None)
@given(LETTERS, st.sampled_from(["", "'", '"']))
def test_a_line_is_read_as_bash_does(text: str, quote: str) -> None:
    line = f"chaishots show {quote}{quote_rest(text, quote)}"
    *before, last = split_line(line)
    assert [word.text for word in before] == ["chaishots", "show"][: len(before)]
    assert (last.text, last.quote) == (text, quote)
    assert last.is_literal


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("chaishots ", Word("", "")),
        ("", Word("", "")),
        ("chaishots show Te", Word("Te", "Te")),
        ('chaishots show "Te l', Word('"Te l', "Te l", '"')),
        ('chaishots show "Te" ', Word("", "")),
        ("chaishots show Te\\ ", Word("Te\\ ", "Te ")),
        ("chaishots show Te\\", Word("Te", "Te", "", "\\")),
        ("chaishots show 'Te\\", Word("'Te\\", "Te\\", "'")),
        ('chaishots show a"b c"d', Word('a"b c"d', "ab cd")),
        ("chaishots show $H", Word("$H", "$H", is_literal=False)),
        ("chaishots show '$H", Word("'$H", "$H", "'")),
        ('chaishots show "`', Word('"`', "`", '"', is_literal=False)),
        ("chaishots show a!", Word("a!", "a!", is_literal=False)),
    ],
)
def test_the_word_at_the_cursor(line: str, last: Word) -> None:
    assert split_line(line)[-1] == last


def test_history_is_not_recalled_inside_double_quotes() -> None:
    script = f"set -o history; set -H\necho first\nprintf '%s' \"{quote_rest('a!! !e', chr(34))}\"\n"
    environment = os.environ | {"HISTFILE": "/dev/null"}
    ran = subprocess.run(["bash", "--norc"], input=script.encode(), capture_output=True, env=environment, timeout=60)
    assert ran.stdout.decode() == "first\na!! !e"
