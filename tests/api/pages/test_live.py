"""Pages that are open hear what is published: at once, by one stream for all windows, and without one a while later."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from chaishots.database.connection import Connection
from chaishots.metrics import REGISTRY
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import Served
from tests.api.pages import test_browser
from tests.api.pages.test_browser import Stage, browsing, chromium, staged  # noqa: F401  # a fixture
from tests.builders import a_lesson
from tests.cluster import Cluster, eventually
from tests.conftest import Database

pytestmark = test_browser.pytestmark
PILL = "#live button"
LATENESS = """async (due) => {
    const live = document.getElementById("live");
    if (!live.firstChild) await new Promise((told) => new MutationObserver(told).observe(live, { childList: true }));
    return Date.now() - due;
}"""
TURN = """(state) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def streams(number: int) -> None:
    """Go on once so many listen."""

    async def are_open() -> bool:
        return REGISTRY.get_sample_value("chaishots_event_listeners") == number

    await eventually(are_open)


@pytest.fixture
async def stage(whole: Served, sql: Connection) -> Stage:
    """Three programs that the feed and the application know of."""
    found = await staged(sql)
    await number_all(sql)
    await whole.has_heard(sql)
    return found


async def publish(sql: Connection, program: UUID, title: str) -> None:
    """Publish one more lesson, and have that numbered."""
    term = await sql.fetchval("select id from term where program_id = $1", program)
    lesson = await a_lesson(sql, term, title=title, due_in=timedelta(hours=1))
    await sql.execute("update lesson set status = 'published' where id = $1", lesson)
    await number_all(sql)


async def test_seven_windows_share_one_stream_and_all_announce(
    chromium: str,  # noqa: F811  # the fixture
    whole: Served,
    sql: Connection,
    stage: Stage,
) -> None:
    async with browsing(chromium, whole) as seen:
        pages = [seen.page, *[await seen.page.context.new_page() for _ in range(6)]]
        paths = ["/en/", f"/en/programs/{stage.programs['en']}", f"/te/lessons/{stage.lessons['en'][0]}"]
        for number, page in enumerate(pages):
            await page.goto(paths[number % 3])
        await streams(1)
        await publish(sql, stage.programs["en"], "Just out")
        for page in pages:
            await expect(page.locator(PILL)).to_be_visible()
        # The one that holds the stream is turned away from, and something happens before another has it.
        await pages[0].evaluate(TURN, "hidden")
        await publish(sql, stage.programs["en"], "And another")
        for page in pages[1:]:
            await expect(page.locator(PILL)).to_contain_text("2")
        await streams(1)


async def test_a_page_that_is_not_seen_has_no_stream_and_misses_nothing(
    chromium: str,  # noqa: F811  # the fixture
    whole: Served,
    sql: Connection,
    stage: Stage,
) -> None:
    async with browsing(chromium, whole) as seen:
        await seen.page.goto("/en/")
        await streams(1)
        await seen.page.evaluate(TURN, "hidden")
        await streams(0)
        await publish(sql, stage.programs["en"], "Meanwhile")
        await expect(seen.page.locator(PILL)).to_have_count(0)
        async with seen.page.expect_request("**/catalog/events?cursor=*"):
            await seen.page.evaluate(TURN, "visible")
        await expect(seen.page.locator(PILL)).to_have_text("1 new lesson · Show")


async def test_a_line_that_breaks_before_what_is_new_is_shown_costs_nothing(
    chromium: str,  # noqa: F811  # the fixture
    whole: Served,
    sql: Connection,
    stage: Stage,
) -> None:
    async with browsing(chromium, whole, is_quiet=False) as seen:
        await seen.page.goto("/en/")
        await publish(sql, stage.programs["en"], "Just out")
        pill = seen.page.locator(PILL)
        await expect(pill).to_be_visible()
        for failure in ("internetdisconnected", 503):
            if isinstance(failure, str):
                await seen.page.route("**/en/?live=*", lambda route: route.abort("internetdisconnected"))
            else:
                await seen.page.route("**/en/?live=*", lambda route: route.fulfill(status=503))
            async with seen.page.expect_request("**/en/?live=*"):
                await pill.click()
            await expect(pill).to_be_enabled()
            await expect(seen.page.locator(".card")).to_have_count(3)
        await seen.page.unroute("**/en/?live=*")
        await pill.click()
        await expect(pill).to_have_count(0)


async def test_what_happened_since_a_page_was_rendered_is_announced(
    chromium: str,  # noqa: F811  # the fixture
    whole: Served,
    sql: Connection,
    stage: Stage,
) -> None:
    async with browsing(chromium, whole) as seen:
        page = await (await whole.client.get("/en/")).aread()
        await publish(sql, stage.programs["en"], "Since then")
        # As a cache would have it.
        await seen.page.route("**/en/", lambda route: route.fulfill(body=page, content_type="text/html"))
        await seen.page.goto("/en/")
        await expect(seen.page.locator(PILL)).to_have_text("1 new lesson · Show")


async def test_an_answer_that_a_cache_between_had_kept_is_asked_for_again(
    chromium: str,  # noqa: F811  # the fixture
    whole: Served,
    sql: Connection,
    stage: Stage,
) -> None:
    async with browsing(chromium, whole) as seen:
        await seen.page.clock.install()
        await seen.page.goto("/en/")
        await streams(1)
        page_json = str(await seen.page.locator("#live").get_attribute("data-url"))
        kept = await (await whole.client.get(page_json)).aread()
        await seen.page.route("**/catalog/programs?*", lambda route: route.fulfill(body=kept))
        async with seen.page.expect_response("**/catalog/programs?*"):
            await publish(sql, stage.programs["en"], "Just out")
        # It is told of the program too, and asks for both.
        async with seen.page.expect_response("**/catalog/programs?*"):
            await seen.page.clock.fast_forward(1_000)
        await seen.page.unroute("**/catalog/programs?*")
        await expect(seen.page.locator(PILL)).to_have_count(0)

        async with seen.page.expect_response("**/catalog/programs?*"):
            await seen.page.clock.fast_forward(11_500)
        await expect(seen.page.locator(PILL)).to_have_text("1 new lesson · Show")


async def test_where_no_stream_can_be_had_the_page_asks_now_and_again(
    chromium: str,  # noqa: F811  # the fixture
    whole: Served,
    sql: Connection,
    stage: Stage,
) -> None:
    async with browsing(chromium, whole, is_quiet=False) as seen:
        await seen.page.route("**/catalog/events*", lambda route: route.fulfill(status=503))
        await seen.page.clock.install()
        await seen.page.goto("/en/")
        await publish(sql, stage.programs["en"], "Without events")

        async def is_announced() -> int:
            await seen.page.clock.fast_forward(11_000)
            return await seen.page.locator(PILL).count()

        assert await eventually(is_announced)


@pytest.mark.parametrize(
    "within_ms",
    [
        pytest.param(2_000, id="beside other tests"),
        pytest.param(150, id="alone on the machine", marks=pytest.mark.campaign),
    ],
)
async def test_a_lesson_that_falls_due_is_announced_on_each_open_page_in_time(
    chromium: str,  # noqa: F811  # the fixture
    fresh_database: Database,
    sql: Connection,
    whole: Served,
    within_ms: int,
) -> None:
    stage = await staged(sql)
    async with Cluster(fresh_database.dsn) as cluster:
        [replica] = await cluster.start(1)
        await cluster.leader()
        at = Served(replica.http, whole.app, whole.listener)
        async with browsing(chromium, at) as seen:
            pages: list[Page] = [seen.page, await seen.page.context.new_page(), await seen.page.context.new_page()]
            paths = ["/en/", f"/en/programs/{stage.programs['en']}", f"/te/lessons/{stage.lessons['en'][0]}"]
            late = [await _lateness(sql, stage.programs["en"], pages, paths) for _ in range(4)]
    print(f"late by, in ms, on each of three pages: {late}")
    # The best of some: what else the machine is busy with is none of this. By asking alone it takes up to 10 s.
    assert all(0 <= each <= within_ms for each in min(late, key=max)), late


async def _lateness(sql: Connection, program: UUID, pages: list[Page], paths: list[str]) -> list[int]:
    """How many milliseconds after a lesson was due each page announced it."""
    for page, path in zip(pages, paths, strict=True):
        await page.goto(path)
    term = await sql.fetchval("select id from term where program_id = $1", program)
    due = datetime.now(UTC) + timedelta(seconds=1)
    await a_lesson(sql, term, title="Due", status="scheduled", publish_at=due)
    async with asyncio.timeout(30):
        return await asyncio.gather(*[page.evaluate(LATENESS, round(due.timestamp() * 1000)) for page in pages])
