"""Rows that an older version took: migrating mends them, or stops and names the rule and the rows."""

import json
from uuid import UUID

import pytest

from chaishots.content import urls
from chaishots.database.connection import Connection
from chaishots.database.migrations import migrate
from tests.builders import ASSETS, a_lesson, a_program, a_release, a_term, a_topic, row
from tests.conftest import Database
from tests.database.test_migrations import ALL, downgrade

_ONE_LINE = 19  # the place of the migration that made titles one line
_BEFORE = 6  # the place of the migration that made the rules stricter


@pytest.fixture
async def old(fresh_database: Database, sql: Connection) -> Connection:
    """A session on a database as it was before the rules became stricter."""
    await downgrade(fresh_database, _BEFORE)
    return sql


async def test_old_spellings_become_the_ones_that_are_stored_now(old: Connection, fresh_database: Database) -> None:
    variants = ASSETS["en"]
    program = await a_program(
        old,
        title="रोज़".replace("\u095b", "\u091c\u093c") + " e\u0301",
        language_primary="pt-br",
        languages_available=["pt-br", "en-us", "en-US", "zh-hant-tw"],
        posters={"pt-br": variants, "en-US": {"square": "https://A.EXAMPLE:00080/%zz/é?q#f"}},
    )
    first, second = await a_topic(old, "సైన్స్"), await a_topic(old, "సైన్స్".replace("\u0c48", "\u0c46\u0c56"))
    await old.execute("insert into program_topic select $1, id from topic", program)
    found = {"en-us": "https://a.example/1", "en-US": "https://a.example/2", "en": "http://[::ffff:192.0.2.1]/x"}
    # One that the version before refuses already, of a still older one.
    definition = await old.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'lesson_content_urls'"
    )
    await old.execute("alter table lesson drop constraint lesson_content_urls")
    lesson = await a_lesson(
        old,
        await a_term(old, program),
        content_languages_available=["en", "en-us"],
        content_urls=found,
        version=2**31 - 1,
    )
    await old.execute(f"alter table lesson add constraint lesson_content_urls {definition} not valid")
    await migrate(fresh_database.dsn, application_name="tests")

    mended = await row(old, "program", program)
    assert mended["title"].endswith(" \u00e9")
    assert mended["language_primary"] == "pt-BR"
    assert mended["languages_available"] == ["pt-BR", "en-US", "zh-Hant-TW"]
    assert "https://a.example:80/%25zz/%C3%A9?q#f" in mended["posters"]
    assert [dict(topic) for topic in await old.fetch("select id from topic")] in ([{"id": first}], [{"id": second}])
    assert await old.fetchval("select count(*) from program_topic") == 1
    after = await row(old, "lesson", lesson)
    assert after["version"] in range(1, 2_000_000_001)
    for url in ("https://a.example/2", "http://[::ffff:c000:201]/x"):
        assert url in after["content_urls"]
        assert urls.stored(url) == url
    # Each can be changed from now on.
    await old.execute("update program set description = 'x'")
    await old.execute("update lesson set is_paid = true")


async def test_clocks_beyond_the_years_that_are_taken_are_set_to_now(old: Connection, fresh_database: Database) -> None:
    await old.execute(
        """
        insert into activity (at, actor, action, object_type) values ('12000-01-01', 'a', 'lesson.change', 'lesson');
        insert into api_token (name, role, token_hash, created_at) values ('a', 'viewer', sha256('a'), '12000-01-01');
        insert into idempotency_key (key, request_hash, token_id, created_at)
        select 'k', sha256('k'), id, '12000-01-01' from api_token
        """
    )
    await migrate(fresh_database.dsn, application_name="tests")
    for moment in ("activity.at", "api_token.created_at", "idempotency_key.created_at"):
        table, column = moment.split(".")
        assert await old.fetchval(f"select max({column}) <= now() from {table}"), moment


@pytest.mark.parametrize(
    ("table", "rule", "columns"),
    [
        ("lesson", "lesson_title", {"title": "\u200b"}),
        ("program", "program_title", {"title": "\u3164"}),
        ("release", "release_name", {"name": "\u2800"}),
        ("lesson", "lesson_content_urls", {"content_urls": {"en": "https://a.example:99999/"}}),
        ("lesson", "lesson_content_urls", {"content_urls": {"en": "https://a..example/"}}),
        ("lesson", "lesson_subtitle_urls", {"subtitle_urls": {"en": "https://a-.example/"}}),
        ("program", "program_posters", {"posters": {"en": {"banner": "https://a-.example/"}}}),
    ],
)
async def test_what_nobody_but_its_editor_can_mend_stops_the_migration_by_name(
    old: Connection, fresh_database: Database, table: str, rule: str, columns: dict[str, object]
) -> None:
    make = {"lesson": a_lesson, "program": a_program, "release": a_release}[table]
    key: UUID = await make(old, **columns)
    with pytest.raises(Exception, match=rule) as stopped:
        await migrate(fresh_database.dsn, application_name="tests")
    assert f"the rule {rule} is broken by the {table} {key}" in str(stopped.value)
    assert await old.fetchval("select version from aerich order by id desc limit 1") == ALL[_BEFORE - 1]
    await old.execute(f"delete from {table} where id = $1", key)
    assert (await migrate(fresh_database.dsn, application_name="tests")).applied == ALL[_BEFORE:]


async def test_answers_that_told_a_token_are_kept_no_longer(old: Connection, fresh_database: Database) -> None:
    await old.execute("insert into api_token (name, role, token_hash) values ('a', 'admin', sha256('a'))")
    for key, body in ("token", b'{"name":"app","token":"secret"}\n'), ("topic", b'{"name":"\\"token\\": \\"x"}\n'):
        await old.execute(
            "insert into idempotency_key (key, request_hash, answer_status, answer_body, token_id)"
            " select $1, sha256('k'), 201, $2, id from api_token",
            key,
            body,
        )
    await migrate(fresh_database.dsn, application_name="tests")
    assert [kept["key"] for kept in await old.fetch("select key from idempotency_key")] == ["topic"]


async def test_what_broke_lines_or_steered_terminals_becomes_a_space(fresh_database: Database, sql: Connection) -> None:
    await downgrade(fresh_database, _ONE_LINE)
    program = await a_program(
        sql, title="One\u2028two\x1b[31m", description="a\r\n\tb\x85c\x0bd\x9b31me\u202cf", status="published"
    )
    term = await a_term(sql, program, title="\x9b\x85Three\n")
    lesson = await a_lesson(
        sql,
        term,
        title="\u202eక్\u200cష\u202c \u2068x\u2069\t!",
        summary="a\u2029b\x07",
        status="published",
        translations={"hi": {"title": "a\x1bb\u202e", "summary": "a\u2028b"}},
    )
    release = await a_release(sql, name="a\n\n\nb")
    first, second = await a_topic(sql, "Two words"), await a_topic(sql, "two\x1bwords")
    other = await a_topic(sql, "\x1bOther")
    await sql.execute("insert into program_topic select $1, id from topic", program)
    await sql.execute(
        """
        insert into picture (id, width, height, colour, variants, alt)
        values (repeat('a', 64), 64, 64, '#ffffff', '[{"width": 64, "height": 64, "webp": 1}]', '{"en": "A\\u001bcup"}')
        """
    )
    await migrate(fresh_database.dsn, application_name="tests")

    mended = await row(sql, "program", program)
    assert (mended["title"], mended["description"]) == ("One two [31m", "a\r\n\tb\nc\nd 31me\u202cf")
    assert (await row(sql, "term", term))["title"] == "Three"
    after = await row(sql, "lesson", lesson)
    assert (after["title"], after["summary"]) == ("క్\u200cష \u2068x\u2069 !", "a\nb ")
    assert json.loads(after["translations"]) == {"hi": {"title": "a b", "summary": "a\nb"}}
    assert (await row(sql, "release", release))["name"] == "a b"
    assert {topic["id"]: topic["name"] for topic in await sql.fetch("select * from topic")} == {
        first: "Two words",
        other: "Other",
    }
    assert await sql.fetchval("select count(*) from program_topic") == 2
    assert second not in {link["topic_id"] for link in await sql.fetch("select topic_id from program_topic")}
    assert await sql.fetchval("select alt ->> 'en' from picture") == "A cup"
    line = await sql.fetchrow("select * from activity where object_id = $1 order by seq desc limit 1", lesson)
    assert line is not None
    assert (line["actor"], line["action"]) == ("migration", "lesson.change")
