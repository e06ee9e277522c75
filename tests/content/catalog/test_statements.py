"""What the public reads: published lessons of published programs, in the shape that apps rely on, and nothing else."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chaishots.content.answer_format import moment
from chaishots.content.catalog import statements
from chaishots.content.catalog.filters import Place, Selection
from chaishots.content.catalog.public_fields import LESSON_FIELDS
from chaishots.content.catalog.requested_fields import View
from chaishots.content.errors import InvalidContent, NotFound
from chaishots.database.connection import Connection, reading
from tests.builders import AN_HOUR, ASSETS, URLS, a_lesson, a_program, a_public_program, a_term, row
from tests.conftest import Database

Make = Callable[[Connection], Awaitable[Any]]

PROGRAM_KEYS = {
    "id",
    "title",
    "title_language",
    "titles",
    "description",
    "descriptions",
    "slug",
    "language_primary",
    "languages_available",
    "position",
    "coming_soon",
    "topics",
    "assets",
    "published_at",
    "updated_at",
    "lesson_count",
    "free_lesson_count",
    "total_duration_ms",
    "terms",
}
COUNT_KEYS = {"lesson_count", "free_lesson_count", "total_duration_ms"}
TERM_KEYS = {"id", "term_number", "title", "title_language", "titles", "lessons", *COUNT_KEYS}
LESSON_KEYS = {
    "id",
    "lesson_number",
    "title",
    "title_language",
    "titles",
    "summary",
    "summaries",
    "content_type",
    "duration_ms",
    "is_paid",
    "locked",
    "content_language_primary",
    "content_languages_available",
    "content_urls_by_language",
    "subtitle_languages",
    "subtitle_urls_by_language",
    "assets",
    "published_at",
    "available_until",
    "updated_at",
}
URL_KEYS = {"content_urls_by_language", "subtitle_urls_by_language"}
PLACE_KEYS = {"term_id", "program_id", "term", "program", "previous_lesson_id", "next_lesson_id"}
"""A lesson that is read by itself says where it belongs."""

AT = datetime(2026, 1, 31, 9, 0, 0, 123456, tzinfo=UTC)
SUBTITLES = {"te": "https://cdn.example.com/te.vtt", "en": "https://cdn.example.com/en.vtt"}


async def page(sql: Connection, *, limit: int = 100, cursor: str | None = None, **filters: Any) -> dict[str, Any]:
    """A page of programs."""
    selection = Selection(after=Place.of(cursor) if cursor else None, **filters)
    return json.loads((await statements.programs(sql, limit=limit, selection=selection)).document)


async def titles(sql: Connection, **filters: Any) -> list[str]:
    """The titles of the public programs, in their order."""
    return [program["title"] for program in (await page(sql, **filters))["programs"]]


async def one_program(sql: Connection, key: UUID) -> dict[str, Any]:
    """A program by its id."""
    return json.loads((await statements.program(sql, key)).document)


async def one_lesson(sql: Connection, key: UUID) -> dict[str, Any]:
    """A lesson by its id."""
    return json.loads((await statements.lesson(sql, key)).document)


async def topics(sql: Connection) -> dict[str, int]:
    """The topics in use, with their counts."""
    return {topic["name"]: topic["programs"] for topic in json.loads((await statements.topics(sql)).document)["topics"]}


async def about(sql: Connection, program: UUID, *names: str) -> None:
    """Give a program topics, new ones where there are none of the name."""
    for name in names:
        await sql.execute(
            "insert into topic (name) select $1 where not exists (select from topic where name = $1)", name
        )
        await sql.execute("insert into program_topic select $1, id from topic where name = $2", program, name)


# The shape -----------------------------------------------------------------------------------------------------------
async def test_a_program_says_what_the_design_lists(sql: Connection) -> None:
    key = await a_public_program(sql)

    assert (await one_program(sql, key)).keys() == PROGRAM_KEYS


async def test_a_term_says_what_the_design_lists(sql: Connection) -> None:
    (term,) = (await one_program(sql, await a_public_program(sql)))["terms"]

    assert term.keys() == TERM_KEYS


async def test_a_lesson_of_a_program_says_what_the_design_lists(sql: Connection) -> None:
    (term,) = (await one_program(sql, await a_public_program(sql)))["terms"]

    assert [lesson.keys() for lesson in term["lessons"]] == [LESSON_KEYS]


async def test_a_lesson_by_itself_says_where_it_belongs_as_well(sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)

    lesson = await one_lesson(sql, await a_lesson(sql, term, status="published"))

    assert lesson.keys() == LESSON_KEYS | PLACE_KEYS
    assert (lesson["term_id"], lesson["program_id"]) == (str(term), str(program))


async def test_a_program_is_told_as_it_is(sql: Connection) -> None:
    key = await a_public_program(
        sql,
        title='"తెలుగు" \\ 😀',
        description="Line\nafter line",
        language_primary="en",
        languages_available=["en", "te"],
        posters={"en": {**ASSETS["en"], "banner": "https://cdn.example.com/b.jpg"}},
        published_at=AT,
    )
    await about(sql, key, "waves", "Optics")

    told = await one_program(sql, key)

    assert {name: told[name] for name in PROGRAM_KEYS - {"terms", "published_at", "updated_at"} - COUNT_KEYS} == {
        "id": str(key),
        "title": '"తెలుగు" \\ 😀',
        "title_language": "en",
        "titles": {"en": '"తెలుగు" \\ 😀'},
        "description": "Line\nafter line",
        "descriptions": {"en": "Line\nafter line"},
        "slug": "program",
        "language_primary": "en",
        "languages_available": ["en", "te"],
        "topics": ["Optics", "waves"],
        "position": None,
        "coming_soon": [],
        "assets": {"posters": {"en": {**ASSETS["en"], "banner": "https://cdn.example.com/b.jpg"}}},
    }


async def test_a_lesson_is_told_as_it_is(sql: Connection) -> None:
    key = await a_lesson(
        sql,
        lesson_number=3,
        title="Waves",
        summary="Crests meet.\nTroughs too.",
        content_type="video",
        duration_ms=2**40,
        content_languages_available=["en", "te"],
        content_urls={**URLS, "te": "https://cdn.example.com/te.mp4"},
        subtitle_urls=SUBTITLES,
        status="published",
    )

    told = await one_lesson(sql, key)

    assert {name: told[name] for name in LESSON_KEYS - {"published_at", "updated_at", "available_until"}} == {
        "id": str(key),
        "lesson_number": 3,
        "title": "Waves",
        "title_language": "en",
        "titles": {"en": "Waves"},
        "summary": "Crests meet.\nTroughs too.",
        "summaries": {"en": "Crests meet.\nTroughs too."},
        "content_type": "video",
        "duration_ms": 2**40,
        "is_paid": False,
        "locked": False,
        "content_language_primary": "en",
        "content_languages_available": ["en", "te"],
        "content_urls_by_language": {**URLS, "te": "https://cdn.example.com/te.mp4"},
        "subtitle_languages": ["en", "te"],
        "subtitle_urls_by_language": SUBTITLES,
        "assets": {"thumbnails": ASSETS},
    }


async def test_an_article_without_a_length_says_so(sql: Connection) -> None:
    told = await one_lesson(sql, await a_lesson(sql, content_type="article", duration_ms=None, status="published"))

    assert (told["content_type"], told["duration_ms"], told["subtitle_languages"]) == ("article", None, [])


async def test_times_are_told_to_the_millisecond_in_utc(sql: Connection) -> None:
    key = await a_public_program(sql, published_at=AT)
    stored = await row(sql, "program", key)

    told = await one_program(sql, key)

    assert told["published_at"] == moment(AT)
    assert told["updated_at"] >= moment(stored["updated_at"])


async def test_a_program_is_told_the_same_in_a_list_and_by_itself(sql: Connection) -> None:
    key = await a_public_program(sql)
    await about(sql, key, "Waves")

    assert (await page(sql))["programs"] == [await one_program(sql, key)]


async def test_a_lesson_is_told_the_same_in_its_program_and_by_itself(sql: Connection) -> None:
    ((lesson,),) = [term["lessons"] for term in (await one_program(sql, await a_public_program(sql)))["terms"]]

    by_itself = await one_lesson(sql, UUID(lesson["id"]))
    assert {name: value for name, value in by_itself.items() if name not in PLACE_KEYS} == lesson


async def test_terms_and_lessons_come_by_their_numbers(sql: Connection) -> None:
    program = await a_program(sql, status="published")
    for term_number in (2, 10, 1):
        term = await a_term(sql, program, term_number=term_number)
        for lesson_number in (10, 1, 2):
            await a_lesson(sql, term, lesson_number=lesson_number, status="published")

    terms = (await one_program(sql, program))["terms"]

    assert [term["term_number"] for term in terms] == [1, 2, 10]
    assert [[lesson["lesson_number"] for lesson in term["lessons"]] for term in terms] == [[1, 2, 10]] * 3


async def test_a_term_without_public_lessons_is_there_and_empty(sql: Connection) -> None:
    program = await a_public_program(sql)
    term = await a_term(sql, program, title="Soon")
    await a_lesson(sql, term, due_in=AN_HOUR)

    (_, empty) = (await one_program(sql, program))["terms"]

    assert empty == {**empty, "id": str(term), "title": "Soon", "lessons": []}


# What is public ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
async def test_a_lesson_that_is_not_published_is_not_in_its_program(sql: Connection, status: str) -> None:
    program = await a_public_program(sql)
    term = await a_term(sql, program)
    hidden = await a_lesson(sql, term, status=status, publish_at=AT)

    text = (await statements.program(sql, program)).document + (await statements.programs(sql, limit=100)).document

    assert str(hidden) not in text


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
async def test_a_lesson_that_is_not_published_is_not_found(sql: Connection, status: str) -> None:
    hidden = await a_lesson(
        sql, await a_term(sql, await a_public_program(sql)), status=status, publish_at=AT, published_at=AT
    )

    with pytest.raises(NotFound):
        await statements.lesson(sql, hidden)


async def test_a_lesson_of_an_archived_program_is_not_found(sql: Connection) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")
    await sql.execute("update program set status = 'archived' where id = $1", program)

    with pytest.raises(NotFound):
        await statements.lesson(sql, lesson)


async def a_program_without_lessons(sql: Connection) -> UUID:
    return await a_program(sql, status="published")


async def a_draft_program(sql: Connection) -> UUID:
    program = await a_program(sql)
    await a_lesson(sql, await a_term(sql, program))
    return program


async def an_archived_program(sql: Connection) -> UUID:
    program = await a_public_program(sql)
    await sql.execute("update program set status = 'archived' where id = $1", program)
    return program


async def a_program_whose_only_lesson_was_archived(sql: Connection) -> UUID:
    program = await a_public_program(sql)
    await sql.execute(
        "update lesson set status = 'archived' where term_id in (select id from term where program_id = $1)", program
    )
    return program


async def a_program_whose_only_lesson_is_scheduled(sql: Connection) -> UUID:
    program = await a_program(sql, status="published")
    await a_lesson(sql, await a_term(sql, program), due_in=AN_HOUR)
    return program


HIDDEN = pytest.mark.parametrize(
    "make",
    [
        a_program_without_lessons,
        a_draft_program,
        an_archived_program,
        a_program_whose_only_lesson_was_archived,
        a_program_whose_only_lesson_is_scheduled,
    ],
)


@HIDDEN
async def test_a_program_that_is_not_public_is_not_listed(sql: Connection, make: Make) -> None:
    await make(sql)
    await a_public_program(sql, title="Physics")

    assert await titles(sql) == ["Physics"]


@HIDDEN
async def test_a_program_that_is_not_public_is_not_found(sql: Connection, make: Make) -> None:
    hidden = await make(sql)

    with pytest.raises(NotFound):
        await statements.program(sql, hidden)


@HIDDEN
async def test_a_topic_counts_no_program_that_is_not_public(sql: Connection, make: Make) -> None:
    await about(sql, await make(sql), "Waves", "Optics")
    await about(sql, await a_public_program(sql), "Waves")

    assert await topics(sql) == {"Waves": 1}


@pytest.mark.parametrize("read", [statements.program, statements.lesson], ids=["program", "lesson"])
async def test_what_does_not_exist_is_not_found(sql: Connection, read: Callable[..., Awaitable[str]]) -> None:
    with pytest.raises(NotFound):
        await read(sql, uuid4())


async def test_a_program_comes_back_when_it_is_restored(sql: Connection) -> None:
    program = await an_archived_program(sql)

    await sql.execute("update program set status = 'published' where id = $1", program)

    assert [found["id"] for found in (await page(sql))["programs"]] == [str(program)]


# What is paid for ----------------------------------------------------------------------------------------------------
async def a_paid_lesson(sql: Connection) -> UUID:
    return await a_lesson(
        sql,
        is_paid=True,
        content_urls={"en": "https://cdn.example.com/secret.mp4"},
        subtitle_urls={"en": "https://cdn.example.com/secret.vtt"},
        status="published",
    )


async def test_a_paid_lesson_says_everything_but_its_urls(sql: Connection) -> None:
    lesson = await one_lesson(sql, await a_paid_lesson(sql))

    assert {name: lesson[name] for name in URL_KEYS} == {name: {} for name in URL_KEYS}
    assert (lesson["is_paid"], lesson["locked"], lesson["subtitle_languages"]) == (True, True, ["en"])


async def test_the_urls_of_a_paid_lesson_are_in_no_public_answer(sql: Connection) -> None:
    lesson = await a_paid_lesson(sql)
    program = UUID((await one_lesson(sql, lesson))["program_id"])

    answers = [
        (await statements.lesson(sql, lesson)).document,
        (await statements.program(sql, program)).document,
        (await statements.programs(sql, limit=100)).document,
    ]

    assert ["secret" in answer for answer in answers] == [False] * 3


async def test_a_free_lesson_beside_a_paid_one_keeps_its_urls(sql: Connection) -> None:
    term = await a_term(sql)
    for number, is_paid in enumerate((True, False), start=1):
        await a_lesson(sql, term, lesson_number=number, is_paid=is_paid, status="published")

    ((paid, free),) = [told["lessons"] for told in (await page(sql))["programs"][0]["terms"]]

    assert [bool(paid[name]) for name in URL_KEYS] == [False, False]
    assert (paid["locked"], free["locked"], free["content_urls_by_language"]) == (True, False, URLS)


# The list ------------------------------------------------------------------------------------------------------------
async def test_nothing_public_is_an_empty_page(sql: Connection) -> None:
    assert await page(sql) == {"programs": [], "next_cursor": None}


async def test_the_newest_program_comes_first(sql: Connection) -> None:
    for title, hours in (("Old", 3), ("New", 1), ("Older", 5)):
        await a_public_program(sql, title=title, published_at=AT - hours * AN_HOUR)

    assert await titles(sql) == ["New", "Old", "Older"]


async def test_an_edit_moves_no_program(sql: Connection) -> None:
    for title, hours in (("Old", 3), ("New", 1)):
        await a_public_program(sql, title=title, published_at=AT - hours * AN_HOUR)

    await sql.execute("update program set description = 'Edited' where title = 'Old'")

    assert await titles(sql) == ["New", "Old"]


@pytest.mark.parametrize(("number", "has_more"), [(1, False), (2, False), (3, True)])
async def test_a_page_has_a_cursor_when_more_follows(sql: Connection, number: int, has_more: bool) -> None:
    for _ in range(number):
        await a_public_program(sql)

    first = await page(sql, limit=2)

    assert len(first["programs"]) == min(number, 2)
    assert (first["next_cursor"] is not None) is has_more


async def walk(sql: Connection, *, limit: int, between: Make | None = None, **filters: Any) -> list[list[str]]:
    """The ids of each page, from the first to the last."""
    pages: list[list[str]] = []
    cursor = None
    while True:
        found = await page(sql, limit=limit, cursor=cursor, **filters)
        pages.append([program["id"] for program in found["programs"]])
        if (cursor := found["next_cursor"]) is None:
            return pages
        if between:
            await between(sql)


MOMENTS = pytest.mark.parametrize(
    "published_at",
    [
        pytest.param(lambda n: AT, id="all at the same moment"),
        pytest.param(lambda n: AT - n * timedelta(microseconds=1), id="a microsecond apart"),
        pytest.param(lambda n: AT - n // 3 * AN_HOUR, id="three at a time"),
        pytest.param(lambda n: AT.replace(microsecond=0), id="on the full second"),
    ],
)


@MOMENTS
async def test_a_walk_gives_each_program_once(sql: Connection, published_at: Callable[[int], datetime]) -> None:
    keys = {str(await a_public_program(sql, published_at=published_at(n))) for n in range(25)}

    pages = await walk(sql, limit=7)

    assert [len(ids) for ids in pages] == [7, 7, 7, 4]
    assert {key for ids in pages for key in ids} == keys


@MOMENTS
async def test_a_walk_gives_each_program_once_while_new_ones_are_published(
    sql: Connection, published_at: Callable[[int], datetime]
) -> None:
    keys = {str(await a_public_program(sql, published_at=published_at(n))) for n in range(25)}

    pages = await walk(sql, limit=7, between=lambda sql: a_public_program(sql, published_at=AT + AN_HOUR))

    assert [len(ids) for ids in pages] == [7, 7, 7, 4]
    assert {key for ids in pages for key in ids} == keys


async def test_a_walk_goes_on_where_it_was_when_that_program_was_taken_down(sql: Connection) -> None:
    keys = [await a_public_program(sql, published_at=AT - n * AN_HOUR) for n in range(6)]
    first = await page(sql, limit=3)
    await sql.execute("update program set status = 'archived' where id = any($1)", keys[1:4])

    second = await page(sql, limit=3, cursor=first["next_cursor"])

    assert [program["id"] for program in second["programs"]] == [str(key) for key in keys[4:]]


async def test_a_walk_of_a_filtered_list_stays_in_it(sql: Connection) -> None:
    keys = [await a_public_program(sql, published_at=AT) for _ in range(10)]
    for key in keys[::2]:
        await about(sql, key, "Waves")

    pages = await walk(sql, limit=2, topic="Waves")

    assert {key for ids in pages for key in ids} == {str(key) for key in keys[::2]}
    assert [len(ids) for ids in pages] == [2, 2, 1]


# Filters -------------------------------------------------------------------------------------------------------------
@pytest.fixture
async def library(sql: Connection) -> None:
    """Programs in two languages, about two topics, the newest first by their names."""
    for n, (title, languages, names) in enumerate(
        (
            ("A", ["en"], ["Waves"]),
            ("B", ["en", "te"], ["Waves", "Optics"]),
            ("C", ["te"], ["Optics"]),
            ("D", ["zh-Hant"], []),
        )
    ):
        posters = {languages[0]: ASSETS["en"]}
        key = await a_public_program(
            sql,
            title=title,
            language_primary=languages[0],
            languages_available=languages,
            posters=posters,
            published_at=AT - n * AN_HOUR,
        )
        await about(sql, key, *names)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param({}, ["A", "B", "C", "D"], id="none"),
        pytest.param({"languages": ["en"]}, ["A", "B"], id="a primary language"),
        pytest.param({"languages": ["te"]}, ["B", "C"], id="a language among others"),
        pytest.param({"languages": ["zh-Hant"]}, ["D"], id="a language with its script"),
        pytest.param({"languages": ["hi", "en", "zh-Hant"]}, ["A", "B", "D"], id="one of several languages"),
        pytest.param({"languages": ["zh"]}, [], id="a language without its script"),
        pytest.param({"languages": ["hi"]}, [], id="a language that nothing is in"),
        pytest.param({"topic": "Waves"}, ["A", "B"], id="a topic"),
        pytest.param({"topic": "wAVES"}, ["A", "B"], id="a topic in another case"),
        pytest.param({"topic": "Wave"}, [], id="a part of a topic"),
        pytest.param({"topic": "W%"}, [], id="a wildcard"),
        pytest.param({"topic": "' or true --"}, [], id="SQL"),
        pytest.param({"languages": ["te"], "topic": "Waves"}, ["B"], id="both"),
        pytest.param({"languages": ["zh-Hant"], "topic": "Waves"}, [], id="both, without a match"),
    ],
)
@pytest.mark.usefixtures("library")
async def test_a_filter_keeps_what_matches_in_its_order(
    sql: Connection, filters: dict[str, str], found: list[str]
) -> None:
    assert await titles(sql, **filters) == found


@pytest.mark.usefixtures("library")
async def test_topics_are_told_by_name_with_the_number_of_their_programs(sql: Connection) -> None:
    await sql.execute("insert into topic (name) values ('Unused')")
    await about(sql, await a_public_program(sql), "acids")

    told = json.loads((await statements.topics(sql)).document)["topics"]

    assert [(topic["name"], topic["programs"]) for topic in told] == [("acids", 1), ("Optics", 2), ("Waves", 2)]
    assert [topic.keys() for topic in told] == [{"id", "name", "programs"}] * 3


async def test_a_program_of_many_lessons_counts_once_in_its_topic(sql: Connection) -> None:
    program = await a_public_program(sql)
    for _ in range(3):
        await a_lesson(sql, await a_term(sql, program), status="published")
    await about(sql, program, "Waves")

    assert await topics(sql) == {"Waves": 1}


async def test_without_topics_in_use_there_are_none(sql: Connection) -> None:
    await sql.execute("insert into topic (name) values ('Unused')")

    assert json.loads((await statements.topics(sql)).document) == {"topics": []}


# Cursors -------------------------------------------------------------------------------------------------------------
def forged(text: str) -> str:
    """A cursor in the outer form of ours, of whatever it should hold."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


ID = "01a20803-14cf-7382-9a78-e6c719d8efcd"
OURS = Place(AT, UUID(ID)).cursor()


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("!", id="no letter of ours"),
        pytest.param("abc", id="nothing in it"),
        pytest.param("a" * 200, id="long"),
        pytest.param("తెలుగు", id="another script"),
        pytest.param("____", id="no UTF-8 in it"),
        pytest.param(f" {OURS}", id="a space before"),
        pytest.param(f"{OURS}\n", id="a newline after"),
        pytest.param(f"{OURS}=", id="with padding"),
        pytest.param(OURS[:-1], id="cut short"),
        pytest.param(OURS[: len(OURS) // 2], id="cut in half"),
        pytest.param(OURS + OURS, id="twice"),
        pytest.param(OURS.swapcase(), id="in another case"),
        pytest.param(forged(""), id="of nothing"),
        pytest.param(forged(f"{AT.isoformat()}"), id="without an id"),
        pytest.param(forged(ID), id="without a time"),
        pytest.param(forged(f"{AT.isoformat()} 1"), id="of a bad id"),
        pytest.param(forged(f"{AT.isoformat()} {ID.upper()}"), id="of an id in capitals"),
        pytest.param(forged(f"{AT.isoformat()}  {ID}"), id="of two spaces"),
        pytest.param(forged(f"{AT.isoformat()} {ID} 1 1"), id="of something more"),
        pytest.param(forged(f"{AT.isoformat()} {ID} 0"), id="of no position"),
        pytest.param(forged(f"{AT.isoformat()} {ID} {2**31}"), id="of too high a position"),
        pytest.param(forged(f"{AT.date()} {ID}"), id="of a date"),
        pytest.param(forged(f"{AT.replace(tzinfo=None).isoformat()} {ID}"), id="of a time without an offset"),
        pytest.param(forged(f"infinity {ID}"), id="of infinity"),
        pytest.param(forged(f"0001-01-01T00:00:00+00:00 {ID}"), id="of the first year"),
        pytest.param(forged(f"1969-12-31T23:59:59+00:00 {ID}"), id="of a time before any"),
        pytest.param(forged(f"9999-12-31T23:59:59-14:00 {ID}"), id="of a time past all calendars"),
        pytest.param(forged(f"10000-01-01T00:00:00+00:00 {ID}"), id="of a year of five digits"),
    ],
)
async def test_a_cursor_that_is_none_of_ours_is_refused(sql: Connection, cursor: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        await statements.programs(sql, limit=20, selection=Selection(after=Place.of(cursor)))

    assert refusal.value.field == "cursor"


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), id="the first"),
        pytest.param(datetime(8999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), id="the last"),
        pytest.param(AT.replace(microsecond=0), id="a full second"),
        pytest.param(AT, id="a moment of microseconds"),
    ],
)
def test_a_cursor_gives_back_the_place_it_was_made_of(moment: datetime) -> None:
    place = Place(moment, UUID(ID))

    assert Place.of(place.cursor()) == place


def place_of(cursor: str) -> Place | None:
    """The place that a cursor stands for; None when it is refused."""
    try:
        return Place.of(cursor)
    except InvalidContent:
        return None


@given(st.text(max_size=120))
def test_whatever_is_given_for_a_cursor_is_a_place_or_refused(text: str) -> None:
    place = place_of(text)

    assert place is None or place.cursor() == text


@given(st.text("0123456789-:+TZ .WE", max_size=40) | st.datetimes(timezones=st.timezones()).map(datetime.isoformat))
@example("9999-12-31T23:59:59-14:00")
def test_whatever_time_is_forged_into_a_cursor_is_one_in_every_offset_or_refused(text: str) -> None:
    place = place_of(forged(f"{text} {ID}"))

    assert place is None or place.published_at.astimezone(UTC) == place.published_at


@pytest.mark.parametrize("hours", [-14, 14])
async def test_a_cursor_from_another_offset_is_refused_or_means_the_same_moment(sql: Connection, hours: int) -> None:
    await a_public_program(sql, published_at=AT - AN_HOUR)
    elsewhere = AT.astimezone(timezone(timedelta(hours=hours)))

    try:
        found = await page(sql, cursor=forged(f"{elsewhere.isoformat()} {ID}"))
    except InvalidContent:
        return
    assert len(found["programs"]) == 1


# The pool ------------------------------------------------------------------------------------------------------------
async def test_many_readers_at_once_get_the_same_answer(sql: Connection, database: Database) -> None:
    key = await a_public_program(sql)

    async def read() -> str:
        async with reading() as connection:
            return (await statements.program(connection, key)).document

    assert set(await asyncio.gather(*(read() for _ in range(30)))) == {(await statements.program(sql, key)).document}


# Counts, neighbours and moments --------------------------------------------------------------------------------------
async def test_a_program_and_its_terms_count_what_is_public_in_them(sql: Connection) -> None:
    program = await a_program(sql, status="published")
    first, second = await a_term(sql, program), await a_term(sql, program)
    await a_term(sql, program)
    await a_lesson(sql, first, status="published", duration_ms=1_000)
    await a_lesson(sql, first, status="published", duration_ms=20_000, is_paid=True)
    await a_lesson(sql, first, duration_ms=300_000)
    await a_lesson(sql, second, status="published", content_type="article", duration_ms=None)

    told = await one_program(sql, program)

    counts = [tuple(each[name] for name in sorted(COUNT_KEYS)) for each in (told, *told["terms"])]
    assert counts == [(2, 3, 21_000), (1, 2, 21_000), (1, 1, 0), (0, 0, 0)]


async def test_a_lesson_names_what_comes_before_and_after_it_in_its_program(sql: Connection) -> None:
    program = await a_program(sql, title="Chai", status="published", translations={"te": {"title": "చాయ్"}})
    first, second = await a_term(sql, program, title="One"), await a_term(sql, program)
    lessons = [await a_lesson(sql, term, status="published") for term in (first, first, second)]
    await a_lesson(sql, first)
    await a_public_program(sql)

    told = [await one_lesson(sql, key) for key in lessons]

    ids = [None, *map(str, lessons), None]
    assert [each["previous_lesson_id"] for each in told] == ids[:3]
    assert [each["next_lesson_id"] for each in told] == ids[2:]
    assert told[0]["term"] == {"id": str(first), "title": "One"}
    assert told[2]["term"] == {"id": str(second), "title": None}
    assert told[0]["program"] == {"id": str(program), "slug": "chai", "title": "Chai"}
    view = View.of(LESSON_FIELDS, "program", "te")
    preferred = json.loads((await statements.lesson(sql, lessons[0], view=view)).document)
    assert preferred["program"] == {"id": str(program), "slug": "chai", "title": "చాయ్"}


async def test_what_is_scheduled_in_its_program_may_become_a_lessons_neighbour(sql: Connection) -> None:
    term = await a_term(sql, await a_program(sql, status="published"))
    lesson = await a_lesson(sql, term, status="published")
    coming = await a_lesson(sql, term, due_in=AN_HOUR)

    told = await statements.lesson(sql, lesson)
    alone = await statements.lesson(sql, lesson, view=View.of(LESSON_FIELDS, "title", None))

    assert told.changes_at == (await row(sql, "lesson", coming))["publish_at"]
    assert alone.changes_at is None


async def test_a_lesson_tells_until_when_it_is_there_and_when_it_changed(sql: Connection) -> None:
    key = await a_lesson(sql, status="published", archive_at=datetime(2100, 1, 1, tzinfo=UTC))
    told, stored = await one_lesson(sql, key), await row(sql, "lesson", key)
    assert told["available_until"] == "2100-01-01T00:00:00.000Z"
    assert told["updated_at"] == moment(stored["updated_at"])


MOVES = {
    "a lesson is edited": "update lesson set title = 'New' where number = 1",
    "a lesson is published": "update lesson set status = 'published' where number = 2",
    "a lesson is taken down": "update lesson set status = 'archived' where number = 1",
    "a lesson is deleted": "delete from lesson where number = 1",
    "a lesson moves away": "update lesson set term_id = $other where number = 1",
    "a lesson comes": "update lesson set term_id = $term where number = 3",
    "a term is named": "update term set title = 'New' where id = $term",
    "a term comes": "insert into term (program_id, term_number) values ($program, 1000000)",
    "a term goes": "delete from term where id = $term",
    "a term moves away": "update term set program_id = $elsewhere where id = $term",
    "a topic comes": "insert into program_topic select $program, id from topic where name = 'Other'",
    "a topic goes": "delete from program_topic where program_id = $program",
    "a topic is renamed": "update topic set name = 'New' where name = 'Waves'",
    "the program is edited": "update program set title = 'New' where id = $program",
}


@pytest.mark.parametrize("change", MOVES.values(), ids=MOVES)
async def test_a_programs_updated_at_moves_with_all_that_is_shown_of_it(sql: Connection, change: str) -> None:
    program, elsewhere = await a_program(sql, status="published"), await a_program(sql, status="published")
    term, other = await a_term(sql, program), await a_term(sql, elsewhere)
    numbers = [
        await a_lesson(sql, where, status=status)
        for where, status in ((term, "published"), (term, "draft"), (other, "published"))
    ]
    await a_lesson(sql, await a_term(sql, program), status="published")
    await about(sql, program, "Waves")
    await about(sql, elsewhere, "Other")
    before, apart = await one_program(sql, program), await one_program(sql, elsewhere)
    places = {"$program": program, "$elsewhere": elsewhere, "$term": term, "$other": other}
    for name in sorted(places, key=len, reverse=True):
        change = change.replace(name, f"'{places[name]}'")
    for number, key in enumerate(numbers, 1):
        change = change.replace(f"number = {number}", f"id = '{key}'")

    await sql.execute(change)

    moved = await one_program(sql, program)
    assert moved["updated_at"] > before["updated_at"]
    if str(elsewhere) not in change and str(other) not in change and "term_id" not in change:
        assert (await one_program(sql, elsewhere))["updated_at"] == apart["updated_at"]


async def test_a_draft_that_nobody_sees_moves_no_updated_at(sql: Connection) -> None:
    program = await a_public_program(sql)
    term = await sql.fetchval("select id from term where program_id = $1", program)
    before = await one_program(sql, program)
    lesson = await a_lesson(sql, term)
    await sql.execute("update lesson set title = 'New' where id = $1", lesson)
    await sql.execute("delete from lesson where id = $1", lesson)
    assert (await one_program(sql, program))["updated_at"] == before["updated_at"]
