"""The history as a command: of a thing or of everything, by who, what and when."""

import json
from datetime import timedelta

from chaishots.database.connection import Connection
from tests.builders import a_lesson
from tests.commands import Ran, chaishots
from tests.conftest import Database
from tests.tui.staged import MOMENT, stage, staged_dsn


async def test_the_history_of_everything_by_who_what_and_since_when(sql: Connection, fresh_database: Database) -> None:
    lesson = await a_lesson(sql, title="అల్లం టీ")
    for actor, verb in (("ఆశా రావు", "publish"), ("ravi", "archive")):
        ran = await chaishots(verb, str(lesson), DATABASE_URL=fresh_database.dsn, CHAISHOTS_OPERATOR=actor)
        assert ran.code == 0, ran

    async def tells(*arguments: str) -> Ran:
        ran = await chaishots("history", *arguments, DATABASE_URL=fresh_database.dsn)
        assert ran.code == 0, ran
        return ran

    async def actions(*arguments: str) -> list[str]:
        document = json.loads((await tells(*arguments, "--json")).out)
        return [line["action"] for line in document["history"]]

    assert (await actions())[:1] == ["lesson.archive"]
    assert "lesson.publish" in await actions("--who", "రావు", "--since", "-1h")
    assert await actions("--who", "ravi") == ["lesson.archive"]
    assert await actions(str(lesson), "--who", "ravi", "--what", "lesson.arch", "--since", "-1h") == ["lesson.archive"]
    assert await actions("--what", "publish", "--who", "ravi") == []
    told = await tells("--who", "ravi", "--since", "yesterday")
    assert "lesson.archive, by ravi  అల్లం టీ (lesson" in told.out
    nothing = await tells("--who", "nobody", "--what", "publsh")
    assert nothing.out == ""
    assert nothing.err == "There is no action publsh: did you mean publish?\nNothing of the kind has happened.\n"
    assert (await tells("--who", b"\xff".decode(errors="surrogateescape"))).out == ""


async def test_a_time_that_is_none_is_a_wrong_command(fresh_database: Database) -> None:
    for since in ("soon", "", "\x1b[2J", "-999999w"):
        ran = await chaishots("history", "--since", since, DATABASE_URL=fresh_database.dsn)
        assert (ran.code, ran.out) == (2, "")
        assert "Invalid value for --since" in ran.err
        assert "\x1b" not in ran.err


async def test_times_are_counted_from_the_databases_now(sql: Connection, fresh_database: Database) -> None:
    await stage(fresh_database.dsn, content=False)
    await sql.execute(
        "insert into activity (at, actor, action, object_type, object_id)"
        " select $1::timestamptz - hours * interval '1 h', 'asha', 'lesson.publish', 'lesson', gen_random_uuid()"
        "   from unnest(array[1, 3]) as hours",
        MOMENT,
    )
    ran = await chaishots("history", "--since", "-2h", "--json", DATABASE_URL=staged_dsn(fresh_database.dsn))
    assert [line["at"] for line in json.loads(ran.out)["history"]] == ["2030-01-07T07:30:00.000Z"]
    ran = await chaishots(
        *("token", "create", "asha", "--role", "viewer", "--expires", "2h"), DATABASE_URL=staged_dsn(fresh_database.dsn)
    )
    assert ran.code == 0, ran
    assert await sql.fetchval("select expires_at from api_token") == MOMENT + timedelta(hours=2)
