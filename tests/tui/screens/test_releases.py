"""Releases on the terminal: made of marked lessons, seen with what blocks them, moved, gone public, taken back."""

import json
from uuid import UUID

import pytest
from textual.widgets import Input

from chaishots.content.editing import releases
from chaishots.content.lifecycle import ReleaseStatus
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests import builders
from tests.builders import AN_HOUR, ASSETS, database_now, row
from tests.tui.conftest import Hands, Sit, Wire

NAME = "ఉగాది दिवाली 🎉"


def blocked(hands: Hands) -> dict[str, str]:
    """The lessons in the list that cannot go out, with what they lack."""
    return {row.thing.title: row.blocked for row in hands.here.rows.rows if getattr(row, "blocked", "")}


async def status(sql: Connection, lesson: UUID) -> str:
    """Where a lesson stands."""
    return (await row(sql, "lesson", lesson))["status"]


async def a_scheduled_release(sql: Connection, *lessons: UUID, name: str = "Diwali") -> UUID:
    """A release in an hour."""
    release = await builders.a_release(sql, name=name)
    await sql.execute("update lesson set release_id = $1 where id = any($2)", release, list(lessons))
    due = await database_now(sql) + AN_HOUR
    await sql.execute("update release set status = 'scheduled', publish_at = $2 where id = $1", release, due)
    return release


async def test_made_of_marked_lessons_blocked_mended_moved_gone_public_and_taken_back(
    sit: Sit, sql: Connection
) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="చాయ్"))
    lessons = [await builders.a_lesson(sql, term, title=title) for title in ("Ginger", "అల్లం", "Mint")]
    await sql.execute("update lesson set thumbnails = '{}' where id = $1", lessons[1])
    async with sit() as hands:
        # Marked, and put in a new release, whose name is typed.
        await hands.press("j", "l")
        await hands.sees(lambda: "Mint" in hands.titles)
        await hands.press("G", "V", "k", "k", "V")
        assert len(hands.here.rows.marks) == 3
        await hands.press("m")
        await hands.sees(lambda: hands.dialog == "AskRelease")
        await hands.reads("There is no release to come yet.")
        await hands.type(NAME)
        await hands.press("enter")
        await hands.sees(lambda: "is made of 3 lessons" in hands.told)
        assert hands.here.rows.marks == {}

        # On its screen: what is in it, and what blocks each.
        await hands.press("8")
        await hands.reads("1 blocked")
        await hands.press("enter")
        await hands.sees(lambda: len(hands.titles) == 4)
        assert blocked(hands) == {"అల్లం": "Add these thumbnails in en: portrait, landscape."}
        assert "Blocked, 1" in hands.here.as_text()
        await hands.press("s")
        await hands.type("+2h")
        await hands.press("enter")
        await hands.sees(lambda: hands.dialog == "Blocked")
        await hands.reads("Add these thumbnails")
        await hands.press("escape")

        # Mended by somebody, scheduled, moved; and edited since.
        await sql.execute("update lesson set thumbnails = $2 where id = $1", lessons[1], json.dumps(ASSETS))
        await hands.sees(lambda: not blocked(hands))
        await hands.press("s")
        await hands.type("+2h")
        await hands.press("enter")
        await hands.sees(lambda: hands.selected.status is ReleaseStatus.SCHEDULED)
        before = hands.selected.publish_at
        await hands.press("s")
        await hands.reads("as it stands")
        await hands.type("+5h")
        await hands.press("enter")
        await hands.sees(lambda: hands.selected.publish_at > before)
        await sql.execute("update lesson set title = 'Peppermint' where id = $1", lessons[2])
        await hands.sees(lambda: "Edited since it was scheduled" in hands.here.as_text())
        assert "Peppermint: title" in hands.here.as_text()

        # A lesson is taken out, and put back by z.
        await hands.press("j", "o")
        await hands.reads("Take “Ginger” out of its release?")
        await hands.press("y")
        await hands.sees(lambda: "Ginger" not in hands.titles)
        assert (await row(sql, "lesson", lessons[0]))["release_id"] is None
        await hands.press("z")
        await hands.sees(lambda: "Ginger" in hands.titles)
        assert await status(sql, lessons[0]) == "scheduled"

        # It goes public, whole; and is taken back, once it is told what that does.
        await sql.execute("update release set publish_at = now() - interval '1 ms'")
        await publish_due(sql, actor="replica-1")
        await hands.press("g")
        await hands.sees(lambda: hands.selected.status is ReleaseStatus.PUBLISHED)
        assert [await status(sql, lesson) for lesson in lessons] == ["published"] * 3
        await hands.press("z")
        await hands.reads("goes down: Ginger")
        assert "చాయ్: not public any more" in hands.text()
        await hands.press("y")
        await hands.sees(lambda: "is taken back" in hands.told)
        assert [await status(sql, lesson) for lesson in lessons] == ["archived"] * 3
        await hands.press("z")
        await hands.sees(lambda: "is left to take back" in hands.told)


async def test_thousands_are_read_in_windows(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql))
    big = await builders.a_release(sql, name="Big")
    await sql.execute("insert into release (name) select 'Release ' || n from generate_series(1, 1000) n")
    await sql.execute(
        """insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                               content_urls, thumbnails, release_id)
           select $1, n, 'Lesson ' || n, 'video', 60000, 'en', $2, case when n % 2 = 0 then '{}' else $3::jsonb end, $4
             from generate_series(1, 5000) n""",
        term,
        json.dumps(builders.URLS),
        json.dumps(ASSETS),
        big,
    )
    async with sit() as hands:
        await hands.press("8")
        await hands.sees(lambda: len(hands.titles) == 200)
        await hands.press("G", "enter")
        await hands.sees(lambda: len(hands.titles) == 400)
        await hands.finds("big")
        assert hands.titles == ["Big"]
        await hands.press("l")
        await hands.sees(lambda: len(hands.titles) == 501)
        await hands.reads("1,000+ blocked")
        assert "Blocked, 2,500" in hands.here.as_text()
        assert hands.here.as_text().count("Lesson ") < 110
        await hands.press("G")
        await hands.reads("4,500 more …")
        await hands.press("enter")
        await hands.sees(lambda: len(hands.titles) == 1001)


async def test_lessons_join_a_release_that_there_is_all_or_none_and_by_z_have_their_times_again(
    sit: Sit, sql: Connection
) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql))
    release = await a_scheduled_release(sql, await builders.a_lesson(sql, term, title="First"))
    await builders.a_release(sql, name="[b]x[/b]")
    bare = await builders.a_lesson(sql, term, title="Bare chai", thumbnails={})
    timed = await builders.a_lesson(sql, term, title="Timed chai", due_in=AN_HOUR)
    before = (await row(sql, "lesson", timed))["publish_at"]
    async with sit((80, 24)) as hands:
        await hands.finds("chai")
        await hands.press("V", "j", "V", "m")
        await hands.reads("1 of them has a time, which is forgotten")
        await hands.reads("[b]x[/b]")
        await hands.type("diwa")
        await hands.sees(lambda: "[b]x" not in hands.text())
        await hands.press("enter")
        await hands.sees(lambda: hands.dialog == "Blocked")
        await hands.reads("Bare chai")
        await hands.press("escape")
        assert (await row(sql, "lesson", timed))["release_id"] is None
        assert len(hands.here.rows.marks) == 2
        await hands.sees(lambda: not hands.dialog)
        await hands.press("u", "g")
        await hands.sees(lambda: hands.selected.title == "Bare chai" or hands.pilot.press("j"))
        await hands.press("j", "m")
        await hands.reads("Its own time is forgotten")
        await hands.press("enter")
        await hands.sees(lambda: "The release Diwali has 1 lesson more: it goes out" in hands.told)
        assert (await row(sql, "lesson", timed))["release_id"] == release
        await hands.sees(lambda: hands.selected.release_id == release)
        await hands.press("m")
        await hands.sees(lambda: "It is in a release already: o takes it out of that." in hands.told)
        await hands.press("z")
        await hands.sees(lambda: "Undone" in hands.told)
        kept = await row(sql, "lesson", timed)
        assert (kept["release_id"], kept["publish_at"]) == (None, before)
        assert (await row(sql, "lesson", bare))["release_id"] is None


@pytest.mark.parametrize("name", ["x" * 301, "\u200b"])
async def test_a_name_that_cannot_be_is_told_and_stays_to_be_mended(sit: Sit, sql: Connection, name: str) -> None:
    lesson = await builders.a_lesson(sql, title="Chai")
    async with sit((60, 16)) as hands:
        await hands.finds("chai")
        await hands.press("m")
        await hands.type(name)
        await hands.press("enter")
        await hands.reads("Give a name of 1 to 300 characters in one line")
        assert hands.dialog == "AskRelease"
        assert (await row(sql, "lesson", lesson))["release_id"] is None
        field = hands.app.focused
        assert isinstance(field, Input)
        assert field.value == name


async def test_a_new_one_is_gone_again_by_z_and_its_lesson_is_not(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Chai")
    async with sit() as hands:
        await hands.finds("chai")
        await hands.press("m")
        await hands.type(NAME)
        await hands.press("enter")
        await hands.sees(lambda: "is made of 1 lesson" in hands.told)
        await hands.press("z")
        await hands.sees(lambda: "Undone" in hands.told)
        assert await sql.fetchval("select count(*) from release") == 0
        assert await status(sql, lesson) == "draft"


async def test_what_is_filtered_opened_again_cancelled_and_deleted_meanwhile(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql))
    await a_scheduled_release(sql, await builders.a_lesson(sql, term, title="Ginger"))
    await builders.a_release(sql, name="Later")
    gone = await builders.a_release(sql, name="Onam")
    async with sit((60, 16)) as hands:
        await hands.press("8")
        await hands.sees(lambda: sorted(hands.titles) == ["Diwali", "Later", "Onam"])
        await hands.press("slash")
        await hands.type("state:open !later")
        await hands.sees(lambda: hands.titles == ["Onam"])
        await hands.press("enter")
        await hands.settled()
        await hands.press("A")
        await hands.reads("Call off the release “Onam”")
        await releases.delete_release(gone, actor="ravi")
        await hands.press("y")
        await hands.sees(lambda: "There is no release" in hands.told)
        await hands.press("escape")
        await hands.sees(lambda: hands.titles == ["Diwali", "Later"])
        await hands.press("g")
        await hands.settled()
        await hands.press("D")
        await hands.reads("will not go public at its time")
        await hands.press("y")
        await hands.sees(lambda: {row.thing.status for row in hands.here.rows.rows} == {ReleaseStatus.OPEN})
        await hands.press("z")
        await hands.sees(lambda: hands.selected.status is ReleaseStatus.SCHEDULED)
        await hands.press("A")
        await hands.reads("become drafts of no release")
        await hands.press("y")
        await hands.sees(lambda: hands.titles == ["Later", "Diwali"])
        await hands.settled()
        await hands.press("G", "s")
        await hands.sees(lambda: "The release is cancelled." in hands.told)


async def test_its_zone_goes_along_when_it_is_moved_and_opened_and_both_are_undone(sit: Sit, sql: Connection) -> None:
    release = await builders.a_release(sql, name="Diwali")
    await builders.a_lesson(sql, title="Ginger", release_id=release)
    async with sit((80, 24)) as hands:
        await hands.press("8")
        await hands.sees(lambda: hands.titles == ["Diwali"])
        for text in ("2031-01-06 18:00 Asia/Kolkata", "+3h"):
            await hands.press("s")
            await hands.type(text)
            await hands.press("enter")
            await hands.sees(lambda: not hands.dialog and hands.selected.status is ReleaseStatus.SCHEDULED)
            await hands.settled()
        assert hands.selected.publish_zone is None
        await hands.press("z")
        await hands.sees(lambda: hands.selected.publish_zone == "Asia/Kolkata")
        await hands.reads("Asia/Kolkata")
        await hands.settled()
        await hands.press("D", "y")
        await hands.sees(lambda: hands.selected.status is ReleaseStatus.OPEN)
        await hands.press("z")
        await hands.sees(lambda: hands.selected.publish_zone == "Asia/Kolkata")


async def test_several_are_taken_out_at_once_and_its_changes_are_cancelled(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql))
    lessons = [await builders.a_lesson(sql, term, title=f"Chai {place}") for place in range(3)]
    release = await a_scheduled_release(sql, *lessons)
    public = await builders.a_lesson(sql, title="Old", status="published")
    async with sit() as hands:
        await releases.end_lessons(release, [public], actor="ravi")
        await hands.press("8", "l")
        await hands.reads("× ends")
        await hands.press("j", "space", "space", "o")
        await hands.reads("Take out of its release: 2 lessons?")
        await hands.press("y")
        await hands.sees(lambda: hands.titles == ["Diwali", "Chai 2", "Old"])
        assert [await status(sql, lesson) for lesson in lessons] == ["draft", "draft", "scheduled"]
        assert hands.here.rows.marks == {}
        await hands.press("z")
        await hands.sees(lambda: len(hands.titles) == 5)
        await hands.settled()
        await hands.press("G", "s")
        await hands.sees(lambda: "It is applied with its release" in hands.told)
        await hands.press("A")
        await hands.reads("Keep “Old” up?")
        await hands.press("y")
        await hands.reads("cancelled")
        await hands.sees(lambda: "is cancelled" in hands.told)


async def test_read_only_changes_nothing_and_says_why(sit: Sit, sql: Connection) -> None:
    await a_scheduled_release(sql, await builders.a_lesson(sql, title="Ginger"))
    async with sit((80, 24), read_only=True) as hands:
        await hands.press("8", "l")
        await hands.sees(lambda: hands.titles == ["Diwali", "Ginger"])
        for key in ("s", "D", "A", "z"):
            await hands.press(key)
            await hands.settled()
        await hands.press("j", "o", "m")
        await hands.settled()
        assert not hands.dialog
        assert hands.told.count("This terminal is read only") == 6


async def test_while_the_database_is_away_what_was_typed_stays(sit: Sit, sql: Connection, wire: Wire) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit(dsn=wire.dsn) as hands:
        await hands.finds("ginger")
        await hands.press("m")
        await hands.type("Diwali")
        await hands.reads("+ a new release: Diwali")
        await wire.cut()
        await hands.press("enter")
        await hands.sees(lambda: hands.dialog == "AskRelease" and "Postgres" in hands.text())
        await wire.mend()
        await hands.sees(lambda: not hands.app.session.is_away)
        await hands.press("enter")
        await hands.sees(lambda: "is made of 1 lesson" in hands.told)
        await hands.press("8")
        await hands.sees(lambda: hands.titles == ["Diwali"])
