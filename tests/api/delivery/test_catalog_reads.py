"""What an address asks for: addresses that ask for the same share a key, and no others do."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chaishots.api.delivery.catalog_reads import Read, read_at
from chaishots.content.catalog.filters import Place
from chaishots.content.catalog.public_fields import LESSON_FIELDS, PROGRAM_FIELDS
from chaishots.content.catalog.requested_fields import View
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.builders import a_public_program

LIST = "/catalog/programs"
CURSORS = [Place(datetime(2026, 1, day, tzinfo=UTC), UUID(int=day)).cursor() for day in (1, 2)]

# Words that look like what stands for nothing, for everything, or between two values.
words = st.one_of(
    st.sampled_from(["None", "null", "*", "&", "()", "en", "20", "a", "a&b"]), st.text("aNone&,'", max_size=5)
)
numbers = st.sampled_from(["1", "20", "020", "100"])
languages = st.sampled_from(["en", "te", "hi", "pt-BR"])
orders = st.sampled_from(["newest", "oldest"])
ids = st.lists(st.sampled_from([str(UUID(int=number)) for number in range(3)]), min_size=1, max_size=3).map(",".join)
prefers = st.lists(languages, min_size=1, max_size=3).map(",".join)


def _fields(allowed: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(allowed), min_size=1, max_size=3).map(",".join)


def _address(path: str, query: Mapping[str, st.SearchStrategy[str]]) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    return st.tuples(st.just(path), st.fixed_dictionaries({}, optional=dict(query)))


lists = _address(
    LIST,
    {
        "topic": words,
        "language": languages,
        "limit": numbers,
        "cursor": st.sampled_from(CURSORS),
        "ids": ids,
        "sort": orders,
        "fields": _fields(PROGRAM_FIELDS),
        "prefer": prefers,
    },
)
lessons = _address(
    "/catalog/lessons",
    {
        "language": languages,
        "limit": numbers,
        "ids": ids,
        "sort": orders,
        "fields": _fields(LESSON_FIELDS),
        "prefer": prefers,
    },
)
single = [
    _address(f"{folder}/{UUID(int=number)}", {"fields": _fields(allowed), "prefer": prefers})
    for folder, allowed in ((LIST, PROGRAM_FIELDS), ("/catalog/lessons", LESSON_FIELDS))
    for number in range(2)
]
addresses = st.one_of(lists, lessons, *single, st.just(("/catalog/topics", dict[str, str]())))


def _meaning(path: str, query: Mapping[str, str]) -> tuple[Any, ...]:
    """What is asked for, told apart from the key."""
    allowed = LESSON_FIELDS if "lessons" in path else PROGRAM_FIELDS
    view = View.of(allowed, query.get("fields"), query.get("prefer"))
    page = (int(query.get("limit", "20")), *(query.get(name) for name in ("topic", "language", "cursor")))
    page += (query.get("sort", "newest"), frozenset(query["ids"].split(",")) if "ids" in query else None)
    return path, page if path in (LIST, "/catalog/lessons") else None, view


@given(st.lists(addresses, min_size=1, max_size=4))
def test_two_reads_share_a_key_when_they_are_the_same_and_only_then(asked: list[tuple[str, dict[str, str]]]) -> None:
    known: list[tuple[Read, tuple[Any, ...]]] = []
    fewer = [(path, {name: query[name] for name in query if name != left}) for path, query in asked for left in query]
    for path, query in asked + fewer:
        read = read_at(path, urlencode(query).encode())
        if read is not None:  # else refused: some words are no topic's name
            known.append((read, _meaning(path, query)))
    for (one, means), (other, meant) in itertools.combinations(known, 2):
        assert (one.key == other.key) is (means == meant), (means, meant)
        if one.kind == other.kind:
            assert (one.route, one.subject is None) == (other.route, other.subject is None)
            assert means[2] == meant[2]
        if one.subject is None and one.key != other.key:
            assert one.kind != other.kind


async def test_what_is_asked_for_by_an_odd_name_is_not_served_to_who_asks_for_all(
    whole: Served, sql: Connection
) -> None:
    await a_public_program(sql)
    await whole.has_heard(sql)
    for name in (
        "topic=None",
        "topic=null",
        "topic=*",
        "topic=%26",
        "language=None",
        "prefer=None",
        "prefer=en&topic=None",
    ):
        await whole.client.get(f"{LIST}?{name}")
    assert len((await whole.client.get(LIST)).json()["programs"]) == 1
