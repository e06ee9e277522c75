"""The commands, as processes of their own: what they print, and their exit codes."""

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chaishots.cli.main import cli, main
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_term, row
from tests.cluster import Cluster, eventually, lock_held
from tests.commands import chaishots
from tests.conftest import Database

SAMPLE = Path(__file__).parents[2] / "seeds" / "demo.yaml"


async def test_migrate_says_what_it_applied_and_then_that_there_is_nothing_to_do(
    fresh_database: Database, sql: Connection
) -> None:
    await sql.execute("drop schema public cascade; create schema public")
    first, second = [await chaishots("migrate", DATABASE_URL=fresh_database.dsn) for _ in range(2)]
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("applied 0_")
    assert second.out == "The schema is up to date: nothing to do.\n"
    assert (first.err, second.err) == ("", "")


async def test_seed_loads_the_sample_content_and_again_changes_nothing_published(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    where = {"DATABASE_URL": fresh_database.dsn, "CHAISHOTS_PICTURES_URL": str(tmp_path)}
    first = await chaishots("seed", **where)
    published = await sql.fetch("select * from lesson where status = 'published' order by id")
    second = await chaishots("seed", str(SAMPLE), **where)

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert first.out.startswith("demo.yaml: ")
    assert published
    assert await sql.fetch("select * from lesson where status = 'published' order by id") == published


async def test_a_seed_that_breaks_a_rule_is_one_line_that_names_file_and_path(
    fresh_database: Database, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("programs:\n  - title: ''\n    language_primary: en\n")
    ran = await chaishots("seed", str(broken), DATABASE_URL=fresh_database.dsn)
    assert ran.code == 1
    assert "broken.yaml" in ran.err
    assert "programs[0].title" in ran.err
    assert len(ran.err.splitlines()) == 1


async def test_several_faults_of_a_file_are_a_line_each(fresh_database: Database, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("programs:\n  - title: ''\n    language_primary: nowhere\n    staus: draft\n")
    ran = await chaishots("import", str(broken), DATABASE_URL=fresh_database.dsn)
    assert ran.code == 1
    first, *others = ran.err.splitlines()
    assert first == f"chaishots: {broken}: 3 faults, nothing was stored."
    assert [line.partition(":")[0] for line in others] == [
        "  programs[0].title",
        "  programs[0].language_primary",
        "  programs[0].staus",
    ]
    assert all(line.endswith(f"(Line {number}.)") for number, line in enumerate(others, 2))


async def test_status_tells_who_leads_and_what_comes_next(cluster: Cluster, sql: Connection) -> None:
    await cluster.start(2)
    leader = await cluster.leader()
    await a_lesson(sql, title="Soon", due_in=AN_HOUR)

    text = await chaishots("status", DATABASE_URL=cluster.dsn)
    state = json.loads((await chaishots("status", "--json", DATABASE_URL=cluster.dsn)).out)

    assert text.code == 0, text.err
    assert f"Leader     {leader.name}" in text.out.splitlines()
    assert "Soon" in text.out
    assert state["leader"] == leader.name
    assert len(state["replicas"]) == 2
    assert state["counts"]["scheduled"] == 1
    assert state["upcoming"][0]["title"] == "Soon"
    assert state["next_publish_at"] == state["upcoming"][0]["publish_at"]


async def test_status_exits_3_and_names_what_is_overdue_while_nobody_leads(
    cluster: Cluster, sql: Connection, fresh_database: Database
) -> None:
    async with lock_held(fresh_database.dsn, PUBLISHER):
        await cluster.start(1)
        await a_lesson(sql, title="Stuck", due_in=timedelta(seconds=-10))
        ran = await chaishots("status", DATABASE_URL=fresh_database.dsn)
    assert ran.code == 3
    assert "none: nobody can publish at this moment" in ran.out
    assert "holds the publisher's lock and is no replica" in ran.out
    assert "Stuck" in ran.out


async def test_status_exits_3_and_tells_why_a_lesson_is_blocked(cluster: Cluster, sql: Connection) -> None:
    await cluster.start(1)
    await sql.execute("alter table lesson drop constraint lesson_title")  # it lets no escape in
    program = await a_program(sql, posters={})
    lesson = await a_lesson(sql, await a_term(sql, program), title="\x1b[31mBare", due_in=timedelta(0))
    await eventually(lambda: sql.fetchval("select publish_error from lesson where id = $1", lesson))

    ran = await chaishots("status", DATABASE_URL=cluster.dsn)

    assert ran.code == 3
    assert "Add these posters to the program in en: portrait, landscape." in ran.out
    assert "\x1b" not in ran.out


async def test_publish_due_publishes_once_beside_a_leader_or_without_one(
    fresh_database: Database, sql: Connection
) -> None:
    lesson = await a_lesson(sql, title="By cron", due_in=timedelta(seconds=-1))
    first, second = [await chaishots("publish-due", DATABASE_URL=fresh_database.dsn) for _ in range(2)]
    assert (first.code, second.code) == (0, 0), first.err
    assert f"published {lesson} By cron" in first.out
    assert second.out == ""
    assert (await row(sql, "lesson", lesson))["status"] == "published"


async def test_publish_due_exits_3_and_names_who_has_locked_what_is_due(
    fresh_database: Database, sql: Connection
) -> None:
    due = await a_lesson(sql, title="Held", due_in=timedelta(seconds=-1))
    other = await a_lesson(sql, title="Free", due_in=timedelta(seconds=-1))
    async with sql.transaction():
        await sql.execute("select from lesson where id = $1 for update", due)
        ran = await chaishots("publish-due", DATABASE_URL=fresh_database.dsn)
    assert ran.code == 3
    assert f"published {other} Free" in ran.out
    assert ran.err.startswith(f"held up {due} Held: It is due. Its row is locked by another transaction: process ")
    assert f"pg_terminate_backend({sql.get_server_pid()})" in ran.err


async def test_publish_due_exits_3_for_as_long_as_a_lesson_is_refused(
    fresh_database: Database, sql: Connection
) -> None:
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=timedelta(seconds=-1))
    first, second = [await chaishots("publish-due", DATABASE_URL=fresh_database.dsn) for _ in range(2)]
    assert (first.code, second.code) == (3, 3)
    assert first.err.startswith("refused ")
    assert second.err.startswith("still refused ")
    assert "posters" in first.err
    assert "posters" in second.err


async def test_healthcheck_asks_the_server_of_this_port(cluster: Cluster) -> None:
    (replica,) = await cluster.start(1)
    up = await chaishots("healthcheck", PORT=str(replica.port))
    await replica.stopped()
    down = await chaishots("healthcheck", PORT=str(replica.port))
    assert (up.code, up.out) == (0, "ok\n")
    assert down.code == 1
    assert len(down.err.splitlines()) == 1


async def test_healthcheck_of_a_host_that_is_no_name_says_so() -> None:
    ran = await chaishots("healthcheck", CHAISHOTS_HOST="a..b")
    assert ran.code == 1
    assert ran.err.startswith("chaishots: Nothing answers at a..b:")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "says"),
    [
        (["serve"], {"PORT": "abc"}, 2, "PORT 'abc' cannot be used"),
        (["serve", "--nonsense"], {}, 2, "No such option"),
        (["nonsense"], {}, 2, "No such command"),
        (["seed", "/no/such/file.yaml"], {}, 2, "does not exist"),
        (["status"], {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/none"}, 1, "not reached"),
        (["status"], {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/none?sslmode=bogus"}, 2, "DATABASE_URL"),
    ],
    ids=["bad setting", "bad option", "bad command", "no such file", "no database", "bad URL"],
)
async def test_what_goes_wrong_is_said_in_a_sentence_and_never_as_a_traceback(
    arguments: list[str], environment: dict[str, str], code: int, says: str
) -> None:
    ran = await chaishots(*arguments, **environment)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@127.0.0.1:99999/x",
        "postgresql://u@127.0.0.1:0/x",
        "postgresql://a,b:70000/x",
        "postgres://[::1",
        "postgresql://u@127.0.0.1/x%zz",
        "postgresql://u@127.0.0.1/x%00y",
        "postgresql://u@127.0.0.1:1/x?sslmode=bogus",
    ],
)
async def test_a_url_that_names_no_postgres_is_one_line(url: str) -> None:
    ran = await chaishots("status", DATABASE_URL=url)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert ran.err.startswith("chaishots: DATABASE_URL cannot be used")


def test_an_output_that_takes_nothing_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run([sys.executable, "-m", "chaishots", "--help"], stdout=full, stderr=subprocess.PIPE)
    assert (ran.returncode, ran.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in ran.stderr


def test_an_unforeseen_error_is_one_sentence_that_names_where_its_traceback_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    @cli.command("bug")
    def bug() -> None:
        raise LookupError("a\nbug\x1b[31m")

    monkeypatch.setattr(sys, "argv", ["chaishots", "bug"])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        del cli.commands["bug"]
    told = capsys.readouterr().err
    (traced,) = tmp_path.iterdir()
    assert ended.value.code == 1
    assert told.count("\n") == 1
    assert "LookupError" in told
    assert str(traced) in told
    assert "\x1b" not in told
    assert "Traceback" in traced.read_text()


async def test_a_database_without_schema_says_what_to_run(fresh_database: Database, sql: Connection) -> None:
    await sql.execute("drop schema public cascade; create schema public")
    ran = await chaishots("status", DATABASE_URL=fresh_database.dsn)
    assert ran.code == 1
    assert "has no schema yet. Run `chaishots migrate`." in ran.err


async def test_a_taken_port_is_told_before_anything_is_started(cluster: Cluster, fresh_database: Database) -> None:
    (replica,) = await cluster.start(1)
    ran = await chaishots("serve", PORT=str(replica.port), DATABASE_URL=fresh_database.dsn)
    assert ran.code == 1
    assert f"127.0.0.1:{replica.port}" in ran.err
    assert len(ran.err.splitlines()) == 1


async def test_the_teams_zone_is_what_times_are_shown_and_read_in(fresh_database: Database, sql: Connection) -> None:
    lesson = await a_lesson(sql, publish_at=datetime(2099, 1, 1, 12, 30, tzinfo=UTC), status="scheduled")
    where = {"DATABASE_URL": fresh_database.dsn, "CHAISHOTS_ZONE": "Asia/Kolkata"}
    told = await chaishots("why", str(lesson), **where)
    assert "2099-01-01 18:00:00 +05:30 (12:30:00 UTC)" in told.out
    for until, steps in (("2099-01-01 17:59", 0), ("2099-01-01 18:00", 1), ("2099-01-01 13:30 Europe/Berlin", 1)):
        ran = await chaishots("rehearse", "--json", "--until", until, **where)
        assert json.loads(ran.out)["steps_total"] == steps, ran.err
    ran = await chaishots("rehearse", "--until", "soon", **where)
    assert (ran.code, "fri 18:00" in ran.err) == (2, True)


async def test_series_schedules_a_program_by_the_wall_clock(fresh_database: Database, sql: Connection) -> None:
    program = await a_program(sql, title="Letters")
    term = await a_term(sql, program, term_number=1)
    lessons = [await a_lesson(sql, term, lesson_number=number, title=f"అ {number}") for number in (1, 2)]
    asked, where = ("series", "Letters", "--first", "2099-03-27 18:00", "--every", "week"), fresh_database.dsn
    tried = await chaishots(*asked, "--zone", "europe/berlin", "--dry-run", DATABASE_URL=where)
    assert "2099-04-03 18:00:00 +02:00 Europe/Berlin (16:00:00 UTC)     1.2  అ 2" in tried.out, tried.err
    assert tried.out.splitlines()[-1].startswith("A dry run, nothing was scheduled.")
    assert (await row(sql, "lesson", lessons[0]))["status"] == "draft"
    done = await chaishots(*asked, DATABASE_URL=where, CHAISHOTS_ZONE="Europe/Berlin")
    assert done.out.splitlines()[-1] == "Scheduled: 2 lessons, every week, in Europe/Berlin."
    assert [(await row(sql, "lesson", each))["publish_at"].hour for each in lessons] == [17, 16]
    for wrong, says in (("--every moon", "weekly on FR"), ("--zone IST", "Asia/Kolkata"), ("--first 9", "fri 18:00")):
        ran = await chaishots(*asked, "--zone", "UTC", *wrong.split(), DATABASE_URL=where)
        assert (ran.code, says in ran.err) == (2, True), ran.err
