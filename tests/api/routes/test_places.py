"""A program's place among others, what it says is coming, and topics by all their names."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.pages.test_pages import page
from tests.builders import a_lesson, a_program, a_public_program, a_term, a_topic


async def titles(client: httpx2.AsyncClient, **query: str | int) -> list[str]:
    answer = await client.get("/catalog/programs", params={"fields": "title", **query})
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["programs"]]


async def test_programs_come_by_their_position_and_then_the_newest_first(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    for title, position in (("old", None), ("third", 7), ("first", 1), ("second", 7), ("new", None)):
        await a_public_program(sql, title=title, position=position)
    await a_program(sql, title="draft", position=1)
    in_order = ["first", "second", "third", "new", "old"]
    assert await titles(client, sort="position") == in_order
    assert await titles(client) == ["new", "second", "first", "third", "old"]

    found, cursor = list[str](), None
    while cursor is not None or not found:
        asked = {"sort": "position", "limit": 1} | ({"cursor": cursor} if cursor else {})
        told = (await client.get("/catalog/programs", params=asked)).json()
        found += [each["title"] for each in told["programs"]]
        cursor = told["next_cursor"]
    assert found == in_order
    assert (await client.get("/catalog/lessons?sort=position")).status_code == 422


async def test_the_first_of_those_with_a_position_is_featured(client: httpx2.AsyncClient, sql: Connection) -> None:
    await a_public_program(sql, title="Featured", position=2)
    await a_public_program(sql, title="Newest")
    await a_program(sql, title="Hidden", position=1)
    shown = await page(client, "/en/")
    [hero] = [shown for tag, shown in shown.elements if shown.get("id") == "hero"]
    slug = await sql.fetchval("select slug from program where title = 'Featured'")
    links = [link["href"] for link in shown.named("a") if "/programs/" in str(link["href"])]
    assert hero
    assert links[:2] == [f"/en/programs/{slug}"] * 2


@pytest.mark.parametrize("cursor", ["MjAyNi0wMS0wMVQwMDowMDowMCswMDowMA", "x"])
async def test_a_cursor_that_is_none_is_refused(client: httpx2.AsyncClient, cursor: str) -> None:
    assert (await client.get(f"/catalog/programs?sort=position&cursor={cursor}")).status_code == 422


@pytest.mark.parametrize("topic", ["Everyday Words", "EVERYDAY words", "everyday-words", "రోజువారీ పదాలు", "मिज़ाज"])
async def test_a_topic_is_found_by_its_names_in_every_language_and_its_slug(
    client: httpx2.AsyncClient, sql: Connection, topic: str
) -> None:
    program, other = await a_public_program(sql, title="Found"), await a_public_program(sql, title="Other")
    key = await a_topic(sql, "Everyday Words")
    await sql.execute(
        "update topic set translations = $1 where id = $2",
        json.dumps({"te": {"name": "రోజువారీ పదాలు"}, "hi": {"name": "मिज़ाज"}}),
        key,
    )
    await sql.execute("insert into program_topic values ($1, $2)", program, key)
    await sql.execute("insert into program_topic values ($1, $2)", other, await a_topic(sql, "Words"))
    assert await titles(client, topic=topic) == await titles(client, topic=str(key)) == ["Found"]
    shown = await page(client, f"/te/?topic={topic}")
    [chosen] = [link for link in shown.named("a") if link.get("aria-current") and "topic=" in str(link["href"])][1:2]
    assert chosen["href"] == "/te/?topic=Everyday+Words"
    assert await titles(client, topic="everyday") == []


async def an_announcing_program(sql: Connection, **columns: Any) -> tuple[UUID, UUID, UUID]:
    """Its id, that of its term, and that of a lesson that is scheduled in it."""
    program = await a_program(sql, title="Chai", language_primary="en", shows_coming_soon=True, **columns)
    term = await a_term(sql, program)
    await a_lesson(sql, term, status="published")
    lesson = await a_lesson(
        sql, term, title="Next", summary="Secret", translations={"te": {"title": "తర్వాత"}}, due_in=timedelta(hours=1)
    )
    await a_lesson(sql, term, title="A draft")
    return program, term, lesson


async def test_what_is_coming_is_told_where_editors_chose_to_and_no_more_than_title_and_moment(
    whole: Served, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, _, lesson = await an_announcing_program(sql)
    answer = await client.get(f"/catalog/programs/{program}")
    [coming] = answer.json()["coming_soon"]
    publish_at = await sql.fetchval("select publish_at from lesson where id = $1", lesson)
    assert coming.pop("publish_at")[:19] == publish_at.isoformat()[:19]
    assert coming == {"title": "Next", "title_language": "en", "titles": {"en": "Next", "te": "తర్వాత"}}
    assert all(secret not in answer.text for secret in ("Secret", str(lesson), "A draft"))
    preferred = (await client.get(f"/catalog/programs/{program}?prefer=te&fields=coming_soon")).json()
    assert preferred["coming_soon"][0]["title"] == "తర్వాత"
    assert "titles" not in preferred["coming_soon"][0]
    shown = (await page(client, f"/te/programs/{await sql.fetchval('select slug from program')}")).words
    assert "త్వరలో రాబోతున్నవి" in shown
    assert "తర్వాత" in shown
    assert (await client.get("/catalog/programs")).json()["programs"][0]["coming_soon"]

    await sql.execute("update program set shows_coming_soon = false")
    await whole.has_heard(sql)
    assert (await client.get(f"/catalog/programs/{program}?fields=coming_soon")).json()["coming_soon"] == []


async def test_what_is_coming_follows_every_change_of_it_also_in_the_feed(cold: Served, sql: Connection) -> None:
    program, _, lesson = await an_announcing_program(sql)
    client, path = cold.client, f"/catalog/programs/{program}?fields=coming_soon,updated_at"
    steps = [
        ("update lesson set title = 'Renamed' where id = $1", lesson, ["Renamed"]),
        ("update lesson set publish_at = publish_at + interval '1 day' where id = $1", lesson, ["Renamed"]),
        ("update lesson set status = 'draft', publish_at = null where id = $1", lesson, []),
        (
            "update lesson set status = 'scheduled', publish_at = now() + interval '1 h' where id = $1",
            lesson,
            ["Renamed"],
        ),
        ("delete from lesson where id = $1", lesson, []),
    ]
    before = (await client.get(path)).json()
    while (await sql.fetchrow("select * from chaishots_number_changes(1000)"))["is_full"]:
        pass
    for statement, key, told in steps:
        position = await sql.fetchval("select position from feed where id = $1", program)
        await sql.execute(statement, key)
        shown = (await client.get(path)).json()
        assert [each["title"] for each in shown["coming_soon"]] == told, statement
        assert shown["updated_at"] > before["updated_at"], statement
        before = shown
        await sql.fetchrow("select * from chaishots_number_changes(1000)")
        assert await sql.fetchval("select position from feed where id = $1", program) > position, statement


async def test_an_answer_that_tells_what_is_coming_is_kept_no_longer_than_until_then(
    whole: Served, sql: Connection
) -> None:
    program, _, lesson = await an_announcing_program(sql)
    await sql.execute("update lesson set publish_at = now() + interval '5 s' where id = $1", lesson)
    await whole.has_heard(sql)
    for path in (f"/catalog/programs/{program}", "/catalog/programs"):
        kept = (await whole.client.get(path)).headers["cache-control"]
        fresh, revalidate = (int(part.partition("=")[2]) for part in kept.split(", ")[1:3])
        assert fresh + revalidate <= 5


@pytest.mark.parametrize(
    "refuse",
    [
        "insert into refusal (id, reason, version, is_told) select id, 'No.', version, false from lesson where id = $1",
        "update lesson set publish_error = 'No poster.' where id = $1",
    ],
    ids=["untold", "told"],
)
async def test_what_was_refused_is_no_longer_coming(whole: Served, sql: Connection, refuse: str) -> None:
    program, _, lesson = await an_announcing_program(sql)
    await whole.has_heard(sql)
    addresses = [f"/catalog/programs/{program}", f"/catalog/programs/{program}?fields=coming_soon", "/catalog/programs"]
    for address in addresses:
        assert '"title":"Next"' in (await whole.client.get(address)).text, address

    await sql.execute(refuse, lesson)
    await whole.has_heard(sql)
    for address in addresses:
        assert '"title":"Next"' not in (await whole.client.get(address)).text, address
