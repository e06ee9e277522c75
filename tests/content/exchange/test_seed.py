"""Seeding: what a file becomes, what seeding again leaves alone, and what is said of a bad file."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chaishots.content.editing import releases
from chaishots.content.editing.lessons import change_lesson, publish_lesson, unschedule_lesson
from chaishots.content.editing.programs import change_program
from chaishots.content.errors import BadFile
from chaishots.content.exchange import seed
from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term, history
from tests.content.exchange.seeds import FIRST, GOOD, SECOND, changed, named, standing

pytestmark = pytest.mark.usefixtures("database")

DEMO = Path(__file__).parents[3] / "seeds" / "demo.yaml"
TABLES = ("release", "program", "topic", "program_topic", "term", "lesson", "activity")
SETTLED = {"lesson": "status <> 'scheduled'", "release": "status <> 'scheduled'"}


def written(tmp_path: Path, text: str | bytes, name: str = "bad.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


async def rows(sql: Connection, table: str, where: str = "true") -> list[dict[str, Any]]:
    return [dict(row) for row in await sql.fetch(f"select * from {table} where {where} order by 1, 2")]


async def lesson(sql: Connection, title: str) -> dict[str, Any]:
    (found,) = await rows(sql, "lesson", f"title = '{title}'")
    return found


async def stored(sql: Connection) -> dict[str, int]:
    return {table: await sql.fetchval(f"select count(*) from {table}") for table in TABLES}


# The demo file


async def test_the_demo_file_fills_an_empty_database(sql: Connection) -> None:
    seeded = await seed.seed(DEMO, actor="seed", upload=named)
    counts = await stored(sql)
    assert (seeded.programs, seeded.terms, seeded.lessons, seeded.topics, seeded.releases) == tuple(
        counts[table] for table in ("program", "term", "lesson", "topic", "release")
    )
    assert seeded.programs >= 4
    assert (seeded.rescheduled, seeded.left_alone) == (0, 0)
    assert await sql.fetchval("select array_agg(distinct actor) from activity") == ["seed"]


# Every lesson with its program, and the time until it is due.
HERE = """
    with here as (
        select lesson.*, program.status as program_status, posters, language_primary, publish_at - now() as due_in
          from lesson join term on term.id = term_id join program on program.id = program_id
    )
"""
BOTH = "?& '{portrait,landscape}'"
HAS = {
    "lessons in te, hi and en": "(select array_agg(distinct content_language_primary) from here) = '{en,hi,te}'",
    "several terms in each of three programs": "(select count(*) from term where term_number = 2) >= 3",
    "a program in te and hi": "exists (select from program where languages_available @> '{te,hi}')",
    "a program in te and en": "exists (select from program where languages_available @> '{te,en}')",
    "a title in Telugu script": "exists (select from program where title ~ '[\u0c00-\u0c7f]')",
    "a title in Devanagari": "exists (select from program where title ~ '[\u0900-\u097f]')",
    "content in two languages": "exists (select from here where content_urls ?& '{te,en}')",
    "subtitles in two languages": "exists (select from here where subtitle_urls ?& '{te,en}')",
    "posters where something is public or to come": f"""
        not exists (select from here where status in ('scheduled', 'published')
                                       and (posters -> language_primary {BOTH}) is not true)""",
    "topics on every program": """
        (select count(distinct program_id) from program_topic) = (select count(*) from program)""",
    "a draft program and an archived one": """
        (select array_agg(distinct status) from program) = '{archived,draft,published}'""",
    "a draft lesson": "exists (select from here where status = 'draft')",
    "an archived lesson": "exists (select from here where status = 'archived' and published_at is not null)",
    "paid lessons, public and to come": """
        (select array_agg(distinct status) from here where is_paid) = '{published,scheduled}'""",
    "videos and articles": "(select count(distinct content_type) from here where status = 'published') = 2",
    "lessons published on many days": "(select count(distinct published_at::date) from here) > 9",
    "nothing published in the future": "not exists (select from here where published_at > now())",
    "one lesson due within the minute": "(select count(*) from here where due_in < interval '1 minute') = 1",
    "a draft program that it makes public": """
        exists (select from here where due_in < interval '1 minute' and program_status = 'draft')""",
    "more over the next day": """
        (select count(*) from here where due_in between interval '1 minute' and interval '1 day') >= 7""",
    "a release of two lessons, to come": """
        (select count(*) from here join release on release.id = release_id
          where release.status = 'scheduled' and due_in between interval '1 minute' and interval '1 day') = 2""",
    "URLs of example.com alone": """
        not exists (select from here, regexp_matches(concat(posters, content_urls, subtitle_urls, thumbnails),
                                                     'https?://([^/]*)', 'g') as found
                     where found[1] <> 'cdn.example.com')""",
}


async def test_the_demo_file_has_something_of_everything(sql: Connection) -> None:
    await seed.seed(DEMO, actor="seed", upload=named)
    missing = [what for what, condition in HAS.items() if not await sql.fetchval(f"{HERE} select {condition}")]
    assert missing == []


# Seeding again


async def test_seeding_again_changes_nothing_but_the_times_of_what_is_still_to_come(sql: Connection) -> None:
    await seed.seed(DEMO, actor="seed", upload=named)
    settled = [await rows(sql, table, SETTLED.get(table, "true")) for table in TABLES[:-1]]
    scheduled = await rows(sql, "lesson", "status = 'scheduled'")
    seeded = await seed.seed(DEMO, actor="seed", upload=named)
    assert (seeded.programs, seeded.terms, seeded.lessons, seeded.topics) == (0, 0, 0, 0)
    assert seeded.rescheduled == len(scheduled)
    assert [await rows(sql, table, SETTLED.get(table, "true")) for table in TABLES[:-1]] == settled
    moved = await rows(sql, "lesson", "status = 'scheduled'")
    times = {"publish_at", "archive_at", "updated_at", "version"}
    assert [{**row, **dict.fromkeys(times)} for row in moved] == [{**row, **dict.fromkeys(times)} for row in scheduled]
    spans = {after["publish_at"] - before["publish_at"] for before, after in zip(scheduled, moved, strict=True)}
    assert await sql.fetchval("select publish_at from release") in {row["publish_at"] for row in moved}
    assert len(spans) == 1
    assert spans.pop() > timedelta()
    ends = [row for row in moved if row["archive_at"]]
    assert [row["archive_at"] - row["publish_at"] for row in ends] == [timedelta(days=30) - timedelta(hours=20)]


async def test_seeding_again_leaves_an_absolute_time_and_its_version(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, changed('"+1h"', "2040-01-31T09:00:00+05:30"))
    await seed.seed(path, actor="seed")
    before = await stored(sql)
    seeded = await seed.seed(path, actor="seed")
    assert (seeded.rescheduled, seeded.left_alone) == (0, 4)
    assert await stored(sql) == before
    assert (await lesson(sql, "Ginger"))["publish_at"] == datetime(2040, 1, 31, 3, 30, tzinfo=UTC)


async def test_what_an_editor_did_stays(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    await seed.seed(path, actor="seed")
    draft, scheduled = await lesson(sql, "Cardamom"), await lesson(sql, "Ginger")
    await change_lesson(draft["id"], {"title": "Green cardamom"}, actor="asha")
    await unschedule_lesson(scheduled["id"], actor="asha")
    before = [await rows(sql, table) for table in TABLES]
    seeded = await seed.seed(path, actor="seed")
    assert (seeded.rescheduled, seeded.left_alone) == (0, 4)
    assert [await rows(sql, table) for table in TABLES] == before


async def test_what_was_published_meanwhile_stays(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    await seed.seed(path, actor="seed")
    await publish_lesson((await lesson(sql, "Ginger"))["id"], actor="asha")
    before = [await rows(sql, table) for table in TABLES]
    await seed.seed(path, actor="seed")
    assert [await rows(sql, table) for table in TABLES] == before


async def test_a_lesson_whose_end_would_come_before_its_new_time_is_not_moved(sql: Connection, tmp_path: Path) -> None:
    await seed.seed(written(tmp_path, changed('"+1h"', '"+10m"')), actor="seed")
    before = await lesson(sql, "Ginger")
    end = before["publish_at"] + timedelta(minutes=5)
    await change_lesson(before["id"], {"archive_at": end}, actor="asha")
    before = await lesson(sql, "Ginger")
    assert (await seed.seed(written(tmp_path, GOOD), actor="seed")).rescheduled == 0
    assert await lesson(sql, "Ginger") == before


async def test_what_the_file_has_gained_joins_what_is_there(sql: Connection, tmp_path: Path) -> None:
    await seed.seed(written(tmp_path, GOOD), actor="seed")
    more = GOOD + GOOD[GOOD.index("          - lesson_number: 2") :].replace("2", "3").replace("Cardamom", "Fennel")
    seeded = await seed.seed(written(tmp_path, more), actor="seed")
    assert (seeded.programs, seeded.terms, seeded.lessons) == (0, 0, 1)
    assert (await lesson(sql, "Fennel"))["term_id"] == (await lesson(sql, "Ginger"))["term_id"]


async def test_a_thing_with_an_id_is_known_by_it_wherever_it_went(sql: Connection, tmp_path: Path) -> None:
    text = GOOD.replace("- title", "- id: 0192f6a0-1a00-7c01-8a11-5e0000000001\n    title")
    text = text.replace(
        "- lesson_number: 2", "- id: 0192f6a0-1a00-7c01-8a11-5e0000000002\n            lesson_number: 2"
    )
    await seed.seed(written(tmp_path, text), actor="seed")
    await change_program((await rows(sql, "program"))[0]["id"], {"title": "Tea"}, actor="asha")
    await change_lesson((await lesson(sql, "Cardamom"))["id"], {"lesson_number": 9}, actor="asha")
    seeded = await seed.seed(written(tmp_path, text), actor="seed")
    assert (seeded.programs, seeded.terms, seeded.lessons) == (0, 0, 0)
    assert (await lesson(sql, "Cardamom"))["lesson_number"] == 9


async def test_a_program_with_an_id_is_not_taken_for_another_of_its_title(sql: Connection, tmp_path: Path) -> None:
    await seed.seed(written(tmp_path, GOOD), actor="seed")
    text = changed("- title", "- id: 0192f6a0-1a00-7c01-8a11-5e0000000001\n    title")
    assert (await seed.seed(written(tmp_path, text), actor="seed")).programs == 1


async def test_those_who_seed_at_once_store_one_copy(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    seeded = await asyncio.gather(*(seed.seed(path, actor=f"seed {n}") for n in range(4)))
    assert sorted(one.lessons for one in seeded) == [0, 0, 0, 2]
    assert (await stored(sql))["lesson"] == 2


# Releases

TOGETHER = ('status: scheduled, publish_at: "+1h"', 'status: scheduled, publish_at: "+1h"')


async def release(sql: Connection) -> dict[str, Any]:
    (found,) = await rows(sql, "release")
    return found


async def test_a_release_is_stored_with_its_lessons_and_moves_with_them_when_seeded_again(
    sql: Connection, tmp_path: Path
) -> None:
    path = written(tmp_path, standing(TOGETHER[0], TOGETHER[1] + ', archive_at: "+2h"'))
    seeded = await seed.seed(path, actor="seed")
    assert (seeded.releases, seeded.lessons) == (1, 2)
    before = await release(sql)
    seeded = await seed.seed(path, actor="seed")
    assert (seeded.releases, seeded.rescheduled, seeded.left_alone) == (0, 1, 3)
    after, moved = await release(sql), await lesson(sql, "Ginger")
    assert after["publish_at"] > before["publish_at"]
    assert (moved["publish_at"], moved["release_id"]) == (after["publish_at"], after["id"])
    assert moved["archive_at"] - moved["publish_at"] == timedelta(hours=1)


async def test_a_release_moves_to_an_earlier_time_with_the_ends_of_its_lessons(sql: Connection, tmp_path: Path) -> None:
    for span, end in ("+3h", "+5h"), ("+1h", "+2h"), ("+9h", "+10h"):
        text = standing(*(time.replace("+1h", span) for time in TOGETHER)).replace(
            "archive_at: null", f'archive_at: "{end}"'
        )
        await seed.seed(written(tmp_path, text), actor="seed")
        found = await lesson(sql, "Ginger")
        assert found["publish_at"] == (await release(sql))["publish_at"]
        assert found["archive_at"] - found["publish_at"] == timedelta(hours=int(end[1:-1]) - int(span[1:-1]))


async def test_what_an_editor_did_with_a_release_stays(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, standing(*TOGETHER))
    await seed.seed(path, actor="seed")
    await releases.unschedule_release((await release(sql))["id"], actor="asha")
    before = [await rows(sql, table) for table in TABLES]
    assert (await seed.seed(path, actor="seed")).rescheduled == 0
    assert [await rows(sql, table) for table in TABLES] == before


async def test_a_release_of_which_a_lesson_would_end_too_early_is_not_moved_at_all(
    sql: Connection, tmp_path: Path
) -> None:
    path = written(tmp_path, standing(*TOGETHER))
    await seed.seed(path, actor="seed")
    publish_at = (await release(sql))["publish_at"]
    end = publish_at + timedelta(microseconds=1)
    await a_lesson(sql, release_id=(await release(sql))["id"], archive_at=end)
    before = [await rows(sql, table) for table in TABLES]
    assert (await seed.seed(path, actor="seed")).rescheduled == 0
    assert [await rows(sql, table) for table in TABLES] == before


async def test_a_lesson_that_an_editor_put_into_a_release_goes_with_that(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    await seed.seed(path, actor="seed")
    made = await releases.create_release("Holi", actor="asha")
    await releases.schedule_release(made.id, datetime(2100, 1, 1, tzinfo=UTC), actor="asha")
    await releases.add_lessons(made.id, [(await lesson(sql, "Ginger"))["id"]], actor="asha")
    before = await lesson(sql, "Ginger")
    assert (await seed.seed(path, actor="seed")).rescheduled == 0
    assert await lesson(sql, "Ginger") == before


async def test_a_new_lesson_follows_its_release_where_editors_took_it_and_cannot_join_a_public_one(
    sql: Connection, tmp_path: Path
) -> None:
    path = written(tmp_path, standing(*TOGETHER))
    await seed.seed(path, actor="seed")
    await releases.unschedule_release((await release(sql))["id"], actor="asha")
    await sql.execute("delete from lesson")
    await seed.seed(path, actor="seed")
    assert (await lesson(sql, "Ginger"))["status"] == "draft"
    await sql.execute("delete from lesson; update release set status = 'scheduled', publish_at = now()")
    await sql.execute("update release set status = 'published'")
    with pytest.raises(BadFile, match=r"lessons\[0\]\.status: Its release is published"):
        await seed.seed(path, actor="seed")


# What a file becomes


async def test_a_topic_that_is_there_in_another_case_is_used(sql: Connection, tmp_path: Path) -> None:
    await sql.execute("insert into topic (name) values ('TEA')")
    assert (await seed.seed(written(tmp_path, GOOD), actor="seed")).topics == 1
    names = "select array_agg(name order by name) from program_topic join topic on topic.id = topic_id"
    assert await sql.fetchval(names) == ["Cooking", "TEA"]


async def test_history_comes_in_the_order_of_the_file(sql: Connection, tmp_path: Path) -> None:
    lesson = GOOD[GOOD.index("          - lesson_number: 2") :]
    lessons = [lesson.replace("2", str(n)).replace("Cardamom", f"Spice {n}") for n in range(3, 30)]
    await seed.seed(written(tmp_path, GOOD + "".join(lessons)), actor="seed")
    titles = "select array_agg(coalesce(after ->> 'title', object_type) order by seq) from activity"
    created = await sql.fetchval(f"{titles} where action in ('program.create', 'term.create', 'lesson.create')")
    assert created == ["Chai", "term", "Ginger", "Cardamom", *(f"Spice {n}" for n in range(3, 30))]


async def test_a_published_lesson_publishes_its_draft_program_with_the_earliest_time(
    sql: Connection, tmp_path: Path
) -> None:
    text = changed("status: scheduled", "status: published").replace('publish_at: "+1h"', 'published_at: "-3d"')
    await seed.seed(written(tmp_path, text), actor="seed")
    (program,) = await rows(sql, "program")
    assert program["status"] == "published"
    assert program["published_at"] == (await lesson(sql, "Ginger"))["published_at"]
    assert await history(sql, program["id"]) == ["program.create", *["program.add_topic"] * 2, "program.publish"]


# Bad files


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        (changed("[Tea, Cooking]", "[Tea, Cooking"), "line 6, column 12", "did not find expected"),
        (changed("title: Ginger", "titel: Ginger"), f"{FIRST}.titel", "There is no such key. Did you mean title?"),
        (
            GOOD + '            archive_at: "+1h"\n            publish_at: "+2h"\n',
            f"{SECOND}.archive_at",
            "It has to come",
        ),
    ],
    ids=["syntax", "format", "times by the clock of the database"],
)
async def test_a_bad_file_is_refused_with_file_place_and_rule(
    sql: Connection, tmp_path: Path, text: str, place: str, rule: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadFile) as refused:
        await seed.seed(path, actor="seed")
    assert str(refused.value).startswith(f"{path}: {place}: {rule}")
    assert refused.value.field == place
    assert set((await stored(sql)).values()) == {0}


async def test_what_only_the_database_can_refuse_has_its_place_too(sql: Connection, tmp_path: Path) -> None:
    # The program is there, as a draft that cannot be published; the file's own posters are not looked at then.
    await a_term(sql, await a_program(sql, title="Chai", posters={}), term_number=1)
    before = await stored(sql)
    text = changed("status: scheduled", "status: published").replace("Cooking", "Spices")
    with pytest.raises(BadFile, match=r"bad\.yaml: programs\[0\]\.posters: A published program keeps its posters\."):
        await seed.seed(written(tmp_path, text), actor="seed")
    assert await stored(sql) == before


@pytest.mark.parametrize(("name", "rule"), [("nowhere.yaml", "No such file or directory."), (".", "Is a directory.")])
async def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, rule: str) -> None:
    with pytest.raises(BadFile) as refused:
        await seed.seed(tmp_path / name, actor="seed")
    assert str(refused.value) == f"{tmp_path / name}: {rule}"


async def test_a_file_beyond_bounds_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    with path.open("wb") as file:
        file.truncate(seed.MOST_BYTES + 1)
    with pytest.raises(BadFile, match="larger than 10 MiB"):
        await seed.seed(path, actor="seed")


async def test_what_editors_have_changed_is_left_and_told_with_what_takes_it(sql: Connection, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    await seed.seed(path, actor="seed")
    assert (await seed.seed(path, actor="seed")).edited.total == 0
    # What the file does not have is no difference, nor is a step that a lesson has taken since.
    await sql.execute("update program set description = 'Tea', languages_available = '{en}'")
    await sql.execute(
        "update lesson set title = 'Fresh ginger', duration_ms = 1, is_paid = true where lesson_number = 1"
    )
    await sql.execute("update lesson set status = 'archived' where lesson_number = 1")
    before = await sql.fetch("select * from lesson order by id")

    again = await seed.seed(path, actor="seed")

    assert await sql.fetch("select * from lesson order by id") == before
    assert str(again).splitlines()[1:] == [
        "2 things differ from the file; `chaishots import` takes what the file has:",
        "  program Chai (programs[0]): languages_available",
        f"  lesson Ginger ({FIRST}): title, duration_ms",
    ]
