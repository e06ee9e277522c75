"""Scheduled changes in the terminal: seen among what is to come, moved, cancelled; and what was done, taken back."""

from uuid import UUID

from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests import builders
from tests.builders import AN_HOUR, database_now, row
from tests.tui.conftest import Sit


async def a_change(sql: Connection, title: str = "అల్లం టీ") -> tuple[UUID, UUID]:
    """A change of a public lesson, in an hour; the ids of both."""
    lesson = await builders.a_lesson(sql, title=title, status="published")
    patch = {"title": "నిమ్మ టీ", "summary": "Hot"}
    due = await database_now(sql) + AN_HOUR
    return lesson, await builders.a_change(sql, lesson, patch, apply_at=due, scheduled_by="asha")


async def edited(sql: Connection, lesson: UUID, title: str, by: str) -> None:
    """Another title, by somebody else."""
    await sql.execute("select set_config('chaishots.actor', $1, false)", by)
    await sql.execute("update lesson set title = $2 where id = $1", lesson, title)
    await sql.execute("select set_config('chaishots.actor', '', false)")


async def test_a_change_stands_in_the_schedule_with_what_it_sets_and_who_edited_that_since(
    sit: Sit, sql: Connection
) -> None:
    lesson, _ = await a_change(sql)
    async with sit() as hands:
        await hands.press("2")
        await hands.reads("summary, title")
        assert hands.titles == ["అల్లం టీ"]
        assert "✎ edited" not in hands.text()
        await edited(sql, lesson, "ఏలకుల టీ", "ravi")
        await hands.reads("✎ edited")
        assert hands.titles == ["ఏలకుల టీ"]
        await hands.press("tab")
        await hands.sees(lambda: "Edited since: the change wins" in hands.here.as_text())
        await hands.sees(lambda: "title by ravi" in hands.here.as_text())
        assert "నిమ్మ టీ" in hands.here.as_text()


async def test_a_change_is_moved_and_moved_back_and_cancelled(sit: Sit, sql: Connection) -> None:
    _, change = await a_change(sql, "Ginger")
    before = (await row(sql, "change", change))["apply_at"]
    async with sit() as hands:
        await hands.press("2")
        await hands.reads("Ginger  summary, title")
        await hands.reads("change of Ginger")  # below the clock
        await hands.sees(lambda: "a change" in hands.text())  # in the header, on every screen
        await hands.press("s")
        await hands.type("+3h")
        await hands.press("enter")
        await hands.sees(lambda: "The change of Ginger is applied" in hands.told)
        assert (await row(sql, "change", change))["apply_at"] > before
        await hands.press("z")
        await hands.sees(lambda: "Undone" in hands.told)
        assert (await row(sql, "change", change))["apply_at"] == before
        await hands.press("P")
        await hands.sees(lambda: "gets another moment (s) or is cancelled (A)" in hands.told)
        await hands.press("A")
        await hands.reads("Cancel the change of summary, title of the lesson “Ginger”?")
        await hands.press("y")
        await hands.sees(lambda: "The change of Ginger is cancelled" in hands.told)
        assert (await row(sql, "change", change))["status"] == "cancelled"


async def test_a_change_that_was_refused_stands_first_with_its_reason(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger", status="published")
    await builders.a_change(sql, lesson, {"title": ""})
    await publish_due(sql, actor="replica-1")
    async with sit() as hands:
        await hands.press("2")
        await hands.reads("! Overdue or blocked: 1")
        await hands.reads("! blocked")


async def test_a_release_shows_its_changes_and_ends(sit: Sit, sql: Connection) -> None:
    release = await builders.a_release(sql, name="Ugadi")
    lesson = await builders.a_lesson(sql, title="Ginger", status="published")
    await builders.a_change(sql, lesson, {"title": "Clove"}, release_id=release)
    await builders.a_change(sql, lesson, {"status": "archived"}, release_id=release)
    async with sit() as hands:
        await hands.press("2")
        await hands.reads("release Ugadi  and 2 changes")
        await hands.press("tab")
        await hands.reads("Changes, 2")
        await hands.reads("✎ title  lesson Ginger")
        await hands.reads("× ends  lesson Ginger")


async def test_a_line_of_the_history_is_taken_back_whoever_made_it(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger")
    await edited(sql, lesson, "Clove", "ravi")
    async with sit() as hands:
        await hands.press("4")
        await hands.reads("lesson.change")
        await hands.press("z")
        await hands.reads("Take back lesson.change Clove, by ravi")
        await hands.press("n")
        assert (await row(sql, "lesson", lesson))["title"] == "Clove"
        await hands.press("z")
        await hands.reads("That will be:")
        await hands.reads("title Clove → Ginger")
        await hands.press("y")
        await hands.sees(lambda: "Taken back: lesson.change Clove" in hands.told)
        assert (await row(sql, "lesson", lesson))["title"] == "Ginger"


async def test_what_cannot_be_taken_back_is_refused_before_anybody_is_asked(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql)
    moved = await builders.a_lesson(sql, term, title="Ginger", lesson_number=1)
    await sql.execute("update lesson set lesson_number = 2 where id = $1", moved)
    await builders.a_lesson(sql, term, title="Clove", lesson_number=1)
    async with sit() as hands:
        await hands.press("4")
        await hands.reads("lesson.change")
        await hands.press("j", "z")
        await hands.sees(lambda: "The term has a lesson of this number" in hands.told)
        assert (await row(sql, "lesson", moved))["lesson_number"] == 2


async def test_what_came_since_is_told_and_asked_about(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger")
    await edited(sql, lesson, "Clove", "ravi")
    await edited(sql, lesson, "Mint", "lila")
    async with sit() as hands:
        await hands.press("4")
        await hands.reads("lesson.change")
        await hands.press("j", "z")
        await hands.reads("lila has changed the same since")
        await hands.press("y")
        await hands.reads("title Mint → Ginger")
        await hands.press("y")
        await hands.sees(lambda: "Taken back" in hands.told)
        assert (await row(sql, "lesson", lesson))["title"] == "Ginger"


async def test_a_published_release_is_taken_back_whole_and_says_beforehand_what_will_be(
    sit: Sit, sql: Connection
) -> None:
    release = await builders.a_release(sql, name="Ugadi")
    new = await builders.a_lesson(sql, title="Clove", release_id=release)
    kept = await builders.a_lesson(sql, title="Ginger", status="published")
    await builders.a_change(sql, kept, {"summary": "Hot"}, release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now()")
    await publish_due(sql, actor="replica-1")
    line = await sql.fetchval("select seq from activity where action = 'release.publish'")
    below = await sql.fetchval("select count(*) from activity where seq > $1", line)
    async with sit() as hands:
        await hands.press("4")
        await hands.reads("release.publish")
        await hands.press(*["j"] * below, "z")
        await hands.reads("Take the release “Ugadi” back?")
        await hands.reads("goes down: Clove")
        await hands.reads("as it was: summary of Ginger")
        await hands.press("y")
        await hands.sees(lambda: "The release Ugadi is taken back" in hands.told)
        assert (await row(sql, "lesson", new))["status"] == "archived"
        assert (await row(sql, "lesson", kept))["summary"] == ""


async def test_what_has_no_inverse_says_what_to_do_instead(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.press("4")
        await hands.reads("lesson.create")
        await hands.press("z")
        await hands.sees(lambda: "Delete it instead" in hands.told)
