"""Importing: what is stored becomes what the file says, by the rules; what a dry run tells; what is refused, where."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chaishots.content.editing.lessons import publish_lesson
from chaishots.content.editing.programs import archive_program
from chaishots.content.errors import BadFile
from chaishots.content.exchange.import_report import Imported, Told
from chaishots.database import connection, orm, pool
from chaishots.database.connection import Connection
from tests.builders import ASSETS, a_lesson, a_program, a_public_program, a_term, a_topic, history, row
from tests.conftest import Database
from tests.content.exchange.seeds import FIRST, GOOD, SECOND, changed, everything, export, imported, shown

pytestmark = pytest.mark.usefixtures("database")

TABLES = ("program", "topic", "program_topic", "term", "lesson", "activity")
FIXED = changed('"+1h"', "2040-01-31T09:00:00+05:30")


async def lesson(sql: Connection, title: str) -> dict[str, Any]:
    found = await sql.fetchrow("select * from lesson where title = $1", title)
    assert found is not None
    return dict(found)


def totals(said: Imported) -> tuple[int, int, int]:
    return said.created.total, said.changed.total, said.same.total


def edited(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text


# What becomes of a file


async def test_importing_again_changes_nothing(sql: Connection, tmp_path: Path) -> None:
    assert totals(await imported(tmp_path, FIXED)) == (6, 0, 0)
    before = await everything(sql, *TABLES)
    assert totals(await imported(tmp_path, FIXED)) == (0, 0, 4)
    assert await everything(sql, *TABLES) == before


async def test_importing_an_export_where_it_came_from_changes_nothing(sql: Connection, tmp_path: Path) -> None:
    await a_public_program(sql)
    await a_lesson(sql, due_in=timedelta(hours=1), archive_at=datetime(2090, 1, 1, tzinfo=UTC))
    await a_topic(sql, "Of no program")
    before = await everything(sql, *TABLES)
    assert totals(await imported(tmp_path, await export(sql))) == (0, 0, 7)
    assert await everything(sql, *TABLES) == before


async def test_what_the_file_says_otherwise_is_changed_and_named(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, FIXED)
    text = edited(
        FIXED,
        ("[Tea, Cooking]", "[Tea, Spices]"),
        ("[en, hi]", "[en, hi, te]"),
        ("90_000", "95_000"),
        ("2040-01-31T09:00:00+05:30", "2040-01-31T09:00:01+05:30"),
        ("title: Cardamom", "title: Green cardamom"),
    )
    said = await imported(tmp_path, text)
    assert shown(said.created) == ["topic Spices"]
    assert shown(said.changed) == [
        "program Chai (programs[0]): languages_available, topics",
        f"lesson Ginger ({FIRST}): duration_ms, publish_at",
        f"lesson Green cardamom ({SECOND}): title",
    ]
    ginger = await lesson(sql, "Ginger")
    assert (ginger["version"], ginger["publish_at"]) == (2, datetime(2040, 1, 31, 3, 30, 1, tzinfo=UTC))
    names = "select array_agg(name order by name) from program_topic join topic on topic.id = topic_id"
    assert await sql.fetchval(names) == ["Spices", "Tea"]
    assert await history(sql, ginger["id"]) == ["lesson.create", "lesson.reschedule"]
    assert await sql.fetchval("select array_agg(distinct actor) from activity") == ["import"]


async def test_a_key_that_is_left_out_says_nothing_and_null_clears(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, edited(FIXED, ("topics: [Tea, Cooking]", "topics: [Tea]\n    description: Boiled.")))
    before = await everything(sql, *TABLES)
    without = edited(FIXED, ("    topics: [Tea, Cooking]\n", ""), ("    languages_available: [en, hi]\n", ""))
    assert totals(await imported(tmp_path, without))[:2] == (0, 0)
    assert await everything(sql, *TABLES) == before
    cleared = edited(FIXED, ("topics: [Tea, Cooking]", "topics: null\n    description: null"), ("[en, hi]", "null"))
    await imported(tmp_path, cleared)
    assert await sql.fetchval("select description from program") == ""
    assert await sql.fetchval("select languages_available from program") == ["en"]
    assert await sql.fetchval("select count(*) from program_topic") == 0


@pytest.mark.parametrize("status", ["draft", "scheduled", "published", "archived"])
async def test_a_file_of_titles_types_and_durations_resets_nothing_else(
    sql: Connection, tmp_path: Path, status: str
) -> None:
    program = await a_program(sql, status="published", description="Boiled.")
    term = await a_term(sql, program, title="First")
    times = {"publish_at": datetime(2090, 1, 1, tzinfo=UTC)} if status == "scheduled" else {}
    of_end = {"archive_at": datetime(2095, 1, 1, tzinfo=UTC)} if status in ("scheduled", "published") else {}
    key = await a_lesson(sql, term, status=status, is_paid=True, **times, **of_end)
    before = await row(sql, "lesson", key)
    text = f"""\
programs:
  - {{id: {program}, title: A program, language_primary: en, terms: [{{term_number: {await number(sql, term)},
      lessons: [{{id: {key}, lesson_number: {before["lesson_number"]}, title: Renamed, content_type: video,
        duration_ms: 70000, content_language_primary: en}}]}}]}}
"""
    said = await imported(tmp_path, text)
    assert shown(said.changed) == ["lesson Renamed (programs[0].terms[0].lessons[0]): title, duration_ms"]
    after = await row(sql, "lesson", key)
    new = {key: after[key] for key in ("title", "duration_ms", "version", "updated_at")}
    assert after == before | new
    assert (new["title"], new["duration_ms"]) == ("Renamed", 70_000)
    assert (await row(sql, "term", term))["title"] == "First"


async def number(sql: Connection, term: UUID) -> int:
    return (await row(sql, "term", term))["term_number"]


async def test_what_a_file_says_of_a_thing_must_fit_what_is_stored_of_it(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, FIXED)
    thumbnails = FIXED[FIXED.index("            thumbnails:") : FIXED.index("            status:")]
    with pytest.raises(BadFile) as refused:
        await imported(tmp_path, edited(FIXED, (thumbnails, "            thumbnails: null\n")))
    assert refused.value.field == f"{FIRST}.thumbnails"
    times = FIXED[FIXED.index("            status:") : FIXED.index("          - lesson_number: 2")]
    with pytest.raises(BadFile) as refused:
        await imported(tmp_path, edited(FIXED, (times, "            archive_at: 2039-01-01T00:00:00Z\n")))
    assert refused.value.field == f"{FIRST}.archive_at"


async def test_what_the_file_does_not_have_is_left_alone(sql: Connection, tmp_path: Path) -> None:
    other = await row(sql, "lesson", await a_lesson(sql))
    await imported(tmp_path, FIXED)
    term = (await lesson(sql, "Ginger"))["term_id"]
    added = await row(sql, "lesson", await a_lesson(sql, term))
    await imported(tmp_path, edited(FIXED, ("Cardamom", "Fennel")))
    assert await row(sql, "lesson", other["id"]) == other
    assert await row(sql, "lesson", added["id"]) == added


async def test_lessons_may_trade_places_and_terms(sql: Connection, tmp_path: Path) -> None:
    program = await a_program(sql)
    terms = [await a_term(sql, program, term_number=number) for number in (1, 2)]
    lessons = [await a_lesson(sql, term, lesson_number=n) for term in terms for n in (1, 2)]
    text = await export(sql)
    await sql.execute("update lesson set lesson_number = 3 - lesson_number")
    await sql.execute("update lesson set lesson_number = 9, term_id = $2 where id = $1", lessons[0], terms[1])
    await sql.execute("delete from lesson where id = $1", lessons[3])
    await sql.execute("update term set term_number = 3 - term_number")
    assert totals(await imported(tmp_path, text)) == (1, 5, 1)
    await sql.execute("update lesson set version = 1")
    places = await sql.fetch("select id, term_id, lesson_number from lesson order by id")
    assert [tuple(place) for place in places] == [(lessons[n], terms[n // 2], n % 2 + 1) for n in range(4)]
    assert [(await row(sql, "term", term))["term_number"] for term in terms] == [1, 2]


async def test_a_lesson_with_an_id_takes_no_other_s_place_in_the_file(sql: Connection, tmp_path: Path) -> None:
    # An older export: the first lesson has gone to number 2 meanwhile, and the second was deleted.
    term = await a_term(sql)
    first, second = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2)]
    text = await export(sql)
    await sql.execute("delete from lesson where id = $1", second)
    await sql.execute("update lesson set lesson_number = 2")
    assert totals(await imported(tmp_path, text))[:2] == (1, 1)
    assert (await row(sql, "lesson", first))["lesson_number"] == 1
    assert (await row(sql, "lesson", second))["lesson_number"] == 2


async def test_a_topic_is_renamed_by_its_id_and_respelled_by_its_name(sql: Connection, tmp_path: Path) -> None:
    topic = await a_topic(sql, "Heat")
    await a_topic(sql, "tea")
    said = await imported(
        tmp_path, f"topics: [{{id: {topic}, name: Warmth}}, {{name: TEA}}, {{name: New}}]\nprograms: []\n"
    )
    assert (shown(said.created), {*shown(said.changed)}) == (["topic New"], {"topic Warmth", "topic TEA"})
    assert await sql.fetchval("select array_agg(name order by name) from topic") == ["New", "TEA", "Warmth"]


# The lifecycle


async def test_lessons_take_the_steps_that_the_lifecycle_allows(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, FIXED)
    publishing = edited(FIXED, ("status: scheduled", "status: published"))
    await imported(tmp_path, publishing)
    published = await lesson(sql, "Ginger")
    assert published["published_at"] is not None
    assert await sql.fetchval("select status from program") == "published"
    assert totals(await imported(tmp_path, publishing)) == (0, 0, 4)
    await imported(
        tmp_path,
        edited(FIXED, ("status: scheduled", "status: archived"), ("topics:", "status: published\n    topics:")),
    )
    archived = await lesson(sql, "Ginger")
    assert (archived["status"], archived["published_at"]) == ("archived", published["published_at"])


@pytest.mark.parametrize(
    ("edits", "place", "rule"),
    [
        ([], f"{FIRST}.status", "It is published and cannot become scheduled; it can become archived."),
        (
            [("status: scheduled", "status: archived"), ("title: Chai", "title: Chai\n    status: draft")],
            "programs[0].status",
            "It is published and cannot become draft; it can become archived.",
        ),
        (
            [("status: scheduled", "published_at: 2020-01-01T00:00:00Z\n            status: published")],
            f"{FIRST}.published_at",
            "The first publish sets it; it never changes.",
        ),
        (
            [
                ("title: Cardamom", "title: Cardamom\n            published_at: 2020-01-01T00:00:00Z"),
                ("status: scheduled", "status: published"),
            ],
            f"{SECOND}.published_at",
            "The first publish sets it; it never changes.",
        ),
    ],
    ids=["a lesson's step back", "a program's step back", "another first moment", "a moment for a draft"],
)
async def test_what_the_lifecycle_does_not_allow_is_refused_with_its_place(
    sql: Connection, tmp_path: Path, edits: list[tuple[str, str]], place: str, rule: str
) -> None:
    await imported(tmp_path, FIXED)
    await publish_lesson((await lesson(sql, "Ginger"))["id"], actor="asha")
    before = await everything(sql, *TABLES)
    with pytest.raises(BadFile) as refused:
        await imported(tmp_path, edited(FIXED, *edits))
    assert (refused.value.field, await everything(sql, *TABLES)) == (place, before)
    assert f"content.yaml: {place}: {rule}" in str(refused.value)


async def test_nothing_is_published_in_a_program_that_stays_archived(sql: Connection, tmp_path: Path) -> None:
    program = await a_program(sql, status="archived")
    await a_lesson(sql, await a_term(sql, program))
    text = edited(await export(sql), ("            status: draft", "            status: published"))
    with pytest.raises(BadFile, match=r"programs\[0\]\.terms\[0\]\.lessons\[0\]\.status: Restore the program first"):
        await imported(tmp_path, text)
    assert totals(await imported(tmp_path, edited(text, ("status: archived", "status: published")))) == (0, 2, 1)


async def test_a_program_is_archived_after_its_lessons_are_published(sql: Connection, tmp_path: Path) -> None:
    program = await a_public_program(sql)
    text = await export(sql)
    await sql.execute("update lesson set status = 'archived'")
    await sql.execute("update lesson set status = 'draft'")
    moment = await sql.fetchval("select published_at from lesson")
    text = text.replace("status: published\n    published_at", "status: archived\n    published_at")
    assert totals(await imported(tmp_path, text)) == (0, 2, 1)
    assert (await row(sql, "program", program))["status"] == "archived"
    assert await sql.fetchrow("select status, published_at from lesson") == ("published", moment)


async def test_a_draft_with_public_lessons_is_refused_at_its_program(sql: Connection, tmp_path: Path) -> None:
    program = await a_public_program(sql)
    await archive_program(program, actor="asha")
    before = await everything(sql, *TABLES)
    text = f"programs: [{{id: {program}, title: A program, language_primary: en, status: draft}}]\n"
    with pytest.raises(BadFile, match=r"programs\[0\]\.status: The program cannot go there"):
        await imported(tmp_path, text)
    assert await everything(sql, *TABLES) == before


async def test_a_relative_time_moves_what_is_still_to_come_alone(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, GOOD)
    scheduled = await lesson(sql, "Ginger")
    assert totals(await imported(tmp_path, GOOD)) == (0, 1, 3)
    moved = await lesson(sql, "Ginger")
    assert moved["publish_at"] > scheduled["publish_at"]
    public = edited(GOOD, ("status: scheduled", "status: published\n            published_at: '-1d'"))
    await imported(tmp_path, public)
    assert (await lesson(sql, "Ginger"))["publish_at"] == moved["publish_at"]
    before = await everything(sql, *TABLES)
    assert totals(await imported(tmp_path, public)) == (0, 0, 4)
    assert await everything(sql, *TABLES) == before


# Dry runs


async def test_a_dry_run_stores_nothing_and_says_what_would_change(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, FIXED)
    before = await everything(sql, *TABLES)
    more = GOOD[GOOD.index("          - lesson_number: 2") :].replace("2", "3").replace("Cardamom", "Fennel\u2066")
    text = edited(FIXED, ("Ginger", "Fresh ginger")) + more
    said = await imported(tmp_path, text, dry_run=True)
    assert await everything(sql, *TABLES) == before
    assert str(said).splitlines() == [
        "A dry run, nothing was stored. It would be: 1 created, 1 changed, 3 left as they were.",
        "create lesson Fennel\\u2066 (programs[0].terms[0].lessons[2])",
        f"change lesson Fresh ginger ({FIRST}): title",
    ]
    stored = await imported(tmp_path, text)
    # What is made has another id each time.
    assert (shown(stored.created), stored.changed, stored.same) == (shown(said.created), said.changed, said.same)
    assert str(stored).startswith("1 created, 1 changed, 3 left as they were.\n")


async def test_a_dry_run_refuses_what_an_import_would(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, FIXED)
    await publish_lesson((await lesson(sql, "Ginger"))["id"], actor="asha")
    with pytest.raises(BadFile, match="cannot become scheduled"):
        await imported(tmp_path, FIXED, dry_run=True)


async def test_only_the_first_of_many_are_told(tmp_path: Path) -> None:
    text = "programs:\n" + "".join(f"  - {{title: {number}, language_primary: en}}\n" for number in range(1_234))
    lines = str(await imported(tmp_path, text, dry_run=True)).splitlines()
    assert lines[0] == "A dry run, nothing was stored. It would be: 1,234 created, 0 changed, 0 left as they were."
    assert lines[50:] == ["create program 49 (programs[49])", "create 1,184 more"]


# Refusals


async def test_what_only_the_database_can_refuse_has_its_place(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, FIXED)
    term = (await lesson(sql, "Ginger"))["term_id"]
    await a_lesson(sql, term, lesson_number=7, id=UUID("0192f6a0-1a00-7c01-8a11-5e0000000001"))
    before = await everything(sql, *TABLES)
    other = (await lesson(sql, "Cardamom"))["id"]
    text = edited(FIXED, ("- lesson_number: 2", f"- id: {other}\n            lesson_number: 7"))
    with pytest.raises(BadFile, match=r"programs\[0\]\.terms\[0\].*The term has a lesson of this number"):
        await imported(tmp_path, text)
    assert await everything(sql, *TABLES) == before


async def test_translations_that_a_file_leaves_out_stay_and_null_clears_them(sql: Connection, tmp_path: Path) -> None:
    translated = '    translations: {hi: {title: "चाय"}}\n'
    topic = 'topics: [{name: Tea, translations: {te: {name: "తేనీరు"}}}]\n'
    title = "  - title: Chai\n"
    assert title in FIXED
    await imported(tmp_path, topic + edited(FIXED, (title, title + translated)))
    kept = (
        """select (select translations from program)::text, (select translations from topic where name = 'Tea')::text"""
    )
    both = ('{"hi": {"title": "चाय"}}', '{"te": {"name": "తేనీరు"}}')
    assert tuple(await sql.fetchrow(kept) or ()) == both

    await imported(tmp_path, "topics: [{name: Tea}]\n" + FIXED)
    assert tuple(await sql.fetchrow(kept) or ()) == both

    cleared = edited(FIXED, (title, title + "    translations: null\n"))
    said = await imported(tmp_path, "topics: [{name: Tea, translations: null}]\n" + cleared)
    assert tuple(await sql.fetchrow(kept) or ()) == ("{}", "{}")
    assert said.changed.total == 2


async def test_two_topics_of_one_name_are_refused(sql: Connection, tmp_path: Path) -> None:
    topic = await a_topic(sql, "Heat")
    await a_topic(sql, "Warmth")
    with pytest.raises(BadFile, match=r"content\.yaml: topics: There is a topic of this name already"):
        await imported(tmp_path, f"topics: [{{id: {topic}, name: Warmth}}]\nprograms: []\n")


async def test_posters_that_a_public_program_needs_are_not_taken_away(sql: Connection, tmp_path: Path) -> None:
    program = await a_program(sql, status="published")
    text = edited(await export(sql), (f"        portrait: {ASSETS['en']['portrait']}\n", ""))
    with pytest.raises(BadFile, match=r"programs\[0\]\.posters"):
        await imported(tmp_path, text)
    assert (await row(sql, "program", program))["version"] == 1


# Time


async def test_a_long_transaction_s_statements_have_its_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STATEMENT_SECONDS", 0.1)
    async with pool.open_pool(database.dsn, application_name="tests"), orm.transaction(seconds=30) as long:
        await orm.query(long, "select pg_sleep(0.3)")


def test_what_is_told_of_an_import_has_titles_as_they_are_and_nothing_that_steers() -> None:
    told = str(Told("program", None, "రక్\u200cష \x1b[2J"))
    assert told == "program రక్\u200cష \\x1b[2J"
