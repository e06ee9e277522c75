"""The pages as a browser gets them: from the real server, out of the delivery layer."""

import asyncio
import base64
import hashlib
import re
import sys
from html.parser import HTMLParser
from uuid import UUID, uuid4

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.builders import ASSETS, URLS, a_lesson, a_program, a_public_program, a_term, a_topic
from tests.cluster import eventually

HOSTILE = [
    "</title><script>alert(1)</script>",
    '"\' onerror=alert(1) x="',
    "]]>&lt;b&gt;&amp;",
    "\u2067عنوان\u2069 עברית",
    "👩‍👩‍👧‍👦 क्ष",
    "x" * 300,
    "{{ 7*7 }} {% raw %}",
]


class _Elements(HTMLParser):
    """The elements of a page, with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


async def address(sql: Connection, program: UUID, tag: str = "en") -> str:
    """The path of a program's page."""
    return f"/{tag}/programs/{await sql.fetchval('select slug from program where id = $1', program)}"


def lines(answer: httpx2.Response) -> list[str]:
    """The lines of a page, but for when it was rendered and where the feed stood then."""
    return re.sub(' data-(cursor|seen)="[^"]*"', "", answer.text).splitlines()


async def page(client: httpx2.AsyncClient, path: str, status: int = 200) -> _Elements:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "'unsafe" not in answer.headers["content-security-policy"]
    elements = _Elements(answer.text)
    assert not [it for tag, it in elements.elements if any(name.startswith("on") for name in it) or "style" in it]
    [styles] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in answer.headers["content-security-policy"]
    assert all("src" in it or it.get("type") == "application/ld+json" for it in elements.named("script"))
    return elements


@pytest.mark.parametrize("title", HOSTILE)
async def test_what_people_write_stays_text_on_every_page(
    client: httpx2.AsyncClient, sql: Connection, title: str
) -> None:
    program = await a_program(sql, title=title, description=title, status="published")
    topic = await a_topic(sql, title[:60])
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, topic)
    lesson = await a_lesson(sql, await a_term(sql, program, title=title), title=title, status="published")
    for path in ("/en/", await address(sql, program, "te"), f"/hi/lessons/{lesson}"):
        shown = await page(client, path)
        assert title.strip() in shown.words
        assert len(shown.named("script")) <= 4
        assert "49" not in shown.words or "7*7" not in title  # elsewhere a minute or an address may have it


async def test_a_page_is_kept_and_answered_like_the_catalogs_json(whole: Served, sql: Connection) -> None:
    program = await a_public_program(sql)
    await whole.has_heard(sql)
    client = whole.client
    path = await address(sql, program, "te")
    first = await client.get(path)
    again = await client.get(path)
    assert first.headers["cache-status"] == "chaishots; fwd=uri-miss; stored"
    assert again.headers["cache-status"] == "chaishots; hit"
    assert again.text == first.text
    assert (await client.get(path, headers={"If-None-Match": again.headers["etag"]})).status_code == 304
    assert again.headers["content-encoding"] == "br" or again.headers["content-encoding"] == "gzip"
    assert (await client.head(path)).headers["content-type"] == "text/html; charset=utf-8"


async def test_a_page_shows_a_change_as_soon_as_it_is_heard(whole: Served, sql: Connection) -> None:
    program = await a_public_program(sql, title="Before")
    await whole.has_heard(sql)
    assert "Before" in (await page(whole.client, "/en/")).words
    await sql.execute("update program set title = 'After' where id = $1", program)
    await whole.has_heard(sql)
    assert "After" in (await page(whole.client, "/en/")).words


async def test_what_was_never_published_is_not_found_and_what_was_taken_down_is_gone(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_public_program(sql)
    draft = await a_lesson(sql, await a_term(sql, program))
    archived = await a_lesson(sql, await a_term(sql, program), status="published")
    deleted = await a_lesson(sql, await a_term(sql, program), status="published")
    await sql.execute("update lesson set status = 'archived' where id = $1", archived)
    await sql.execute("delete from lesson where id = $1", deleted)
    for lesson, status in ((draft, 404), (archived, 410), (deleted, 410), (uuid4(), 404)):
        shown = await page(client, f"/en/lessons/{lesson}", status)
        assert {"name": "robots", "content": "noindex"} in shown.named("meta")
    await sql.execute("update program set status = 'archived' where id = $1", program)
    for path in (await address(sql, program, "hi"), f"/hi/programs/{program}"):
        await page(client, path, 410)
    draft = await a_program(sql, slug="draft")
    for path in ("/hi/programs/draft", f"/hi/programs/{draft}", "/hi/programs/never", f"/hi/programs/{uuid4()}"):
        await page(client, path, 404)


async def test_a_program_has_one_page_to_which_its_id_and_former_slugs_lead(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_public_program(sql, slug="first", title="Chai")
    await sql.execute("update program set slug = 'second' where id = $1", program)
    for path in (f"/te/programs/{program}", "/te/programs/first"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, "second")
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert str((await client.get(path, follow_redirects=True)).url).endswith("/te/programs/second")
    assert "Chai" in (await page(client, "/te/programs/second")).words
    answer = await client.get("/programs/first", headers={"Accept-Language": "hi"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/hi/programs/first")


@pytest.mark.parametrize(
    "path",
    [
        "/te/nothing",
        "/te/programs/x",
        "/te/lessons/1/2",
        "/en/?cursor=x",
        "/en/?language=?",
        "/en/?topic=%00",
    ],
)
async def test_what_is_no_page_is_told_in_a_page(client: httpx2.AsyncClient, path: str) -> None:
    shown = await page(client, path, 404)
    assert [it["href"] for it in shown.named("a") if it.get("class") == "button"] == [path[:4]]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/en/programs", "/en/"),
        ("/en/lessons/", "/en/"),
        ("/en/programs/A-Program/", "/en/programs/a-program"),
        ("/en/programs/{id}/", "/en/programs/{id}"),
        ("/en/lessons/{id}//?language=te", "/en/lessons/{id}?language=te"),
        ("/te/Search/?q=%E0%B0%9A", "/te/search?q=%E0%B0%9A"),
        ("/hi/feed.xml/", "/hi/feed.xml"),
    ],
)
async def test_an_address_with_a_slash_too_many_or_capitals_leads_to_the_page(
    client: httpx2.AsyncClient, path: str, meant: str
) -> None:
    key = uuid4()
    answer = await client.get(path.format(id=key))
    assert (answer.status_code, answer.headers["location"]) == (308, meant.format(id=key))


@pytest.mark.parametrize("path", ["/programs/X", "/lessons/x", "/programs/1_0", "/lessons/{}", "/nothing"])
async def test_a_browser_that_goes_astray_without_a_language_is_shown_a_page_in_its_readers_own(
    client: httpx2.AsyncClient, path: str
) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "hi-IN,hi;q=0.9"}
    answer = await client.get(path.format("{x}"), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert 'lang="hi"' in answer.text
    assert "Accept-Language" in answer.headers["vary"]
    assert "no-store" in answer.headers["cache-control"]


async def test_programs_that_go_astray_are_told_in_a_problem_document(client: httpx2.AsyncClient) -> None:
    browser = {"Accept": "text/html"}
    for path, headers in (("/nothing", {}), ("/cms/nothing", browser), ("/catalog/nothing", browser)):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path


async def test_an_address_with_somebody_elses_parameters_is_the_same_page(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_public_program(sql)
    lesson = await sql.fetchval("select id from lesson")
    for path in ("/en/", await address(sql, program), f"/en/lessons/{lesson}", "/en/search"):
        plain = await client.get(path)
        for query in ("utm_source=friend&fbclid=1", "utm_campaign=caf%E9", f"fbclid={'x' * 5_000}", "%00=%FF", "&&=&"):
            answer = await client.get(f"{path}?{query}")
            assert (answer.status_code, lines(answer)) == (200, lines(plain)), (path, query[:30])


async def test_a_lesson_in_what_is_no_language_is_in_its_own(client: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    plain = await client.get(f"/en/lessons/{lesson}")
    for wish in ("None", "%3F", "te%00"):
        answer = await client.get(f"/en/lessons/{lesson}?language={wish}")
        assert (answer.status_code, lines(answer)) == (200, lines(plain)), wish


@pytest.mark.parametrize(("path", "rest"), [("/", ""), ("/programs/{}", "programs/{}"), ("/lessons/{}", "lessons/{}")])
async def test_without_a_language_the_readers_own_is_chosen_once(
    client: httpx2.AsyncClient, path: str, rest: str
) -> None:
    key = uuid4()
    answer = await client.get(path.format(key), headers={"Accept-Language": "hi-IN,hi;q=0.9,en;q=0.1"})
    assert (answer.status_code, answer.headers["location"]) == (302, f"/hi/{rest.format(key)}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept-Language"


async def test_a_paid_lesson_shows_what_it_is_and_never_its_url(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql, status="published")
    term = await a_term(sql, program)
    subtitles = {"en": "https://cdn.example.com/secret.vtt"}
    lesson = await a_lesson(
        sql, term, title="A secret", status="published", is_paid=True, content_urls=URLS, subtitle_urls=subtitles
    )
    for path in ("/en/", await address(sql, program), f"/en/lessons/{lesson}", f"/en/lessons/{lesson}?language=en"):
        text = (await client.get(path)).text
        assert URLS["en"] not in text
        assert subtitles["en"] not in text
    shown = await page(client, f"/en/lessons/{lesson}")
    assert "A secret" in shown.words
    assert "Paid" in shown.words
    assert shown.named("video") == []


async def test_a_video_plays_in_the_readers_language_with_its_subtitles(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    urls = {tag: f"https://cdn.example.com/{tag}.mp4" for tag in ("en", "hi", "te")}
    lesson = await a_lesson(
        sql,
        await a_term(sql, await a_program(sql, status="published")),
        status="published",
        content_languages_available=list(urls),
        content_urls=urls,
        subtitle_urls={"en": "https://cdn.example.com/en.vtt"},
    )
    for path, heard in (
        (f"/te/lessons/{lesson}", "te"),
        (f"/te/lessons/{lesson}?language=hi", "hi"),
        (f"/en/lessons/{lesson}?language=ta", "en"),
    ):
        shown = await page(client, path)
        assert [it["src"] for it in shown.named("source")] == [urls[heard]]
        assert [it["srclang"] for it in shown.named("track")] == ["en"]
        [chosen] = [it for it in shown.named("a") if it.get("aria-current") and "lessons" in str(it["href"])][-1:]
        assert chosen["lang"] == heard


async def test_a_lesson_leads_to_the_one_before_and_the_one_after_across_terms(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql, status="published")
    terms = [await a_term(sql, program, term_number=number) for number in (1, 2)]
    places = [(terms[0], 2), (terms[0], 7), (terms[1], 1)]
    ids = [await a_lesson(sql, term, lesson_number=number, status="published") for term, number in places]
    await a_lesson(sql, terms[0], lesson_number=9)
    for place, lesson in enumerate(ids):
        shown = await page(client, f"/en/lessons/{lesson}")
        ways = {str(it["rel"]): it["href"] for it in shown.named("a") if it.get("rel") in ("prev", "next")}
        expected = {
            rel: f"/en/lessons/{ids[at]}" for rel, at in (("prev", place - 1), ("next", place + 1)) if 0 <= at < 3
        }
        assert ways == expected


async def test_programs_are_filtered_by_language_and_topic_and_shown_page_by_page(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    ids = [await a_public_program(sql, title=f"Number {number}.") for number in range(26)]
    slugs = [f"number-{number}" for number in range(26)]
    topic = await a_topic(sql, "Tea & <biscuits>")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", ids[3], topic)
    await sql.execute("update program set languages_available = '{en,hi}' where id = $1", ids[4])
    first = await page(client, "/en/")
    [next_path] = [it["href"] for it in first.named("a") if it.get("rel") == "next"]
    second = await page(client, str(next_path))
    assert [_programs(shown) for shown in (first, second)] == [slugs[:1:-1], slugs[1::-1]]
    [path] = [it["href"] for it in first.named("a") if "topic=" in str(it["href"])]
    assert _programs(await page(client, str(path))) == [slugs[3]]
    assert _programs(await page(client, "/en/?language=hi")) == [slugs[4]]
    assert _programs(await page(client, "/en/?topic=tea+%26+%3CBISCUITS%3E")) == [slugs[3]]
    assert "No program fits this filter yet." in (await page(client, "/en/?language=hi&topic=none")).words


def _programs(shown: _Elements) -> list[str]:
    paths = [str(it["href"]) for it in shown.named("a") if "/programs/" in str(it["href"])]
    hero = 1 if any(it.get("class") == "hero" for it in shown.named("section")) else 0
    return [path.rpartition("/")[2] for path in paths[hero:]]


async def test_a_catalog_without_programs_says_so(client: httpx2.AsyncClient) -> None:
    assert "The kettle is on" in (await page(client, "/en/")).words


async def test_new_is_what_was_published_within_a_week(cold: Served, sql: Connection) -> None:
    program = await a_public_program(sql)
    assert "New" in (await page(cold.client, await address(sql, program))).words
    await sql.execute("set session_replication_role = replica")
    await sql.execute("update lesson set published_at = now() - interval '7 days'")
    assert "New" not in (await page(cold.client, await address(sql, program))).words


async def test_a_page_that_is_kept_is_old_when_what_is_new_on_it_no_longer_is(whole: Served, sql: Connection) -> None:
    program = await a_public_program(sql)
    await whole.has_heard(sql)  # or the page would be old for that
    await sql.execute("alter table lesson disable trigger user")
    await sql.execute("update lesson set published_at = now() - interval '7 days' + interval '2 s'")
    await sql.execute("alter table lesson enable trigger user")
    path = await address(sql, program)
    assert "New" in (await page(whole.client, path)).words
    kept = (await whole.client.get(path)).headers["cache-status"]
    assert kept == "chaishots; hit"

    async def is_over() -> bool:
        return "New" not in (await page(whole.client, path)).words

    assert await eventually(is_over)


async def test_no_page_has_a_template_compiled_while_others_are_answered() -> None:
    script = """
import jinja2
from chaishots.api.app import create_app
from chaishots.api.pages.localisation import LANGUAGES
from chaishots.api.pages.template_rendering import render
from chaishots.api.request_tasks import RequestTasks
from chaishots.storage.folder_or_bucket import Store

create_app(replica="tests", store=Store("/nowhere"), tasks=RequestTasks())
jinja2.Environment.compile = None
for name in ("home.html", "program.html", "lesson.html", "problem.html", "atom.xml"):
    try:
        render(name, None)
    except jinja2.UndefinedError:
        print(name, "is compiled")
"""
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    told, _ = await run.communicate()
    assert told.decode().count("is compiled") == 5


async def test_static_files_are_named_by_their_content_and_kept_for_ever(client: httpx2.AsyncClient) -> None:
    shown = await page(client, "/en/")
    paths = [
        *(it["href"] for it in shown.named("link") if it["rel"] == "icon"),
        *(it["src"] for it in shown.named("script")),
    ]
    assert len(paths) == 2
    for path in paths:
        answer = await client.get(str(path))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] in ("br", "gzip")
        assert (await client.get(str(path), headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
    sizes = {str(path).rpartition(".")[2]: len((await client.get(str(path))).content) for path in paths}
    [styles] = re.findall(r"<style>(.*?)</style>", (await client.get("/en/")).text, re.DOTALL)
    assert len(styles) < 20_000
    assert sizes["js"] < 8_000
    assert (await client.get("/assets/pages.css")).status_code == 404


async def test_broken_and_missing_pictures_have_a_drawing_behind_them(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await a_public_program(
        sql, title="క్షమ", language_primary="te", languages_available=["te"], posters={"te": ASSETS["en"]}
    )
    text = (await client.get("/en/")).text
    assert text.count('class="drawn ') == 2
    assert ">క్ష</text>" in text


async def test_each_text_is_in_the_pages_language_where_it_is_translated_and_says_so_where_it_is_not(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(
        sql,
        title="Chai",
        description="How to brew it.",
        status="published",
        translations={"te": {"title": "చాయ్"}, "hi": {"description": "बनाने का तरीका"}},
    )
    topic = await a_topic(sql, "Cooking")
    await sql.execute("""update topic set translations = '{"te": {"name": "వంట"}}'""")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, topic)
    term = await a_term(sql, program, title="First", translations={"te": {"title": "మొదటిది"}})
    words = {"te": {"title": "నీళ్లు", "summary": "మరిగించండి"}}
    first = await a_lesson(sql, term, title="Water", summary="Boil it.", translations=words, status="published")
    second = await a_lesson(sql, term, title="Milk", status="published")
    expected = {
        "/te/": ["చాయ్", "వంట", "Milk", "How to brew it."],
        await address(sql, program, "te"): ["చాయ్", "వంట", "మొదటిది", "నీళ్లు", "మరిగించండి", "Milk", "How to brew it."],
        await address(sql, program, "hi"): ["Chai", "Cooking", "First", "Water", "Boil it.", "बनाने का तरीका"],
        f"/te/lessons/{first}": ["నీళ్లు", "మరిగించండి", "చాయ్", "మొదటిది", "Milk"],
        f"/te/lessons/{second}": ["Milk", "చాయ్", "నీళ్లు"],
        f"/en/lessons/{first}": ["Water", "Boil it.", "Chai", "First"],
        "/te/?topic=Cooking": ["వంట", "చాయ్"],
    }
    for path, texts in expected.items():
        text = (await client.get(path)).text
        for told in texts:
            found = re.findall(rf"<(?:h1|h3|p|bdi|span|a)\b([^>]*)>(?:<a [^>]*>)?{re.escape(told)}<", text)
            assert found, (path, told)
            own = path[1:3] if not told.isascii() else "en"
            tags = {language for attributes in found for language in re.findall(r'\blang="(\w+)"', attributes)}
            assert tags == (set() if own == path[1:3] or told == "Cooking" else {own}), (path, told)
    title = re.findall("<title>(.*)</title>", (await client.get(f"/te/lessons/{first}")).text)
    assert title == ["నీళ్లు · చాయ్ · Chai Shots"]


async def test_a_program_says_how_many_of_its_lessons_are_free(
    whole: Served, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql, status="published")
    term = await a_term(sql, program, title="One")
    await a_lesson(sql, term, status="published")
    await a_lesson(sql, term, status="published", is_paid=True)
    await a_lesson(sql, term, is_paid=False)
    some = "<span>2 lessons</span>\n<span>1 free</span>\n<span>2 minutes</span>"
    for path in ("/en/", await address(sql, program)):
        assert some in (await client.get(path)).text
    await a_lesson(sql, await a_term(sql, program, title="Two"), status="published")
    await whole.has_heard(sql)
    text = (await client.get(await address(sql, program))).text
    assert some in text  # of the first term
    assert "<span>1 lesson</span>\n<span>Free</span>" in text
    assert "<span>3 lessons</span>\n<span>2 free</span>" in text
