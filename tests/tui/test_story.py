"""A new operator at the terminal, from finding a lesson to taking the last step back."""

from datetime import timedelta

from chaishots.content.lifecycle import Status
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests import builders
from tests.tui.conftest import Sit


async def test_find_schedule_publish_archive_undo(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="A Proper Cup of Chai"), title="Ways")
    for title in ("Water first", "Ginger", "Lebu cha, Kolkata"):
        lesson = await builders.a_lesson(sql, term, title=title)

    async with sit() as hands:
        # Three letters find it.
        await hands.finds("leb")
        assert hands.selected.id == lesson

        # Scheduled ahead: what was understood is shown before Enter does it.
        await hands.press("s")
        assert hands.dialog == "AskMoment"
        await hands.type("+20s")
        await hands.reads("in 00:00:")
        await hands.press("enter")
        await hands.sees(lambda: hands.selected.status == Status.SCHEDULED)
        assert (await builders.row(sql, "lesson", lesson))["status"] == "scheduled"
        assert "z takes it back" in hands.told

        # The countdown stands on the schedule; it reaches zero, and the lesson is published.
        await hands.press("2")
        await hands.reads("00:00:1")
        await sql.execute("update lesson set publish_at = now() - interval '1 ms' where id = $1", lesson)
        await hands.sees(lambda: hands.app.screen.query_one("#left").value == "–")
        await publish_due(sql, actor="replica-1")
        await hands.sees(lambda: hands.titles == [])
        await hands.press("1")
        await hands.sees(lambda: hands.selected and hands.selected.status == Status.PUBLISHED)

        # Archived: it asks, Enter and the opening key do not confirm, y does.
        await hands.press("A")
        assert hands.dialog == "Confirm"
        await hands.reads("disappears from the catalog at once")
        await hands.press("enter", "A")
        assert hands.dialog == "Confirm"
        await hands.press("y")
        await hands.sees(lambda: hands.selected.status == Status.ARCHIVED)

        # Undone: as the public sees it again, this asks too.
        await hands.press("z")
        await hands.reads("public again at once")
        await hands.press("y")
        await hands.sees(lambda: hands.selected.status == Status.PUBLISHED)

    assert await builders.history(sql, lesson) == [
        "lesson.create",
        "lesson.schedule",
        "lesson.reschedule",
        "lesson.publish",
        "lesson.archive",
        "lesson.restore",
        "lesson.publish",
    ]
    actors = await sql.fetch("select distinct actor from activity where action = 'lesson.archive'")
    assert [row["actor"] for row in actors] == ["asha"]


async def test_several_lessons_are_scheduled_one_after_the_other_and_taken_back(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql)
    lessons = [await builders.a_lesson(sql, term, title=f"Chai {number}") for number in range(4)]
    async with sit() as hands:
        await hands.finds("chai")
        await hands.press("V")
        await hands.press("j", "j", "V")
        assert len(hands.here.rows.marks) == 3
        await hands.press("s")
        await hands.type("+1h every 30m")
        await hands.reads("the last of 3 lessons, in this order")
        await hands.press("enter")
        await hands.sees(lambda: "Scheduled 3 lessons, the first" in hands.told)
        await hands.sees(lambda: sum(row.thing.status == "scheduled" for row in hands.here.rows.rows if row.stops) == 3)
        times = [(await builders.row(sql, "lesson", lesson))["publish_at"] for lesson in lessons[:3]]
        assert times[1] - times[0] == times[2] - times[1] == timedelta(minutes=30)
        assert hands.here.rows.marks == {}

        await hands.press("z")
        await hands.sees(lambda: all(row.thing.status == "draft" for row in hands.here.rows.rows if row.stops))


async def test_one_that_cannot_be_scheduled_keeps_all_from_it_and_is_named(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql)
    await builders.a_lesson(sql, term, title="Chai one")
    await builders.a_lesson(sql, term, title="Chai two", thumbnails={})
    async with sit() as hands:
        await hands.finds("chai")
        await hands.press("space", "space", "s")
        await hands.type("+1h")
        await hands.press("enter")
        await hands.sees(lambda: hands.dialog == "Blocked")
        await hands.reads("Chai two")
    assert await sql.fetchval("select count(*) from lesson where status = 'scheduled'") == 0


async def test_what_is_blocked_says_why_and_leads_to_the_field(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Bare", thumbnails={"en": {"portrait": "https://cdn.example.com/p.jpg"}})
    async with sit() as hands:
        await hands.finds("bare")
        await hands.press("P", "y")
        await hands.sees(lambda: hands.dialog == "Blocked")
        await hands.reads("Add these thumbnails in en: landscape.")
        await hands.press("enter")
        await hands.sees(lambda: "▸ en portrait" in hands.text())
        assert hands.here.query_one("#details").has_focus
