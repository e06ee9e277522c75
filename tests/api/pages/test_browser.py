"""The pages in a real browser: Debian's Chromium, where there is one. What it must find, and what it must not say."""

import shutil
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, async_playwright, expect

from chaishots.content.preview_links import create_preview_link
from chaishots.database.connection import Connection
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import Served
from tests.api.pages.test_pages import HOSTILE
from tests.builders import ASSETS, a_lesson, a_program, a_term, a_topic

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # as root, in containers
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
MEDIA = "cdn.example.com"
VIDEO = (Path(__file__).parent / "second.webm").read_bytes()
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>'
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Words and ways that lie outside of the page; a row that scrolls by itself has its own beside it.
OUTSIDE = """() => [...document.querySelectorAll("h1, h2, h3, p, a, .facts > *, img, video")].filter((each) => {
    const box = each.getBoundingClientRect();
    return !each.closest("nav.chips, .skip") && box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
}).map((each) => each.outerHTML.slice(0, 120))"""
# Targets of less than 24 by 24 pixels (WCAG 2.5.8). What lies in a line of text is exempt there; here there is none.
# A link that covers its card is as large as that.
TOO_SMALL = """() => [...document.querySelectorAll("a, button")].filter((each) => {
    const covered = getComputedStyle(each, "::after").position === "absolute" && each.closest(".card, .lesson");
    const box = (covered || each).getBoundingClientRect();
    return !each.closest(".skip, video") && (box.width < 24 || box.height < 24);
}).map((each) => each.outerHTML.slice(0, 120))"""
# What has the focus, where something else lies over all of it, or it is out of sight.
COVERED = """() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    if (it === document.body || it.tagName === "VIDEO") return [];
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
    const isSeen = points.some(([across, down]) => {
        const found = document.elementFromPoint(box.left + across * box.width, box.top + down * box.height);
        return found && (found === it || it.contains(found) || found.contains(it));
    });
    return isSeen ? [] : [it.outerHTML.slice(0, 120)];
}"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: `make browser` installs it")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which a browser of this module's own is steered."""
    assert CHROMIUM is not None
    folder = tmp_path_factory.mktemp("chromium")
    browser = subprocess.Popen(
        [CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert browser.stderr is not None
    told = next(line for line in browser.stderr if line.startswith("DevTools listening on "))
    yield told.removeprefix("DevTools listening on ").strip()
    browser.terminate()
    browser.wait(10)
    browser.stderr.close()


@dataclass
class Seen:
    """A page, and what the browser said and asked for meanwhile."""

    page: Page
    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    answers_media: bool = True

    async def answer(self, route: Route) -> None:
        """Stand in for the host of media, and let nothing else out."""
        url = urlsplit(route.request.url)
        if url.hostname == "127.0.0.1":
            await route.continue_()
            return
        self.hosts.add(str(url.hostname))
        allowed = {"Access-Control-Allow-Origin": "*"}
        if not self.answers_media or url.hostname != MEDIA:
            await route.abort()
        elif url.path.endswith(".mp4"):
            await route.fulfill(body=VIDEO, content_type="video/webm", headers=allowed)
        elif url.path.endswith(".vtt"):
            await route.fulfill(
                body="WEBVTT\n\n00:00.000 --> 00:09.000\nచాయ్\n", content_type="text/vtt", headers=allowed
            )
        else:
            await route.fulfill(body=PICTURE, content_type="image/svg+xml", headers=allowed)


@asynccontextmanager
async def browsing(chromium: str, served: Served, *, is_quiet: bool = True, **settings: Any) -> AsyncGenerator[Seen]:
    """A window of its own on the pages; at its end, the browser has complained of nothing.

    Args:
        settings: of Playwright's `new_context`.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        context = await browser.new_context(base_url=str(served.client.base_url), **settings)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        seen = Seen(page)
        page.on(
            "console", lambda message: seen.said.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("dialog", lambda dialog: seen.said.append(dialog.message))
        await context.route("**/*", seen.answer)
        yield seen
        await context.close()
        assert seen.hosts <= {MEDIA}
        # Who clicks before a page's script has come breaks off a movement, and Chromium grumbles.
        complaints = [said for said in seen.said if not said.startswith("Transition was aborted")]
        assert complaints == [] or not is_quiet


@dataclass(frozen=True)
class Stage:
    """Three programs: in Telugu, Hindi and English."""

    programs: dict[str, UUID]
    lessons: dict[str, list[UUID]]


async def staged(sql: Connection) -> Stage:
    programs, lessons = {}, {}
    urls = {tag: f"https://{MEDIA}/{tag}.mp4" for tag in ("te", "en")}
    for tag, title in (("te", "తెలుగు అక్షరాలు"), ("hi", "रोज़ की हिंदी"), ("en", "A Proper Cup of Chai")):
        programs[tag] = await a_program(
            sql,
            title=title,
            status="published",
            language_primary=tag,
            languages_available=[tag],
            posters={tag: ASSETS["en"]},
        )
        term = await a_term(sql, programs[tag], title=title)
        lessons[tag] = [
            await a_lesson(
                sql,
                term,
                title=f"{title} {number}",
                status="published",
                is_paid=number == 3,
                content_languages_available=["en", "te"],
                content_urls=urls,
                subtitle_urls={"te": f"https://{MEDIA}/te.vtt"},
            )
            for number in (1, 2, 3)
        ]
    topic = await a_topic(sql, "Tea")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", programs["en"], topic)
    return Stage(programs, lessons)


async def test_a_reader_browses_filters_plays_and_finds_the_way_back(
    chromium: str, whole: Served, sql: Connection
) -> None:
    stage = await staged(sql)
    async with browsing(chromium, whole, locale="te-IN") as seen:
        page = seen.page
        await page.goto("/")
        await expect(page).to_have_url(f"{whole.client.base_url}/te/")
        await expect(page.locator(".card")).to_have_count(3)
        await page.get_by_role("link", name="हिन्दी", exact=True).first.click()
        await expect(page.locator("html")).to_have_attribute("lang", "hi")
        await page.get_by_role("link", name="English", exact=True).first.click()
        await page.get_by_role("navigation", name="Filter by topic").get_by_role("link", name="Tea").click()
        await expect(page.locator(".card")).to_have_count(1)
        await page.locator(".card a").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("A Proper Cup of Chai")
        await page.get_by_role("link", name="Start with the first lesson").click()
        await page.get_by_role("link", name="తెలుగు").last.click()
        await expect(page.locator("source")).to_have_attribute("src", f"https://{MEDIA}/te.mp4")
        moved = await page.locator("video").evaluate(
            """(video) => new Promise((told, failed) => {
                video.muted = true;
                video.ontimeupdate = () => video.currentTime > 0 && told(video.currentTime);
                video.play().catch(failed);
            })"""
        )
        assert moved > 0
        cues = await page.locator("video").evaluate(
            """(video) => new Promise((told) => {
                const [track] = video.querySelectorAll('track');
                track.onload = () => told(track.track.cues.length);
                track.track.mode = 'showing';
                if (track.readyState === 2) told(track.track.cues.length);
            })"""
        )
        assert cues == 1
        await page.get_by_role("link", name="Next lesson").click()
        await page.get_by_role("link", name="Next lesson").click()
        await expect(page.locator("video")).to_have_count(0)
        await expect(page.get_by_text("This lesson is part of the paid course.")).to_be_visible()
        for _ in range(3):
            await page.go_back(wait_until="commit")  # a page that the browser has kept does not load again
        await expect(page.get_by_role("heading", level=1)).to_have_text("A Proper Cup of Chai 1")
        await page.go_forward(wait_until="commit")
        await expect(page).to_have_url(f"{whole.client.base_url}/en/lessons/{stage.lessons['en'][0]}?language=te")


async def test_what_is_published_while_a_page_is_open_is_announced_and_shown_at_a_click(
    chromium: str, whole: Served, sql: Connection
) -> None:
    stage = await staged(sql)
    await number_all(sql)
    await whole.has_heard(sql)
    async with browsing(chromium, whole) as seen:
        page = seen.page
        async with page.expect_request("**/catalog/events?cursor=*"):
            await page.goto(f"/en/programs/{stage.programs['en']}")
        await expect(page.locator(".lesson")).to_have_count(3)
        await expect(page.locator("#live button")).to_have_count(0)
        term = await sql.fetchval("select id from term where program_id = $1", stage.programs["en"])
        lesson = await a_lesson(sql, term, title="Just out", due_in=timedelta(hours=1))
        await sql.execute("update lesson set status = 'published' where id = $1", lesson)
        await number_all(sql)
        pill = page.get_by_role("status").get_by_role("button")
        await expect(pill).to_have_text("1 new lesson · Show")
        await expect(page.locator(".lesson")).to_have_count(3)
        await pill.click()
        await expect(page.locator(".lesson")).to_have_count(4)
        await expect(page.get_by_role("link", name="Just out")).to_be_focused()
        await expect(pill).to_have_count(0)


async def test_everything_else_works_without_javascript(chromium: str, whole: Served, sql: Connection) -> None:
    await staged(sql)
    async with browsing(chromium, whole, java_script_enabled=False, locale="hi-IN") as seen:
        page = seen.page
        await page.goto("/")
        await page.get_by_role("navigation", name="भाषा के अनुसार चुनें").get_by_role("link", name="English").click()
        await page.locator(".card a").first.click()
        await page.locator(".lesson a").first.click()
        await expect(page.locator("video source")).to_have_attribute("src", f"https://{MEDIA}/en.mp4")
        await page.get_by_role("link", name="अगला पाठ").click()
        await page.get_by_role("link", name="English", exact=True).first.click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("A Proper Cup of Chai 2")
        await page.get_by_role("searchbox").fill("తెలుగు 2")
        await page.get_by_role("button", name="Search").click()
        await expect(page).to_have_title("తెలుగు 2 · Search · Chai Shots")
        await page.get_by_role("link", name="తెలుగు అక్షరాలు 2").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("తెలుగు అక్షరాలు 2")


async def test_what_is_looked_for_is_found_as_one_types_and_reached_by_keyboard(
    chromium: str, whole: Served, sql: Connection
) -> None:
    await staged(sql)
    async with browsing(chromium, whole) as seen:
        page = seen.page
        box, status, links = (
            page.get_by_role("searchbox"),
            page.get_by_role("search").get_by_role("status"),
            page.locator(".found a"),
        )
        await page.goto("/te/")
        async with page.expect_response("**/te/search?**") as found:
            await box.press_sequentially("हिंदी")
        assert (await found.value).url.endswith("q=%E0%A4%B9%E0%A4%BF%E0%A4%82%E0%A4%A6%E0%A5%80")
        await expect(status).to_have_text("1 కోర్సు · 3 పాఠాలు")
        await expect(links).to_have_count(5)
        await page.keyboard.press("ArrowDown")
        await expect(links.first).to_be_focused()
        await page.keyboard.press("ArrowUp")
        await expect(box).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(links.first).to_be_hidden()
        await expect(box).to_have_value("हिंदी")
        await box.fill("nothing like it")
        await expect(status).to_have_text("ఏదీ దొరకలేదు.")
        await box.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("వెతికిన ఫలితాలు")
        await box.fill("chai")
        await expect(page.locator("main .lesson")).to_have_count(4)
        await expect(page).to_have_url(f"{whole.client.base_url}/te/search?q=chai")
        await page.locator(".languages").get_by_role("link", name="English").click()
        await expect(page).to_have_url(f"{whole.client.base_url}/en/search?q=chai")
        await page.locator("main .lesson a").first.click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("A Proper Cup of Chai")
        await page.go_back(wait_until="commit")
        await expect(box).to_have_value("chai")


async def test_a_search_without_a_line_says_so_and_goes_on_with_the_next_letter(
    chromium: str, whole: Served, sql: Connection
) -> None:
    await staged(sql)
    async with browsing(chromium, whole, is_quiet=False) as seen:
        box, panel = seen.page.get_by_role("searchbox"), seen.page.locator(".found")
        for path in ("/hi/", "/hi/search"):
            await seen.page.goto(path)
            await seen.page.route("**/search?*", lambda route: route.abort("internetdisconnected"))
            await box.fill("cha")
            await expect(panel).to_have_text("कनेक्शन नहीं है। थोड़ी देर में फिर कोशिश करें।")
            await seen.page.unroute("**/search?*")
            await box.fill("chai")
            await expect(seen.page.locator(".lesson")).to_have_count(4)
            await expect(panel).not_to_contain_text("कनेक्शन")


async def test_what_is_chosen_is_seen_where_the_reader_has_colours_of_their_own(
    chromium: str, whole: Served, sql: Connection
) -> None:
    await staged(sql)
    async with browsing(chromium, whole, forced_colors="active") as seen:
        await seen.page.goto("/en/?language=te")
        chosen = seen.page.locator("[aria-current]")
        await expect(chosen).to_have_count(3)
        for one in await chosen.all():
            await expect(one).to_have_css("border-top-width", "3px")


async def test_what_is_coming_is_told_by_the_readers_own_clock_and_in_their_own_way(
    chromium: str, whole: Served, sql: Connection
) -> None:
    stage = await staged(sql)
    term = await sql.fetchval("select id from term where program_id = $1", stage.programs["en"])
    lesson = await a_lesson(sql, term, title="Soon", due_in=timedelta(hours=1))
    await sql.execute("update lesson set publish_at = '2030-01-31T03:30:00Z' where id = $1", lesson)
    await sql.execute("update program set shows_coming_soon = true")
    async with browsing(chromium, whole, timezone_id="Asia/Kolkata") as seen:
        for tag, told in (("en", "31 Jan 2030, 9:00 am"), ("te", "31 జన, 2030 9:00 AM")):
            await seen.page.goto(f"/{tag}/programs/{stage.programs['en']}")
            await expect(seen.page.locator(".coming time")).to_have_text(told)


async def test_a_preview_says_what_it_is_and_is_walked_through_without_leaving_it(
    chromium: str, whole: Served, sql: Connection
) -> None:
    await staged(sql)
    _, text = await create_preview_link(sql, at=datetime(2100, 1, 1, tzinfo=UTC), actor="asha")
    async with browsing(chromium, whole, timezone_id="Asia/Kolkata", reduced_motion="reduce") as seen:
        page = seen.page
        for width in (320, 1000):
            await page.set_viewport_size({"width": width, "height": 700})
            await page.goto(f"/preview/{text}/te/")
            await expect(page.locator(".preview time").first).to_have_text("1 జన, 2100 5:30 AM")
            assert await page.evaluate(OUTSIDE) == []
        await page.locator(".card a").first.click()
        await page.locator(".lesson a").first.click()
        await expect(page.locator(".preview")).to_be_visible()
        assert f"/preview/{text}/te/lessons/" in page.url
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            found = await Axe().run(page, options={"runOnly": WCAG})
            assert found.response["violations"] == []


async def test_a_dark_page_is_printed_as_a_light_one(chromium: str, whole: Served, sql: Connection) -> None:
    stage = await staged(sql)
    async with browsing(chromium, whole, color_scheme="dark") as seen:
        await seen.page.goto(f"/en/programs/{stage.programs['te']}")
        await expect(seen.page.locator("h1")).to_have_css("color", "rgb(246, 234, 217)")
        await seen.page.emulate_media(media="print", color_scheme="dark")
        await expect(seen.page.locator("h1")).to_have_css("color", "rgb(42, 26, 16)")


async def test_axe_finds_nothing_to_object_to_in_either_theme(chromium: str, whole: Served, sql: Connection) -> None:
    stage = await staged(sql)
    axe = Axe()
    paths = [
        "/te/",
        f"/hi/programs/{stage.programs['te']}",
        f"/en/lessons/{stage.lessons['en'][0]}",
        f"/te/lessons/{stage.lessons['hi'][2]}",
        "/hi/search?q=chai",
        "/te/search?q=nothing",
        "/en/nothing",
    ]
    # Without motion: a colour that is on its way from one theme to the other is no colour of either.
    still = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}
    async with browsing(chromium, whole, is_quiet=False, **still) as seen:
        for path in paths:
            await seen.page.goto(path)
            for scheme in ("light", "dark"):
                await seen.page.emulate_media(color_scheme=scheme)
                found = await axe.run(seen.page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
                assert found.violations_count == 0, f"{path} {scheme}\n{found.generate_report()}"
        await seen.page.get_by_role("searchbox").fill("chai")
        await expect(seen.page.locator(".found .lesson")).to_have_count(4)
        found = await axe.run(seen.page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()


async def test_a_picture_that_does_not_load_gives_way_to_the_drawing_behind_it(
    chromium: str, whole: Served, sql: Connection
) -> None:
    await staged(sql)
    async with browsing(chromium, whole, is_quiet=False) as seen:
        seen.answers_media = False
        await seen.page.goto("/te/")
        await expect(seen.page.locator(".frame img")).to_have_count(0)
        await expect(seen.page.locator(".card .drawn")).to_have_count(3)


async def test_hostile_titles_do_no_harm_to_the_page_or_its_layout(
    chromium: str, whole: Served, sql: Connection
) -> None:
    lessons = []
    for title in HOSTILE:
        program = await a_program(sql, title=title, description=title * 3, status="published")
        lessons.append(await a_lesson(sql, await a_term(sql, program, title=title), title=title, status="published"))
    async with browsing(chromium, whole, viewport={"width": 320, "height": 640}) as seen:
        page = seen.page
        await page.goto("/te/")
        paths = [str(await link.get_attribute("href")) for link in await page.locator(".card h3 a").all()]
        assert len(paths) == len(HOSTILE)
        for path in ("/te/", *paths, *(f"/hi/lessons/{lesson}" for lesson in lessons)):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            # The page's own words stand where they stood: nothing written from right to left turned them around.
            assert await page.evaluate("getComputedStyle(document.body).direction") == "ltr"


async def test_a_page_is_used_by_keyboard_and_shows_where_the_focus_is(
    chromium: str, whole: Served, sql: Connection
) -> None:
    await staged(sql)
    async with browsing(chromium, whole) as seen:
        page = seen.page
        await page.goto("/en/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "[document.activeElement.closest('main') !== null, document.activeElement.tagName]"
        )
        assert focused == [True, "A"]
        hidden = []
        for _ in range(25):
            await page.keyboard.press("Tab")
            told = await page.evaluate(
                """() => {
                    const it = document.activeElement, box = it.getBoundingClientRect();
                    const card = it.closest('.card, .lesson') || it;
                    const seen = [it, card].some((each) => getComputedStyle(each).outlineStyle !== 'none');
                    return [it.tagName, seen && box.bottom > 0 && box.top < innerHeight];
                }"""
            )
            if told[0] == "A" and not told[1]:
                hidden.append(told)
        assert hidden == []


async def test_at_four_times_the_size_nothing_scrolls_sideways_or_is_hidden(
    chromium: str, whole: Served, sql: Connection
) -> None:
    stage = await staged(sql)
    paths = [
        "/te/",
        f"/hi/programs/{stage.programs['te']}",
        f"/en/lessons/{stage.lessons['en'][0]}",
        "/hi/search?q=chai",
        "/te/nothing",
    ]
    # 1280 by 1024 at 400 %.
    async with browsing(chromium, whole, is_quiet=False, viewport={"width": 320, "height": 256}) as seen:
        page = seen.page
        for path in paths:
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert await page.evaluate(OUTSIDE) == [], path
            assert await page.evaluate(TOO_SMALL) == [], path
            hidden = []
            for _ in range(await page.locator("a, video").count()):
                await page.keyboard.press("Tab")
                hidden += await page.evaluate(COVERED)
            assert hidden == [], path
