"""Finding by words: what is found, in which languages, what is not, and what is refused."""

import json

import httpx2
import pytest

from chaishots.content.catalog import filters
from chaishots.content.catalog.filters import Selection, SortOrder
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.builders import ASSETS, a_lesson, a_program, a_public_program, a_term, a_topic


async def found(client: httpx2.AsyncClient, kind: str, q: str, **more: str | int) -> list[str]:
    answer = await client.get(f"/catalog/{kind}", params={"q": q, "fields": "title", **more})
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()[kind]]


async def a_rich_program(sql: Connection) -> None:
    program = await a_program(
        sql,
        title="తెలుగు అక్షరాలు",
        description="Read and write, two minutes a day.",
        language_primary="te",
        posters={"te": ASSETS["en"]},
        translations={"hi": {"title": "तेलुगु अक्षर"}, "en": {"title": "Telugu letters"}},
    )
    topic = await a_topic(sql, "Crème de la crème")
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)
    await sql.execute("update topic set translations = $1", json.dumps({"hi": {"name": "भाषाएँ"}}))
    term = await a_term(sql, program, title="అచ్చులు")
    translations = {"hi": {"title": "माँ और गाय", "summary": "दो स्वर।"}}
    await a_lesson(
        sql, term, title="అమ్మ, ఆవు", summary="Mother and cow.", translations=translations, status="published"
    )


@pytest.mark.parametrize(
    "q",
    ["తెలుగు", "తె", "अक्षर", "LETTERS telugu", "tel let", "minut", "creme", "CRÈME", "भाषा", "అచ్చు", "తెలుగు day"],
)
async def test_a_program_is_found_by_its_words_in_every_language(
    client: httpx2.AsyncClient, sql: Connection, q: str
) -> None:
    await a_rich_program(sql)
    await a_public_program(sql, title="Other")
    assert await found(client, "programs", q) == ["తెలుగు అక్షరాలు"]


@pytest.mark.parametrize("q", ["అమ్మ", "ఆ", "cow", "माँ", "स्वर", "గాయ COW".removeprefix("గాయ "), "అమ్మ mother"])
async def test_a_lesson_is_found_by_its_words_in_every_language(
    client: httpx2.AsyncClient, sql: Connection, q: str
) -> None:
    await a_rich_program(sql)
    assert await found(client, "lessons", q) == ["అమ్మ, ఆవు"]


@pytest.mark.parametrize("q", ["ugu", "letters coffee", "మ్మ"])
async def test_what_lacks_a_word_or_has_it_in_the_middle_is_not_found(
    client: httpx2.AsyncClient, sql: Connection, q: str
) -> None:
    await a_rich_program(sql)
    assert await found(client, "programs", q) == await found(client, "lessons", q) == []


@pytest.mark.parametrize("few", [filters.FEW, 0])
async def test_what_is_not_public_is_never_found(
    cold: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(filters, "FEW", few)
    term = await a_term(sql, await a_program(sql, title="Secret"))
    for status in "draft", "archived":
        await a_lesson(sql, term, title=f"Secret {status}", status=status)
    assert await found(cold.client, "programs", "secret") == await found(cold.client, "lessons", "secret") == []

    await a_lesson(sql, term, title="Secret no more", status="published")
    assert await found(cold.client, "programs", "secret") == ["Secret"]
    assert await found(cold.client, "lessons", "secret") == ["Secret no more"]


@pytest.mark.parametrize("few", [1000, 1])
async def test_pages_of_what_is_found_lead_on_whether_few_or_many_have_the_word(
    client: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(filters, "FEW", few)
    term = await a_term(sql, await a_program(sql))
    for number in range(5):
        await a_lesson(sql, term, title=f"Chai {number}", status="published")
        await a_lesson(sql, term, title=f"Tea {number}", status="published")

    first = (await client.get("/catalog/lessons?q=chai&limit=3&fields=title")).json()
    rest = await found(client, "lessons", "chai", limit=3, cursor=first["next_cursor"])

    assert [each["title"] for each in first["lessons"]] + rest == [f"Chai {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("order", [SortOrder.NEWEST, SortOrder.OLDEST])
async def test_lessons_are_looked_through_only_where_those_that_come_next_fill_the_page(
    client: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch, order: SortOrder
) -> None:
    monkeypatch.setattr(filters, "FEW", 1)
    monkeypatch.setattr(filters, "NEAR", 3)
    term = await a_term(sql, await a_program(sql))
    first, last = ("chai", "tea") if order is SortOrder.OLDEST else ("tea", "chai")
    for name in ("chai", "tea"):
        for number in range(3):
            await a_lesson(sql, term, title=f"{name} {number}", status="published")

    for word, is_soon in (first, True), (last, False):
        statement, values = Selection(words=(f"{word}*",), order=order).common_statement(3)
        assert await sql.fetchval(statement, *values) is is_soon
        assert len(await found(client, "lessons", word, limit=2, sort=str(order))) == 2


async def test_what_is_found_follows_every_edit(cold: Served, sql: Connection) -> None:
    program = await a_public_program(sql, title="Chai")
    topic = await a_topic(sql, "Drinks")
    steps = [
        ("insert into program_topic values ($1, $2)", (program, topic), "drinks", True),
        ("update topic set name = 'Beverages' where id = $1", (topic,), "drinks", False),
        ("delete from program_topic where program_id = $1", (program,), "beverages", False),
        ("update program set title = 'Coffee' where id = $1", (program,), "chai", False),
        ("insert into term (program_id, term_number, title) values ($1, 99, 'Beans')", (program,), "beans", True),
        ("update term set title = 'Water' where program_id = $1 and term_number = 99", (program,), "beans", False),
        ("delete from term where program_id = $1 and term_number = 99", (program,), "water", False),
    ]
    for statement, values, q, is_found in steps:
        await sql.execute(statement, *values)
        assert bool(await found(cold.client, "programs", q)) is is_found, statement


async def test_a_publish_leaves_the_words_alone(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    written = "select xmin::text || ctid from lesson_words where lesson_id = $1"
    before = await sql.fetchval(written, lesson)
    await sql.execute("update lesson set status = 'published' where id = $1", lesson)
    await sql.execute("update lesson set title = title where id = $1", lesson)
    assert await sql.fetchval(written, lesson) == before


async def test_one_search_is_one_answer_however_it_is_written(whole: Served, sql: Connection) -> None:
    await a_rich_program(sql)
    await whole.has_heard(sql)
    await whole.client.get("/catalog/programs", params={"q": "Telugu  letters"})
    again = await whole.client.get("/catalog/programs", params={"q": "LETTERS, telugu"})
    assert again.headers["Cache-Status"] == "chaishots; hit"


@pytest.mark.parametrize("q", ["", " ", "☕ & | !", "a b c d e f g h i", "x" * 101, "\x00", "'", "తెలుగు " * 20])
@pytest.mark.parametrize("kind", ["programs", "lessons"])
async def test_what_is_no_search_is_refused(client: httpx2.AsyncClient, kind: str, q: str) -> None:
    answer = await client.get(f"/catalog/{kind}", params={"q": q})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "q"


@pytest.mark.parametrize("q", ["a:*", "!a", "a | b", "a<->b", "a'b", "\\a", "''", "$1", "%", "a%", "(a"])
async def test_no_sign_means_anything(client: httpx2.AsyncClient, q: str) -> None:
    answers = [await client.get(f"/catalog/{kind}", params={"q": q}) for kind in ("programs", "lessons")]
    assert all(answer.status_code in (200, 422) for answer in answers)
