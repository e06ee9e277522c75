"""What people type to find something: by SQL and by hand, it finds the same."""

from uuid import uuid4

import pytest

from chaishots.content.queries import terminal_tree
from chaishots.content.queries.search_filter import read_search
from chaishots.database.connection import Connection
from tests import builders
from tests.builders import AN_HOUR

EVERYTHING = {"Ginger tea", "Green tea, 100%", "चाय", "रक्\u200dषा"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", EVERYTHING),
        ("tea", {"Ginger tea", "Green tea, 100%"}),
        ("TEA gin", {"Ginger tea"}),
        ("tea !gin", {"Green tea, 100%"}),
        ("!", EVERYTHING),
        ("%", {"Green tea, 100%"}),
        ("_", set()),
        ("\\", set()),
        ("चाय", {"चाय"}),
        ("state:sched", {"Green tea, 100%"}),
        ("STATUS:draft tea", {"Ginger tea"}),
        ("lang:hi", {"चाय"}),
        ("state:", EVERYTHING),
        ("nothing\0like this", set()),
        ("रक्षा", {"रक्\u200dषा"}),
        ("रक्\u200cषा", {"रक्\u200dषा"}),
        ("!रक्षा state:draft", {"Ginger tea", "चाय"}),
        ("!\u200d \u200c", EVERYTHING),
    ],
)
async def test_words_and_fields(sql: Connection, typed: str, found: set[str]) -> None:
    term = await builders.a_term(sql)
    await builders.a_lesson(sql, term, title="Ginger tea")
    await builders.a_lesson(sql, term, title="Green tea, 100%", due_in=AN_HOUR)
    urls = {"hi": "https://cdn.example.com/hi.mp4"}
    await builders.a_lesson(sql, term, title="चाय", content_language_primary="hi", content_urls=urls)
    await builders.a_lesson(sql, term, title="रक्\u200dषा")

    search = read_search(typed)
    lessons = await terminal_tree.find_lessons(sql, search, limit=10)
    assert {lesson.title for lesson in lessons} == found
    everything = await terminal_tree.find_lessons(sql, read_search(""), limit=10)
    by_hand = {one.title for one in everything if search.matches(one.title, one.status, one.languages)}
    assert by_hand == found


def test_by_hand_an_id_finds_what_has_it_or_names_it_and_nothing_else() -> None:
    wanted, other = uuid4(), uuid4()
    search = read_search(str(wanted))
    assert search.matches("Chai", ids=[other, wanted])
    assert search.matches(f"lesson {wanted} went out")
    assert not search.matches("Chai", ids=[other])
