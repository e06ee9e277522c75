"""check-links: which URLs of content do not answer, for people and for programs, and how it ends."""

import json

from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term
from tests.commands import chaishots
from tests.conftest import Database
from tests.outbound.test_link_check import a_site, said


async def test_what_does_not_answer_is_listed_once_with_where_it_stands(database: Database, sql: Connection) -> None:
    async with a_site(lambda _, path: said(404 if "gone" in path else 200)) as site:
        images = {variant: f"{site.url}/{variant}.jpg" for variant in ("portrait", "landscape")}
        program = await a_program(sql, title="Chai", posters={"en": images | {"banner": f"{site.url}/gone.jpg"}})
        term = await a_term(sql, program)
        media = {"content_urls": {"en": f"{site.url}/1.mp4"}, "thumbnails": {"en": images}}
        lesson = await a_lesson(sql, term, title="Ginger", subtitle_urls={"en": f"{site.url}/gone.vtt"}, **media)
        await a_lesson(sql, term, title="Mace", subtitle_urls={"en": f"{site.url}/gone.vtt"}, **media)
        await a_lesson(sql, term, status="archived", content_urls={"en": f"{site.url}/gone-too.mp4"})
        where = {"DATABASE_URL": database.dsn}

        shown = await chaishots("check-links", "--allow-private", **where)
        told = await chaishots("check-links", "--allow-private", "--json", "--program", str(program), **where)
        asked = len(site.asked)
        refused = await chaishots("check-links", **where)
        assert len(site.asked) == asked

    assert (shown.code, told.code, refused.code) == (1, 1, 1)
    assert f"{site.url}/gone.vtt\n    404 Not Found.\n    lesson 'Ginger' ({lesson}), subtitle_urls.en" in shown.out
    assert shown.out.endswith("3 URLs answer, 2 do not.\n")
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert {(line["place"], line["status"], line["count"]) for line in lines} == {
        ("posters.en.banner", 404, 1),
        ("subtitle_urls.en", 404, 2),
    }
    assert "127.0.0.1 is not public" in refused.out


async def test_where_all_answer_it_ends_well(database: Database, sql: Connection) -> None:
    async with a_site(lambda *_: said(200)) as site:
        await a_program(sql, posters={"en": {"portrait": f"{site.url}/p.jpg"}})
        ran = await chaishots("check-links", "--allow-private", DATABASE_URL=database.dsn)
    assert (ran.code, ran.out) == (0, "1 URLs answer, 0 do not.\n")
