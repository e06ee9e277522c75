"""What has just happened: the history with names, what changed, how late, and the hours ahead."""

from datetime import UTC, datetime, timedelta

from chaishots.content.queries import history
from chaishots.content.queries.history_filter import HistoryFilter, read_filter
from chaishots.content.queries.lateness import read_lateness
from chaishots.content.queries.upcoming_and_overdue import hours_ahead
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests import builders
from tests.builders import A_MOMENT_AGO, AN_HOUR


async def test_the_history_names_what_it_is_about_the_newest_first(sql: Connection) -> None:
    program = await builders.a_program(sql, title="Chai")
    lesson = await builders.a_lesson(sql, await builders.a_term(sql, program, title="Ways"), title="Ginger")
    await sql.execute("update lesson set title = 'Ginger tea' where id = $1", lesson)
    lines = await history.history(sql, limit=10)
    assert [(line.action, line.title) for line in lines] == [
        ("lesson.change", "Ginger tea"),
        ("lesson.create", "Ginger tea"),
        ("term.create", "Ways"),
        ("program.create", "Chai"),
    ]
    assert {line.program_id for line in lines} == {program}
    assert (lines[0].before or {})["title"] == "Ginger"
    assert [line.seq for line in await history.history(sql, limit=2, before=lines[1].seq)] == [
        line.seq for line in lines[2:]
    ]


async def test_the_history_of_one_thing_of_a_program_and_by_words(sql: Connection) -> None:
    program = await builders.a_program(sql, title="Chai")
    lesson = await builders.a_lesson(sql, await builders.a_term(sql, program), title="Ginger")
    other = await builders.a_lesson(sql, title="Other")
    await sql.execute("update lesson set status = 'archived' where id = $1", other)

    async def actions(**asked: object) -> list[str]:
        return [line.action for line in await history.history(sql, limit=10, **asked)]  # type: ignore[arg-type]

    assert await actions(thing=lesson) == ["lesson.create"]
    assert await actions(program=program) == ["lesson.create", "term.create", "program.create"]
    assert await actions(only=HistoryFilter(words=["archi"])) == ["lesson.archive"]
    assert await actions(only=HistoryFilter(words=["ging"])) == ["lesson.create"]
    assert await actions(only=HistoryFilter(words=["ging"]), program=program) == ["lesson.create"]
    assert await actions(only=HistoryFilter(words=["ging"]), thing=other) == []


async def _by(sql: Connection, actor: str, statement: str, *values: object) -> None:
    async with sql.transaction():
        await sql.execute("select set_config('chaishots.actor', $1, true)", actor)
        await sql.execute(statement, *values)


async def test_the_history_by_who_what_and_when(sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="అల్లం టీ")
    await _by(sql, "ఆశా Rao", "update lesson set title = 'నిమ్మ టీ' where id = $1", lesson)
    await _by(sql, "ravi_1", "update lesson set status = 'archived' where id = $1", lesson)
    await _by(sql, "raviX1", "insert into topic (name) values ('Ginger')")
    lines = await history.history(sql, limit=100)
    builder = lines[-1].actor

    async def found(typed: str) -> list[tuple[str, str]]:
        only = read_filter(f"{typed} !who:{builder}", history.ACTIONS, datetime.now(UTC), UTC)
        assert only.is_understood
        lines = await history.history(sql, limit=100, only=only)
        assert await history.count_history(sql, only=only) == len(lines)
        return [(line.actor, line.action) for line in lines]

    asha, ravi, other = ("ఆశా Rao", "lesson.change"), ("ravi_1", "lesson.archive"), ("raviX1", "topic.create")
    assert await found("") == [other, ravi, asha]
    assert await found("who:rao") == await found('who:"ఆశా rao"') == await found("who:ఆశా") == [asha]
    assert await found("who:ao") == []
    assert await found("who:ravi") == [other, ravi]
    assert await found("who:ravi_") == await found("who:ravi !who:ravix") == [ravi]
    assert await found("what:archive") == await found("what:lesson.arch") == await found("WHAT:Archive") == [ravi]
    assert await found("what:lesson !what:lesson.change") == [ravi]
    assert await found("నిమ్మ టీ") == [ravi, asha]
    assert await found("అల్లం") == [asha]  # what it was called before
    assert await found("ginger") == [other]
    assert await found(f"{lesson} !change") == [ravi]
    assert await found("when:-1h !లేదు") == [other, ravi, asha]
    assert await found("when:..2026-01-01") == []


async def test_few_of_many_lines_are_counted_as_far_as_was_asked(sql: Connection) -> None:
    for number in range(5):
        await builders.a_topic(sql, name=f"Topic {number}")
    only = HistoryFilter(what=["create"])
    assert await history.count_history(sql, most=3, only=only) == 4
    assert await history.count_history(sql, most=5, only=only) == 5
    newest = await history.newest(sql)
    read = await history.history(sql, limit=9, after=newest - 2, only=only)
    assert [line.seq for line in read] == [newest, newest - 1]


async def test_a_deleted_thing_keeps_its_name_and_its_program(sql: Connection) -> None:
    program = await builders.a_program(sql)
    lesson = await builders.a_lesson(sql, await builders.a_term(sql, program), title="Ginger")
    await sql.execute("delete from lesson where id = $1", lesson)
    line = (await history.history(sql, limit=1))[0]
    assert (line.action, line.title, line.program_id) == ("lesson.delete", "Ginger", program)


async def test_changes_tell_which_program_they_concern(sql: Connection) -> None:
    program = await builders.a_program(sql)
    term = await builders.a_term(sql, program)
    newest = await sql.fetchval("select max(seq) from activity")
    lesson = await builders.a_lesson(sql, term)
    await sql.execute("update program set title = 'Chai' where id = $1", program)
    await builders.a_topic(sql)
    found = await history.changes(sql, after=newest, limit=10)
    assert [(one.object_id == lesson, one.program_id) for one in found[1:]] == [(False, program), (True, program)]
    assert found[0].program_id is None
    assert len(await history.changes(sql, after=0, limit=2)) == 2


async def test_lateness_counts_what_went_out_on_its_time(sql: Connection) -> None:
    await builders.a_lesson(sql, title="By hand", status="published")
    await builders.a_lesson(sql, title="On time", due_in=A_MOMENT_AGO)
    await publish_due(sql, actor="replica-1")
    (late,) = await read_lateness(sql, limit=10)
    assert late.title == "On time"
    assert 1_000 <= late.late_ms < 60_000


async def test_the_hours_ahead(sql: Connection) -> None:
    for due_in in (timedelta(minutes=5), timedelta(minutes=50), timedelta(hours=23, minutes=30), timedelta(hours=25)):
        await builders.a_lesson(sql, due_in=due_in)
    await builders.a_lesson(sql, due_in=-AN_HOUR)
    assert await hours_ahead(sql) == [2, *[0] * 22, 1]
