"""Things edited as text: what is opened, what an edit changes, what is wrong, and who else was there meanwhile."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import pytest

from chaishots.content.editing.lessons import change_lesson, delete_lesson
from chaishots.content.exchange.text_editing.conflicts import Meanwhile
from chaishots.content.exchange.text_editing.edit_loop import At, Choice, Left, Resolution, Stored, edit_in_rounds
from chaishots.content.exchange.text_editing.edited_text import Edit
from chaishots.content.exchange.text_editing.opened_text import open_new, open_things
from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_public_program, a_release, a_term, a_topic, history, row

pytestmark = pytest.mark.usefixtures("database")

Typed = Callable[[str], str | None]


class Scripted:
    """Somebody who does these edits, one a round, and answers so."""

    def __init__(
        self,
        *edits: Typed,
        choices: Sequence[Choice | At] = (Choice.STORE,),
        resolution: Resolution = Resolution.MINE,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        self._edits = [*edits]
        self._choices = [*choices]
        self._resolution = resolution
        self.texts: list[str] = []
        self.lines: list[int] = []
        self.shown: list[list[str]] = []
        self.conflicts: list[list[str]] = []
        self._meanwhile = meanwhile

    async def edit(self, text: bytes, line: int) -> bytes | None:
        self.texts.append(text.decode())
        self.lines.append(line)
        if self._meanwhile is not None:
            await self._meanwhile()  # pyright: ignore
            self._meanwhile = None
        typed = self._edits.pop(0)(text.decode())
        return None if typed is None else typed.encode()

    async def choose(self, edit: Edit) -> Choice | At:
        self.shown.append(edit.lines())
        return self._choices.pop(0)

    async def resolve(self, meanwhile: Meanwhile) -> Resolution:
        self.conflicts.append(meanwhile.lines())
        return self._resolution


def typing(old: str, new: str) -> Typed:
    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{text.count(old)} times {old!r} in:\n{text}"
        return text.replace(old, new)

    return edit


def left(text: str) -> str:
    return text


def given_up(_: str) -> None:
    return None


@pytest.fixture
async def lesson(sql: Connection) -> UUID:
    program = await a_program(sql, title="తెలుగు")
    return await a_lesson(sql, await a_term(sql, program, title="Vowels"), title="Giraffe", summary="Old")


async def edited(who: Scripted, *things: tuple[str, UUID]) -> Stored | Left:
    return await edit_in_rounds(lambda connection: open_things(connection, things), who, actor="asha")


async def made(who: Scripted, kind: str, inside: UUID | None = None) -> Stored | Left:
    return await edit_in_rounds(lambda connection: open_new(connection, kind, inside), who, actor="asha")


async def test_a_typo_is_mended_and_told_as_a_difference(sql: Connection, lesson: UUID) -> None:
    await sql.execute("update lesson set thumbnails = '{}'")
    who = Scripted(typing("title: Giraffe", "title: గిన్నె"))
    done = await edited(who, ("lesson", lesson))
    assert isinstance(done, Stored)
    assert who.shown == [["lesson “గిన్నె”", "  - title: Giraffe", "  + title: గిన్నె"]]
    assert (await row(sql, "lesson", lesson))["title"] == "గిన్నె"
    line = await sql.fetchrow("select actor, action from activity order by seq desc limit 1")
    assert tuple(line or ()) == ("asha", "lesson.change")
    assert "The lesson “Giraffe” is draft." in who.texts[0]
    assert "# It cannot be published yet: " in who.texts[0]
    assert "#   title: Give a title of 1 to 300 characters" in who.texts[0]


@pytest.mark.parametrize(
    "typed",
    [
        left,
        lambda _: "",
        lambda text: re.sub(r"(?m)^[^#].*\n", "", text),
        lambda text: text.replace("# Save", "# I Save"),
        lambda text: text.replace('summary: Old', 'summary: "Old"'),
    ],
    ids=["as it was", "empty", "comments alone", "another comment", "the same in quotes"],
)  # fmt: skip
async def test_what_changes_nothing_stores_nothing(sql: Connection, lesson: UUID, typed: Typed) -> None:
    who, before = Scripted(typed), await row(sql, "lesson", lesson)
    assert await edited(who, ("lesson", lesson)) is Left.AS_IT_WAS
    assert await row(sql, "lesson", lesson) == before
    assert who.shown == []


async def test_all_that_is_wrong_comes_back_at_the_top_with_its_line_and_nothing_typed_is_lost(
    sql: Connection, lesson: UUID
) -> None:
    def wrong(text: str) -> str:
        return text.replace("title: Giraffe", 'title: ""').replace("is_paid: false", "is_paid: perhaps")

    def mended(text: str) -> str:
        return text.replace('title: ""', "title: Bowl").replace("is_paid: perhaps", "is_paid: true")

    who = Scripted(wrong, lambda text: text.replace('title: ""', "title: Bowl"), mended)
    assert isinstance(await edited(who, ("lesson", lesson)), Stored)
    second, third = who.texts[1].splitlines(), who.texts[2].splitlines()
    assert second[0] == "# ! Not stored, 2 things are wrong:"
    assert third[0] == "# ! Not stored, one thing is wrong:"
    for lines, at in (second, who.lines[1]), (third, who.lines[2]):
        told = [re.match(r"# ! line (\d+), (\w+): ", line) for line in lines if line.startswith("# ! line")]
        assert all(found and lines[int(found[1]) - 1].strip().startswith(f"{found[2]}:") for found in told)
        assert told
        assert told[0]
        assert int(told[0][1]) == at
    assert sum(line.startswith("# !") for line in third) == 2
    assert (await row(sql, "lesson", lesson))["is_paid"] is True


@pytest.mark.parametrize(
    "rubbish",
    ["title: [", "\x07", "- a\n- b", "programs: 3", "programs: []\nprograms: []", "a: &b c", "x" * (2**20 + 1), "☃"],
)
async def test_rubbish_comes_back_as_it_is_and_is_left_unfinished(sql: Connection, lesson: UUID, rubbish: str) -> None:
    who = Scripted(lambda _: rubbish, left)
    assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
    assert who.texts[1].startswith("# ! Not stored")
    assert who.texts[1].endswith(rubbish)


async def test_what_is_no_text_at_all_is_refused(sql: Connection, lesson: UUID) -> None:
    class Odd(Scripted):
        async def edit(self, text: bytes, line: int) -> bytes | None:
            self.lines.append(line)
            return b"\xff\xfe\x00" if len(self.lines) == 1 else None

    assert await edited(Odd(), ("lesson", lesson)) is Left.UNFINISHED


async def test_a_rule_that_the_database_keeps_is_told_at_its_line(sql: Connection, lesson: UUID) -> None:
    term = (await row(sql, "lesson", lesson))["term_id"]
    await a_lesson(sql, term, title="Second", lesson_number=7)
    first = f"lesson_number: {(await row(sql, 'lesson', lesson))['lesson_number']}"
    who = Scripted(typing(first, "lesson_number: 7"), left)
    assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
    found = re.match(r"# ! Not stored, one thing is wrong:\n# ! line (\d+), lesson_number: ", who.texts[1])
    assert found


async def test_a_trigger_of_somebodys_own_is_told_too(sql: Connection, lesson: UUID) -> None:
    await sql.execute("""
        create function refuse() returns trigger language plpgsql as $$ begin raise 'no Bowls'; end $$;
        create trigger refuse before update on lesson for each row execute function refuse()
    """)
    who = Scripted(typing("title: Giraffe", "title: Bowl"), left)
    assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
    assert "no Bowls" in who.texts[1]


async def test_what_is_given_up_is_unfinished_and_what_is_not_wanted_dropped(sql: Connection, lesson: UUID) -> None:
    assert await edited(Scripted(given_up), ("lesson", lesson)) is Left.UNFINISHED
    who = Scripted(typing("title: Giraffe", "title: Bowl"), choices=[Choice.DROP])
    assert await edited(who, ("lesson", lesson)) is Left.DROPPED
    again = Scripted(
        typing("title: Giraffe", "title: Bowl"),
        typing("title: Bowl", "title: Cup"),
        choices=[Choice.AGAIN, Choice.STORE],
    )
    assert isinstance(await edited(again, ("lesson", lesson)), Stored)
    assert (await row(sql, "lesson", lesson))["title"] == "Cup"


# Several things, and new ones


async def test_marked_things_open_together_each_once_and_are_stored_together(sql: Connection, lesson: UUID) -> None:
    second = await a_lesson(sql, (await row(sql, "lesson", lesson))["term_id"], title="Second")
    topic, release = await a_topic(sql, "Drinks"), await a_release(sql, name="Spring")

    def edit(text: str) -> str:
        for old, new in ("Giraffe", "First"), ("title: Second", "title: 2nd"), ("Drinks", "Tea"), ("Spring", "Fall"):
            text = text.replace(old, new)
        return text

    who = Scripted(edit)
    things = ("lesson", lesson), ("lesson", second), ("topic", topic), ("release", release)
    assert isinstance(await edited(who, *things), Stored)
    names = [(await row(sql, kind, key)) for kind, key in things]
    assert [it.get("title") or it["name"] for it in names] == ["First", "2nd", "Tea", "Fall"]
    assert who.texts[0].count("terms:") == 1


async def test_names_of_topics_and_slugs_change_hands_in_one_text(sql: Connection) -> None:
    tea, milk = await a_topic(sql, "Tea"), await a_topic(sql, "Milk")
    first, second = await a_public_program(sql, slug="tea"), await a_public_program(sql, slug="milk")
    third = await a_program(sql, slug="sugar")

    def swap(text: str) -> str:
        for key in ("name", "slug"):
            for old, new in ("Tea", "Milk"), ("tea", "milk"):
                text = text.replace(f"{key}: {old}", f"{key}: ?").replace(f"{key}: {new}", f"{key}: {old}")
                text = text.replace(f"{key}: ?", f"{key}: {new}")
        return text.replace("slug: sugar", "slug: cup").replace("slug: milk", "slug: sugar", 1)

    who = Scripted(swap)
    things = *(("topic", key) for key in (tea, milk)), *(("program", key) for key in (first, second, third))
    assert isinstance(await edited(who, *things), Stored), who.texts

    assert [(await row(sql, "topic", key))["name"] for key in (tea, milk)] == ["Milk", "Tea"]
    assert await history(sql, tea) == ["topic.create", "topic.change"]
    found = [await row(sql, "program", key) for key in (first, second, third)]
    assert [(it["slug"], it["former_slugs"]) for it in found] == [("sugar", []), ("tea", ["milk"]), ("cup", [])]
    leads = {it["slug"]: it["program_id"] for it in await sql.fetch("select slug, program_id from program_slug")}
    assert leads == {"sugar": first, "tea": second, "milk": second, "cup": third}
    assert await sql.fetchval("select current_setting('chaishots.slugs_given_up', true)") in (None, "")


async def test_a_program_with_terms_and_lessons_is_made_at_once(sql: Connection) -> None:
    def fill(text: str) -> str:
        text = text.replace('  - title: ""', "  - title: కొత్త", 1).replace(
            'language_primary: ""', "language_primary: te", 1
        )
        text = text.replace("languages_available: null", "languages_available: [te, hi]").replace(
            "topics: []", "topics: [New]"
        )
        text = re.sub(r"(?m)^#( {4,}\S.*)$", r"\1", text)
        text = text.replace('- term_number: 1\n        title: ""', "- term_number: 1\n        title: null")
        return text.replace('            title: ""', "            title: ఒకటి")

    who = Scripted(fill)
    done = await made(who, "program")
    assert isinstance(done, Stored), who.texts
    assert done.imported.created.total == 4
    found = await sql.fetchrow("select title, status from lesson")
    assert tuple(found or ()) == ("ఒకటి", "draft")


_MOMENT_OF_NEW = """apply_at: null
    publish_zone: null
    patch:
      title: \"\""""


async def test_a_term_a_lesson_a_topic_a_release_and_a_change_are_made(sql: Connection, lesson: UUID) -> None:
    known = await row(sql, "lesson", lesson)
    program = (await row(sql, "term", known["term_id"]))["program_id"]
    for kind, inside, old, new in [
        ("term", program, '        title: ""', "        title: Consonants"),
        ("lesson", known["term_id"], '            title: ""', "            title: Third\n            status: draft"),
        ("topic", None, 'name: ""', "name: Letters"),
        ("release", None, 'name: ""', "name: Spring"),
        ("change", lesson, _MOMENT_OF_NEW, 'apply_at: "+2h"\n    patch: {title: Cup}'),
    ]:

        def fill(text: str, *, old: str, new: str) -> str:
            assert text.count(old) == 1, text
            return text.replace(old, new).replace("duration_ms: null", "duration_ms: 90_000")

        who = Scripted(partial(fill, old=old, new=new), left)
        done = await made(who, kind, inside)
        assert isinstance(done, Stored), who.texts
        assert done.imported.created.total == 1
    assert await sql.fetchval("select count(*) from change where status = 'scheduled'") == 1
    assert await sql.fetchval("select max(lesson_number) from lesson") == known["lesson_number"] + 1


async def test_an_item_that_is_written_beside_the_others_is_new(sql: Connection, lesson: UUID) -> None:
    new = "          - {lesson_number: 44, title: Beside, content_type: article, content_language_primary: te}\n"
    who = Scripted(lambda text: text.replace("\n# What the keys", f"{new}\n# What the keys"))
    done = await edited(who, ("lesson", lesson))
    assert isinstance(done, Stored), who.texts
    assert (done.imported.created.total, done.imported.changed.total) == (1, 0)


async def test_a_lesson_moves_to_another_term_of_the_text(sql: Connection, lesson: UUID) -> None:
    program = (await row(sql, "term", (await row(sql, "lesson", lesson))["term_id"]))["program_id"]
    other = await a_term(sql, program, title="Other", term_number=1_000_000)  # behind the lesson's
    brief = f"      - id: {other}\n        term_number: 1000000\n        title: Other\n"

    def move(text: str) -> str:
        lessons = text[text.index("        lessons:") : text.index("\n      - id: " + str(other))]
        return text.replace(lessons, "").replace(brief, brief + lessons + "\n")

    who = Scripted(move, left)
    done = await edited(who, ("lesson", lesson), ("term", other))
    if not isinstance(done, Stored):  # where the other term is written whole
        pytest.fail(who.texts[-1])
    assert (await row(sql, "lesson", lesson))["term_id"] == other


async def test_an_id_that_was_not_opened_is_refused_where_it_stands(sql: Connection, lesson: UUID) -> None:
    stranger = await a_lesson(sql, title="Stranger")
    for other in stranger, uuid4():
        who = Scripted(typing(f"- id: {lesson}", f"- id: {other}"), left)
        assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
        assert "id: This id was not opened here" in who.texts[1]
    assert (await row(sql, "lesson", stranger))["title"] == "Stranger"


# At a moment


async def test_an_edit_waits_for_its_moment(sql: Connection, lesson: UUID) -> None:
    moment = datetime(2100, 1, 1, 18, tzinfo=UTC)

    def edit(text: str) -> str:
        return text.replace("title: Giraffe", "title: Cup").replace("title: Vowels", "title: అచ్చులు")

    done = await edited(Scripted(edit, choices=[At(moment, "Asia/Kolkata")]), ("lesson", lesson))
    assert isinstance(done, Stored)
    assert (await row(sql, "lesson", lesson))["title"] == "Giraffe"
    changes = await sql.fetch(
        "select object_type, patch::text, apply_at, scheduled_by from change order by object_type"
    )
    assert [tuple(change) for change in changes] == [
        ("lesson", '{"title": "Cup"}', moment, "asha"),
        ("term", '{"title": "అచ్చులు"}', moment, "asha"),
    ]


async def test_what_goes_from_a_map_at_a_moment_is_null_in_the_patch(sql: Connection, lesson: UUID) -> None:
    await change_lesson(
        lesson, {"subtitle_urls": {"te": "https://x.example/te", "en": "https://x.example/en"}}, actor="x"
    )
    typed = typing("              en: https://x.example/en\n", "")
    done = await edited(Scripted(typed, choices=[At(datetime(2100, 1, 1, tzinfo=UTC), None)]), ("lesson", lesson))
    assert isinstance(done, Stored)
    assert await sql.fetchval("select patch::text from change") == '{"subtitle_urls": {"en": null}}'


async def test_a_moment_that_has_passed_is_told_and_asked_about_again(sql: Connection, lesson: UUID) -> None:
    who = Scripted(typing("title: Giraffe", "title: Cup"), left, choices=[At(datetime(2001, 1, 1, tzinfo=UTC), None)])
    assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
    assert who.texts[1].startswith("# ! Not stored")


# Two at once


def another(lesson: UUID, **values: object) -> Callable[[], object]:
    return lambda: change_lesson(lesson, values, actor="ravi")


async def test_what_somebody_else_changed_beside_it_stays_and_is_told(sql: Connection, lesson: UUID) -> None:
    who = Scripted(typing("title: Giraffe", "title: Cup"), meanwhile=another(lesson, summary="New"))
    done = await edited(who, ("lesson", lesson))
    assert isinstance(done, Stored)
    assert done.meanwhile is not None
    assert [line for thing in done.meanwhile.others for line in thing.lines()][1:] == [
        "  - summary: Old",
        "  + summary: New",
    ]
    found = await row(sql, "lesson", lesson)
    assert (found["title"], found["summary"]) == ("Cup", "New")
    assert who.conflicts == []


@pytest.mark.parametrize(
    ("resolution", "title", "summary"),
    [
        (Resolution.MINE, "Cup", "Mine"),
        (Resolution.THEIRS, "Theirs", "Mine"),
        (Resolution.DROP, "Theirs", "Old"),
    ],
)
async def test_where_both_changed_the_same_the_three_are_shown_and_one_is_chosen(
    sql: Connection, lesson: UUID, resolution: Resolution, title: str, summary: str
) -> None:
    def edit(text: str) -> str:
        return text.replace("title: Giraffe", "title: Cup").replace("summary: Old", "summary: Mine")

    who = Scripted(edit, resolution=resolution, meanwhile=another(lesson, title="Theirs"))
    done = await edited(who, ("lesson", lesson))
    assert isinstance(done, Stored) is (resolution is not Resolution.DROP)
    assert who.conflicts == [["lesson “Theirs”: title", "  it was: Giraffe", "  theirs: Theirs", "  yours : Cup"]]
    found = await row(sql, "lesson", lesson)
    assert (found["title"], found["summary"]) == (title, summary)


async def test_edited_again_the_text_says_what_the_other_one_did(sql: Connection, lesson: UUID) -> None:
    who = Scripted(
        typing("title: Giraffe", "title: Cup"),
        typing("title: Cup", "title: Both"),
        resolution=Resolution.AGAIN,
        meanwhile=another(lesson, title="Theirs", summary="New"),
    )
    assert isinstance(await edited(who, ("lesson", lesson)), Stored)
    assert "theirs: Theirs" in who.texts[1].splitlines()[0]
    found = await row(sql, "lesson", lesson)
    assert (found["title"], found["summary"]) == ("Both", "New")


async def test_what_was_deleted_meanwhile_is_not_made_again(sql: Connection, lesson: UUID) -> None:
    who = Scripted(typing("title: Giraffe", "title: Cup"), left, meanwhile=lambda: delete_lesson(lesson, actor="ravi"))
    assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
    assert "deleted" in who.texts[1].splitlines()[0]
    assert "title: Cup" in who.texts[1]
    assert await sql.fetchval("select count(*) from lesson") == 0


# What is new is never something that is there


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("term", "        term_number: 2", "        term_number: 1", "line {}, term_number: "),
        ("lesson", "            lesson_number: 2", "            lesson_number: 1", "line {}, lesson_number: "),
        ("topic", 'name: ""', "name: DRINKS", "There is a topic Drinks already"),
        ("release", "  - id: ", "  - id: {taken}\n    # ", "line {}, id: Something has this id already"),
    ],
)
async def test_what_is_new_takes_the_place_of_nothing(
    sql: Connection, kind: str, old: str, new: str, said: str
) -> None:
    program = await a_program(sql, title="Tea")
    term = await a_term(sql, program, title="First", term_number=1)
    await a_lesson(sql, term, title="Public", lesson_number=1, status="published")
    await a_topic(sql, "Drinks")
    before = await sql.fetchval("select max(seq) from activity")

    def fill(text: str) -> str:
        text = text.replace("- term_number", "-\n        term_number").replace(
            "- lesson_number", "-\n            lesson_number"
        )
        assert text.count(old) == 1, text
        text = text.replace(old, new.replace("{taken}", str(program))).replace("duration_ms: null", "duration_ms: 9")
        return text.replace('title: ""', "title: New").replace('name: ""', "name: New")

    who = Scripted(fill, left)
    assert await made(who, kind, {"term": program, "lesson": term}.get(kind)) is Left.UNFINISHED
    assert re.search(said.format(r"\d+"), who.texts[1]), who.texts[1]
    assert await sql.fetchval("select max(seq) from activity") == before


async def test_of_two_who_make_the_next_lesson_at_once_the_second_is_told(sql: Connection, lesson: UUID) -> None:
    term = (await row(sql, "lesson", lesson))["term_id"]

    def fill(title: str) -> Typed:
        return lambda text: text.replace('title: ""', f"title: {title}").replace("duration_ms: null", "duration_ms: 9")

    async def meanwhile() -> None:
        assert isinstance(await made(Scripted(fill("Asha's")), "lesson", term), Stored)

    who = Scripted(fill("Ravi's"), left, meanwhile=meanwhile)
    assert await made(who, "lesson", term) is Left.UNFINISHED
    assert ", lesson_number: " in who.texts[1]
    assert {one["title"] for one in await sql.fetch("select title from lesson")} == {"Giraffe", "Asha's"}


async def test_a_program_of_a_title_that_there_is_is_another_one(sql: Connection) -> None:
    await a_program(sql, title="Tea", language_primary="en", languages_available=["en"])
    fill = typing('title: ""', "title: Tea")
    who = Scripted(lambda text: (fill(text.partition("\n# Terms")[0])).replace('primary: ""', "primary: en"))
    assert isinstance(await made(who, "program"), Stored), who.texts
    assert await sql.fetchval("select count(*) from program where title = 'Tea'") == 2


async def test_an_item_whose_id_was_taken_out_is_new_and_changes_nobody(sql: Connection, lesson: UUID) -> None:
    number = (await row(sql, "lesson", lesson))["lesson_number"]
    who = Scripted(
        typing(f"- id: {lesson}\n            lesson_number: {number}", f"- lesson_number: {number}"),
        typing(f"- lesson_number: {number}", "- lesson_number: 9999"),
    )
    done = await edited(who, ("lesson", lesson))
    assert isinstance(done, Stored), who.texts
    assert "lesson_number: " in who.texts[1].splitlines()[1]
    assert await sql.fetchval("select count(*) from lesson") == 2


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", '"-2d"'])
async def test_a_change_for_a_moment_that_has_passed_is_refused_at_its_line(
    sql: Connection, lesson: UUID, at: str
) -> None:
    who = Scripted(
        lambda text: text.replace("apply_at: null", f"apply_at: {at}").replace('title: ""', "title: New"), left
    )
    assert await made(who, "change", lesson) is Left.UNFINISHED
    assert re.search(r"line \d+, apply_at: This moment has passed", who.texts[1])
    assert await sql.fetchval("select count(*) from change") == 0


async def test_what_was_moved_meanwhile_is_told_so(sql: Connection, lesson: UUID) -> None:
    other = await a_term(sql, await a_program(sql, title="Other"), title="Elsewhere")
    who = Scripted(typing("title: Giraffe", "title: Cup"), left, meanwhile=another(lesson, term_id=other))
    assert await edited(who, ("lesson", lesson)) is Left.UNFINISHED
    assert "Somebody has moved it meanwhile" in who.texts[1].splitlines()[0]


@pytest.mark.parametrize("key", ["title: తెలుగు", "language_primary: en", "title: Vowels", "content_type: video"])
async def test_any_key_may_be_left_out_and_stays(sql: Connection, lesson: UUID, key: str) -> None:
    def edit(text: str) -> str:
        assert f" {key}\n" in text
        return re.sub(rf"(?m)^ *{key}\n", "", text, count=1).replace("title: Giraffe", "title: Cup")

    who = Scripted(edit)
    assert isinstance(await edited(who, ("lesson", lesson)), Stored), who.texts
    assert len(who.shown[0]) == 3


async def test_what_is_edited_again_and_left_as_it_is_is_shown_again(sql: Connection, lesson: UUID) -> None:
    who = Scripted(typing("title: Giraffe", "title: Cup"), left, choices=[Choice.AGAIN, Choice.STORE])
    assert isinstance(await edited(who, ("lesson", lesson)), Stored)
    assert len(who.shown) == 2
