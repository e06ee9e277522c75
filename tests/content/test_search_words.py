"""Words to look for: the same in Python, of what is asked, and in the database, of what there is."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaishots.content.search_words import LONGEST, query_of, search_of, words_of
from chaishots.database.connection import Connection

_LETTERS = st.sampled_from(
    [
        *"aZéß1 .,-'’&|!:*\\\"()<>\t\n",
        *"అఆకాక్షచాయ్తెలుగు",
        *"हिन्दीज़क्ष।",
        "\u200c",
        "\u0301",
        "\u093c",
        *"ФизикаΣς",
        "☕",
        "٣",
    ]
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("తెలుగు అక్షరాలు, నమస్తే!", {"తెలుగు", "అక్షరాలు", "నమస్తే"}),
        ("हिन्दी सीखें। ज़रूर", {"हिन्दी", "सीखें", "जरूर"}),
        ("Crème BRÛLÉE — don’t, don't", {"creme", "brulee", "dont"}),
        ("క్\u200cష క్ష", {"క్ష"}),
        ("Chai 2.0 ☕", {"chai", "2", "0"}),
        ("' & | ! :* () \\", set[str]()),
        ("x" * 300, {"x" * LONGEST}),
    ],
)
def test_the_words_of_a_text(text: str, words: set[str]) -> None:
    assert set(words_of(text)) == words


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(text=st.text(_LETTERS, max_size=80))
async def test_the_database_finds_the_same_words_and_each_of_them_by_how_it_begins(sql: Connection, text: str) -> None:
    found = await sql.fetchval("select tsvector_to_array(chaishots_words($1))", text)
    words = words_of(text)
    assert sorted(found) == sorted(set(words))
    for word in words:
        asked = query_of((f"{word[:1]}*", f"{word}*", word))
        assert await sql.fetchval("select chaishots_words($1) @@ $2::text::tsquery", text, asked)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Telugu letters", ("letters*", "telugu*")),
        ("LETTERS, telugu", ("letters*", "telugu*")),
        ("a b tel", ("a", "b", "tel*")),
        ("tel a", ("a*", "tel*")),
        ("క అమ్మ", ("అమ్మ*", "క")),
        ("a b a", ("a", "a*", "b")),
        ("", ()),
    ],
)
def test_a_single_letter_is_the_beginning_of_a_word_only_at_the_end(text: str, wanted: tuple[str, ...]) -> None:
    assert search_of(text) == wanted
