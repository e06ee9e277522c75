"""`fields` and `prefer`: how much of a public program or lesson is shown."""

import json
from typing import Any
from uuid import UUID

import pytest

from chaishots.content.catalog import statements
from chaishots.content.catalog.public_fields import LESSON_FIELDS, PROGRAM_FIELDS
from chaishots.content.catalog.public_json import LISTED_LESSONS, LISTED_TERMS
from chaishots.content.catalog.requested_fields import View
from chaishots.content.errors import InvalidContent
from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term, lessons_due

CDN = "https://cdn.example.com"
POSTERS = {tag: {"portrait": f"{CDN}/{tag}/p.jpg", "landscape": f"{CDN}/{tag}/l.jpg"} for tag in ("en", "te", "hi")}


async def shown(sql: Connection, program: UUID, fields: str | None = None, prefer: str | None = None) -> Any:
    """A program, as much of it as is asked for; listed, it is the same."""
    view = View.of(PROGRAM_FIELDS, fields, prefer)
    alone = json.loads((await statements.program(sql, program, view=view)).document)
    (listed,) = json.loads((await statements.programs(sql, limit=5, view=view)).document)["programs"]
    assert listed == alone
    return alone


async def a_world(sql: Connection) -> tuple[UUID, UUID]:
    """A public program in three languages, with a lesson in two."""
    program = await a_program(sql, title="Chai", posters=POSTERS, languages_available=["en", "te", "hi"])
    lesson = await a_lesson(
        sql,
        await a_term(sql, program, title="First"),
        title="Water",
        status="published",
        content_languages_available=["en", "te"],
        content_urls={"en": f"{CDN}/en.mp4", "te": f"{CDN}/te.mp4"},
        subtitle_urls={"hi": f"{CDN}/hi.vtt"},
    )
    return program, lesson


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("title", {"id", "title"}),
        ("id", {"id"}),
        ("assets,title", {"id", "title", "assets"}),
        ("terms.title", {"id", "terms"}),
        (",".join(field for field in PROGRAM_FIELDS if "." not in field), set(PROGRAM_FIELDS)),
    ],
)
async def test_a_program_shows_the_fields_that_are_named_and_its_id(
    sql: Connection, fields: str, names: set[str]
) -> None:
    program, _ = await a_world(sql)
    assert (await shown(sql, program, fields)).keys() == {name for name in names if "." not in name}


async def test_fields_further_in_are_named_with_dots(sql: Connection) -> None:
    program, lesson = await a_world(sql)
    got = await shown(sql, program, "title,terms.title,terms.lessons.title")
    (term,) = got["terms"]
    assert term == {"id": term["id"], "title": "First", "lessons": [{"id": str(lesson), "title": "Water"}]}
    assert got == {"id": str(program), "title": "Chai", "terms": [term]}


async def test_a_member_that_is_named_is_shown_whole_and_in_its_usual_form(sql: Connection) -> None:
    program, _ = await a_world(sql)
    everything = await shown(sql, program)
    for name in ("assets", "terms", "topics", "published_at"):
        assert (await shown(sql, program, name))[name] == everything[name]


async def test_a_lesson_shows_the_fields_that_are_named(sql: Connection) -> None:
    _, lesson = await a_world(sql)
    view = View.of(LESSON_FIELDS, "program_id,title", None)
    assert json.loads((await statements.lesson(sql, lesson, view=view)).document).keys() == {
        "id",
        "title",
        "program_id",
    }


async def test_a_paid_lesson_does_not_show_its_urls_when_they_are_named(sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published", is_paid=True)
    view = View.of(LESSON_FIELDS, "content_urls_by_language,title", "en")
    told = json.loads((await statements.lesson(sql, lesson, view=view)).document)
    assert told == {"id": str(lesson), "title": "A lesson", "content_urls_by_language": {}}


@pytest.mark.parametrize(
    ("prefer", "posters", "urls"),
    [("te,en", "te", "te"), ("hi,te", "hi", "te"), ("ta", "en", "en"), ("ta,hi", "hi", "en"), ("en", "en", "en")],
)
async def test_a_map_by_language_is_reduced_to_the_first_preferred_that_it_has_else_the_primary(
    sql: Connection, prefer: str, posters: str, urls: str
) -> None:
    program, _ = await a_world(sql)
    got = await shown(sql, program, prefer=prefer)
    lesson = got["terms"][0]["lessons"][0]

    assert got["assets"]["posters"] == {posters: POSTERS[posters]}
    assert lesson["assets"]["thumbnails"].keys() == {"en"}
    assert lesson["content_urls_by_language"] == {urls: f"{CDN}/{urls}.mp4"}
    assert lesson["subtitle_urls_by_language"] == {"hi": f"{CDN}/hi.vtt"}
    assert lesson["subtitle_languages"] == ["hi"]


async def a_translated_world(sql: Connection) -> UUID:
    """A public program in English, all of which is translated, not all of it into all languages."""
    program = await a_program(
        sql,
        title="Chai",
        description="How to make it.",
        status="published",
        translations={"te": {"title": "చాయ్", "description": "ఎలా కాయాలి."}, "hi": {"title": "चाय"}},
    )
    term = await a_term(sql, program, title="First", translations={"hi": {"title": "पहला"}})
    await a_lesson(
        sql,
        term,
        title="Water",
        summary="How much of it.",
        status="published",
        translations={"te": {"title": "నీళ్లు"}, "ta": {"summary": "எவ்வளவு."}},
    )
    topic = await sql.fetchval(
        """insert into topic (name, translations) values ('Tea', '{"te": {"name": "తేనీరు"}}') returning id"""
    )
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)
    return program


async def test_every_text_is_shown_in_every_language_that_it_is_in(sql: Connection) -> None:
    got = await shown(sql, await a_translated_world(sql))
    (term,) = got["terms"]
    (lesson,) = term["lessons"]

    assert (got["title"], got["title_language"]) == ("Chai", "en")
    assert got["titles"] == {"en": "Chai", "te": "చాయ్", "hi": "चाय"}
    assert got["descriptions"] == {"en": "How to make it.", "te": "ఎలా కాయాలి."}
    assert (term["title"], term["title_language"], term["titles"]) == ("First", "en", {"en": "First", "hi": "पहला"})
    assert (lesson["title"], lesson["title_language"]) == ("Water", "en")
    assert lesson["titles"] == {"en": "Water", "te": "నీళ్లు"}
    assert lesson["summaries"] == {"en": "How much of it.", "ta": "எவ்வளவு."}
    assert got["topics"] == ["Tea"]


async def test_a_text_that_there_is_not_is_in_no_language(sql: Connection) -> None:
    program = await a_program(sql, status="published")
    await a_lesson(sql, await a_term(sql, program, translations={"te": {"title": "ఒకటి"}}), status="published")
    got = await shown(sql, program)
    (term,) = got["terms"]
    assert got["descriptions"] == term["lessons"][0]["summaries"] == {}
    assert (term["title"], term["titles"]) == (None, {"te": "ఒకటి"})
    (term,) = (await shown(sql, program, prefer="en,te"))["terms"]
    assert (term["title"], term["title_language"]) == ("ఒకటి", "te")


@pytest.mark.parametrize(
    ("prefer", "program", "term", "lesson", "topic"),
    [
        ("te", ("చాయ్", "te", "ఎలా కాయాలి."), ("First", "en"), ("నీళ్లు", "te", "How much of it."), "తేనీరు"),
        ("hi,te", ("चाय", "hi", "ఎలా కాయాలి."), ("पहला", "hi"), ("నీళ్లు", "te", "How much of it."), "తేనీరు"),
        ("en,te", ("Chai", "en", "How to make it."), ("First", "en"), ("Water", "en", "How much of it."), "తేనీరు"),
        ("ta", ("Chai", "en", "How to make it."), ("First", "en"), ("Water", "en", "எவ்வளவு."), "Tea"),
        ("hi-IN,te", ("चाय", "hi", "ఎలా కాయాలి."), ("पहला", "hi"), ("నీళ్లు", "te", "How much of it."), "తేనీరు"),
        ("fr", ("Chai", "en", "How to make it."), ("First", "en"), ("Water", "en", "How much of it."), "Tea"),
    ],
)
async def test_each_text_is_in_the_first_preferred_language_that_it_is_in_else_in_its_own(
    sql: Connection,
    prefer: str,
    program: tuple[str, ...],
    term: tuple[str, ...],
    lesson: tuple[str, ...],
    topic: str,
) -> None:
    got = await shown(sql, await a_translated_world(sql), prefer=prefer)
    (of_term,) = got["terms"]
    (of_lesson,) = of_term["lessons"]

    assert (got["title"], got["title_language"], got["description"]) == program
    assert (of_term["title"], of_term["title_language"]) == term
    assert (of_lesson["title"], of_lesson["title_language"], of_lesson["summary"]) == lesson
    assert got["topics"] == [topic]
    assert not {"titles", "descriptions", "summaries"} & {*got, *of_term, *of_lesson}


@pytest.mark.parametrize("fields", ["topics", "title,terms.lessons.title", "assets", "terms", "terms.lessons.assets"])
async def test_every_selection_can_be_had_in_a_preferred_language(sql: Connection, fields: str) -> None:
    program, _ = await a_world(sql)
    assert await shown(sql, program, fields, "te")


@pytest.mark.parametrize("fields", ["nope", "title,nope", "terms.nope", "title,", "lessons", "terms.lessons.x"])
def test_a_field_that_there_is_not_is_named(fields: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        View.of(PROGRAM_FIELDS, fields, None)
    assert refused.value.field == "fields"
    assert repr(next(name for name in fields.split(",") if name not in PROGRAM_FIELDS)) in str(refused.value)


def test_views_that_come_to_the_same_are_the_same() -> None:
    of = View.of
    assert of(PROGRAM_FIELDS, "title,assets", None) == of(PROGRAM_FIELDS, "assets,id,title,title", None)
    assert of(PROGRAM_FIELDS, "terms,terms.title", None) == of(PROGRAM_FIELDS, "terms", None)
    assert of(LESSON_FIELDS, ",".join(LESSON_FIELDS), None) == View()
    assert of(PROGRAM_FIELDS, "published_at", "te") == of(PROGRAM_FIELDS, "published_at", None)
    assert of(PROGRAM_FIELDS, None, "te,en,te") == of(PROGRAM_FIELDS, None, "te,en")


@pytest.mark.parametrize("fields", ["titles", "descriptions", "terms.lessons.summaries"])
async def test_texts_in_all_languages_alone_have_nothing_to_prefer(sql: Connection, fields: str) -> None:
    program, _ = await a_world(sql)
    assert await shown(sql, program, fields, "hi") == await shown(sql, program, fields)


@pytest.mark.parametrize("fields", [None, "terms.lessons.title", "terms.lessons"])
async def test_a_list_says_how_many_it_leaves_out_and_its_own_page_has_all(sql: Connection, fields: str | None) -> None:
    program = await a_program(sql, status="published")
    await sql.execute(
        "insert into term (program_id, term_number) select $1, n from generate_series(1, $2) n",
        program,
        LISTED_TERMS + 2,
    )
    first = await sql.fetchval("select id from term where program_id = $1 and term_number = 1", program)
    await lessons_due(sql, LISTED_LESSONS + 3, term=first)
    await sql.execute("update lesson set status = 'published', published_at = now() where lesson_number > 1")
    view = View.of(PROGRAM_FIELDS, fields, None)

    (listed,) = json.loads((await statements.programs(sql, limit=5, view=view)).document)["programs"]
    alone = json.loads((await statements.program(sql, program, view=view)).document)

    assert (len(listed["terms"]), listed.pop("terms_left")) == (LISTED_TERMS, 2)
    full, *others = listed["terms"]
    assert (len(full["lessons"]), full.pop("lessons_left")) == (LISTED_LESSONS, 2)
    assert not any("lessons_left" in term for term in others)
    assert (len(alone["terms"]), len(alone["terms"][0]["lessons"])) == (LISTED_TERMS + 2, LISTED_LESSONS + 2)
    assert listed["terms"][1:] == alone["terms"][1:LISTED_TERMS]
    assert full["lessons"] == alone["terms"][0]["lessons"][:LISTED_LESSONS]
    for counted in ("lesson_count", "free_lesson_count", "total_duration_ms", "updated_at"):
        assert listed.get(counted) == alone.get(counted)
        assert full.get(counted) == alone["terms"][0].get(counted)


async def test_a_list_says_nothing_of_what_it_leaves_out_where_that_is_nothing(sql: Connection) -> None:
    program = await a_program(sql, status="published")
    term = await a_term(sql, program)
    await lessons_due(sql, LISTED_LESSONS, term=term)
    await sql.execute("update lesson set status = 'published', published_at = now()")
    assert len((await shown(sql, program))["terms"][0]["lessons"]) == LISTED_LESSONS


async def a_picture(sql: Connection, key: str, width: int, alt: dict[str, str], *, has_avif: bool) -> None:
    variant = {"width": width, "height": 480, "webp": 10_000} | ({"avif": 9_000} if has_avif else {})
    await sql.execute(
        "insert into picture (id, width, height, colour, variants, alt) values ($1, $2, 480, '#8a4b2f', $3, $4)",
        key,
        width,
        json.dumps([variant, {"width": 320, "height": 240, "webp": 3_000}]),
        json.dumps(alt),
    )


async def test_a_list_tells_of_pictures_what_their_function_says_and_calls_none(sql: Connection) -> None:
    first, second, unknown = "a" * 64, "b" * 64, "c" * 64
    ours = {
        "te": {
            "banner": f"{CDN}/pictures/{first}.webp",
            "landscape": f"{CDN}/pictures/pictures/{second}-320.avif",
            "portrait": "https://elsewhere.example/p.jpg",
            "square": f"http://[::1]:8000/pictures/{first}-99999.webp",
        },
        "pt-BR": {"portrait": f"{CDN}/pictures/{second}.avif"},
        "en": {
            "portrait": f"{CDN}/pictures/{unknown}.webp",
            "landscape": f"{CDN}/pictures/{first}.webp?v=1",
            "square": f"{CDN}/pictures/{first}-123456.webp",
            "banner": f"{CDN}/picture/{first}.webp",
        },
        "hi": {"portrait": f"{CDN}/pictures/{first}/{second}.webp", "square": f"{CDN}/pictures/{first}.jpeg"},
    }
    await a_picture(sql, first, 640, {"te": 'ఒక "కోలం"', "fr": "Un kolam"}, has_avif=True)
    await a_picture(sql, second, 1280, {}, has_avif=False)
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters=ours)), status="published", thumbnails=ours)
    said = await sql.fetchval("select json_strip_nulls(chaishots_pictures(thumbnails)::json)::text from lesson")
    calls = "select sum(pg_stat_get_xact_function_calls(oid)) from pg_proc where proname like 'chaishots%'"

    async with sql.transaction():
        await sql.execute("set local track_functions = 'all'")
        document = (await statements.programs(sql, limit=5)).document
        assert await sql.fetchval(calls) is None

    assert json.loads(said).keys() == {"te", "pt-BR"}
    assert document.count(f',"pictures":{said}}}') == 2


async def test_a_catalog_without_pictures_of_ours_is_not_searched_for_them(sql: Connection) -> None:
    ours = {"en": {"portrait": f"{CDN}/pictures/{'a' * 64}.webp", "landscape": f"{CDN}/pictures/{'a' * 64}.webp"}}
    term = await a_term(sql, await a_program(sql, posters=POSTERS))
    await a_lesson(sql, term, status="published", thumbnails=ours)
    statement, values = statements.programs_statement(limit=5)

    plan = "\n".join(
        row[0] for row in await sql.fetch(f"explain (analyze, costs off, timing off) {statement}", *values)
    )

    looked_up = [line for line in plan.splitlines() if "picture_pkey" in line]
    assert looked_up
    assert all("never executed" in line for line in looked_up)
