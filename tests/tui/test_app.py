"""The terminal in each of its states, and what it keeps while things change around it."""

import asyncio
import statistics
import time

import asyncpg
import pytest
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

from chaishots.database.connection import Connection
from chaishots.database.listener import Listener
from chaishots.database.pool import open_pool
from chaishots.tui.actions.possible_actions import KEYS
from chaishots.tui.app import OperatorApp
from chaishots.tui.host.run_and_restart import Leaving
from chaishots.tui.options import Options
from chaishots.tui.state.preferences import load_theme, save_theme
from tests import builders
from tests.builders import AN_HOUR
from tests.conftest import Database
from tests.tui.conftest import Hands, Sit, Wire


async def test_an_empty_database_says_what_fills_it(sit: Sit) -> None:
    async with sit() as hands:
        await hands.reads("chaishots seed")
        await hands.press("2")
        await hands.reads("Nothing is scheduled.")
        await hands.press("3")
        await hands.reads("chaishots serve")
        await hands.press("4")
        await hands.reads("Nothing has happened yet.")


async def test_the_first_picture_stands_before_the_database_is_reached(
    fresh_database: Database, sql: Connection
) -> None:
    await builders.a_program(sql, title="Chai")
    reached = asyncio.Event()

    listener = Listener(fresh_database.dsn, application_name="chaishots:tests:listener")

    async def reach() -> Options:
        await reached.wait()
        return Options(listener, "asha", "db.example.com/chai")

    app = OperatorApp(Options(label="practice", reach=reach))
    async with app.run_test(size=(80, 24)) as pilot:
        hands = Hands(app, pilot)
        await hands.reads("PRACTICE")
        assert "Loading" in hands.text()
        await hands.press("2", "3", "4", "1", "question_mark", "escape")
        async with open_pool(fresh_database.dsn, application_name="chaishots:tests:pool"):
            reached.set()
            await hands.sees(lambda: hands.titles == ["Chai"])
            await hands.reads("db.example.com/chai")
            await hands.reads("as asha")
            assert hands.told == ""


async def test_without_anything_to_show_it_ends() -> None:
    async def reach() -> None:
        return None

    app = OperatorApp(Options(reach=reach))
    async with app.run_test() as pilot:
        await Hands(app, pilot).sees(lambda: app.return_value is Leaving.VIEW)


async def test_no_screen_has_every_style_parsed_again_when_it_is_first_shown(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sit() as hands:
        await hands.settled()
        monkeypatch.setattr(Stylesheet, "reparse", None)  # whoever calls it fails
        for key in "23451":
            await hands.press(key)
            await hands.settled()
        await hands.press("question_mark", "escape")
        assert hands.told == ""


@pytest.mark.alone
async def test_a_change_by_anybody_is_seen_within_200_ms(sit: Sit, sql: Connection) -> None:
    program = await builders.a_program(sql, title="Title 0")
    took_ms: list[float] = []
    async with sit() as hands:
        for number in range(1, 8):
            began = time.perf_counter()
            await sql.execute("update program set title = $2 where id = $1", program, f"Title {number}")
            while hands.titles != [f"Title {number}"]:  # noqa: ASYNC110  # a terminal tells nobody what it shows
                await asyncio.sleep(0.002)  # the pace of the measurement
            took_ms.append((time.perf_counter() - began) * 1000)
    assert statistics.quantiles(took_ms, n=4)[0] <= 200, took_ms  # the others are for a machine that is busy


async def test_without_a_leader_it_says_so_on_every_screen(sit: Sit) -> None:
    async with sit() as hands:
        for screen in "1234":
            await hands.press(screen)
            await hands.reads("no leader: nothing is published")


@pytest.mark.parametrize(
    ("size", "read_only", "told"),
    [((60, 16), True, False), ((60, 16), False, False), ((80, 24), True, True), ((120, 36), False, True)],
)
async def test_the_header_tells_who_acts_where_there_is_room(
    sit: Sit, size: tuple[int, int], read_only: bool, told: bool
) -> None:
    async with sit(size, read_only=read_only, actor="r\x1b[m") as hands:
        assert (r"as r\x1b[m" in hands.text()) is told


@pytest.mark.parametrize(("size", "fits"), [((40, 12), False), ((60, 12), False), ((59, 16), False), ((60, 16), True)])
async def test_a_window_that_is_too_small_says_so(sit: Sit, size: tuple[int, int], fits: bool) -> None:
    async with sit(size) as hands:
        assert ("This window is too small." in hands.text()) != fits


async def test_a_change_by_anybody_appears_and_nothing_else_moves(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="Chai"))
    lessons = [await builders.a_lesson(sql, term, title=f"Lesson {number:02}") for number in range(100)]
    async with sit() as hands:
        rows = hands.here.rows
        await hands.press("l")
        await hands.sees(lambda: len(hands.titles) == 102)
        rows.move_to(lessons[70])
        await hands.sees(lambda: rows.scroll_offset.y > 0)
        place = rows.rows.index(rows.row) - rows.scroll_offset.y
        await sql.execute("delete from lesson where id = any($1)", lessons[:10])
        await hands.sees(lambda: len(hands.titles) == 92)
        assert hands.selected.id == lessons[70]
        assert rows.rows.index(rows.row) - rows.scroll_offset.y == place

        await sql.execute("update lesson set title = 'Renamed' where id = $1", lessons[70])
        await hands.sees(lambda: hands.selected.title == "Renamed")

        await sql.execute("delete from lesson where id = $1", lessons[70])
        await hands.sees(lambda: hands.selected.id == lessons[71])


async def test_a_screen_looks_the_same_after_every_other_was_seen(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.settled()
        rows = hands.here.rows
        before = rows.content_region
        await hands.press("2", "3", "4", "1")
        await hands.settled()
        assert rows.content_region == before


async def test_what_is_being_typed_stays_while_things_change(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.press("slash")
        await hands.type("gin")
        await hands.sees(lambda: hands.titles == ["Ginger"])
        await sql.execute("update lesson set title = 'Ginger tea' where id = $1", lesson)
        await hands.sees(lambda: hands.titles == ["Ginger tea"])
        assert hands.here.query_one("#filter", Input).value == "gin"
        assert hands.here.query_one("#filter", Input).has_focus


async def test_a_frozen_picture_counts_what_it_does_not_show(sit: Sit, sql: Connection) -> None:
    program = await builders.a_program(sql, title="Chai")
    async with sit() as hands:
        await hands.press("p")
        await sql.execute("update program set title = 'Coffee' where id = $1", program)
        await hands.reads("FROZEN, 1 behind")
        assert hands.titles == ["Chai"]
        await hands.press("p")
        await hands.sees(lambda: hands.titles == ["Coffee"])


async def test_a_step_on_a_frozen_picture_is_asked_of_what_there_is_now(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.finds("gin")
        await hands.press("p")
        await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
        await hands.press("s")
        await hands.sees(lambda: "It is archived: restore it first" in hands.told)
        assert hands.dialog == ""


async def test_a_database_that_goes_away_leaves_what_is_shown_and_comes_back_by_itself(
    sit: Sit, sql: Connection, wire: Wire
) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit(dsn=wire.dsn) as hands:
        await hands.finds("gin")
        await wire.cut()
        await hands.reads("DATABASE AWAY")
        assert hands.titles == ["Ginger"]
        assert hands.here.has_class("-away")
        await hands.press("P")
        await hands.sees(lambda: "nothing can be changed until it is back" in hands.told)
        await sql.execute("update lesson set title = 'Ginger tea'")
        await wire.mend()
        await hands.sees(lambda: hands.titles == ["Ginger tea"])
        await hands.sees(lambda: not hands.here.has_class("-away"))
        assert "fault" not in hands.told


async def test_a_table_that_is_not_as_it_was_is_told_in_the_header_and_the_terminal_goes_on(
    sit: Sit, sql: Connection
) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.finds("gin")
        await sql.execute("alter table lesson rename column title to name")
        await hands.reads("its schema is not the one")
        assert hands.titles == ["Ginger"]
        assert "fault" not in hands.told
        await sql.execute("alter table lesson rename column name to title")
        await sql.execute("update lesson set title = 'Ginger tea'")
        await hands.sees(lambda: hands.titles == ["Ginger tea"])


async def test_read_only_refuses_every_change_and_says_why(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit(read_only=True) as hands:
        await hands.finds("gin")
        await hands.reads("READ ONLY")
        for told, key in enumerate([*(key.key for key in KEYS.values()), "z"], 1):
            await hands.press(key)
            await hands.sees(lambda told=told: hands.told.count("read only") == told)
            assert hands.dialog == ""
    assert await sql.fetchval("select status from lesson") == "draft"


async def test_a_key_that_does_not_fit_says_why(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger", status="published")
    async with sit() as hands:
        await hands.finds("gin")
        await hands.press("P")
        assert "It is published already" in hands.told
        assert hands.dialog == ""


async def test_no_is_the_answer_of_n_and_of_escape(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger", status="published")
    async with sit() as hands:
        await hands.finds("gin")
        for key in ("n", "escape"):
            await hands.press("A")
            assert hands.dialog == "Confirm"
            await hands.press(key)
            assert hands.dialog == ""
    assert await sql.fetchval("select status from lesson") == "published"


async def test_a_publish_cannot_be_undone_and_says_so(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.finds("gin")
        await hands.press("P", "y")
        await hands.sees(lambda: "is public" in hands.told)
        await hands.press("z")
        await hands.sees(lambda: "cannot become a draft again" in hands.told)


async def test_an_archived_lesson_is_restored_and_an_end_is_set(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger", status="archived")
    async with sit() as hands:
        await hands.finds("gin")
        await hands.press("R")
        await hands.sees(lambda: hands.selected.status == "draft")
        await hands.press("E")
        await hands.type("+3d")
        await hands.press("enter")
        await hands.sees(lambda: hands.selected.archive_at is not None)
        await hands.press("E")
        await hands.type("never")
        await hands.press("enter")
        await hands.sees(lambda: hands.selected.archive_at is None)
    assert (await builders.row(sql, "lesson", lesson))["status"] == "draft"


async def test_a_program_is_archived_and_brought_back_with_undo(sit: Sit, sql: Connection) -> None:
    program = await builders.a_public_program(sql, title="Chai")
    async with sit() as hands:
        await hands.press("A")
        await hands.reads("1 public lesson disappear from the catalog")
        await hands.press("y")
        await hands.sees(lambda: hands.selected.status == "archived")
        await hands.press("z", "y")
        await hands.sees(lambda: hands.selected.status == "published")
    assert (await builders.row(sql, "program", program))["status"] == "published"


async def test_a_scheduled_lesson_becomes_a_draft_and_gets_its_time_back(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger", due_in=AN_HOUR)
    before = (await builders.row(sql, "lesson", lesson))["publish_at"]
    async with sit() as hands:
        await hands.press("2")
        await hands.sees(lambda: hands.titles == ["Ginger"])
        await hands.press("D", "y")
        await hands.sees(lambda: hands.titles == [])
        await hands.press("z")
        await hands.sees(lambda: hands.titles == ["Ginger"])
    assert (await builders.row(sql, "lesson", lesson))["publish_at"] == before


async def test_what_is_overdue_stands_on_top_with_its_reason_and_why_is_one_key_away(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="To come", due_in=AN_HOUR)
    late = await builders.a_lesson(sql, title="Late", due_in=-AN_HOUR)
    await sql.execute("update lesson set publish_error = 'Add a poster.' where id = $1", late)
    async with sit() as hands:
        await hands.press("2")
        await hands.sees(lambda: hands.titles == ["Late", "To come"])
        await hands.reads("Add a poster.")
        await hands.press("w")
        await hands.reads("It was refused when it was due: Add a poster.")


async def test_the_history_of_what_is_selected(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Other")
    await builders.a_lesson(sql, title="Ginger")
    async with sit() as hands:
        await hands.finds("gin")
        await hands.press("t")
        await hands.reads("History of Ginger")
        await hands.sees(lambda: len(hands.here.rows.rows) == 1)
        await hands.press("escape")
        await hands.sees(lambda: len(hands.here.rows.rows) > 1)


async def test_ids_and_urls_are_copied(sit: Sit, sql: Connection) -> None:
    program = await builders.a_public_program(sql, title="Ginger")
    lesson = await builders.a_lesson(sql, await builders.a_term(sql, program), title="Draft")
    async with sit(base_url="https://catalog.example.com") as hands:
        await hands.finds("ginger")
        await hands.press("Y")
        assert hands.app.clipboard == f"https://catalog.example.com/catalog/programs/{program}"
        await hands.press("escape")
        await hands.finds("draft")
        await hands.press("Y")
        assert "nothing at its URL" in hands.told
        await hands.press("y")
        assert hands.app.clipboard == str(lesson)


async def test_keys_are_found_by_name_and_run(sit: Sit) -> None:
    async with sit() as hands:
        await hands.press("question_mark")
        assert hands.dialog == "Keys"
        await hands.type("2")
        await hands.reads("Go to")
        await hands.press("enter")
        await hands.sees(lambda: hands.here.NAME == "schedule")


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_each_key_of_the_palette_opens_it(sit: Sit, key: str) -> None:
    async with sit() as hands:
        await hands.press(key)
        assert hands.dialog == "CommandPalette"


async def test_the_palette_finds_programs_by_name(sit: Sit, sql: Connection) -> None:
    program = await builders.a_program(sql, title="Chai for two")
    await builders.a_term(sql, program)
    async with sit() as hands:
        await hands.press("2", "colon")
        await hands.type("for two")
        await hands.reads("Open this program")
        await hands.press("down", "enter")
        await hands.sees(lambda: hands.here.NAME == "content" and hands.selected and hands.selected.id == program)


async def test_the_palette_shows_a_title_as_it_is_whatever_stands_in_it(sit: Sit, sql: Connection) -> None:
    title = "[/] [@click=app.quit]రోజు చాయ్[/]"
    await builders.a_program(sql, title=title)
    async with sit() as hands:
        await hands.press("colon")
        await hands.reads(title)
        await hands.type("రోజు")
        await hands.reads(title)
        await hands.press("escape")


async def test_a_program_and_a_lesson_show_their_texts_in_other_languages(sit: Sit, sql: Connection) -> None:
    words = {"te": {"title": "చాయ్", "description": "Made at home."}, "hi": {"title": "चाय"}}
    program = await builders.a_program(sql, title="Chai", translations=words)
    words = {"te": {"summary": "Mix it."}}
    await builders.a_lesson(sql, await builders.a_term(sql, program), title="Milk", translations=words, due_in=AN_HOUR)
    async with sit(size=(160, 60)) as hands:
        await hands.reads("Translations")
        for text in ("చాయ్", "Made at home.", "चाय"):
            await hands.reads(text)
        await hands.press("2")
        await hands.reads("Mix it.")


async def test_markup_and_escapes_in_titles_are_shown_not_obeyed(sit: Sit, sql: Connection) -> None:
    await sql.execute("alter table program drop constraint program_title")  # it lets no escape in
    await builders.a_program(sql, title="[red]Chai[/] [@click=app.quit]x[/] \x1b[2J\u202e")
    async with sit() as hands:
        await hands.reads("[red]Chai[/] [@click=app.quit]x[/]")
        assert "\x1b[2J" not in hands.text()


async def test_the_theme_is_kept_for_the_next_time(sit: Sit) -> None:
    async with sit() as hands:
        hands.app.theme = "nord"
        await hands.sees(lambda: load_theme() == "nord")
    async with sit() as hands:
        assert hands.app.theme == "nord"


async def test_a_theme_that_is_gone_is_told_of_and_harms_nothing(sit: Sit) -> None:
    save_theme("no-such-theme")
    async with sit() as hands:
        assert hands.app.theme == "textual-dark"
        assert "no-such-theme" in hands.told


@pytest.mark.parametrize(("key", "leaving"), [("y", Leaving.SERVER), ("n", Leaving.VIEW)])
async def test_beside_a_server_quitting_asks_whether_to_stop_it(sit: Sit, key: str, leaving: Leaving) -> None:
    async with sit(serves=True) as hands:
        await hands.press("q")
        await hands.sees(lambda: hands.dialog == "Leave")
        await hands.press("escape")
        assert hands.dialog == ""
        await hands.press("q", key)
        await hands.sees(lambda: hands.app.return_value is leaving)


async def test_alone_it_quits_at_once(sit: Sit) -> None:
    async with sit() as hands:
        await hands.press("q")
        await hands.sees(lambda: hands.app.return_value is Leaving.VIEW)


async def test_a_takeover_of_the_lead_is_kept_and_shown(sit: Sit, fresh_database: Database) -> None:
    from chaishots.database.advisory_locks import PUBLISHER
    from chaishots.database.replicas import application_name

    async def leader(name: str) -> Connection:
        settings = {"application_name": application_name(name, "publisher")}
        session = await asyncpg.connect(fresh_database.dsn, server_settings=settings)
        await session.execute("select pg_advisory_lock($1)", PUBLISHER)
        return session

    async def seen_s(text: str) -> float:
        began = time.perf_counter()
        await hands.reads(text)
        return time.perf_counter() - began

    leads = await leader("web-0")
    took_s: list[float] = []
    async with sit() as hands:
        await hands.press("3")
        await hands.reads("web-0 leads, alone")
        for number in range(1, 4):
            leads.terminate()
            took_s.append(await seen_s("no leader"))
            leads = await leader(f"web-{number}")
            took_s.append(await seen_s(f"web-{number} took over from web-{number - 1}"))
        await leads.close()
    assert statistics.median(took_s) <= 1, took_s
