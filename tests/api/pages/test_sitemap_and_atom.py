"""What search engines and feed readers are given."""

import json
import re
from collections.abc import AsyncIterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import httpx2
import pytest

from chaishots.content.catalog import viewer_pages
from chaishots.database.connection import Connection
from tests import builders
from tests.api.conftest import Served, served
from tests.api.pages.test_pages import address
from tests.builders import a_lesson, a_program, a_public_program, a_term
from tests.conftest import Database

ORIGIN = "https://chai.example.com"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture
async def public(database: Database) -> AsyncIterator[Served]:
    async with served(database, origin=ORIGIN) as serving:
        yield serving


@pytest.fixture
def client(public: Served) -> httpx2.AsyncClient:
    return public.client


def require_atom(feed: Element) -> None:
    """What RFC 4287 asks of a feed and its entries (4.1.1 and 4.1.2)."""
    assert feed.tag == f"{ATOM}feed"
    for holder in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            [element] = holder.findall(f"{ATOM}{name}")
            assert element.text
        assert MOMENT.fullmatch(holder.findtext(f"{ATOM}updated") or "")
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", holder.findtext(f"{ATOM}id") or "")
        assert len(holder.findall(f"{ATOM}summary")) <= 1
        assert all(link.get("href") for link in holder.findall(f"{ATOM}link"))
        alternates = [
            (link.get("type"), link.get("hreflang"))
            for link in holder.findall(f"{ATOM}link")
            if link.get("rel") == "alternate"
        ]
        assert len(alternates) == len(set(alternates)) == 1
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))


async def test_a_feed_a_language_tells_what_was_published_newest_first(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    both = await a_program(sql, title="Both", status="published", languages_available=["en", "te"])
    english = await a_program(sql, status="published")
    term = await a_term(sql, both)
    titles = ["One", "Two & <three>", "\ufffe\u2068]]>", "Four"]
    for title in titles:
        await a_lesson(sql, term, title=title, summary="In short." if title == "One" else "", status="published")
    await a_lesson(sql, await a_term(sql, english), title="English only", status="published")
    await a_lesson(sql, term, title="A draft")
    answer = await client.get("/te/feed.xml")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.text)
    require_atom(feed)
    shown = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert shown == ["Four", "\ufffd\u2068]]>", "Two & <three>", "One"]
    told = [entry.findtext(f"{ATOM}summary") for entry in feed.findall(f"{ATOM}entry")]
    assert told == ["Both", "Both", "Both", "In short."]
    hrefs = [str(link.get("href")) for link in feed.iter(f"{ATOM}link")]
    assert all(href.startswith(f"{ORIGIN}/te/") for href in hrefs)
    english_feed = ElementTree.fromstring((await client.get("/en/feed.xml")).text)
    assert len(english_feed.findall(f"{ATOM}entry")) == len(titles) + 1


async def test_a_feed_of_nothing_is_a_feed(client: httpx2.AsyncClient) -> None:
    require_atom(ElementTree.fromstring((await client.get("/hi/feed.xml")).text))


async def test_the_list_of_pages_has_each_in_its_languages(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql, slug="chai", status="published", languages_available=["en", "te", "ta"])
    lesson = await a_lesson(
        sql,
        await a_term(sql, program),
        status="published",
        translations={"te": {"title": "చాయ్"}, "hi": {"summary": "चाय"}},
    )
    await a_lesson(sql, await a_term(sql, program))
    await a_program(sql, status="published")
    index = ElementTree.fromstring((await client.get("/sitemap.xml")).text)
    [part] = [str(loc.text) for loc in index.iter(f"{SITEMAP}loc")]
    listed = ElementTree.fromstring((await client.get(part.removeprefix(ORIGIN))).text)
    rests = ["", "programs/chai", f"lessons/{lesson}"]
    tags = {"": ("te", "hi", "en")}
    expected = [f"{ORIGIN}/{tag}/{rest}" for rest in rests for tag in tags.get(rest, ("te", "en"))]
    assert [url.findtext(f"{SITEMAP}loc") for url in listed] == expected
    alternates = {str(link.get("hreflang")): link.get("href") for link in listed[-1].iter(f"{XHTML}link")}
    assert alternates == {
        **{tag: f"{ORIGIN}/{tag}/lessons/{lesson}" for tag in ("te", "en")},
        "x-default": f"{ORIGIN}/lessons/{lesson}",
    }
    assert all(MOMENT.fullmatch(url.findtext(f"{SITEMAP}lastmod") or "") for url in listed[3:])
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in (await client.get("/robots.txt")).text


async def test_a_long_list_of_pages_is_split(client: httpx2.AsyncClient, sql: Connection) -> None:
    assert viewer_pages.ADDRESSES * 3 + 3 <= 50_000
    program = await a_program(sql, status="published")
    term = await a_term(sql, program)
    await builders.lessons_due(sql, viewer_pages.ADDRESSES + 5, term=term)
    await sql.execute("update lesson set status = 'published', published_at = now(), publish_at = null")
    index = ElementTree.fromstring((await client.get("/sitemap.xml")).text)
    parts = [str(loc.text).removeprefix(ORIGIN) for loc in index.iter(f"{SITEMAP}loc")]
    assert parts == ["/sitemap-1.xml", "/sitemap-2.xml"]
    listed = [
        loc.text
        for part in parts
        for loc in ElementTree.fromstring((await client.get(part)).text).iter(f"{SITEMAP}loc")
    ]
    assert len(listed) == len(set(listed)) == viewer_pages.ADDRESSES + 6 + 3
    assert (await client.get("/sitemap-3.xml")).status_code == 404
    assert (await client.get("/sitemap-0.xml")).status_code == 404


async def test_without_an_origin_nothing_needs_one(whole: Served, sql: Connection) -> None:
    program = await a_public_program(sql)
    assert (await whole.client.get("/sitemap.xml")).status_code == 404
    assert "Sitemap" not in (await whole.client.get("/robots.txt")).text
    text = (await whole.client.get(await address(sql, program))).text
    assert "canonical" not in text
    assert 'hreflang="x-default"' not in text
    require_atom(ElementTree.fromstring((await whole.client.get("/en/feed.xml")).text))


async def test_a_page_names_its_languages_and_in_others_the_primarys_address(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    await a_public_program(
        sql,
        title="తెలుగు",
        slug="telugu",
        language_primary="te",
        languages_available=["te", "en"],
        posters={"te": builders.ASSETS["en"]},
    )
    canonical = {"te": "te", "en": "en", "hi": "te"}
    for tag, expected in canonical.items():
        text = (await client.get(f"/{tag}/programs/telugu")).text
        assert f'<link rel="canonical" href="{ORIGIN}/{expected}/programs/telugu">' in text
        assert re.findall(r'rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', text) == [
            ("te", f"{ORIGIN}/te/programs/telugu"),
            ("en", f"{ORIGIN}/en/programs/telugu"),
            ("x-default", f"{ORIGIN}/programs/telugu"),
        ]
        assert ('<h1 lang="te" dir="auto">తెలుగు</h1>' in text) == (tag != "te")


async def test_a_page_has_a_language_when_its_title_or_its_content_is_in_it(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql, title="Chai", slug="chai", status="published", translations={"hi": {"title": "चाय"}})
    lesson = await a_lesson(
        sql,
        await a_term(sql, program),
        content_languages_available=["en", "te"],
        translations={"ta": {"title": "தேநீர்"}, "hi": {"summary": "चाय"}},
        status="published",
    )
    for path, tags in (("programs/chai", ["hi", "en"]), (f"lessons/{lesson}", ["te", "en"])):
        for tag in ("te", "hi", "en"):
            text = (await client.get(f"/{tag}/{path}")).text
            assert re.findall(r'rel="alternate" hreflang="(\w\w)"', text) == tags
            assert f'<link rel="canonical" href="{ORIGIN}/{tag if tag in tags else "en"}/{path}">' in text
    text = (await client.get("/hi/feed.xml")).text
    assert '<title xml:lang="en">A lesson</title>' in text
    assert "<summary>चाय</summary>" in text
    assert ElementTree.fromstring((await client.get("/te/feed.xml")).text).find(f"{ATOM}entry") is None


async def test_pages_tell_machines_what_they_are(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql, title='"</script><!--', status="published", description="About it.")
    term = await a_term(sql, program)
    free = await a_lesson(sql, term, status="published", duration_ms=94_000)
    paid = await a_lesson(sql, term, status="published", is_paid=True)

    async def told(path: str) -> dict[str, dict[str, object]]:
        text = (await client.get(path)).text
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
        return {block["@type"]: block for block in map(json.loads, blocks)}

    assert (await told("/en/"))["ItemList"]["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "url": f"{ORIGIN}{await address(sql, program)}"}
    ]
    course = await told(await address(sql, program))
    assert (course["Course"]["name"], course["Course"]["description"]) == ('"</script><!--', "About it.")
    assert course.keys() == {"Course", "BreadcrumbList"}
    video = await told(f"/en/lessons/{free}")
    assert video["VideoObject"]["duration"] == "PT94S"
    assert video["VideoObject"]["contentUrl"] == builders.URLS["en"]
    assert (await told(f"/en/lessons/{paid}")).keys() == {"BreadcrumbList"}
    text = (await client.get(await address(sql, program))).text
    assert '<meta property="og:image" content="https://cdn.example.com/l.jpg">' in text
    assert '<meta name="description" content="About it.">' in text
