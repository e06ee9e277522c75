"""Export and import: what comes out of one database goes into another, to the last digit and the last character."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaishots.content.editing import releases
from chaishots.content.editing.lessons import archive_lesson, restore_lesson
from chaishots.content.editing.programs import archive_program, change_program
from chaishots.content.exchange import seed, seed_format
from chaishots.content.exchange.exporting import export_text
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.importing import import_content
from chaishots.content.exchange.yaml import tree, written
from chaishots.content.limits import LAST_VERSION
from chaishots.content.models import Lesson, Program, Release, Term, Topic
from chaishots.content.text_normalisation import is_one_line, is_plain, is_visible, normalised
from chaishots.database.connection import Connection
from chaishots.safe_text import is_safe
from tests import builders
from tests.builders import ASSETS, URLS, a_lesson, a_picture, a_program, a_release, a_term, a_topic, row
from tests.conftest import Database
from tests.content.exchange.seeds import named

pytestmark = pytest.mark.usefixtures("database")

DEMO = Path(__file__).parents[3] / "seeds" / "demo.yaml"
EVERYTHING = """
    select 'program', to_jsonb(program) - 'posters', posters::text, '', '' from program union all
    select 'topic', to_jsonb(topic), '', '', '' from topic union all
    select 'link', to_jsonb(program_topic), '', '', '' from program_topic union all
    select 'term', to_jsonb(term), '', '', '' from term union all
    select 'release', to_jsonb(release), '', '', '' from release union all
    select 'lesson', to_jsonb(lesson), content_urls::text, subtitle_urls::text, thumbnails::text from lesson
     union all select 'change', to_jsonb(change), '', '', '' from change
     union all select 'alt', jsonb_build_object('id', id, 'alt', alt), '', '', '' from picture
     order by 1, 2
"""
EMPTY = "truncate program, topic, release, change cascade"


async def export(sql: Connection) -> str:
    return "".join([piece async for piece in export_text(sql)])


async def everything(sql: Connection) -> list[tuple[Any, ...]]:
    return [tuple(found) for found in await sql.fetch(EVERYTHING)]


async def comes_back(sql: Connection, tmp_path: Path) -> str:
    """The export, after it went into the emptied database and came out the same."""
    text, before = await export(sql), await everything(sql)
    path = tmp_path / "export.yaml"
    path.write_bytes(text.encode())
    await sql.execute(EMPTY)
    await import_content(path, actor="import")
    assert await everything(sql) == before
    assert await export(sql) == text
    return text


async def test_the_demo_content_comes_back_exactly(sql: Connection, tmp_path: Path) -> None:
    await seed.seed(DEMO, actor="seed", upload=named)
    await comes_back(sql, tmp_path)


async def test_an_empty_database_comes_back_empty(sql: Connection, tmp_path: Path) -> None:
    assert await comes_back(sql, tmp_path) == "topics: []\nprograms: []\n"


async def test_versions_times_and_refusals_come_back_exactly(sql: Connection, tmp_path: Path) -> None:
    program = await a_program(sql, description="One\n\n  two: #3 \nthree")
    await change_program(program, {"title": "Changed"}, actor="asha")
    topic = await a_topic(sql, "Heat")
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)
    await sql.execute("update topic set name = 'Warmth'")
    term = await a_term(sql, program, title="First")
    await a_term(sql, program)
    await a_topic(sql, "of no program")
    lesson = await a_lesson(sql, term, due_in=timedelta(hours=-1))
    restored = await a_lesson(sql, term, status="published", published_at=datetime(2020, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    await archive_lesson(restored, actor="asha")
    await restore_lesson(restored, actor="asha")
    await a_lesson(sql, term, content_urls={}, thumbnails={}, duration_ms=None, content_type="article", is_paid=True)
    await sql.execute("update lesson set publish_error = 'The program lacks: a poster.' where id = $1", lesson)
    text = await comes_back(sql, tmp_path)
    assert "published_at: 2020-01-01T00:00:00.000001Z" in text
    assert (await row(sql, "lesson", lesson))["publish_error"] == "The program lacks: a poster."
    assert (await row(sql, "program", program))["version"] > 3


async def test_translations_come_back_exactly(sql: Connection, tmp_path: Path) -> None:
    term = await a_term(
        sql,
        await a_program(sql, translations={"te": {"title": "చాయ్", "description": "రోజూ.\n'ఒక' కప్పు: #1"}}),
        translations={"hi": {"title": "पहला"}},
    )
    await a_lesson(sql, term, translations={"ta": {"summary": "நீர்"}, "te": {"title": "నీళ్లు"}})
    await sql.execute("""insert into topic (name, translations) values ('Tea', '{"te": {"name": "తేనీరు"}}')""")
    text = await comes_back(sql, tmp_path)
    assert all(word in text for word in ("చాయ్", "पहला", "நீர்", "తేనీరు"))


async def test_alt_texts_come_back_exactly(sql: Connection, tmp_path: Path) -> None:
    alts = {"te": "అ అనే అక్షరం: 'అమ్మ'", "hi": 'अक्षर "अ", #1', "en": "no", "ar": "\u2068حرف\u2069"}
    for number, alt in enumerate((alts, {}, {"te": "ఒక కప్పు చాయ్"})):
        await a_picture(sql, id=f"{number:064x}", alt=alt)
    text, before = await export(sql), await everything(sql)
    path = tmp_path / "export.yaml"
    path.write_text(text)
    await sql.execute("""update picture set alt = '{"en": "Another"}' where alt <> '{}'""")

    imported = await import_content(path, actor="import")

    assert (imported.changed.total, imported.unknown.total) == (2, 0)
    assert await everything(sql) == before
    assert await export(sql) == text
    assert yaml.safe_load(text)["pictures"][0] == {"id": f"{0:064x}", "alt": alts}
    assert (await import_content(path, actor="import")).changed.total == 0


async def test_what_is_archived_comes_back_with_what_is_published_in_it(sql: Connection, tmp_path: Path) -> None:
    program = await builders.a_public_program(sql)
    await archive_program(program, actor="asha")
    await comes_back(sql, tmp_path)
    assert (await row(sql, "program", program))["status"] == "archived"


async def test_releases_in_every_state_come_back_with_their_lessons_and_what_they_went_through(
    sql: Connection, tmp_path: Path
) -> None:
    later = datetime(2100, 1, 1, 9, 30, tzinfo=UTC)
    in_state = {}
    for state in ("open", "scheduled", "published", "cancelled", "refused", "empty"):
        made = await releases.create_release(f"To be {state}", actor="asha")
        in_state[state] = made.id
        if state != "empty":
            lessons = [await a_lesson(sql) for _ in range(2)]
            await releases.add_lessons(made.id, lessons, actor="asha")
        if state not in ("open", "empty"):
            await releases.schedule_release(made.id, later, actor="asha")
    await sql.execute("update release set status = 'published' where id = $1", in_state["published"])
    archived = await sql.fetchval("select id from lesson where release_id = $1 limit 1", in_state["published"])
    await archive_lesson(archived, actor="asha")
    await releases.cancel_release(in_state["cancelled"], actor="asha")
    for table, key in ("lesson", "release_id"), ("release", "id"):
        await sql.execute(f"update {table} set publish_error = 'No poster.' where {key} = $1", in_state["refused"])
    text = await comes_back(sql, tmp_path)
    assert text.count("release_id: 0") == 8
    assert await sql.fetchval("select status from lesson where release_id is not null and id = $1", archived) == (
        "archived"
    )
    assert (await row(sql, "release", in_state["published"]))["version"] > 2


async def test_a_draft_in_an_open_release_keeps_the_time_that_psql_gave_it(sql: Connection, tmp_path: Path) -> None:
    release = await a_release(sql, publish_at=datetime(2100, 1, 1, tzinfo=UTC))
    lesson = await a_lesson(sql, release_id=release)
    await sql.execute("update lesson set publish_at = '2090-01-01T00:00:00Z' where id = $1", lesson)
    await comes_back(sql, tmp_path)
    assert (await row(sql, "lesson", lesson))["publish_at"] == datetime(2090, 1, 1, tzinfo=UTC)


async def test_content_that_psql_wrote_at_the_bounds_comes_back(sql: Connection, tmp_path: Path) -> None:
    program = await a_program(
        sql,
        title="\u00a0.",
        language_primary="no",
        languages_available=["on", "no"],
        posters={"no": {}, "on": {"banner": "https://a/b:"}, "y" * 3: {"square": "http://[::1]:80?#"}},
    )
    term = await a_term(sql, program, term_number=2**31 - 1)
    await a_lesson(
        sql,
        term,
        lesson_number=2**31 - 1,
        duration_ms=2**63 - 1,
        publish_at=datetime(8999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        content_urls={**URLS, "no": "https://cdn.example.com/%F0%9F%8D%B5'#:"},
    )
    await comes_back(sql, tmp_path)


async def test_an_export_is_one_moment(sql: Connection, database: Database) -> None:
    await a_lesson(sql, await a_term(sql, await a_program(sql, title="Before")))
    pieces = export_text(sql)
    text = await anext(pieces)
    other = await asyncpg.connect(database.dsn)
    await other.execute("update program set title = 'After'; update lesson set title = 'After'")
    await other.close()
    text += "".join([piece async for piece in pieces])
    assert "Before" in text
    assert "After" not in text


async def test_an_export_reads_the_same_everywhere(sql: Connection) -> None:
    # With PyYAML's own loader, which knows nothing of the seed format.
    title = "no: 1:30 --- 'चाय' \U0001f375"
    program = await a_program(sql, title=title, description="a\nb")
    term = await a_term(sql, program, title="no")
    await a_lesson(sql, term, title="1:30", content_language_primary="no", content_urls={"no": URLS["en"]})
    (read,) = yaml.safe_load(await export(sql))["programs"]
    assert (read["title"], read["description"], read["id"]) == (title, "a\nb", str(program))
    (read_term,) = read["terms"]
    (lesson,) = read_term["lessons"]
    assert (read_term["title"], lesson["title"]) == ("no", "1:30")
    assert (lesson["content_language_primary"], lesson["content_urls"]) == ("no", {"no": URLS["en"]})


async def test_an_export_is_for_people_too(sql: Connection) -> None:
    program = await a_program(sql, title="తెలుగు అక్షరాలు", id=UUID("0192f6a0-1a00-7c01-8a11-5e0000000001"))
    await sql.execute(
        "update program set description = E'అచ్చులు, ఒత్తులు.\\n\\nRead and write.', languages_available = '{en,te}'"
    )
    await sql.execute("insert into program_topic values ($1, $2)", program, await a_topic(sql, "Tea"))
    lines = (await export(sql)).splitlines()
    assert lines[0] == "topics:"
    assert lines[2:-3] == [
        "    name: Tea",
        "    translations: {}",
        "    version: 1",
        "programs:",
        "  - id: 0192f6a0-1a00-7c01-8a11-5e0000000001",
        "    title: తెలుగు అక్షరాలు",
        "    description: |-",
        "      అచ్చులు, ఒత్తులు.",
        "",
        "      Read and write.",
        "    translations: {}",
        "    slug: program",
        "    former_slugs: []",
        "    language_primary: en",
        "    languages_available: [en, te]",
        "    topics: [Tea]",
        "    posters:",
        "      en:",
        f"        portrait: {ASSETS['en']['portrait']}",
        f"        landscape: {ASSETS['en']['landscape']}",
        "    position: null",
        "    shows_coming_soon: false",
        "    status: draft",
        "    published_at: null",
    ]


# Postgres keeps no NUL, UTF-8 no surrogates.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
AWKWARD = st.sampled_from(
    [
        *("no", "~", "null", "1:30", "---", "...", "{}", "[]", "&a", "*a", "!a", "|", ">", "%a", "@a", "`", "?", "="),
        *("<<", "2030-01-31", "1e3", "0x1F", "a,b", "a:", "#", "-", "'", '"', "\\\\", "אב", "\U0001f375"),
        *("- a", "a: b", "a #b", " a", "a ", "\x85", "\u2028", "\ufeff", "\u200d", "\uffff", "\x1b[31m"),
        *("a\u202eb", "\u2066", "a\n\u202eb", "\U000e0041", "\xad", "a\u200db"),
        *("a\nb", "\n", "a\n", " a\nb", "a\n \n\tb", "a\r\nb", "a\n---\nb", "a\n\n  b \n# c"),
    ]
)
TEXTS = st.text(CHARACTERS, max_size=40) | AWKWARD | st.tuples(AWKWARD, AWKWARD).map("".join)
TITLES = TEXTS.map(normalised).filter(is_visible).filter(is_one_line)
LANGUAGES = st.sampled_from(["en", "no", "on", "zh-Hant", "te", "und-1996"])
ADDRESSES = st.sampled_from(
    ["https://a.example/:", "http://[::1]/#", "https://a.example/'?x=y,z", "https://a.example/%E0%A4%85"]
)
VARIANTS = st.dictionaries(st.sampled_from(["portrait", "landscape", "square", "banner"]), ADDRESSES)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(8999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.dictionaries(LANGUAGES, TEXTS, min_size=1) | st.fixed_dictionaries({"text": TEXTS, "list": st.lists(TEXTS)}))
def test_text_is_read_as_it_was_written(values: dict[str, Any]) -> None:
    text = written(values, 4)
    assert is_safe(text.replace("\n", ""))  # nothing in it steers the terminal that it is printed on
    node = tree(text.encode(), FaultList())
    texts = {key: value.value for key, value in node.map("").items()}
    if isinstance(listed := texts.get("list"), list):
        texts["list"] = [item.text("") for item in listed]
    assert texts == values
    assert not any(value.is_null for value in node.map("").values())


@st.composite
def lessons(draw: st.DrawFn) -> dict[str, Any]:
    languages = draw(st.lists(LANGUAGES, min_size=1, unique=True))
    columns = {
        "title": draw(TITLES),
        "content_language_primary": draw(st.sampled_from(languages)),
        "content_languages_available": languages,
        "content_urls": draw(st.dictionaries(LANGUAGES, ADDRESSES)),
        "subtitle_urls": draw(st.dictionaries(LANGUAGES, ADDRESSES)),
        "thumbnails": draw(st.dictionaries(LANGUAGES, VARIANTS)),
        "is_paid": draw(st.booleans()),
        "archive_at": draw(st.none() | MOMENTS),
        "created_at": draw(MOMENTS),
        "updated_at": draw(MOMENTS),
        "version": draw(st.integers(1, LAST_VERSION)),
    }
    status = draw(st.sampled_from(["draft", "scheduled", "published", "archived"]))
    primary = columns["content_language_primary"]
    if status != "draft" or columns["content_urls"]:
        columns["content_urls"][primary] = draw(ADDRESSES)
    if status != "draft":
        columns["thumbnails"][primary] = dict(ASSETS["en"])
        columns["published_at"] = draw(MOMENTS) if status != "scheduled" else None
        columns["archive_at"] = None
        columns["publish_at"] = draw(MOMENTS)
    columns["publish_error"] = draw(st.none() | TEXTS) if status == "scheduled" else None
    return columns | {"status": status}


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    languages = draw(st.lists(LANGUAGES, min_size=1, unique=True))
    primary = draw(st.sampled_from(languages))
    return {
        "title": draw(TITLES),
        "description": draw(TEXTS.filter(is_plain)),
        "language_primary": primary,
        "languages_available": languages,
        "posters": draw(st.dictionaries(LANGUAGES, VARIANTS)) | {primary: ASSETS["en"]},
        "status": draw(st.sampled_from(["published", "archived"])),
        "published_at": draw(MOMENTS),
        "created_at": draw(MOMENTS),
        "updated_at": draw(MOMENTS),
    }


@st.composite
def releases_with_lessons(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    status = draw(st.sampled_from(["open", "scheduled", "published", "cancelled"]))
    release = {
        "name": draw(TITLES),
        "status": status,
        "publish_at": draw(MOMENTS if status == "scheduled" else st.none() | MOMENTS),
        "published_at": draw(MOMENTS) if status == "published" else None,
        "publish_error": draw(st.none() | TEXTS) if status == "scheduled" else None,
        "created_at": draw(MOMENTS),
        "updated_at": draw(MOMENTS),
        "version": draw(st.integers(1, LAST_VERSION)),
    }
    allowed = {"open": ["draft"], "scheduled": ["scheduled"], "published": ["published", "archived"]}.get(status)
    of_release = st.lists(lessons(), max_size=3) if allowed else st.just([])
    parts = [part for part in draw(of_release) if part["status"] in (allowed or [])]
    if status == "scheduled":
        parts = [part | {"publish_at": release["publish_at"]} for part in parts]
    return release, parts


TOPICS = st.lists(
    TITLES.filter(lambda name: name == name.strip(" ")),
    max_size=4,
    unique_by=str.casefold,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    program=programs(),
    topics=TOPICS,
    title=st.none() | TITLES,
    content=st.lists(lessons(), max_size=4),
    together=st.lists(releases_with_lessons(), max_size=3),
)
async def test_whatever_content_there_is_comes_back_exactly(
    sql: Connection,
    tmp_path: Path,
    program: dict[str, Any],
    topics: list[str],
    title: str | None,
    content: list[dict[str, Any]],
    together: list[tuple[dict[str, Any], list[dict[str, Any]]]],
) -> None:
    await sql.execute(EMPTY)
    key = await a_program(sql, **program)
    for name in topics:
        await sql.execute("insert into program_topic values ($1, $2)", key, await a_topic(sql, name))
    term = await a_term(sql, key, title=title)
    for columns in content:
        await a_lesson(sql, term, **columns)
    async with sql.transaction():  # so that the releases keep the versions that they were given
        for columns, of_release in together:
            release = await a_release(sql, **columns)
            for lesson in of_release:
                await a_lesson(sql, term, release_id=release, **lesson)
    await comes_back(sql, tmp_path)


def test_every_column_of_content_is_a_key_or_a_place() -> None:
    # A column that is added later must not be lost on the way.

    def columns(model: Any) -> set[str]:
        return set(model._meta.fields_db_projection) - {"program_id", "term_id"}

    assert columns(Release) == set(seed_format.RELEASE_COLUMNS)
    assert columns(Program) == set(seed_format.PROGRAM_COLUMNS)
    assert columns(Term) == set(seed_format.TERM_COLUMNS)
    assert columns(Lesson) == set(seed_format.LESSON_COLUMNS)
    assert columns(Topic) == set(seed_format.topic_keys({"id": 1, "name": "a", "translations": {}, "version": 2}))
