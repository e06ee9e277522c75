"""Slugs by themselves: titles in Latin letters, and what may be a slug."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaishots.content.slug_spelling import LENGTH, is_slug, latin


@pytest.mark.parametrize(
    ("title", "spelled"),
    [
        ("తెలుగు అక్షరాలు", "telugu aksaralu"),
        ("నమస్తే", "namaste"),
        ("हिन्दी सीखें", "hindi sikhem"),
        ("कमल और धर्म", "kamal aur dharma"),
        ("न", "na"),
        ("ज़रूर", "jarur"),
        ("வணக்கம்", "vanakkam"),
        ("Crème brûlée, don’t", "Creme brulee, dont"),
        ("Физика", "Fizika"),
    ],
)
def test_a_title_is_spelled_in_latin_letters(title: str, spelled: str) -> None:
    assert latin(title) == spelled


@given(st.text(max_size=300))
def test_any_title_can_be_spelled(title: str) -> None:
    assert latin(title).isascii()


@pytest.mark.parametrize("text", ["telugu", "telugu-2", "9", "a" * LENGTH, "0f1c5f1f-6a53"])
def test_what_is_a_slug(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * (LENGTH + 1),
        "Telugu",
        "తెలుగు",
        "a--b",
        "-a",
        "a-",
        "a b",
        "a/b",
        "a\n",
        "~a",
        "019ac3f0-6a53-7b1c-8e1e-6c0c4b0e9d59",
    ],
)
def test_what_is_no_slug(text: str) -> None:
    assert not is_slug(text)
