"""An operator writes at the terminal: edits, makes, copies and deletes, by an editor that a script plays."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, TextArea

from chaishots import external_editor
from chaishots.database.connection import Connection
from tests import builders
from tests.tui.conftest import Hands, Sit

Use = Callable[[str], None]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Have the editor run this Python over `text`, and `round` from 1 on; texts lie in a folder of their own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("VISUAL", raising=False)
    rounds = tmp_path / "rounds"
    rounds.write_text("")

    def use(code: str) -> None:
        script = tmp_path / "editor.py"
        script.write_text(
            "import sys; from pathlib import Path\n"
            f"file, rounds = Path(sys.argv[-1]), Path({str(rounds)!r})\n"
            "rounds.write_text(rounds.read_text() + 'x'); round = len(rounds.read_text()); text = file.read_text()\n"
            f"{code}\nfile.write_text(text)\n"
        )
        monkeypatch.setenv("EDITOR", shlex.join([sys.executable, str(script)]))

    return use


async def at_lesson(hands: Hands, title: str) -> None:
    await hands.finds(title)
    await hands.sees(lambda: hands.selected and hands.selected.title.lower().startswith(title.lower()))


async def test_a_typo_is_mended_after_what_was_wrong_with_it_came_back(sit: Sit, sql: Connection, use: Use) -> None:
    lesson = await builders.a_lesson(sql, title="అల్లం టీ")
    use(
        "old, new = ('అల్లం టీ', '\"\"') if round == 1 else ('\"\"', 'యాలకుల టీ')\n"
        "text = text.replace(f'title: {old}', f'title: {new}')"
    )
    async with sit() as hands:
        await at_lesson(hands, "అల్లం")
        await hands.press("e")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.reads("+ title: యాలకుల టీ")
        await hands.press("enter", "s", "P")  # of these none stores
        assert hands.dialog == "ReviewEdit"
        await hands.press("y")
        await hands.sees(lambda: "Stored: lesson యాలకుల టీ (title)" in hands.told)
    assert (await builders.row(sql, "lesson", lesson))["title"] == "యాలకుల టీ"
    assert await sql.fetchval("select actor from activity order by seq desc limit 1") == "asha"


async def test_it_waits_for_friday(sit: Sit, sql: Connection, use: Use) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger", status="published")
    use("text = text.replace('title: Ginger', 'title: Cardamom')")
    async with sit() as hands:
        await at_lesson(hands, "ginger")
        await hands.press("e")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.press("a")
        await hands.sees(lambda: hands.dialog == "AskMoment")
        await hands.press("escape")  # asks again what is to become of it
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.press("a")
        await hands.type("fri 18:00")
        await hands.press("enter")
        await hands.sees(lambda: "Scheduled for " in hands.told)
    assert (await builders.row(sql, "lesson", lesson))["title"] == "Ginger"
    assert await sql.fetchval("select patch::text from change") == '{"title": "Cardamom"}'


@pytest.mark.parametrize(("key", "title"), [("m", "Cardamom"), ("t", "Theirs"), ("n", "Theirs")])
async def test_two_change_the_same(sit: Sit, sql: Connection, use: Use, key: str, title: str) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger")
    use("text = text.replace('title: Ginger', 'title: Cardamom')")
    async with sit() as hands:
        await at_lesson(hands, "ginger")
        await hands.press("e")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await sql.execute("update lesson set title = 'Theirs'")
        await hands.press("y")
        await hands.sees(lambda: hands.dialog == "ResolveEdit")
        await hands.reads("theirs: Theirs")
        await hands.reads("yours : Cardamom")
        await hands.press(key)
        await hands.sees(lambda: not hands.dialog)
        await hands.settled()
        assert (await builders.row(sql, "lesson", lesson))["title"] == title


async def test_what_is_kept_for_later_is_told_with_its_place(
    sit: Sit, sql: Connection, use: Use, tmp_path: Path
) -> None:
    await builders.a_lesson(sql, title="Ginger")
    use("text = text.replace('title: Ginger', 'title: Cardamom')")
    async with sit() as hands:
        await at_lesson(hands, "ginger")
        await hands.press("e")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.press("escape")
        await hands.sees(lambda: "what was typed is in" in hands.told)
    [kept] = tmp_path.glob("*/lesson.yaml")
    assert str(kept) in hands.told
    assert "title: Cardamom" in kept.read_text()


async def test_marked_things_open_together_terms_too(sit: Sit, sql: Connection, use: Use) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="Tea"), title="Spices")
    for title in "Ginger", "Mint":
        await builders.a_lesson(sql, term, title=title)
    use(
        "for old, new in ('title: Ginger', 'title: 1'), ('title: Mint', 'title: \"2\"'), ('Spices', 'Herbs'):\n"
        "    text = text.replace(old, new)"
    )
    async with sit() as hands:
        await hands.press("l")
        await hands.sees(lambda: len(hands.here.rows.rows) == 4)
        await hands.press("j", "space", "j", "space", "j", "space", "e")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.press("y")
        await hands.sees(lambda: "Stored: " in hands.told)
        await hands.sees(lambda: not hands.here.rows.marks)
    assert {one["title"] for one in await sql.fetch("select title from lesson union select title from term")} == {
        "1",
        "2",
        "Herbs",
    }


async def test_new_things_are_made_where_the_cursor_is(sit: Sit, sql: Connection, use: Use) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="Tea"), title="Spices")
    await builders.a_lesson(sql, term, title="Ginger")
    use("text = text.replace('title: \"\"', 'title: Mint').replace('duration_ms: null', 'duration_ms: 1000')")
    async with sit() as hands:
        await at_lesson(hands, "ginger")
        await hands.press("n")  # next found, while a filter is on
        assert not hands.dialog
        await hands.press("plus")
        await hands.sees(lambda: hands.dialog == "ChooseNew")
        await hands.reads("l  lesson beside it")
        await hands.press("enter", "z")
        assert hands.dialog == "ChooseNew"
        await hands.press("escape", "escape", "n")
        await hands.sees(lambda: hands.dialog == "ChooseNew")
        await hands.press("t")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.press("y")
        await hands.sees(lambda: "Stored: term Mint" in hands.told)
    assert await sql.fetchval("select title from term order by term_number desc limit 1") == "Mint"


@pytest.mark.parametrize("kind", ["lesson", "term", "program"])
async def test_a_copy_and_a_deletion_are_asked_about_and_taken_back(sit: Sit, sql: Connection, kind: str) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="Tea"), title="Spices")
    await builders.a_lesson(sql, term, title="Ginger")

    async def total() -> int:
        return await sql.fetchval(f"select count(*) from {kind}")

    async def press(key: str, question: str) -> None:
        await hands.press(key)
        await hands.sees(lambda: hands.dialog == "Confirm")
        await hands.reads(question)
        await hands.press("y")
        await hands.sees(lambda: not hands.dialog)
        await hands.settled()

    async with sit() as hands:
        await hands.press("l")
        await hands.sees(lambda: len(hands.here.rows.rows) == 3)
        await hands.press(*{"lesson": "jj", "term": "j", "program": ""}[kind])
        title = {"lesson": "Ginger", "term": "Spices", "program": "Tea"}[kind]
        await press("c", f"Copy the {kind} “{title}”")
        assert await total() == 2
        await hands.press("z")
        await hands.sees(lambda: f"the copy of {title} is gone" in hands.told)
        assert await total() == 1
        await press("x", f"Delete the {kind} “{title}”")
        assert await total() == 0
        await hands.press("z")
        await hands.sees(lambda: f"{title} is there again" in hands.told)
        assert await total() == 1


async def test_what_is_public_is_not_deleted_and_what_to_do_is_said(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger", status="published")
    async with sit() as hands:
        await at_lesson(hands, "ginger")
        await hands.press("x")
        await hands.reads("It is published: archive it (A) first.")
        await hands.press("y")
        await hands.sees(lambda: "rchive" in hands.told)
    assert await sql.fetchval("select count(*) from lesson") == 1


async def test_nothing_is_written_where_nothing_may_be(sit: Sit, sql: Connection, use: Use, tmp_path: Path) -> None:
    await builders.a_lesson(sql, title="Ginger")
    use("text = ''")
    async with sit(read_only=True) as hands:
        for key in "encx":
            await hands.press(key)
        await hands.sees(lambda: hands.told.count("read only") == 4)
        assert not hands.dialog
    assert (tmp_path / "rounds").read_text() == ""


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_where_there_is_no_editor_the_terminal_has_one(
    sit: Sit, sql: Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger")
    for name in "VISUAL", "EDITOR":
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(external_editor, "_USUAL", ())
    async with sit(size) as hands:
        await at_lesson(hands, "ginger")
        await hands.press("e")
        await hands.sees(lambda: hands.dialog == "OwnEditor")
        area: Any = hands.app.screen.query_one(TextArea)
        area.text = area.text.replace("title: Ginger", "title: [")
        await hands.press("escape")
        assert hands.dialog == "OwnEditor"  # once more, to give up what was typed
        await hands.press("ctrl+s")
        await hands.sees(lambda: "! Not stored" in hands.app.screen.query_one(TextArea).text)
        area = hands.app.screen.query_one(TextArea)
        area.text = area.text.replace("title: [", "title: Mint")
        await hands.press("ctrl+s")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.press("y")
        await hands.sees(lambda: "Stored: lesson Mint" in hands.told)
    assert (await builders.row(sql, "lesson", lesson))["title"] == "Mint"


async def test_a_form_changes_the_few_fields_that_change_most(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger", duration_ms=90_500)
    async with sit((80, 24)) as hands:
        await at_lesson(hands, "ginger")
        await hands.press("f")
        await hands.sees(lambda: hands.dialog == "QuickForm")
        await hands.reads("1:30.5")
        fields: dict[str, Any] = {field.id: field for field in hands.app.screen.query(Input)}
        assert [*fields] == ["field-title", "field-summary", "field-duration_ms", "field-content_urls-en"]
        fields["field-title"].value = "[b]Mint"
        fields["field-duration_ms"].value = "soon"
        await hands.press("enter")
        await hands.reads("Give a length such as 1:34")
        fields["field-duration_ms"].value = "1:02:03"
        fields["field-content_urls-en"].value = "ftp://x"
        await hands.press("enter")
        await hands.reads("en: Start the URL with http:// or https://.")
        kept: dict[str, Any] = {field.id: field for field in hands.app.screen.query(Input)}
        assert kept["field-title"].value == "[b]Mint"
        kept["field-content_urls-en"].value = "https://cdn.example.com/new.mp4"
        await hands.press("enter")
        await hands.sees(lambda: hands.dialog == "ReviewEdit")
        await hands.reads("+ title: ")
        await hands.press("y")
        await hands.sees(lambda: "Stored: lesson [b]Mint" in hands.told)
    stored = await builders.row(sql, "lesson", lesson)
    assert (stored["title"], stored["duration_ms"]) == ("[b]Mint", 3_723_000)
    assert stored["content_urls"] == '{"en": "https://cdn.example.com/new.mp4"}'


@pytest.mark.parametrize("kind", ["program", "term"])
async def test_a_form_that_is_left_changes_nothing(sit: Sit, sql: Connection, kind: str) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="Tea"), title="Spices")
    before = await sql.fetchval("select max(seq) from activity")
    async with sit() as hands:
        await hands.press("l")
        await hands.sees(lambda: len(hands.here.rows.rows) > 1)
        await hands.press(*("j" if kind == "term" else ""))
        for key in "escape", "enter":
            await hands.press("f")
            await hands.sees(lambda: hands.dialog == "QuickForm")
            await hands.press(key)
            await hands.sees(lambda: not hands.dialog)
    assert hands.told.count("Nothing was changed.") == 2
    assert await sql.fetchval("select max(seq) from activity") == before
    assert await sql.fetchval("select title from term where id = $1", term) == "Spices"


async def test_enter_right_after_what_is_looked_for_waits_for_it(sit: Sit, sql: Connection) -> None:
    for title in "Ginger", "Mint":
        await builders.a_lesson(
            sql, await builders.a_term(sql, await builders.a_program(sql, title=f"Of {title}")), title=title
        )
    async with sit() as hands:
        await hands.press("slash")
        await hands.type("mint")
        hands.app.screen.query_one("#filter", Input).post_message(Input.Submitted(hands.app.focused, "mint"))
        await hands.sees(lambda: hands.app.focused is hands.here.rows)
        assert hands.selected.title == "Mint"
        await hands.reads("/ mint")
