"""Importing releases: every step that they and their lessons can take, what is refused, and where."""

from pathlib import Path
from uuid import UUID

import pytest

from chaishots.content.errors import BadFile
from chaishots.content.exchange.import_report import Imported
from chaishots.database.connection import Connection
from tests.builders import a_lesson, history, row
from tests.conftest import EMPTY
from tests.content.exchange.seeds import FIRST, RELEASE, everything, export, imported, shown, standing

pytestmark = pytest.mark.usefixtures("database")

TABLES = ("release", "program", "topic", "term", "lesson", "activity")
SOON, LATER = "publish_at: 2040-01-31T03:30:00Z", "publish_at: 2050-01-31T03:30:00Z"
ENDS = "archive_at: 2041-01-01T00:00:00Z"
ENDS_LATER = "archive_at: 2051-01-01T00:00:00Z"
PAST = "published_at: 2020-01-01T00:00:00Z"

# What a draft still lacks, and the ends of the lessons, differ from state to state.
STATES = {
    "none": standing("", "status: draft", is_in=False, has_thumbnails=False),
    "alone": standing("", f"status: scheduled, {LATER}, {ENDS_LATER}", is_in=False),
    "public alone": standing("", f"status: published, {PAST}", is_in=False),
    "open": standing("status: open", "status: draft", has_thumbnails=False),
    "soon": standing(f"status: scheduled, {SOON}", f"status: scheduled, {SOON}, {ENDS}"),
    "later": standing(f"status: scheduled, {LATER}", f"status: scheduled, {LATER}, {ENDS_LATER}"),
    "published": standing(f"status: published, {PAST}", f"status: published, {PAST}"),
    "archived": standing(f"status: published, {PAST}", f"status: archived, {PAST}"),
    "cancelled": standing("status: cancelled", "status: draft", is_in=False, has_thumbnails=False),
    "left": standing(f"status: scheduled, {SOON}", f"status: scheduled, {LATER}, {ENDS_LATER}", is_in=False),
}


def totals(said: Imported) -> tuple[int, int, int]:
    return said.created.total, said.changed.total, said.same.total


# Where a file is refused that says the second, when the first is stored.
NO_WAY_BACK = dict.fromkeys(("open", "soon", "later", "cancelled", "left"), "releases[0].status")
IS_PUBLIC = dict.fromkeys(("none", "alone"), f"{FIRST}.status")
NEVER_SET_BY_HAND = {"archived": f"{FIRST}.published_at"}
REFUSED: dict[str, dict[str, str]] = {
    "none": NEVER_SET_BY_HAND,
    "alone": NEVER_SET_BY_HAND,
    "public alone": IS_PUBLIC
    | dict.fromkeys(("open", "soon", "later", "cancelled", "left"), f"{FIRST}.status")
    | {"published": f"{FIRST}.status", "archived": f"{FIRST}.status"},
    "open": dict.fromkeys(("published", "archived"), "releases[0].status"),
    "soon": NEVER_SET_BY_HAND,
    "later": NEVER_SET_BY_HAND,
    "published": NO_WAY_BACK | IS_PUBLIC | {"public alone": f"{FIRST}.release_id", "archived": "programs[0].status"},
    "archived": NO_WAY_BACK | dict.fromkeys(("alone", "public alone", "published"), f"{FIRST}.status"),
    "cancelled": dict.fromkeys(("open", "soon", "later", "published", "archived", "left"), "releases[0].status"),
    "left": NEVER_SET_BY_HAND,
}


@pytest.mark.parametrize("old", STATES)
async def test_a_release_and_its_lesson_take_every_step_that_the_rules_allow_and_no_other(
    sql: Connection, tmp_path: Path, old: str
) -> None:
    refused: dict[str, str] = {}
    for new, text in STATES.items():
        await sql.execute(EMPTY)
        await imported(tmp_path, STATES[old])
        before = await everything(sql, *TABLES)
        try:
            await imported(tmp_path, text)
        except BadFile as fault:
            # Its lesson's, where a program cannot take the step either.
            refused[new] = max(told.place for told in fault.faults)
            assert await everything(sql, *TABLES) == before, new
        else:
            assert totals(await imported(tmp_path, text))[:2] == (0, 0), new
    assert refused == REFUSED[old]


async def test_a_release_that_moves_takes_its_lessons_along_and_each_is_told(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, STATES["open"])
    said = await imported(tmp_path, STATES["soon"])
    assert shown(said.changed) == [
        "release Diwali (releases[0]): status, publish_at",
        f"lesson Ginger ({FIRST}): thumbnails, status, publish_at, archive_at",
    ]
    assert await history(sql, UUID(RELEASE)) == ["release.create", "release.add_lesson", "release.schedule"]
    lesson = await sql.fetchval("select id from lesson where title = 'Ginger'")
    assert (await history(sql, lesson))[-2:] == ["lesson.schedule", "lesson.change"]
    assert (await row(sql, "release", UUID(RELEASE)))["version"] == 2


async def test_a_release_is_published_with_its_lessons_at_its_moment(sql: Connection, tmp_path: Path) -> None:
    for old in "none", "soon":
        await sql.execute(EMPTY)
        await imported(tmp_path, STATES[old])
        await imported(tmp_path, standing("status: published", "status: published"))
        joined = "from release join lesson on release_id = release.id"
        assert await sql.fetchval(f"select release.published_at = lesson.published_at {joined}")
        assert await sql.fetchval("select status from program") == "published"


async def test_a_time_that_a_published_release_had_is_kept_and_no_other_accepted(
    sql: Connection, tmp_path: Path
) -> None:
    await imported(tmp_path, STATES["soon"])
    await imported(tmp_path, STATES["published"])
    publish_at = (await row(sql, "release", UUID(RELEASE)))["publish_at"]
    assert totals(await imported(tmp_path, STATES["published"])) == (0, 0, 5)
    assert (await row(sql, "release", UUID(RELEASE)))["publish_at"] == publish_at is not None
    with pytest.raises(BadFile, match=r"releases\[0\]\.publish_at: It is published and keeps its time\."):
        await imported(tmp_path, STATES["published"].replace("publish_at: null", LATER, 1))


async def test_relative_times_move_a_release_with_its_lesson_while_it_is_to_come(
    sql: Connection, tmp_path: Path
) -> None:
    relative = standing('status: scheduled, publish_at: "+1h"', 'status: scheduled, publish_at: "+1h"')
    await imported(tmp_path, relative)
    before = await row(sql, "release", UUID(RELEASE))
    assert totals(await imported(tmp_path, relative)) == (0, 2, 3)
    after = await row(sql, "release", UUID(RELEASE))
    assert after["publish_at"] > before["publish_at"]
    assert await sql.fetchval("select publish_at from lesson where title = 'Ginger'") == after["publish_at"]


async def test_a_lesson_joins_a_release_that_is_stored_and_not_in_the_file(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, STATES["soon"])
    more = STATES["soon"][STATES["soon"].index("programs:") :]
    await sql.execute("update lesson set release_id = null where title = 'Ginger'")
    assert totals(await imported(tmp_path, more)) == (0, 1, 3)
    assert await sql.fetchval("select release_id from lesson where title = 'Ginger'") == UUID(RELEASE)
    for wrong, place in (("status: open", "status"), (f"status: scheduled, {LATER}", "publish_at")):
        await sql.execute(EMPTY)
        await sql.execute("insert into release (id, name) values ($1, 'Diwali')", UUID(RELEASE))
        if "scheduled" in wrong:
            await sql.execute("update release set status = 'scheduled', publish_at = '2050-01-01T00:00:00Z'")
        with pytest.raises(BadFile) as refused:
            await imported(tmp_path, more)
        assert refused.value.field == f"{FIRST}.{place}"


async def test_a_release_that_is_nowhere_is_named(tmp_path: Path) -> None:
    text = STATES["soon"][STATES["soon"].index("programs:") :]
    with pytest.raises(BadFile, match=r"lessons\[0\]\.release_id: There is no such release\."):
        await imported(tmp_path, text)


async def test_a_lesson_that_the_file_does_not_have_keeps_its_release_from_a_step(
    sql: Connection, tmp_path: Path
) -> None:
    await imported(tmp_path, STATES["open"])
    await a_lesson(sql, thumbnails={}, release_id=UUID(RELEASE))
    before = await everything(sql, *TABLES)
    with pytest.raises(BadFile, match=r"releases\[0\]\.thumbnails: A scheduled or published lesson has its thumbnails"):
        await imported(tmp_path, STATES["soon"])
    assert await everything(sql, *TABLES) == before


async def test_a_dry_run_tells_of_releases_and_stores_nothing(sql: Connection, tmp_path: Path) -> None:
    said = await imported(tmp_path, STATES["soon"], dry_run=True)
    assert "create release Diwali (releases[0])" in str(said).splitlines()
    await imported(tmp_path, STATES["open"])
    before = await everything(sql, *TABLES)
    said = await imported(tmp_path, STATES["soon"], dry_run=True)
    assert "change release Diwali (releases[0]): status, publish_at" in str(said).splitlines()
    assert await everything(sql, *TABLES) == before


async def test_importing_an_export_where_it_came_from_leaves_releases_alone(sql: Connection, tmp_path: Path) -> None:
    for state in STATES:
        await sql.execute(EMPTY)
        await imported(tmp_path, STATES[state])
        before = await everything(sql, *TABLES)
        assert totals(await imported(tmp_path, await export(sql)))[:2] == (0, 0), state
        assert await everything(sql, *TABLES) == before, state


async def test_a_draft_that_joins_an_open_release_has_the_time_of_the_file(sql: Connection, tmp_path: Path) -> None:
    await imported(tmp_path, STATES["none"])
    text = standing("status: open", f"status: draft, {SOON}")
    await imported(tmp_path, text)
    assert totals(await imported(tmp_path, text))[:2] == (0, 0)
    assert await sql.fetchval("select publish_at is not null from lesson where title = 'Ginger'")
