"""What people wrote, as it may be shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaishots.safe_text import harmless, visible

HOSTILE = ["\x1b[31m", "\x07", "\x9b", "\x7f", "\u202e", "\u2066", "\u2028", "\u2029", "\ufeff", "\U000e0001", "\n"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_what_would_steer_a_terminal_is_shown_as_an_escape(hostile: str) -> None:
    assert hostile[0] not in visible(f"a{hostile}b")
    written = harmless(json.dumps({"title": hostile}, ensure_ascii=False))
    assert hostile[0] not in written
    assert json.loads(written) == {"title": hostile}


@pytest.mark.parametrize("text", ["క్\u200cష", "क्\u200dष", "a\u00a0b", "बारिश की कहानियाँ"], ids=ascii)
def test_joiners_and_spaces_stay_as_they_are(text: str) -> None:
    assert visible(text) == text
    assert harmless(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)


@given(st.text())
def test_a_document_means_the_same(text: str) -> None:
    written = harmless(json.dumps({"a": [text]}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"a": [text]}
