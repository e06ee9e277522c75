"""What `list` prints: which things, in which order, for people, programs and xargs, and whatever reads it."""

import json
import os
import pty
import signal
from uuid import UUID

import pytest

from chaishots.database.connection import Connection
from chaishots.safe_text import is_safe
from tests.builders import AN_HOUR, a_change, a_lesson, a_program, a_release, a_term, a_topic
from tests.commands import Ran, chaishots, ended, started
from tests.conftest import Database


async def lists(database: Database, *arguments: str, **environment: str) -> Ran:
    """What a list prints, once it has ended well."""
    ran = await chaishots("list", *arguments, DATABASE_URL=database.dsn, CHAISHOTS_ZONE="UTC", **environment)
    assert ran.code == 0, ran
    return ran


@pytest.fixture
async def program(sql: Connection) -> UUID:
    """A program of two terms, three lessons in all, and another one of a lesson."""
    program = await a_program(sql, title="తెలుగు Basics", slug="telugu")
    second = await a_term(sql, program, term_number=2, title="Words")
    first = await a_term(sql, program, term_number=1)
    await a_lesson(sql, second, lesson_number=1, title="Ginger tea")
    await a_lesson(sql, first, lesson_number=2, title="Plain tea", status="archived")
    await a_lesson(sql, first, lesson_number=1, title="అల్లం టీ", due_in=AN_HOUR)
    await a_lesson(sql, title="Elsewhere, ginger")
    return program


async def test_programs_are_listed_unless_something_else_is_named(fresh_database: Database, program: UUID) -> None:
    ran = await lists(fresh_database)
    assert ran.err == ""
    assert [" ".join(line.split()) for line in ran.out.splitlines()] == [
        "draft A program (/a-program)",
        "draft తెలుగు Basics (/telugu)",
    ]


async def test_lessons_of_a_program_come_in_the_order_of_its_terms(fresh_database: Database, program: UUID) -> None:
    async def titles(*arguments: str) -> list[str]:
        ran = await lists(fresh_database, "lessons", "--json", *arguments)
        return [json.loads(line)["title"] for line in ran.out.splitlines()]

    every = ["Elsewhere, ginger", "అల్లం టీ", "Plain tea", "Ginger tea"]
    assert await titles() == every
    assert await titles("--program", "తెలుగు basics") == ["అల్లం టీ", "Plain tea", "Ginger tea"]
    assert await titles("--program", str(program), "--term", "2") == ["Ginger tea"]
    assert await titles("--term", "words") == ["Ginger tea"]
    assert await titles("--status", "scheduled") == ["అల్లం టీ"]
    assert await titles("GINGER", "tea") == ["Ginger tea"]
    assert await titles("--program", "telugu", "tea", "plain", "--status", "archived") == ["Plain tea"]


async def test_a_lesson_is_told_with_its_moment_and_place(fresh_database: Database, sql: Connection) -> None:
    term = await a_term(sql, await a_program(sql, title="కోర్సు"), term_number=3)
    moment = "timestamptz '2100-01-01 12:30Z'"
    lesson = await a_lesson(sql, term, lesson_number=4, title="టీ")
    await sql.execute(f"update lesson set status = 'scheduled', publish_at = {moment} where id = $1", lesson)
    ran = await lists(fresh_database, "lessons")
    assert ran.out == "scheduled  2100-01-01 12:30 UTC     టీ  (కోర్సు 3.4)\n"
    there = await chaishots("list", "lessons", DATABASE_URL=fresh_database.dsn, CHAISHOTS_ZONE="Asia/Kolkata")
    assert there.out == "scheduled  2100-01-01 18:00 +05:30  టీ  (కోర్సు 3.4)\n"
    assert (await lists(fresh_database, "lessons", "--ids")).out == f"{lesson}\n"


async def test_topics_terms_releases_and_changes_are_listed(
    fresh_database: Database, sql: Connection, program: UUID
) -> None:
    await a_topic(sql, "चाय")
    await a_release(sql, name="Ugadi")
    await a_change(sql, program, {"title": "Other", "slug": "other"}, of="program")
    assert (await lists(fresh_database, "topics", "चाय")).out == "    0 programs  चाय\n"
    assert (await lists(fresh_database, "terms", "--program", "telugu")).out == "   1\n   2  Words\n"
    released = (await lists(fresh_database, "releases", "--status", "open", "uga")).out
    assert released.split() == ["open", "Ugadi", "(0", "lessons,", "0", "changes)"]
    changed = (await lists(fresh_database, "changes", "--status", "scheduled")).out
    assert "program తెలుగు Basics: slug, title" in changed or "program తెలుగు Basics: title, slug" in changed
    assert (await lists(fresh_database, "changes", "nothing")).err == "No changes fit.\n"


async def test_an_empty_database_is_told_with_what_to_do(fresh_database: Database) -> None:
    ran = await lists(fresh_database)
    assert ran.out == ""
    assert ran.err == "There are no programs yet. Load some with: chaishots seed (the sample content), or seed FILE.\n"
    assert (await lists(fresh_database, "lessons", "tea")).err == "No lessons fit.\n"
    assert (await lists(fresh_database, "changes", "--json")).err == "There are no changes yet.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("things",), 2, "'things' is not one of"),
        (("topics", "--status", "draft"), 2, "Topics have no status."),
        (("programs", "--status", "scheduled"), 2, "Programs are never scheduled: draft, published, archived."),
        (("terms",), 2, "Say whose terms"),
        (("topics", "--program", "x"), 2, "It is for lessons and terms."),
        (("changes", "--term", "x"), 2, "It is for lessons."),
        (("lessons", "--json", "--ids"), 2, "Choose one of"),
        (("lessons", "--program", "x\x1b[31m"), 1, "There is no program with this title"),
        (("lessons", "--program", "తెలుగు Basics", "--term", "7"), 1, "The program has no term 7."),
        (("lessons", "--program", "ginger"), 1, "There is no program"),
    ],
)
async def test_what_cannot_be_listed_is_told(
    fresh_database: Database, program: UUID, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = await chaishots("list", *arguments, DATABASE_URL=fresh_database.dsn)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


async def test_nothing_hostile_is_listed_as_it_is(fresh_database: Database, sql: Connection) -> None:
    await a_program(sql, title="a\u2066b")
    for form in ([], ["--json"]):
        ran = await lists(fresh_database, *form)
        assert is_safe(ran.out.replace("\n", "")), ran


async def test_all_of_a_long_list_is_printed_once_and_a_reader_may_leave(
    fresh_database: Database, sql: Connection
) -> None:
    term = await a_term(sql)
    await sql.execute(
        """insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary)
           select $1, n, 'Lesson ' || n, 'video', 1, 'en' from generate_series(1, 1500) n""",
        term,
    )
    for of in ([], ["--term", str(term)]):
        ids = (await lists(fresh_database, "lessons", "--ids", *of)).out.split()
        assert len(ids) == len(set(ids)) == 1500
    reads, writes = os.pipe()
    os.close(reads)
    process = await started("list", "lessons", stdout=writes, DATABASE_URL=fresh_database.dsn)
    os.close(writes)
    ran = await ended(process)
    assert (ran.code, ran.err) == (128 + signal.SIGPIPE, "")


async def test_a_terminal_gets_lines_of_its_width(fresh_database: Database, sql: Connection) -> None:
    await a_program(sql, title="ఉల్లిపాయ కోస్తే కన్నీళ్లు ఎందుకు? " * 4)
    ours, theirs = pty.openpty()
    process = await started("list", stdout=theirs, DATABASE_URL=fresh_database.dsn, COLUMNS="80", LINES="24")
    os.close(theirs)
    ran = await ended(process)
    line = os.read(ours, 10_000).decode().rstrip("\r\n")
    os.close(ours)
    assert (ran.code, ran.err) == (0, "")
    assert line.endswith("…")
    assert "\n" not in line
    # A vowel sign that stands beside its letter has a cell; each letter and sign here has one or none.
    assert 50 < len(line) <= 110
