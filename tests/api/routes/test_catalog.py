"""The public catalog over HTTP: what it shows, page by page, and what it says to a request it cannot serve."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from chaishots.content.catalog.public_json import LISTED_LESSONS, LISTED_TERMS
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.builders import ASSETS, URLS, a_lesson, a_program, a_term


async def test_a_published_lesson_is_read_with_its_program_and_by_itself(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql, title="చాయ్")
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")

    (listed,) = (await client.get("/catalog/programs")).json()["programs"]
    alone = (await client.get(f"/catalog/programs/{program}")).json()
    of_itself = (await client.get(f"/catalog/lessons/{lesson}")).json()

    assert listed == alone
    assert listed["title"] == "చాయ్"
    (shown,) = listed["terms"][0]["lessons"]
    assert shown == {key: of_itself[key] for key in shown}
    assert of_itself["program_id"] == str(program)


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
async def test_what_is_not_published_is_nowhere(client: httpx2.AsyncClient, sql: Connection, status: str) -> None:
    term = await a_term(sql, await a_program(sql, title="Seen"))
    await a_lesson(sql, term, status="published")
    times = {"publish_at": await sql.fetchval("select now() + interval '1 hour'")} if status == "scheduled" else {}
    hidden = await a_lesson(sql, term, title="Hidden", status=status, **times)

    answers = [await client.get(path) for path in ("/catalog/programs", f"/catalog/lessons/{hidden}")]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert "Hidden" not in answers[0].text


async def test_pages_lead_on_until_the_last(client: httpx2.AsyncClient, sql: Connection) -> None:
    made = {str(program) for program in [await _public_program(sql) for _ in range(5)]}
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = (await client.get("/catalog/programs", params=query)).json()
        seen += [program["id"] for program in page["programs"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(seen) == 5
    assert set(seen) == made


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/catalog/programs?limit=0", "limit"),
        ("/catalog/programs?limit=101", "limit"),
        ("/catalog/programs?limit=abc", "limit"),
        ("/catalog/programs?limit=", "limit"),
        ("/catalog/programs?limit=1&limit=2", "limit"),
        ("/catalog/programs?limit=99999999999999999999999", "limit"),
        ("/catalog/programs?colour=red", "colour"),
        ("/catalog/programs?cursor=nonsense", "cursor"),
        ("/catalog/programs?cursor=", "cursor"),
        ("/catalog/programs?cursor=%00", "cursor"),
        ("/catalog/programs?cursor=MDAwMS0wMS0wMQ", "cursor"),
        ("/catalog/programs?language=%00", "language"),
        ("/catalog/programs?language=", "language"),
        ("/catalog/programs?language=en'--", "language"),
        ("/catalog/programs?language=en%0A", "language"),
        ("/catalog/programs?fields=title,nope", "fields"),
        ("/catalog/programs?fields=", "fields"),
        ("/catalog/programs?fields=title,", "fields"),
        (f"/catalog/lessons/{uuid4()}?fields=terms", "fields"),
        ("/catalog/programs?prefer=te,e'n", "prefer"),
        ("/catalog/programs?prefer=", "prefer"),
        (f"/catalog/programs/{uuid4()}?prefer={'en,' * 10}te", "prefer"),
        ("/catalog/programs?topic=%00", "topic"),
        ("/catalog/programs?topic=", "topic"),
        (f"/catalog/programs?topic={'x' * 101}", "topic"),
        ("/catalog/lessons/not-a-uuid", "id"),
        (f"/catalog/programs/{uuid4()}?x=1", "x"),
        ("/catalog/lessons/123", "id"),
        (f"/catalog/lessons/{{{uuid4()}}}", "id"),
        ("/catalog/topics?x=1", "x"),
    ],
)
async def test_bad_input_is_a_problem_that_names_the_field(client: httpx2.AsyncClient, path: str, field: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= problem.keys()
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("path", ["/catalog/programs/{}", "/catalog/lessons/{}"])
async def test_what_there_is_not_is_404(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path.format(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_page_can_be_asked_for_by_language_and_topic(client: httpx2.AsyncClient, sql: Connection) -> None:
    wanted = await _public_program(sql, languages_available=["en", "te"])
    other = await _public_program(sql)
    topic = await sql.fetchval("insert into topic (name) values ('Cooking') returning id")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", wanted, topic)

    for query in ({"language": "te"}, {"topic": "cooking"}, {"language": "te", "topic": "COOKING"}):
        page = (await client.get("/catalog/programs", params=query)).json()
        assert [program["id"] for program in page["programs"]] == [str(wanted)]
    assert len((await client.get("/catalog/programs?language=en")).json()["programs"]) == 2
    assert str(other) not in (await client.get("/catalog/programs?topic=Cooking")).text
    assert (await client.get("/catalog/topics")).json()["topics"] == [
        {"id": str(topic), "name": "Cooking", "programs": 1}
    ]


async def _public_program(sql: Connection, **columns: object) -> object:
    program = await a_program(sql, **columns)
    await a_lesson(sql, await a_term(sql, program), status="published")
    return program


async def test_a_paid_lessons_urls_are_for_token_holders_alone_and_for_no_cache(
    client: httpx2.AsyncClient, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(
        sql, status="published", is_paid=True, subtitle_urls={"en": "https://cdn.example.com/s.vtt"}
    )
    for path in ("/catalog/programs", f"/catalog/lessons/{lesson}"):
        anybody, holder = await client.get(path), await editor.get(path)
        assert "cdn.example.com/en.mp4" not in anybody.text
        assert "cdn.example.com/s.vtt" not in anybody.text
        assert "cdn.example.com/en.mp4" in holder.text
        assert "cdn.example.com/s.vtt" in holder.text
        assert '"locked":true' in anybody.text
        assert '"locked":false' in holder.text
        assert holder.headers["Cache-Control"] == "private, no-cache"
        assert anybody.headers["Vary"] == "Accept-Encoding, Authorization"


async def test_who_has_a_token_is_answered_compressed_and_is_told_when_nothing_is_new(
    client: httpx2.AsyncClient, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    term = await a_term(sql)
    for _ in range(5):
        await a_lesson(sql, term, status="published", is_paid=True)
    path = "/catalog/programs"
    whole = await editor.get(path, headers={"Accept-Encoding": "gzip"})
    again = await editor.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": whole.headers["ETag"]})
    other = await editor.get(path, headers={"Accept-Encoding": "br", "If-None-Match": whole.headers["ETag"]})
    plain = await editor.get(path, headers={"Accept-Encoding": "identity"})
    await sql.execute("update lesson set title = 'New'")
    changed = await editor.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": whole.headers["ETag"]})

    assert whole.headers["Content-Encoding"] == "gzip"
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["ETag"], again.headers["Cache-Control"]) == (whole.headers["ETag"], "private, no-cache")
    assert (other.status_code, changed.status_code) == (200, 200)
    assert whole.json() == plain.json()
    assert (await client.get(path)).headers["ETag"] != plain.headers["ETag"]


async def test_a_reader_sees_paid_content_and_nothing_else(client: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published", is_paid=True)
    draft = await a_lesson(sql)
    _, token = await create_token(sql, "app", Role.READER, actor="test")
    bearer = {"Authorization": f"Bearer {token}"}

    paid = await client.get(f"/catalog/lessons/{lesson}", headers=bearer)
    cms = await client.get("/cms/programs", headers=bearer)

    assert paid.json()["content_urls_by_language"] == URLS
    assert (await client.get(f"/catalog/lessons/{draft}", headers=bearer)).status_code == 404
    assert (cms.status_code, cms.json()["detail"]) == (403, "This needs a token with the role viewer; yours is reader.")


async def test_languages_are_looked_up_and_any_of_several_will_do(client: httpx2.AsyncClient, sql: Connection) -> None:
    await _public_program(sql, title="A", languages_available=["en", "hi"], translations={"hi": {"title": "अ"}})
    await _public_program(sql, title="B", languages_available=["en", "te"])

    async def titles(query: str) -> set[str]:
        return {each["title"] for each in (await client.get(f"/catalog/programs?{query}")).json()["programs"]}

    assert await titles("language=hi-IN") == await titles("language=HI") == {"A"}
    assert await titles("language=te-IN,hi") == await titles("language=en-GB") == {"A", "B"}
    assert await titles("language=fr") == set()
    assert await titles("prefer=hi-IN,te") == {"अ", "B"}


async def test_lists_have_only_the_ids_that_are_named(client: httpx2.AsyncClient, sql: Connection) -> None:
    keys = [await _public_program(sql, title=f"{number}") for number in range(3)]
    lessons = [str(row["id"]) for row in await sql.fetch("select id from lesson order by id")]

    programs = await client.get(f"/catalog/programs?ids={keys[2]},{uuid4()},{keys[0]}")
    named = await client.get(f"/catalog/lessons?ids={lessons[1]},{lessons[0]}&fields=id")
    wrong = await client.get("/catalog/programs?ids=1")

    assert [program["title"] for program in programs.json()["programs"]] == ["2", "0"]
    assert sorted(lesson["id"] for lesson in named.json()["lessons"]) == sorted(lessons[:2])
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "ids")
    assert (await client.get(f"/catalog/programs?ids={','.join([lessons[0]] * 101)}")).status_code == 422


async def test_a_topic_is_named_by_its_id_too(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await _public_program(sql, title="Tea")
    await _public_program(sql, title="Other")
    topic = await sql.fetchval("insert into topic (name) values ('Chai') returning id")
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)

    for name in (topic, "chai"):
        listed = (await client.get(f"/catalog/programs?topic={name}")).json()["programs"]
        lessons = (await client.get(f"/catalog/lessons?topic={name}")).json()["lessons"]
        assert [each["title"] for each in listed] == [each["program"]["title"] for each in lessons] == ["Tea"]
    assert (await client.get(f"/catalog/programs?topic={uuid4()}")).json()["programs"] == []


async def test_lessons_of_all_programs_are_listed_newest_first_as_each_is_by_itself(
    client: httpx2.AsyncClient, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    term = await a_term(sql, await a_program(sql, status="published"))
    keys = [
        await a_lesson(sql, term, status="published", is_paid=number == 1, content_languages_available=["en", "te"])
        for number in range(3)
    ]
    await a_lesson(sql, term)
    hidden = await a_term(sql, await a_program(sql, status="archived"))
    await sql.execute("update lesson set term_id = term_id")
    await a_lesson(sql, hidden, status="archived", published_at=datetime(2020, 1, 1, tzinfo=UTC))

    first = (await client.get("/catalog/lessons?limit=2")).json()
    second = (await client.get(f"/catalog/lessons?limit=2&cursor={first['next_cursor']}")).json()
    paid = (await editor.get("/catalog/lessons")).json()["lessons"][1]

    listed = first["lessons"] + second["lessons"]
    assert [lesson["id"] for lesson in listed] == [str(key) for key in reversed(keys)]
    assert listed == [(await client.get(f"/catalog/lessons/{lesson['id']}")).json() for lesson in listed]
    assert second["next_cursor"] is None
    assert (listed[1]["locked"], paid["locked"], paid["content_urls_by_language"]) == (True, False, URLS)
    assert (await client.get("/catalog/lessons?language=hi")).json()["lessons"] == []
    assert len((await client.get("/catalog/lessons?language=te-IN")).json()["lessons"]) == 3


async def test_a_card_has_all_but_the_terms_and_counts_what_is_in_them(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await _public_program(sql)
    (whole,) = (await client.get("/catalog/programs")).json()["programs"]
    (card,) = (await client.get("/catalog/programs?view=card")).json()["programs"]

    assert card == {name: value for name, value in whole.items() if name != "terms"}
    assert card["lesson_count"] == 1
    for query in ("view=card&fields=title", "fields=title&view=card"):
        both = await client.get(f"/catalog/programs?{query}")
        assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "view")
    assert (await client.get("/catalog/programs?view=list")).status_code == 422


async def test_read_from_the_oldest_on_one_new_program_of_a_thousand_changes_two_pages_at_most(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await sql.execute(
        """
        with made as (
            insert into program (title, language_primary, posters, status, published_at)
            select 'Program ' || n, 'en', $1, 'published', now() - n * interval '1 hour' from generate_series(1, 1000) n
            returning id
        ), terms as (insert into term (program_id, term_number) select id, 1 from made returning id)
        insert into lesson (term_id, lesson_number, title, content_type, content_language_primary, content_urls,
                            thumbnails, status)
        select id, 1, 'A lesson', 'article', 'en', $2, $1, 'published' from terms
        """,
        json.dumps(ASSETS),
        json.dumps(URLS),
    )

    async def pages() -> dict[str, str]:
        found: dict[str, str] = {}
        address: str | None = "/catalog/programs?sort=oldest&limit=100"
        while address is not None:
            answer = await client.get(address)
            found[address] = answer.text
            cursor = answer.json()["next_cursor"]
            address = cursor and f"/catalog/programs?sort=oldest&limit=100&cursor={cursor}"
        return found

    before = await pages()
    await _public_program(sql, title="New", status="published")
    after = await pages()

    changed = [address for address in before if after.get(address) != before[address]]
    new = [address for address in after if address not in before]
    assert len(before) == 10
    assert len(changed) + len(new) <= 2
    assert sum(text.count('"title":"New"') for text in after.values()) == 1


async def test_a_token_that_is_not_valid_is_told_so_by_the_catalog_too(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/catalog/programs", headers={"Authorization": "Bearer chai_forged"})
    assert answer.status_code == 401


async def test_a_list_shows_the_first_of_many_terms_and_lessons_and_the_programs_own_page_all(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql)
    terms = [await a_term(sql, program, term_number=number) for number in range(1, LISTED_TERMS + 2)]
    await sql.execute(
        """
        insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                            content_urls, thumbnails, status)
        select $1, n, 'Lesson ' || n, 'video', 60000, 'en', $2, $3, 'published' from generate_series(1, $4) n
        """,
        terms[0],
        json.dumps(URLS),
        json.dumps(ASSETS),
        LISTED_LESSONS + 1,
    )
    (listed,) = (await client.get("/catalog/programs")).json()["programs"]
    whole = (await client.get(f"/catalog/programs/{program}")).json()

    assert [term["term_number"] for term in listed["terms"]] == list(range(1, LISTED_TERMS + 1))
    numbers = [lesson["lesson_number"] for lesson in listed["terms"][0]["lessons"]]
    assert numbers == list(range(1, LISTED_LESSONS + 1))
    assert (len(whole["terms"]), len(whole["terms"][0]["lessons"])) == (LISTED_TERMS + 1, LISTED_LESSONS + 1)
