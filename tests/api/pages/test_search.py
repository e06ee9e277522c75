"""The search page: what it finds, what it says of what it does not, and what hostile words do to it."""

import httpx2
import pytest

from chaishots.api.pages.search import LONGEST
from chaishots.content.catalog import viewer_search
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.pages.test_pages import HOSTILE, page
from tests.builders import ASSETS, a_lesson, a_program, a_public_program, a_term


@pytest.mark.parametrize("tag", ["te", "hi", "en"])
async def test_programs_and_lessons_are_found_in_any_language(
    client: httpx2.AsyncClient, sql: Connection, tag: str
) -> None:
    program = await a_program(sql, title="తెలుగు అక్షరాలు", translations={"hi": {"title": "तेलुगु अक्षर"}})
    lesson = await a_lesson(sql, await a_term(sql, program), title="Telugu vowels", status="published")
    await a_public_program(sql, title="Other")
    slug = await sql.fetchval("select slug from program where id = $1", program)

    async def links(q: str) -> list[str | None]:
        shown = await page(client, f"/{tag}/search?q={q}")
        paths = [link["href"] for link in shown.named("a") if "aria-current" not in link]
        return [path for path in paths if path and path.startswith((f"/{tag}/programs/", f"/{tag}/lessons/"))]

    assert await links("తెలుగు") == await links("तेलुगु अ") == [f"/{tag}/programs/{slug}"]
    assert await links("TELUGU") == [f"/{tag}/lessons/{lesson}"]
    assert await links("gu") == []


async def test_it_is_for_readers_only_and_says_so(client: httpx2.AsyncClient, sql: Connection) -> None:
    await a_public_program(sql, title="Chai")
    for path in ("/en/search", "/en/search?q=chai", "/en/search?q=none", "/hi/search?q=", "/te/search?q=%E2%98%95"):
        shown = await page(client, path)
        assert {"name": "robots", "content": "noindex"} in shown.named("meta")
        assert not [link for link in shown.named("link") if link.get("rel") == "canonical"]
    [form] = (await page(client, "/hi/search?q=chai")).named("form")
    assert (form["action"], form["role"], form.get("method")) == ("/hi/search", "search", None)
    assert "form-action 'self'" in (await client.get("/en/")).headers["content-security-policy"]


async def test_what_was_never_published_is_not_found(whole: Served, sql: Connection) -> None:
    program = await a_program(sql, title="Secret program")
    await a_lesson(sql, await a_term(sql, program), title="Secret lesson")
    assert "Nothing was found." in (await page(whole.client, "/en/search?q=secret")).words
    await a_lesson(sql, await a_term(sql, program), title="Told", status="published")
    await whole.has_heard(sql)
    shown = (await page(whole.client, "/en/search?q=secret")).words
    assert "1 program" in shown
    assert "Secret lesson" not in shown


async def test_of_many_the_newest_are_shown_and_that_there_are_more(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    term = await a_term(sql, await a_program(sql, title="Chai"))
    for number in range(viewer_search.LESSONS + 1):
        await a_lesson(sql, term, title=f"Chai {number}.", status="published")
    shown = (await page(client, "/en/search?q=chai")).words
    assert "1 program · 24+ lessons" in shown
    assert "Chai 24." in shown
    assert "Chai 0." not in shown


@pytest.mark.parametrize(
    "q", [*HOSTILE, "a:*", "'", "\\", "☕ & | !", "a b c d e f g h i j", "x" * 5 * LONGEST, "\x00\x01", "\u202e"]
)
async def test_what_is_typed_stays_text_and_fails_at_nothing(
    client: httpx2.AsyncClient, sql: Connection, q: str
) -> None:
    await a_public_program(sql, title=q if q in HOSTILE else "Chai")
    answer = await client.get("/te/search", params={"q": q})
    assert answer.status_code == 200
    shown = await page(client, str(answer.request.url.raw_path, "ascii"))
    assert len(shown.named("script")) == 1
    [box] = shown.named("input")
    assert box["value"] == " ".join(q.replace("\x00", " ").replace("\x01", " ")[:LONGEST].split())


async def test_a_program_that_was_found_is_shown_by_its_wide_picture(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await a_public_program(sql, title="Chai")
    shown = await page(client, "/en/search?q=chai")
    assert shown.named("img")[0]["src"] == ASSETS["en"]["landscape"]


async def test_one_search_is_one_answer_and_a_longer_one_none_at_all(whole: Served, sql: Connection) -> None:
    await a_public_program(sql, title="Chai")
    await whole.has_heard(sql)
    await whole.client.get("/en/search", params={"q": "chai  shots "})
    again = await whole.client.get("/en/search", params={"q": "chai shots", "utm_source": "x"})
    assert again.headers["Cache-Status"] == "chaishots; hit"
    assert (await whole.client.get("/en/search", params={"q": "x" * 2_000})).status_code == 404
