"""Things that people name, and why a program, term or release is public or not."""

import pytest

from chaishots.content.errors import NotFound
from chaishots.content.queries.find_by_name import Ambiguous, find_thing
from chaishots.content.queries.why_answer import Why
from chaishots.content.queries.why_program_or_release import explain
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import AN_HOUR, a_lesson, a_program, a_public_program, a_release, a_term
from tests.conftest import Database
from tests.content.queries.test_why_lesson import a_leader, psql


async def explained(sql: Connection, named: str) -> Why:
    """Why what is named so is public or not."""
    return await explain(sql, await find_thing(sql, named))


async def test_a_thing_is_named_by_its_id_its_title_in_any_language_a_part_of_it_or_its_slug(sql: Connection) -> None:
    program = await a_program(
        sql, title="రోజూ హిందీ", language_primary="te", slug="daily-hindi", translations={"en": {"title": "Daily Hindi"}}
    )
    lesson = await a_lesson(sql, await a_term(sql, program), title="बारिश की कहानी")
    for named in (str(program), "రోజూ హిందీ", "DAILY hindi", "daily-hindi", "రోజూ"):
        assert (await find_thing(sql, named)).id == program, named
    found = await find_thing(sql, " बारिश")
    assert (found.id, found.kind) == (lesson, "lesson")
    assert str(found).startswith(f"बारिश की कहानी (lesson {lesson}, రోజూ హిందీ, term ")


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("क्\u200dष की कहानी", "क्ष की"),
        ("نمایش\u200cها", "نمایشها"),
        ("Chai \U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f469\U0001f469\U0001f467"),
        ("Thé vert", "the VERT"),
        ("बाज़ार", "बाजार"),
        ("Soft\u00adware 100% \\_", "software 100% \\_"),
    ],
)
async def test_a_title_is_found_without_its_joiners_and_accents_also_when_it_was_deleted(
    sql: Connection, title: str, named: str
) -> None:
    lesson = await a_lesson(sql, title=title)
    assert (await find_thing(sql, named)).id == lesson
    await sql.execute("delete from lesson where id = $1", lesson)
    assert (await find_thing(sql, named)).id == lesson


async def test_a_title_as_it_was_typed_goes_before_one_that_differs_in_accents(sql: Connection) -> None:
    term = await a_term(sql)
    plain, _ = [await a_lesson(sql, term, title=title) for title in ("The vert", "Thé vert")]
    assert (await find_thing(sql, "the")).id == plain
    await sql.execute("delete from lesson where id = $1", plain)
    assert (await find_thing(sql, "the")).id == plain


async def test_several_that_fit_are_named_and_a_whole_title_goes_before_parts(sql: Connection) -> None:
    term = await a_term(sql)
    tea, *others = [await a_lesson(sql, term, title=title) for title in ("Tea", "Tea one", "Tea two")]
    assert (await find_thing(sql, "tea")).id == tea
    with pytest.raises(Ambiguous) as several:
        await find_thing(sql, "ea")
    assert {thing.id for thing in several.value.fits} == {tea, *others}


@pytest.mark.parametrize("named", ["", "100%", "\u200d", "\u0301", "019a2c00-0000-7000-8000-000000000001", "\x00"])
async def test_what_is_nowhere_is_not_found(named: str, sql: Connection) -> None:
    await a_lesson(sql)
    with pytest.raises(NotFound):
        await find_thing(sql, named)


async def test_what_was_deleted_is_told_with_its_title_and_who_did_it(sql: Connection) -> None:
    lesson = await a_lesson(sql, title="పాఠం")
    await sql.execute("delete from lesson where id = $1", lesson)
    user = await sql.fetchval("select current_user")
    for named in ("పాఠం", str(lesson)):
        answer = await explained(sql, named)
        assert (answer.title, answer.id, answer.is_public) == ("పాఠం", lesson, False)
        assert answer.reasons[0].text.startswith(f"It was deleted by {user}, ")
        assert answer.reasons[0].action == f"To bring it back as a draft: chaishots restore {lesson}"


async def test_a_program_says_whether_it_is_public_who_archived_it_and_what_is_to_come(sql: Connection) -> None:
    public = await a_public_program(sql, title="Public")
    draft = await a_program(sql, title="Draft", posters={})
    await a_lesson(sql, await a_term(sql, draft), due_in=AN_HOUR)
    assert "with 1 lesson; 0 scheduled" in (await explained(sql, "Public")).reasons[0].text
    assert [reason.code for reason in (await explained(sql, "Draft")).reasons] == ["not_due", "program_lacks_posters"]
    await sql.execute("update program set status = 'archived' where id = $1", public)
    hidden = await explained(sql, "Public")
    assert (hidden.is_public, hidden.reasons[0].code) == (False, "program_archived")
    assert "It is archived, by " in hidden.reasons[0].text


async def test_a_term_says_so_of_its_program(sql: Connection) -> None:
    program = await a_public_program(sql, title="Chai")
    term = await a_term(sql, program, title="Spices")
    assert (await explained(sql, "Spices")).reasons[0].code == "draft"
    await sql.execute("update program set status = 'archived' where id = $1", program)
    told = (await explained(sql, str(term))).reasons[0].text
    assert told.startswith("Its program, Chai, is archived, by ")


async def test_a_refused_release_names_what_holds_it_up(sql: Connection, fresh_database: Database) -> None:
    bare = await a_lesson(sql, await a_term(sql, await a_program(sql, title="Bare", posters={})), title="Culprit")
    release = await a_release(sql, name="Spring")
    await sql.execute("update lesson set release_id = $2 where id = any($1)", [await a_lesson(sql), bare], release)
    await sql.execute(
        "update release set status = 'scheduled', publish_at = now() + $2 where id = $1", release, AN_HOUR
    )
    async with a_leader(fresh_database):
        before = await explained(sql, "spring")
        await sql.execute("update release set publish_at = now() where id = $1", release)
        await publish_due(sql, actor="replica-1")
        after = await explained(sql, "spring")
    assert [reason.code for reason in before.reasons] == ["release_refused", "not_due"]
    assert [reason.code for reason in after.reasons] == ["release_refused", "release_refused"]
    assert all(
        f"Culprit ({bare}) holds it up: " in reasons[place].text
        for reasons, place in ((before.reasons, 0), (after.reasons, 1))
    )
    assert "refused as a whole" in after.reasons[0].text


async def test_a_release_that_waits_for_a_lock_names_the_row_and_who_has_it(
    sql: Connection, fresh_database: Database
) -> None:
    release = await a_release(sql)
    lesson = await a_lesson(sql, release_id=release, title="Held")
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)
    async with a_leader(fresh_database), psql(fresh_database) as other, other.transaction():
        await other.execute("select from lesson where id = $1 for update", lesson)
        [reason] = (await explained(sql, str(release))).reasons
    assert reason.code == "locked"
    assert (
        f"Its lesson Held ({lesson}) is locked by another transaction: process {other.get_server_pid()}" in reason.text
    )


async def test_what_was_deleted_is_found_by_a_part_of_its_title_and_what_there_is_in_any_language(
    sql: Connection,
) -> None:
    gone, there = await a_lesson(sql, title="ఉప్పు లేని కూర"), await a_lesson(sql, title="Salt")
    await sql.execute("""update lesson set translations = '{"hi": {"title": "नमक वाली चाय"}}' where id = $1""", there)
    await sql.execute("delete from lesson where id = $1", gone)
    assert (await find_thing(sql, "ఉప్పు లే")).id == gone
    assert (await find_thing(sql, "नमक वा")).id == there
