"""No writer, psql included, changes content without its line in the history and a notice to who listens."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chaishots.database.connection import Connection
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    a_lesson,
    a_program,
    a_public_program,
    a_term,
    a_topic,
    row,
)
from tests.conftest import Database

Make = Callable[[Connection], Awaitable[UUID]]

SCHEDULE = "status = 'scheduled', publish_at = now() + interval '1 hour'"
CHANNEL = "chaishots_content"


async def lines(sql: Connection, *, after: int = 0) -> list[dict[str, Any]]:
    """The history from a place on, in its order."""
    found = await sql.fetch("select * from activity where seq > $1 order by seq", after)
    return [{**line, **{side: line[side] and json.loads(line[side]) for side in ("before", "after")}} for line in found]


async def end(sql: Connection) -> int:
    """How far the history goes."""
    return await sql.fetchval("select coalesce(max(seq), 0) from activity")


def content(side: dict[str, Any]) -> dict[str, Any]:
    """One side of a change, without what changes with every change."""
    return {name: value for name, value in side.items() if name not in {"version", "updated_at"}}


async def added(sql: Connection, statement: str, *values: Any) -> list[dict[str, Any]]:
    """The lines that one statement adds."""
    place = await end(sql)
    await sql.execute(statement, *values)
    return await lines(sql, after=place)


def lesson(**columns: Any) -> Make:
    """A lesson of a program that is public already, so that the lesson's step is the only one."""

    async def make(sql: Connection) -> UUID:
        return await a_lesson(sql, await a_term(sql, await a_public_program(sql)), **columns)

    return make


async def an_archived_program_with_public_lessons(sql: Connection) -> UUID:
    key = await a_public_program(sql)
    await sql.execute("update program set status = 'archived' where id = $1", key)
    return key


# Actions -------------------------------------------------------------------------------------------------------------
STEPS: list[tuple[str, Make, str]] = [
    ("lesson.change", lesson(), "update lesson set title = 'New' where id = $1"),
    ("lesson.change", lesson(due_in=AN_HOUR), "update lesson set title = 'New' where id = $1"),
    ("lesson.change", lesson(), "update lesson set publish_at = now() where id = $1"),
    ("lesson.schedule", lesson(), f"update lesson set {SCHEDULE} where id = $1"),
    ("lesson.reschedule", lesson(due_in=A_MOMENT_AGO), f"update lesson set {SCHEDULE} where id = $1"),
    (
        "lesson.unschedule",
        lesson(due_in=AN_HOUR),
        "update lesson set status = 'draft', publish_at = null where id = $1",
    ),
    ("lesson.publish", lesson(), "update lesson set status = 'published' where id = $1"),
    ("lesson.publish", lesson(due_in=A_MOMENT_AGO), "update lesson set status = 'published' where id = $1"),
    ("lesson.archive", lesson(), "update lesson set status = 'archived' where id = $1"),
    ("lesson.archive", lesson(due_in=AN_HOUR), "update lesson set status = 'archived' where id = $1"),
    ("lesson.archive", lesson(status="published"), "update lesson set status = 'archived' where id = $1"),
    ("lesson.restore", lesson(status="archived"), "update lesson set status = 'draft' where id = $1"),
    ("lesson.refuse", lesson(due_in=A_MOMENT_AGO), "update lesson set publish_error = 'No poster.' where id = $1"),
    (
        "lesson.retry",
        lesson(due_in=A_MOMENT_AGO, publish_error="No poster."),
        "update lesson set publish_error = null where id = $1",
    ),
    ("lesson.delete", lesson(), "delete from lesson where id = $1"),
    ("program.change", a_program, "update program set title = 'New' where id = $1"),
    ("program.publish", a_program, "update program set status = 'published' where id = $1"),
    ("program.archive", a_program, "update program set status = 'archived' where id = $1"),
    ("program.archive", a_public_program, "update program set status = 'archived' where id = $1"),
    (
        "program.restore",
        lambda sql: a_program(sql, status="archived"),
        "update program set status = 'draft' where id = $1",
    ),
    (
        "program.restore",
        an_archived_program_with_public_lessons,
        "update program set status = 'published' where id = $1",
    ),
    ("program.delete", a_program, "delete from program where id = $1"),
    ("term.change", a_term, "update term set title = 'New' where id = $1"),
    ("term.change", a_term, "update term set term_number = term_number + 1 where id = $1"),
    ("term.delete", a_term, "delete from term where id = $1"),
    ("topic.change", a_topic, "update topic set name = 'New' where id = $1"),
    ("topic.delete", a_topic, "delete from topic where id = $1"),
]


@pytest.mark.parametrize(
    ("action", "make", "statement"),
    [pytest.param(*step, id=f"{step[0]} by {step[2].split(' where')[0]}") for step in STEPS],
)
async def test_each_step_leaves_one_line_that_names_it(
    sql: Connection, action: str, make: Make, statement: str
) -> None:
    key = await make(sql)

    made = await added(sql, statement, key)

    assert [(line["action"], line["object_type"], line["object_id"]) for line in made] == [
        (action, action.split(".")[0], key)
    ]


@pytest.mark.parametrize(
    ("make", "statement"),
    [
        pytest.param(make, statement, id=f"{action} by {statement.split(' where')[0]}")
        for action, make, statement in [
            *STEPS,
            (
                "lesson.publish",
                lesson(due_in=A_MOMENT_AGO, publish_error="No poster."),
                "update lesson set status = 'published' where id = $1",
            ),
            (
                "lesson.publish",
                lesson(due_in=AN_HOUR),
                "update lesson set status = 'published', title = 'New', publish_at = null where id = $1",
            ),
        ]
        if action.startswith("lesson.") and statement.startswith("update")
    ],
)
async def test_a_step_of_a_lesson_leaves_what_it_changed_and_nothing_else(
    sql: Connection, make: Make, statement: str
) -> None:
    key = await make(sql)
    whole = "select to_jsonb(lesson) from lesson where id = $1"
    before: dict[str, Any] = json.loads(await sql.fetchval(whole, key))

    (made,) = await added(sql, statement, key)

    after: dict[str, Any] = json.loads(await sql.fetchval(whole, key))
    changed = {name for name, value in after.items() if value != before[name]}
    assert made["before"] == {name: before[name] for name in changed}
    assert made["after"] == {name: after[name] for name in changed}


@pytest.mark.parametrize(
    ("table", "make"),
    [("lesson", a_lesson), ("program", a_program), ("term", a_term), ("topic", a_topic)],
    ids=["lesson", "program", "term", "topic"],
)
async def test_a_creation_leaves_a_line_with_the_whole_row(sql: Connection, table: str, make: Make) -> None:
    key = await make(sql)

    made = (await lines(sql))[-1]

    assert (made["action"], made["object_id"], made["before"]) == (f"{table}.create", key, None)
    assert made["after"] == json.loads(await sql.fetchval(f"select to_jsonb(t) from {table} t where id = $1", key))


@pytest.mark.parametrize(
    ("table", "make"),
    [("lesson", a_lesson), ("program", a_program), ("term", a_term), ("topic", a_topic)],
    ids=["lesson", "program", "term", "topic"],
)
async def test_a_deletion_leaves_a_line_with_the_whole_row(sql: Connection, table: str, make: Make) -> None:
    key = await make(sql)
    whole = json.loads(await sql.fetchval(f"select to_jsonb(t) from {table} t where id = $1", key))

    (made,) = await added(sql, f"delete from {table} where id = $1", key)

    assert (made["before"], made["after"]) == (whole, None)


async def test_a_topic_given_to_a_program_leaves_a_line_of_the_program(sql: Connection) -> None:
    program, topic = await a_program(sql), await a_topic(sql)

    made, *_ = await added(sql, "insert into program_topic values ($1, $2)", program, topic)

    assert (made["action"], made["object_type"], made["object_id"]) == ("program.add_topic", "program", program)
    assert (made["before"], made["after"]) == (None, {"topic_id": str(topic)})


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("insert into program_topic select $1, id from topic where name = 'New'", id="given"),
        pytest.param("delete from program_topic where program_id = $1", id="taken away"),
    ],
)
async def test_a_program_that_gets_or_loses_a_topic_makes_its_next_version(sql: Connection, statement: str) -> None:
    program, topic = await a_program(sql), await a_topic(sql)
    await a_topic(sql, "New")
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)
    before = await row(sql, "program", program)

    await sql.execute(statement, program)

    assert (await row(sql, "program", program))["version"] == before["version"] + 1


async def test_a_topic_taken_from_a_program_leaves_a_line_of_the_program(sql: Connection) -> None:
    program, topic = await a_program(sql), await a_topic(sql)
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)

    made, *_ = await added(sql, "delete from program_topic")

    assert (made["action"], made["object_type"], made["object_id"]) == ("program.remove_topic", "program", program)
    assert (made["before"], made["after"]) == ({"topic_id": str(topic)}, None)


@pytest.mark.parametrize(
    ("table", "emptied"),
    [
        ("lesson", {"lesson"}),
        ("term", {"term", "lesson"}),
        ("program", {"program", "program_topic", "term", "lesson"}),
        ("topic", {"topic", "program_topic"}),
        ("program_topic", {"program_topic"}),
    ],
)
async def test_a_truncate_leaves_a_line_for_each_table_that_it_empties(
    sql: Connection, table: str, emptied: set[str]
) -> None:
    made = await added(sql, f"truncate {table} cascade")

    assert sorted((line["action"], line["object_type"]) for line in made) == sorted(
        (f"{name}.truncate", name) for name in emptied
    )


async def test_a_lesson_that_publishes_its_program_comes_before_it_in_the_history(sql: Connection) -> None:
    key = await a_lesson(sql)

    made = await added(sql, "update lesson set status = 'published' where id = $1", key)

    assert [line["action"] for line in made] == ["lesson.publish", "program.publish"]


async def test_a_program_that_is_mended_comes_before_the_lessons_that_are_tried_again(sql: Connection) -> None:
    program = await a_program(sql, posters={})
    await a_lesson(sql, await a_term(sql, program), due_in=A_MOMENT_AGO, publish_error="No poster.")

    made = await added(sql, "update program set description = 'New'")

    assert [line["action"] for line in made] == ["program.change", "lesson.retry"]


async def test_deleting_a_program_leaves_lines_for_all_that_goes_with_it(sql: Connection) -> None:
    program, topic = await a_program(sql), await a_topic(sql)
    await sql.execute("insert into program_topic values ($1, $2)", program, topic)
    terms = [await a_term(sql, program) for _ in range(2)]
    lessons = [await a_lesson(sql, term) for term in terms for _ in range(2)]

    made = await added(sql, "delete from program where id = $1", program)

    assert sorted((line["action"], line["object_id"]) for line in made) == sorted(
        [
            ("program.delete", program),
            ("program.remove_topic", program),
            *(("term.delete", term) for term in terms),
            *(("lesson.delete", lesson) for lesson in lessons),
        ]
    )


async def test_an_upsert_leaves_a_creation_for_what_is_new_and_a_change_for_what_was_there(sql: Connection) -> None:
    there = await a_topic(sql, "Physics")

    made = await added(
        sql,
        """
        insert into topic (id, name) values ($1, 'Optics'), (default, 'Chemistry')
            on conflict (id) do update set name = excluded.name
        """,
        there,
    )

    assert sorted(line["action"] for line in made) == ["topic.change", "topic.create"]


async def test_copied_rows_leave_their_lines(sql: Connection) -> None:
    place = await end(sql)

    await sql.copy_records_to_table("topic", records=[("Physics",), ("Chemistry",)], columns=["name"])

    assert [line["action"] for line in await lines(sql, after=place)] == ["topic.create"] * 2


@pytest.mark.parametrize(
    ("table", "make"), [("lesson", a_lesson), ("program", a_program), ("term", a_term), ("topic", a_topic)]
)
async def test_nothing_gets_another_id_behind_the_historys_back(sql: Connection, table: str, make: Make) -> None:
    key, place = await make(sql), await end(sql)

    try:
        await sql.execute(f"update {table} set id = chaishots_uuid7() where id = $1", key)
    except asyncpg.IntegrityConstraintViolationError:
        return  # refused: as good as told

    assert await lines(sql, after=place) != []


# What changed --------------------------------------------------------------------------------------------------------
async def test_a_change_holds_what_changed_before_and_after_and_nothing_else(sql: Connection) -> None:
    key = await a_lesson(sql, title="Old", is_paid=False, duration_ms=1)

    (made,) = await added(sql, "update lesson set title = 'New', is_paid = true, duration_ms = 1 where id = $1", key)

    assert content(made["before"]) == {"title": "Old", "is_paid": False}
    assert content(made["after"]) == {"title": "New", "is_paid": True}


@pytest.mark.parametrize(
    ("table", "make"),
    [("lesson", a_lesson), ("program", a_program), ("term", a_term), ("topic", a_topic)],
    ids=["lesson", "program", "term", "topic"],
)
async def test_a_change_holds_the_version_before_and_after(sql: Connection, table: str, make: Make) -> None:
    key = await make(sql)
    column = "name" if table == "topic" else "title"

    (made,) = await added(sql, f"update {table} set {column} = 'New' where id = $1", key)

    assert (made["before"]["version"], made["after"]["version"]) == (1, 2)


@pytest.mark.parametrize(
    ("statement", "before", "after"),
    [
        pytest.param("update term set title = 'Waves'", {"title": None}, {"title": "Waves"}, id="what was not there"),
        pytest.param("update term set title = null", {"title": "Light"}, {"title": None}, id="what is no longer there"),
    ],
)
async def test_a_change_tells_of_what_came_and_what_went(
    sql: Connection, statement: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    await a_term(sql, title=before["title"])

    (made,) = await added(sql, statement)

    assert (content(made["before"]), content(made["after"])) == (before, after)


async def test_a_map_that_changed_is_told_whole(sql: Connection) -> None:
    key = await a_program(sql, posters={})
    posters = {"en": {"square": "https://a"}}

    (made,) = await added(sql, "update program set posters = $2 where id = $1", key, json.dumps(posters))

    assert (made["before"]["posters"], made["after"]["posters"]) == ({}, posters)


async def test_a_refusal_holds_the_reason_and_nothing_else(sql: Connection) -> None:
    key = await a_lesson(sql, due_in=A_MOMENT_AGO)

    (made,) = await added(sql, "update lesson set publish_error = 'No poster.' where id = $1", key)

    assert (made["before"], made["after"]) == ({"publish_error": None}, {"publish_error": "No poster."})


async def test_a_statement_of_many_rows_leaves_a_line_for_each_that_changed(sql: Connection) -> None:
    keys = [await a_topic(sql, name) for name in ("Physics", "Chemistry", "Optics")]

    made = await added(sql, "update topic set name = case name when 'Optics' then name else 'New ' || name end")

    assert {line["object_id"]: content(line["after"]) for line in made} == {
        keys[0]: {"name": "New Physics"},
        keys[1]: {"name": "New Chemistry"},
    }


async def test_lessons_published_together_are_told_in_the_order_of_their_times(sql: Connection) -> None:
    term = await a_term(sql)
    keys = [await a_lesson(sql, term, due_in=A_MOMENT_AGO * (place + 1)) for place in range(3)]

    made = await added(sql, "update lesson set status = 'published'")

    assert [line["object_id"] for line in made if line["object_type"] == "lesson"] == keys[::-1]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update program set title = title", id="a program"),
        pytest.param("update term set title = title", id="a term"),
        pytest.param("update lesson set title = title, version = version", id="a lesson"),
        pytest.param("update topic set name = name", id="a topic"),
        pytest.param("update lesson set title = 'New' where false", id="no row"),
        pytest.param("delete from lesson where false", id="no row to delete"),
        pytest.param("insert into topic (name) select 'New' where false", id="no row to insert"),
        pytest.param(
            "insert into topic (id, name) select id, 'New' from topic on conflict do nothing", id="a conflict"
        ),
        pytest.param("insert into program_topic select * from program_topic on conflict do nothing", id="a link"),
        pytest.param("delete from program_topic where false", id="no link to delete"),
    ],
)
async def test_a_statement_that_changes_nothing_leaves_no_line(sql: Connection, statement: str) -> None:
    topic, lesson = await a_topic(sql), await a_lesson(sql)
    await sql.execute("insert into program_topic select id, $1 from program", topic)

    assert (await row(sql, "lesson", lesson))["version"] == 1
    assert await added(sql, statement) == []


async def test_a_change_that_is_rolled_back_leaves_no_line(sql: Connection) -> None:
    key, place = await a_topic(sql), await end(sql)

    transaction = sql.transaction()
    await transaction.start()
    await sql.execute("update topic set name = 'New' where id = $1", key)
    await transaction.rollback()

    assert await lines(sql, after=place) == []


# Who did it ----------------------------------------------------------------------------------------------------------
async def actors(sql: Connection) -> list[str]:
    """Who made the changes, one after the other."""
    return [line["actor"] for line in await lines(sql)]


async def test_who_writes_by_psql_is_the_databases_user(sql: Connection) -> None:
    await a_topic(sql)

    assert await actors(sql) == [await sql.fetchval("select session_user::text")]


async def test_who_takes_another_role_is_still_the_user_that_came_in(sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("set local role pg_write_all_data")
        await sql.execute("insert into topic (name) values ('Physics')")

    assert await actors(sql) == [await sql.fetchval("select session_user::text")]


async def test_the_actor_that_a_transaction_names_stands_in_all_its_lines(sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("select set_config('chaishots.actor', 'asha', true)")
        await sql.execute("delete from lesson where id = $1", await a_lesson(sql))

    assert set(await actors(sql)) == {"asha"}


async def test_the_actor_that_a_transaction_names_is_gone_with_it(sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("select set_config('chaishots.actor', 'asha', true)")
    await a_topic(sql)

    assert await actors(sql) == [await sql.fetchval("select session_user::text")]


async def test_an_actor_without_a_name_is_the_databases_user(sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("select set_config('chaishots.actor', '', true)")
        await a_topic(sql)

    assert await actors(sql) == [await sql.fetchval("select session_user::text")]


async def test_two_sessions_at_once_keep_their_actors_apart(sql: Connection, fresh_database: Database) -> None:
    other = await asyncpg.connect(fresh_database.dsn)
    async with sql.transaction(), other.transaction():
        await sql.execute("select set_config('chaishots.actor', 'asha', true)")
        await other.execute("select set_config('chaishots.actor', 'ravi', true)")
        await a_topic(sql, "Physics")
        await a_topic(other, "Chemistry")
    await other.close()

    assert {line["after"]["name"]: line["actor"] for line in await lines(sql)} == {
        "Physics": "asha",
        "Chemistry": "ravi",
    }


# The history itself --------------------------------------------------------------------------------------------------
async def test_seq_grows_in_the_order_in_which_things_happened(sql: Connection) -> None:
    key = await a_lesson(sql)
    for status in ("archived", "draft", "archived", "draft"):
        await sql.execute("update lesson set status = $2 where id = $1", key, status)

    of_lesson = [line for line in await lines(sql) if line["object_id"] == key]
    assert [line["action"] for line in of_lesson] == ["lesson.create", *["lesson.archive", "lesson.restore"] * 2]
    assert [line["at"] for line in of_lesson] == sorted(line["at"] for line in of_lesson)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update activity set actor = 'nobody'", id="update"),
        pytest.param("update activity set actor = actor", id="update of nothing"),
        pytest.param("delete from activity", id="delete"),
        pytest.param("delete from activity where false", id="delete of nothing"),
        pytest.param("truncate activity", id="truncate"),
        pytest.param("truncate activity restart identity cascade", id="truncate with all that hangs on it"),
    ],
)
async def test_the_history_is_only_ever_added_to(sql: Connection, statement: str) -> None:
    await a_topic(sql)
    before = await lines(sql)

    with pytest.raises(asyncpg.CheckViolationError, match="only ever added to"):
        await sql.execute(statement)

    assert await lines(sql) == before


# Notices -------------------------------------------------------------------------------------------------------------
class Notices:
    """What a session that listens was told."""

    def __init__(self) -> None:
        self._told: asyncio.Queue[str] = asyncio.Queue()

    def hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        """Take one notice."""
        self._told.put_nowait(str(payload))

    async def until_now(self, sql: Connection) -> list[str]:
        """All that was told before a notice that `sql` sends now: Postgres keeps them in their order."""
        await sql.execute(f"select pg_notify('{CHANNEL}', 'now')")
        heard: list[str] = []
        async with asyncio.timeout(10):
            while (told := await self._told.get()) != "now":
                heard.append(told)
        return heard


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[Notices]:
    """A session that listens for changes of content."""
    connection, notices = await asyncpg.connect(dsn), Notices()
    await connection.add_listener(CHANNEL, notices.hear)
    try:
        yield notices
    finally:
        await connection.remove_listener(CHANNEL, notices.hear)
        await connection.close()


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        pytest.param("insert into topic (name) values ('New')", {"topic:", "topic"}, id="an insert"),
        pytest.param("update topic set name = 'New'", {"topic:", "topic"}, id="a topic's change"),
        pytest.param("update program set title = 'New'", {"program:"}, id="a draft program's change"),
        pytest.param("update term set title = 'New'", {"term:"}, id="a draft program's term's change"),
        pytest.param("update lesson set title = 'New'", {"lesson:", "lesson:P"}, id="a scheduled lesson's change"),
        pytest.param("update lesson set publish_error = 'No poster.'", {"lesson:", "lesson:P"}, id="a refusal"),
        pytest.param(
            "update lesson set status = 'published'",
            {"lesson:", "lesson:P", "program:", "program:P"},
            id="a lesson and its program",
        ),
        pytest.param(
            "insert into program_topic select program.id, topic.id from program, topic",
            {"program_topic:"},
            id="a link",
        ),
        pytest.param("delete from lesson", {"lesson:", "lesson:P"}, id="a deletion"),
        pytest.param(
            "delete from program", {"program:", "term:", "lesson:", "lesson"}, id="a deletion of all that is in it"
        ),
        pytest.param("truncate term cascade", {"term", "lesson", "lesson gone"}, id="a truncate"),
    ],
)
async def test_a_change_gives_notices_of_each_table_it_changed_and_of_whom_that_concerns(
    sql: Connection, fresh_database: Database, statement: str, tables: set[str]
) -> None:
    await a_topic(sql)
    await a_lesson(sql, due_in=AN_HOUR)
    program = str(await sql.fetchval("select id from program"))
    async with listening(fresh_database.dsn) as notices:
        await sql.execute(statement)

        assert sorted(told.replace(program, "P") for told in await notices.until_now(sql)) == sorted(tables)


async def test_a_transaction_gives_the_same_notice_once_however_much_it_changes(
    sql: Connection, fresh_database: Database
) -> None:
    async with listening(fresh_database.dsn) as notices:
        async with sql.transaction():
            for name in ("Physics", "Chemistry", "Optics"):
                await a_topic(sql, name)
            await sql.execute("update topic set name = 'New ' || name")

        assert sorted(await notices.until_now(sql)) == ["topic", "topic:"]


async def test_nothing_is_told_before_the_commit(sql: Connection, fresh_database: Database) -> None:
    other = await asyncpg.connect(fresh_database.dsn)
    async with listening(fresh_database.dsn) as notices:
        async with sql.transaction():
            await a_topic(sql)
            during = await notices.until_now(other)
        after = await notices.until_now(other)
    await other.close()

    assert (during, sorted(after)) == ([], ["topic", "topic:"])


async def test_nothing_is_told_of_what_is_rolled_back(sql: Connection, fresh_database: Database) -> None:
    async with listening(fresh_database.dsn) as notices:
        transaction = sql.transaction()
        await transaction.start()
        await a_topic(sql)
        await transaction.rollback()

        assert await notices.until_now(sql) == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update lesson set title = title", id="an update of nothing"),
        pytest.param("update program set title = title", id="of a program"),
        pytest.param("delete from lesson where false", id="a deletion of nothing"),
        pytest.param("insert into topic (name) select 'New' where false", id="an insert of nothing"),
    ],
)
async def test_nothing_is_told_when_nothing_changed(sql: Connection, fresh_database: Database, statement: str) -> None:
    await a_lesson(sql)
    async with listening(fresh_database.dsn) as notices:
        await sql.execute(statement)

        assert await notices.until_now(sql) == []


async def test_a_step_that_comes_with_an_edit_leaves_both_in_the_history(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=AN_HOUR)

    await sql.execute("update lesson set status = 'published', title = 'New', archive_at = null where id = $1", lesson)

    before, after = await sql.fetchrow(
        "select before::text, after::text from activity where object_id = $1 and action = 'lesson.publish'", lesson
    )
    keys = {"status", "title", "published_at", "version", "updated_at"}
    assert (set(json.loads(before)), set(json.loads(after))) == (keys, keys)


async def test_a_step_is_recorded_as_the_whole_rows_say(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=AN_HOUR)
    earlier = await sql.fetchval("select to_jsonb(lesson) from lesson where id = $1", lesson)
    await sql.execute("update lesson set status = 'published' where id = $1", lesson)
    later = await sql.fetchval("select to_jsonb(lesson) from lesson where id = $1", lesson)

    line = await sql.fetchrow("select before, after from activity where action = 'lesson.publish'")

    whole = json.loads(earlier), json.loads(later)
    changed = {key for key in whole[0] if whole[0][key] != whole[1][key]}
    assert changed == {"status", "published_at", "version", "updated_at"}
    assert json.loads(line["before"]) == {key: whole[0][key] for key in changed}
    assert json.loads(line["after"]) == {key: whole[1][key] for key in changed}


async def test_a_column_that_somebody_added_is_in_the_history_too(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=AN_HOUR)
    for_now = sql.transaction()
    await for_now.start()
    await sql.execute("alter table lesson add column mood text")

    await sql.execute("update lesson set mood = 'merry', status = 'published' where id = $1", lesson)

    after = await sql.fetchval("select after from activity where action = 'lesson.publish'")
    await for_now.rollback()
    assert json.loads(after)["mood"] == "merry"


async def test_the_history_of_lessons_is_written_for_the_columns_that_there_are(sql: Connection) -> None:
    written = await sql.fetchval("select pg_get_functiondef('chaishots_record_lessons'::regproc)")
    await sql.execute("select chaishots_write_history_of_lessons()")
    assert await sql.fetchval("select pg_get_functiondef('chaishots_record_lessons'::regproc)") == written
