"""Every rule of the content model holds in the database, whoever writes: here it is psql."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.content.constraints import EXPLANATIONS
from chaishots.content.event_types import MOST_WEBHOOKS
from chaishots.content.lifecycle import (
    LESSON_TRANSITIONS,
    PROGRAM_TRANSITIONS,
    RELEASE_TRANSITIONS,
    ProgramStatus,
    ReleaseStatus,
    Status,
)
from chaishots.content.limits import MOST_CHANGES, SUMMARY_LENGTH, TITLE_LENGTH, TOPIC_NAME_LENGTH
from chaishots.database.connection import Connection
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    ASSETS,
    URLS,
    a_change,
    a_lesson,
    a_picture,
    a_program,
    a_public_program,
    a_term,
    a_topic,
    database_now,
    history,
    row,
)

Break = Callable[[Connection], Awaitable[Any]]
Make = Callable[[Connection], Awaitable[UUID]]

TOO_LATE = datetime(9000, 1, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
LONG_TITLE = "x" * (TITLE_LENGTH + 1)
SCRIPT = {"en": "javascript:alert(1)"}
SCRIPTS = {"en": {"portrait": "javascript:alert(1)"}}


def program(**columns: Any) -> Break:
    """Insert a program."""
    return lambda sql: a_program(sql, **columns)


def term(**columns: Any) -> Break:
    """Insert a term."""
    return lambda sql: a_term(sql, **columns)


def lesson(**columns: Any) -> Break:
    """Insert a lesson."""
    return lambda sql: a_lesson(sql, **columns)


def topic(name: str) -> Break:
    """Insert a topic."""
    return lambda sql: a_topic(sql, name)


def update(make: Break, table: str, change: str) -> Break:
    """Change what was made."""

    async def run(sql: Connection) -> None:
        await sql.execute(f"update {table} set {change} where id = $1", await make(sql))

    return run


def within(table: str, make_parent: Callable[..., Awaitable[UUID]], **columns: Any) -> Break:
    """Insert two of a kind into one parent."""

    async def run(sql: Connection) -> None:
        parent = await make_parent(sql)
        for _ in range(2):
            await (a_term if table == "term" else a_lesson)(sql, parent, **columns)

    return run


def version_of(table: str, version: int) -> Break:
    """Insert a thing of a version."""
    make = {"program": a_program, "topic": a_topic, "term": a_term, "lesson": a_lesson, "release": a_release}[table]

    async def run(sql: Connection) -> None:
        key = await make(sql)
        # The triggers count versions by themselves; a restore has none of them.
        async with sql.transaction():
            await sql.execute(f"alter table {table} disable trigger user")
            await sql.execute(f"update {table} set version = {version} where id = $1", key)

    return run


def picture(**columns: Any) -> Break:
    """Insert a picture."""
    return lambda sql: a_picture(sql, **columns)


async def a_picture_that_changes(sql: Connection) -> None:
    """Give a picture another size."""
    await a_picture(sql)
    await sql.execute("update picture set width = width + 1")


async def a_used_picture_that_is_deleted(sql: Connection) -> None:
    """Delete a picture that a program uses."""
    key = await a_picture(sql)
    await a_program(sql, posters={"en": {"portrait": f"https://cms.example.com/pictures/{key}.webp"}})
    await sql.execute("delete from picture")


LONG = {
    "a label of 64": f"https://{'a' * 64}.example/",
    "a host of 255": f"https://{'a.' * 127}a/",
    "2,001 characters": f"https://a.example/{'a' * 1_983}",
}
LONG_ADDRESSES = [
    case
    for url in LONG.values()
    for case in (
        ("program_posters", a_program, "program", "posters", {"en": {"banner": url}}),
        ("lesson_content_urls", a_lesson, "lesson", "content_urls", {"en": url}),
        ("lesson_subtitle_urls", a_lesson, "lesson", "subtitle_urls", {"en": url}),
        ("lesson_thumbnails", a_lesson, "lesson", "thumbnails", {"en": {"banner": url}}),
    )
]
BREAKING = "\x01\t\n\r\x1b\x7f\x85\x9b\u2028\u2029\u202a\u202e"
STEERING = "\x01\x0b\x1b\x7f\x85\x9b\u2028\u2029"
UNSEEN = "\u200b\u3164\u2800\u115f\u00ad\ufeff\ufe0f\u2003\u202e\U000e0100"
NAMED: dict[str, Callable[[str], Break]] = {
    "program_title": lambda sign: program(title=sign),
    "term_title": lambda sign: term(title=f" {sign} "),
    "lesson_title": lambda sign: lesson(title=sign * 2),
    "topic_name": topic,
    "release_name": lambda sign: lambda sql: a_release(sql, name=sign),
}
TEXTS: dict[str, Callable[[str], Break]] = {
    "program_description": lambda text: program(description=text),
    "lesson_summary": lambda text: update(a_lesson, "lesson", f"summary = '{text}'"),
}
CLOCKS = [
    ("api_token_created_at", lambda sql: a_token(sql), "api_token", "created_at"),
    ("api_token_last_used_at", lambda sql: a_token(sql), "api_token", "last_used_at"),
    ("api_token_revoked_at", lambda sql: a_token(sql), "api_token", "revoked_at"),
    ("api_token_expires_at", lambda sql: a_token(sql), "api_token", "expires_at"),
    ("idempotency_key_created_at", lambda sql: a_kept_answer(sql), "idempotency_key", "created_at"),
]


async def a_kept_answer(sql: Connection) -> UUID:
    """A request that was answered before."""
    return await sql.fetchval(
        "insert into idempotency_key (key, request_hash, token_id) values ('a', $1, $2) returning id",
        bytes(32),
        await a_token(sql),
    )


def a_line_of_the_year(year: int) -> Break:
    """Write a line of the history."""
    return lambda sql: sql.execute(
        f"insert into activity (at, actor, action, object_type) values ('{year}-01-01', 'a', 'lesson.change', 'lesson')"
    )


def topics_of_one_program(number: int) -> Break:
    """Give a program so many topics."""

    async def run(sql: Connection) -> None:
        await sql.execute("insert into topic (name) select 'Topic ' || n from generate_series(1, $1) n", number)
        await sql.execute("insert into program_topic select $1, id from topic", await a_program(sql))

    return run


def terms_of_one_program(number: int) -> Break:
    """Give a program so many terms."""
    return lambda sql: _a_program_with_terms(sql, number)


async def _a_program_with_terms(sql: Connection, number: int) -> UUID:
    program = await a_program(sql)
    await sql.execute(
        "insert into term (program_id, term_number) select $1, n from generate_series(1, $2) n", program, number
    )
    return program


def a_term_that_moves_to_a_program_with(terms: int) -> Break:
    """Move a term to a program of so many."""

    async def run(sql: Connection) -> None:
        program = await _a_program_with_terms(sql, terms)
        await sql.execute(
            "update term set program_id = $1, term_number = 1000 where id = $2", program, await a_term(sql)
        )

    return run


async def _a_term_with_lessons(sql: Connection, number: int) -> UUID:
    term = await a_term(sql)
    await sql.execute(
        """
        insert into lesson (term_id, lesson_number, title, content_type, content_language_primary)
        select $1, n, 'Lesson ' || n, 'article', 'en' from generate_series(1, $2) n
        """,
        term,
        number,
    )
    return term


def lessons_of_one_program(number: int) -> Break:
    """Give a program so many lessons."""
    return lambda sql: _a_term_with_lessons(sql, number)


def a_lesson_that_moves_to_a_program_with(lessons: int) -> Break:
    """Move a lesson to a program of so many."""

    async def run(sql: Connection) -> None:
        term = await _a_term_with_lessons(sql, lessons)
        await sql.execute(
            "update lesson set term_id = $1, lesson_number = 100000 where id = $2", term, await a_lesson(sql)
        )

    return run


async def two_programs(sql: Connection) -> UUID:
    await a_program(sql, former_slugs=["chai"])
    return await a_program(sql)


async def two_topics_of_one_name(sql: Connection) -> None:
    await a_topic(sql, "Physics")
    await a_topic(sql, "PHYSICS")


async def a_topic_twice(sql: Connection) -> None:
    link = "insert into program_topic (program_id, topic_id) values ($1, $2)"
    pair = await a_program(sql), await a_topic(sql)
    await sql.execute(link, *pair)
    await sql.execute(link, *pair)


async def another_topic_in_a_link(sql: Connection) -> None:
    await sql.execute("insert into program_topic values ($1, $2)", await a_program(sql), await a_topic(sql, "Physics"))
    await sql.execute("update program_topic set topic_id = $1", await a_topic(sql, "Chemistry"))


async def a_link_to_no_program(sql: Connection) -> None:
    await sql.execute("insert into program_topic values ($1, $2)", uuid4(), await a_topic(sql))


async def a_link_to_no_topic(sql: Connection) -> None:
    await sql.execute("insert into program_topic values ($1, $2)", await a_program(sql), uuid4())


async def a_draft_of_an_archived_program_with_public_lessons(sql: Connection) -> None:
    key = await a_public_program(sql)
    await sql.execute("update program set status = 'archived' where id = $1", key)
    await sql.execute("update program set status = 'draft' where id = $1", key)


async def a_publish_in_an_archived_program(sql: Connection) -> None:
    key = await a_lesson(sql, await a_term(sql, await a_program(sql, status="archived")))
    await sql.execute("update lesson set status = 'published' where id = $1", key)


async def a_publish_in_a_draft_without_posters(sql: Connection) -> None:
    key = await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})))
    await sql.execute("update lesson set status = 'published' where id = $1", key)


TOKEN = {"name": "asha", "role": "editor", "token_hash": bytes(32)}


async def a_token(sql: Connection, **columns: Any) -> UUID:
    """A token of the CMS."""
    made = {**TOKEN, **columns}
    statement = "insert into api_token (name, role, token_hash) values ($1, $2, $3) returning id"
    return await sql.fetchval(statement, made["name"], made["role"], made["token_hash"])


async def a_preview_link(sql: Connection, **columns: Any) -> UUID:
    """A link to the catalog as of a moment."""
    values = {"token_hash": bytes(32), "expires_at": datetime.now(UTC) + timedelta(days=1), **columns}
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    statement = f"insert into preview_link ({', '.join(values)}) values ({places}) returning id"
    return await sql.fetchval(statement, *values.values())


def preview_link(**columns: Any) -> Break:
    """Insert a link."""
    return lambda sql: a_preview_link(sql, **columns)


async def two_preview_links(sql: Connection) -> None:
    """Two links that one text opens."""
    await a_preview_link(sql)
    await a_preview_link(sql)


def token(**columns: Any) -> Break:
    """Insert a token."""
    return lambda sql: a_token(sql, **columns)


def two_tokens(**of_second: Any) -> Break:
    """Insert two tokens."""

    async def run(sql: Connection) -> None:
        await a_token(sql)
        await a_token(sql, **of_second)

    return run


def keys(*texts: str, token: UUID | None = None) -> Break:
    """Insert idempotency keys of one token."""

    async def run(sql: Connection) -> None:
        of_token = token or await a_token(sql)
        for text in texts:
            await sql.execute(
                "insert into idempotency_key (token_id, key, request_hash) values ($1, $2, '')", of_token, text
            )

    return run


async def a_release(sql: Connection, name: str = "Diwali", **columns: Any) -> UUID:
    """A release: open, or as is said; a time to come, unless said otherwise."""
    values = {"name": name, "publish_at": LATER, **columns}
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    return await sql.fetchval(
        f"insert into release ({', '.join(values)}) values ({places}) returning id", *values.values()
    )


def release(**columns: Any) -> Break:
    """Insert a release."""
    return lambda sql: a_release(sql, **columns)


def in_release(change: str, *, of_release: str = "scheduled", **columns: Any) -> Break:
    """Change a lesson that is in a release."""

    async def run(sql: Connection) -> None:
        key = await a_lesson(sql, release_id=await a_release(sql), **columns)
        for step in {"open": [], "scheduled": ["scheduled"], "published": ["scheduled", "published"]}[of_release]:
            await sql.execute(f"update release set status = '{step}'")
        await sql.execute(f"update lesson set {change} where id = $1", key)

    return run


async def a_lesson_in_two_releases(sql: Connection) -> None:
    key = await a_lesson(sql, release_id=await a_release(sql))
    await sql.execute("update lesson set release_id = $2 where id = $1", key, await a_release(sql))


async def a_published_lesson_into_a_release(sql: Connection) -> None:
    key = await a_lesson(sql, status="published")
    await sql.execute("update lesson set release_id = $2 where id = $1", key, await a_release(sql))


async def a_lesson_into_a_published_release(sql: Connection) -> None:
    await a_lesson(sql, release_id=await a_release(sql, status="published"))


async def a_lesson_that_was_never_public_into_a_published_release(sql: Connection) -> None:
    await a_lesson(sql, release_id=await a_release(sql, status="published"), status="archived")


async def a_public_lesson_into_an_open_release(sql: Connection) -> None:
    await a_lesson(sql, release_id=await a_release(sql), status="published")


async def a_public_lesson_moved_into_a_published_release(sql: Connection) -> None:
    key = await a_lesson(sql, status="published")
    await sql.execute("update lesson set release_id = $2 where id = $1", key, await a_release(sql, status="published"))


async def a_release_deleted_while_scheduled(sql: Connection) -> None:
    await sql.execute("delete from release where id = $1", await a_release(sql, status="scheduled"))


TRANSLATED = (
    ("program", a_program, "title"),
    ("term", a_term, "title"),
    ("lesson", a_lesson, "title"),
    ("topic", a_topic, "name"),
)
FIFTY_ONE_LANGUAGES = [f"a{chr(97 + place % 26)}{chr(97 + place // 26)}" for place in range(51)]
ELEVEN = FIFTY_ONE_LANGUAGES[:11]


async def a_translated_program(sql: Connection) -> UUID:
    """A program in English that is translated into Telugu."""
    return await a_program(sql, translations={"te": {"title": "ఒకటి"}}, languages_available=["en", "te"])


async def update_of_a_change(sql: Connection) -> None:
    """A moment out of reach for what changed in a program."""
    await a_term(sql)
    await sql.execute(f"update program_change set changed_at = '{TOO_LATE}'")


async def a_slug_of_no_program(sql: Connection) -> None:
    """A slug that leads nowhere."""
    await sql.execute("insert into program_slug values ('chai', $1)", uuid4())


def words_of_nothing(table: str) -> Break:
    """Words that find nothing."""
    insert = f"insert into {table}_words ({table}_id, words) values ($1, 'chai')"
    return lambda sql: sql.execute(insert, uuid4())


def in_the_feed(kind: str = "lesson", *, times: int = 1) -> Break:
    """Things of a kind at one position of the feed."""
    insert = (
        "insert into feed (id, kind, position, is_public, changed_at, public_since) values ($1, $2, 9, true, now(), 9)"
    )

    async def run(sql: Connection) -> None:
        for _ in range(times):
            await sql.execute(insert, uuid4(), kind)

    return run


async def a_feed_in_two_states(sql: Connection) -> None:
    """Have the feed come to two positions."""
    await sql.execute("insert into feed_state (id, position, line, kept_after) values (2, 0, 0, 0)")


WEBHOOK = "https://receiver.example/hook"


async def a_webhook(sql: Connection, **columns: Any) -> UUID:
    """A webhook that is told everything."""
    values = {"url": WEBHOOK, **columns}
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    statement = f"insert into webhook ({', '.join(values)}) values ({places}) returning id"
    return await sql.fetchval(statement, *values.values())


def webhook(**columns: Any) -> Break:
    """Insert a webhook."""
    return lambda sql: a_webhook(sql, **columns)


async def too_many_webhooks(sql: Connection) -> None:
    """One webhook more than there may be."""
    for _ in range(MOST_WEBHOOKS + 1):
        await a_webhook(sql)


async def failing_since_12000(sql: Connection) -> None:
    """A webhook that fails since a year to come."""
    await a_webhook(sql)
    await sql.execute("update webhook_delivery set failing_since = '12000-01-01'")


async def an_attempt_in_12000(sql: Connection) -> None:
    """An attempt to deliver in a year to come."""
    await a_webhook(sql)
    await sql.execute(
        "insert into webhook_attempt (webhook_id, message_id, latency_ms, at) "
        "select id, chaishots_uuid7(), 1, '12000-01-01' from webhook"
    )


def an_alert_of_12000(column: str) -> Break:
    """An alert with a moment in a year to come."""
    moments = {"at": "2026-01-01", "publish_at": "2026-01-01", column: "12000-01-01"}
    values = f"1, 'lesson.refused', chaishots_uuid7(), chaishots_uuid7(), '{moments['at']}', '{moments['publish_at']}'"
    return lambda sql: sql.execute(
        f"insert into alert (position, kind, lesson_id, program_id, at, publish_at) values ({values})"
    )


async def half_a_message(sql: Connection) -> None:
    """A message without what it says."""
    await a_webhook(sql)
    await sql.execute("update webhook_delivery set message_id = chaishots_uuid7()")


def of_no_webhook(table: str, columns: str, values: str) -> Break:
    """A row that belongs to a webhook that there is not."""
    insert = f"insert into {table} (webhook_id, {columns}) values ($1, {values})"
    return lambda sql: sql.execute(insert, uuid4())


def alerts(*kinds: str) -> Break:
    """Alerts of one lesson and moment."""
    lesson = uuid4()

    async def run(sql: Connection) -> None:
        for position, kind in enumerate(kinds):
            await sql.execute(
                "insert into alert (position, kind, lesson_id, program_id, publish_at) values ($1, $2, $3, $3, $4)",
                *(position, kind, lesson, LATER),
            )

    return run


def scheduled(patch: dict[str, Any] | None = None, *, of: str = "lesson", **columns: Any) -> Break:
    """Schedule a change."""
    make = {"lesson": a_lesson, "term": a_term}.get(of, a_program)

    async def breaking(sql: Connection) -> None:
        await a_change(sql, await make(sql), {"title": "New"} if patch is None else patch, of=of, **columns)

    return breaking


async def _a_scheduled_change(sql: Connection) -> UUID:
    return await a_change(sql, await a_lesson(sql), {"title": "New"}, apply_at=LATER)


def changed_change(change: str, *, after: str | None = None) -> Break:
    """Change a scheduled change; with `after`, one that was changed by that before."""

    async def breaking(sql: Connection) -> None:
        key = await _a_scheduled_change(sql)
        if after:
            await sql.execute(f"update change set {after} where id = $1", key)
        await sql.execute(f"update change set {change} where id = $1", key)

    return breaking


async def too_many_changes(sql: Connection) -> None:
    """One more of a lesson than there may be."""
    key = await a_lesson(sql)
    for _ in range(MOST_CHANGES + 1):
        await a_change(sql, key, {"title": "New"}, apply_at=LATER)


async def a_change_of_nothing(sql: Connection) -> None:
    """A change of a lesson that there is not."""
    await a_change(sql, uuid4(), {"title": "New"})


async def a_public_lesson_that_is_to_move_to_a_draft(sql: Connection) -> None:
    """A change that would take it out of sight."""
    key = await a_lesson(sql, await a_term(sql), status="published")
    await a_change(sql, key, {"term_id": str(await a_term(sql))})
    await sql.execute("update change set status = 'applied'")


async def a_change_that_leaves_its_release_behind(sql: Connection) -> None:
    release = await a_release(sql)
    await a_change(sql, await a_lesson(sql), {"title": "New"}, release_id=release)
    await sql.execute("update change set apply_at = now()")


async def a_change_of_no_program(sql: Connection) -> None:
    """A note of what changed in a program that there is not."""
    await sql.execute("insert into program_change values ($1)", uuid4())


BROKEN: list[tuple[str, str, Break]] = [
    ("program_title", "empty", program(title="")),
    ("program_title", "spaces", program(title="  ")),
    ("program_title", "too long", program(title=LONG_TITLE)),
    ("program_description", "too long", program(description="x" * 10_001)),
    ("program_slug", "with capitals", program(slug="Chai")),
    ("program_slug", "like an id", program(slug="019ac3f0-6a53-7b1c-8e1e-6c0c4b0e9d59")),
    ("program_slug", "taken away", update(a_program, "program", "slug = ''")),
    ("program_former_slugs", "with capitals", program(former_slugs=["a", "Chai"])),
    ("program_former_slugs", "one that is null", program(former_slugs=["a", None])),
    ("program_former_slugs", "too many", program(former_slugs=[f"a{number}" for number in range(51)])),
    ("program_position", "none", program(position=0)),
    ("program_slug_unique", "another's former one", update(two_programs, "program", "slug = 'chai'")),
    ("program_language_primary", "uppercase", program(language_primary="EN")),
    ("program_languages_available", "none", program(languages_available=[])),
    ("program_languages_available", "without the primary", program(languages_available=["te"])),
    ("program_languages_available", "one twice", program(languages_available=["en", "en"])),
    ("program_languages_available", "a bad one", program(languages_available=["en", "english"])),
    ("program_languages_available", "two in one", program(languages_available=["en", "te,hi"])),
    ("program_posters", "javascript", program(posters=SCRIPTS)),
    ("program_posters", "an unknown variant", program(posters={"en": {"round": "https://a"}})),
    ("program_status", "unknown", program(status="hidden")),
    ("program_status", "scheduled", program(status="scheduled")),
    ("program_published_at", "out of reach", program(published_at=TOO_LATE)),
    ("program_published_posters", "none", program(status="published", posters={})),
    ("program_published_posters", "taken away", update(a_public_program, "program", "posters = '{}'")),
    ("program_published_posters", "by its first lesson", a_publish_in_a_draft_without_posters),
    ("program_transition", "back to draft", update(a_public_program, "program", "status = 'draft'")),
    ("program_transition", "public lessons in a draft", a_draft_of_an_archived_program_with_public_lessons),
    ("program_published_at_once", "set", update(a_program, "program", "published_at = now()")),
    ("program_topic_pkey", "twice", a_topic_twice),
    ("program_topic_program_id_fkey", "no such program", a_link_to_no_program),
    ("program_topic_topic_id_fkey", "no such topic", a_link_to_no_topic),
    ("program_topic_immutable", "another topic", another_topic_in_a_link),
    ("topic_name", "empty", topic("")),
    ("topic_name", "a space before", topic(" Physics")),
    ("topic_name", "a space after", topic("Physics ")),
    ("topic_name", "too long", topic("x" * 101)),
    *(
        (f"{table}_version", f"{version}", version_of(table, version))
        for table in ("program", "topic", "term", "lesson", "release")
        for version in (0, -1, 2_000_000_001, 2**31 - 1)
    ),
    *(
        (rule, "an address beyond its length", update(make, table, f"{column} = '{json.dumps(value)}'"))
        for rule, make, table, column, value in LONG_ADDRESSES
    ),
    ("program_topics", "51", topics_of_one_program(51)),
    ("program_terms", "201", terms_of_one_program(201)),
    ("program_terms", "one that moves in", a_term_that_moves_to_a_program_with(200)),
    ("program_lessons", "10,001", lessons_of_one_program(10_001)),
    ("picture_id", "no hash", picture(id="A" * 64)),
    ("picture_size", "no width", picture(width=0)),
    ("picture_size", "no height", picture(height=0)),
    ("picture_colour", "a name", picture(colour="brown")),
    ("picture_variants", "none", picture(variants=[])),
    ("picture_variants", "without bytes", picture(variants=[{"width": 640, "height": 480}])),
    ("picture_alt", "no language", picture(alt='{"english": "A cup"}')),
    ("picture_alt", "empty", picture(alt='{"en": ""}')),
    ("picture_alt", "two lines", picture(alt='{"en": "A\\ncup"}')),
    ("picture_alt", "an escape", picture(alt='{"en": "A\\u001b[31mcup"}')),
    ("picture_alt", "too long", picture(alt=json.dumps({"en": "x" * 301}))),
    ("picture_created_at", "12000", picture(created_at=TOO_LATE)),
    ("picture_unused_since", "12000", picture(unused_since=TOO_LATE)),
    ("picture_immutable", "another size", a_picture_that_changes),
    ("picture_used", "by a program", a_used_picture_that_is_deleted),
    ("program_lessons", "one that moves in", a_lesson_that_moves_to_a_program_with(10_000)),
    *((rule, f"U+{ord(sign):04X} alone", make(sign)) for rule, make in NAMED.items() for sign in UNSEEN),
    *(
        (rule, f"{moment}", update(make, table, f"{column} = '{moment}'"))
        for rule, make, table, column in CLOCKS
        for moment in ("12000-01-01", "infinity", "-infinity")
    ),
    ("activity_at", "12000", a_line_of_the_year(12_000)),
    *((rule, f"U+{ord(sign):04X} in it", make(f"a{sign}b")) for rule, make in NAMED.items() for sign in BREAKING),
    *((rule, f"U+{ord(sign):04X} in it", make(f"a{sign}b")) for rule, make in TEXTS.items() for sign in STEERING),
    ("topic_name_unique", "in another case", two_topics_of_one_name),
    ("term_number", "zero", term(term_number=0)),
    ("term_number", "negative", term(term_number=-1)),
    ("term_title", "spaces", term(title=" ")),
    ("term_title", "too long", term(title=LONG_TITLE)),
    ("term_number_unique", "twice", within("term", a_program, term_number=1)),
    ("term_program_id_fkey", "no such program", term(program=uuid4())),
    ("lesson_number", "zero", lesson(lesson_number=0)),
    ("lesson_title", "spaces", lesson(title=" ")),
    ("lesson_title", "too long", lesson(title=LONG_TITLE)),
    *(
        (f"{table}_translations", how, update(make, table, f"translations = '{json.dumps(value)}'"))
        for table, make, text in TRANSLATED
        for how, value in (
            ("a list", []),
            ("no language", {"telugu": {text: "x"}}),
            ("no texts", {"te": "x"}),
            ("an unknown text", {"te": {"note": "x"}}),
            ("a number", {"te": {text: 1}}),
            ("empty", {"te": {text: ""}}),
            ("nothing to see", {"te": {text: "\u200b"}}),
            ("too long", {"te": {text: "x" * ((TOPIC_NAME_LENGTH if text == "name" else TITLE_LENGTH) + 1)}}),
            ("51 languages", {f"{tag}": {text: "x"} for tag in FIFTY_ONE_LANGUAGES}),
        )
    ),
    ("program_translations", "into its own language", program(translations={"en": {"title": "x"}})),
    (
        "program_translations",
        "from its own language",
        update(a_translated_program, "program", "language_primary = 'te'"),
    ),
    ("program_translations", "description too long", program(translations={"te": {"description": "x" * 10_001}})),
    ("program_translations", "too much", program(translations={tag: {"description": "x" * 9_999} for tag in ELEVEN})),
    ("lesson_translations", "into its own language", lesson(translations={"en": {"title": "x"}})),
    ("lesson_translations", "summary too long", lesson(translations={"te": {"summary": "x" * 2_001}})),
    ("topic_translations", "a space before", update(a_topic, "topic", """translations = '{"te": {"name": " x"}}'""")),
    ("lesson_summary", "too long", lesson(summary="x" * 2_001)),
    ("lesson_content_type", "unknown", lesson(content_type="audio")),
    ("lesson_duration_ms", "a video without", lesson(duration_ms=None)),
    ("lesson_duration_ms", "zero", lesson(duration_ms=0)),
    ("lesson_duration_ms", "an article of zero", lesson(content_type="article", duration_ms=0)),
    ("lesson_content_language_primary", "uppercase", lesson(content_language_primary="EN")),
    ("lesson_content_languages_available", "without the primary", lesson(content_languages_available=["te"])),
    ("lesson_content_languages_available", "two in one", lesson(content_languages_available=["en", "te,hi"])),
    ("lesson_content_urls", "javascript", lesson(content_urls=SCRIPT)),
    ("lesson_content_urls", "without the primary", lesson(content_urls={"te": URLS["en"]})),
    ("lesson_content_urls", "scheduled without", lesson(content_urls={}, due_in=AN_HOUR)),
    ("lesson_content_urls", "published without", lesson(content_urls={}, status="published")),
    ("lesson_subtitle_urls", "javascript", lesson(subtitle_urls=SCRIPT)),
    ("lesson_thumbnails", "javascript", lesson(thumbnails=SCRIPTS)),
    ("lesson_required_thumbnails", "scheduled without", lesson(thumbnails={}, due_in=AN_HOUR)),
    ("lesson_required_thumbnails", "published without", lesson(thumbnails={}, status="published")),
    (
        "lesson_required_thumbnails",
        "in another language only",
        lesson(thumbnails={"te": ASSETS["en"]}, status="published"),
    ),
    ("lesson_required_thumbnails", "one of two", lesson(thumbnails={"en": {"portrait": "https://a"}}, due_in=AN_HOUR)),
    ("lesson_status", "unknown", lesson(status="hidden")),
    ("lesson_publish_at", "scheduled without", lesson(status="scheduled")),
    ("lesson_publish_at", "out of reach", lesson(status="scheduled", publish_at=TOO_LATE)),
    ("lesson_published_at", "out of reach", lesson(published_at=TOO_LATE)),
    ("lesson_archive_at", "out of reach", lesson(archive_at=TOO_LATE)),
    ("lesson_archive_at", "at its publish_at", lesson(publish_at=LATER, archive_at=LATER)),
    ("lesson_archive_at", "before its publish_at", lesson(publish_at=LATER, archive_at=LATER - AN_HOUR)),
    ("lesson_publish_zone", "of no time", lesson(publish_zone="Asia/Kolkata")),
    ("lesson_publish_zone", "an abbreviation", lesson(publish_at=LATER, publish_zone="IST")),
    ("lesson_publish_zone", "unknown", lesson(publish_at=LATER, publish_zone="Asia/Nowhere")),
    ("lesson_publish_zone", "a POSIX rule", lesson(publish_at=LATER, publish_zone="Foo/Bar+5")),
    ("lesson_archive_zone", "of no end", lesson(publish_at=LATER, archive_zone="Asia/Kolkata")),
    ("lesson_archive_zone", "unknown", lesson(archive_at=LATER, archive_zone="Mars/Olympus")),
    ("release_publish_zone", "of no time", release(publish_at=None, status="open", publish_zone="UTC")),
    ("release_publish_zone", "unknown", release(publish_at=LATER, publish_zone="Europe")),
    ("lesson_publish_error", "of a draft", lesson(publish_error="No poster.")),
    ("lesson_number_unique", "twice", within("lesson", a_term, lesson_number=1)),
    ("lesson_term_id_fkey", "no such term", lesson(term=uuid4())),
    (
        "lesson_transition",
        "published to scheduled",
        update(lesson(status="published"), "lesson", "status = 'scheduled'"),
    ),
    ("lesson_published_at_once", "set", update(a_lesson, "lesson", "published_at = now()")),
    ("lesson_created_at", "out of reach", lesson(created_at=TOO_LATE)),
    ("lesson_updated_at", "out of reach", lesson(updated_at=TOO_LATE)),
    ("program_created_at", "out of reach", program(created_at=TOO_LATE)),
    ("program_updated_at", "out of reach", program(updated_at=TOO_LATE)),
    ("lesson_id_immutable", "another", update(a_lesson, "lesson", "id = chaishots_uuid7()")),
    ("program_id_immutable", "another", update(a_program, "program", "id = chaishots_uuid7()")),
    ("term_id_immutable", "another", update(a_term, "term", "id = chaishots_uuid7()")),
    ("topic_id_immutable", "another", update(a_topic, "topic", "id = chaishots_uuid7()")),
    ("lesson_program_archived", "published", a_publish_in_an_archived_program),
    ("lesson_release_id_fkey", "no such release", lesson(release_id=uuid4())),
    ("lesson_in_release", "another time", in_release("publish_at = publish_at + interval '1 s'")),
    ("lesson_in_release", "published alone", in_release("status = 'published'")),
    ("lesson_in_release", "unscheduled alone", in_release("status = 'draft', publish_at = null")),
    ("lesson_in_release", "scheduled in an open one", in_release("status = 'scheduled'", of_release="open")),
    ("lesson_in_release", "published in an open one", in_release("status = 'published'", of_release="open")),
    ("lesson_in_release", "in two", a_lesson_in_two_releases),
    (
        "lesson_release_status",
        "a published one",
        a_published_lesson_into_a_release,
    ),
    ("release_closed", "joined", a_lesson_into_a_published_release),
    ("release_closed", "joined by one never public", a_lesson_that_was_never_public_into_a_published_release),
    ("release_closed", "joined by one that is there", a_public_lesson_moved_into_a_published_release),
    ("lesson_release_status", "new, published in an open one", a_public_lesson_into_an_open_release),
    ("release_closed", "left", in_release("release_id = null", of_release="published")),
    ("release_name", "spaces", release(name="  ")),
    ("release_name", "too long", release(name=LONG_TITLE)),
    ("release_status", "unknown", release(status="ready")),
    ("release_publish_at", "scheduled without", release(status="scheduled", publish_at=None)),
    ("release_publish_at", "out of reach", release(publish_at=TOO_LATE)),
    ("release_published_at", "of an open one", release(published_at=LATER)),
    ("release_published_at", "out of reach", release(status="published", published_at=TOO_LATE)),
    ("release_reverted_at", "of an open one", release(reverted_at=LATER)),
    ("release_reverted_by", "of one that stands", release(reverted_by="asha")),
    ("release_reverted_at", "out of reach", release(status="published", published_at=LATER, reverted_at=TOO_LATE)),
    ("release_published_at_once", "set", update(a_release, "release", "published_at = now()")),
    ("release_publish_error", "of an open one", release(publish_error="No poster.")),
    ("release_created_at", "out of reach", release(created_at=TOO_LATE)),
    ("release_updated_at", "out of reach", release(updated_at=TOO_LATE)),
    ("release_id_immutable", "another", update(a_release, "release", "id = chaishots_uuid7()")),
    ("release_transition", "open to published", update(a_release, "release", "status = 'published'")),
    (
        "release_transition",
        "the time of a cancelled one",
        update(release(status="cancelled"), "release", "publish_at = now()"),
    ),
    ("release_delete", "scheduled", a_release_deleted_while_scheduled),
    ("api_token_name", "empty", token(name="")),
    ("api_token_name", "a space before", token(name=" asha")),
    ("api_token_name", "a newline after", token(name="asha\n")),
    ("api_token_name", "not as NFC has it", token(name="Re\u0301mi")),
    ("api_token_name", "turns what is read", token(name="a\u202eb")),
    ("api_token_name", "a slash", token(name="a/b")),
    ("api_token_name", "too long", token(name="a" * 65)),
    ("api_token_name_unique", "two active ones", two_tokens(token_hash=b"x" * 32)),
    ("preview_link_hash", "short", preview_link(token_hash=b"short")),
    ("preview_link_hash_unique", "twice", two_preview_links),
    ("preview_link_at", "12000", preview_link(at=TOO_LATE)),
    ("preview_link_created_at", "12000", preview_link(created_at=TOO_LATE)),
    ("preview_link_revoked_at", "12000", preview_link(revoked_at=TOO_LATE)),
    ("preview_link_expires_at", "in 91 days", preview_link(expires_at=datetime.now(UTC) + timedelta(days=91))),
    ("preview_link_expires_at", "in the past", preview_link(expires_at=datetime.now(UTC) - timedelta(days=1))),
    ("preview_link_program_id_fkey", "no such program", preview_link(program_id=uuid4())),
    ("preview_link_token_id_fkey", "no such token", preview_link(token_id=uuid4())),
    ("preview_link_immutable", "all of it", update(preview_link(), "preview_link", "at = now()")),
    (
        "preview_link_immutable",
        "for longer",
        update(a_preview_link, "preview_link", "expires_at = expires_at + interval '1 hour'"),
    ),
    (
        "preview_link_immutable",
        "no longer revoked",
        update(preview_link(revoked_at=datetime.now(UTC)), "preview_link", "revoked_at = null"),
    ),
    ("program_change_changed_at", "12000", update_of_a_change),
    ("program_slug_program_id_fkey", "no such program", a_slug_of_no_program),
    ("feed_kind", "unknown", in_the_feed("topic")),
    ("feed_position_key", "twice", in_the_feed(times=2)),
    ("feed_state_one", "a second one", a_feed_in_two_states),
    ("program_words_program_id_fkey", "no such program", words_of_nothing("program")),
    ("lesson_words_lesson_id_fkey", "no such lesson", words_of_nothing("lesson")),
    ("program_change_program_id_fkey", "no such program", a_change_of_no_program),
    ("webhook_url", "javascript", webhook(url="javascript:alert(1)")),
    ("webhook_url", "with a user", webhook(url="https://user@receiver.example/")),
    ("webhook_events", "none", webhook(events=[])),
    ("webhook_events", "unknown", webhook(events=["lesson.loved"])),
    ("webhook_secret", "short", webhook(secret="whsec_c2hvcnQ=")),
    ("webhook_secret", "without its prefix", webhook(secret="a" * 44)),
    ("webhook_former_secret", "without an end", webhook(former_secret="whsec_" + "a" * 44)),
    ("webhook_former_secret", "short", webhook(former_secret="whsec_a", former_secret_until=LATER)),
    ("webhook_status", "unknown", webhook(status="asleep")),
    ("webhook_paused_reason", "unknown", webhook(status="paused", paused_reason="tired")),
    ("webhook_moments", "12000", webhook(created_at=TOO_LATE)),
    ("webhook_moments", "replayed in 9000", webhook(replayed_at=TOO_LATE)),
    ("webhook_id_immutable", "another", update(a_webhook, "webhook", "id = chaishots_uuid7()")),
    ("webhook_number", "21", too_many_webhooks),
    ("webhook_delivery_message", "half", half_a_message),
    ("webhook_delivery_failing_since", "12000", failing_since_12000),
    ("webhook_attempt_at", "12000", an_attempt_in_12000),
    ("alert_at", "12000", an_alert_of_12000("at")),
    ("alert_publish_at", "12000", an_alert_of_12000("publish_at")),
    (
        "webhook_delivery_webhook_id_fkey",
        "no such webhook",
        of_no_webhook("webhook_delivery", "position, mark, alert", "0, 0, 0"),
    ),
    (
        "webhook_attempt_webhook_id_fkey",
        "no such webhook",
        of_no_webhook("webhook_attempt", "message_id, latency_ms", "chaishots_uuid7(), 1"),
    ),
    ("alert_kind", "unknown", alerts("lesson.loved")),
    ("alert_once", "twice", alerts("lesson.refused", "lesson.refused")),
    ("api_token_role", "unknown", token(role="owner")),
    ("api_token_hash", "too short", token(token_hash=bytes(31))),
    ("api_token_hash_unique", "twice", two_tokens(name="ravi")),
    ("idempotency_key_key", "empty", keys("")),
    ("idempotency_key_key", "too long", keys("x" * 256)),
    ("idempotency_key_unique", "twice", keys("a", "a")),
    ("idempotency_key_token_id_fkey", "no such token", keys("a", token=uuid4())),
    ("change_object_type", "topic", scheduled(of="topic")),
    ("change_object", "no such lesson", a_change_of_nothing),
    ("change_patch", "empty", scheduled({})),
    ("change_patch", "unknown column", scheduled({"publish_at": None})),
    ("change_end", "goes public", scheduled({"status": "published"})),
    ("change_has_moment", "never", scheduled({"title": "New"}, apply_at=None)),
    ("change_release_id_fkey", "no such release", scheduled({"title": "New"}, release_id=uuid4())),
    ("change_in_release", "a moment of its own", a_change_that_leaves_its_release_behind),
    ("change_patch", "another's column", scheduled({"topics": []})),
    ("change_patch", "topics that are no texts", scheduled({"topics": [1]}, of="program")),
    ("change_patch", "topics that are null", scheduled({"topics": None}, of="program")),
    ("change_patch", "a term that is no id", scheduled({"term_id": "first"})),
    ("change_patch", "no term", scheduled({"term_id": None})),
    ("change_patch", "no program", scheduled({"program_id": None}, of="term")),
    ("change_patch", "too big", scheduled({"summary": "x" * 250_001})),
    ("change_apply_at", "9000", scheduled(apply_at=TOO_LATE)),
    ("change_publish_zone", "no zone", scheduled(publish_zone="Asia/Atlantis")),
    ("change_status", "begins applied", scheduled(status="applied", applied_at=LATER)),
    ("change_status", "unknown", changed_change("status = 'lost'")),
    ("change_applied_at", "scheduled", changed_change("applied_at = now()")),
    ("change_created_at", "9000", scheduled(created_at=TOO_LATE)),
    ("change_updated_at", "9000", scheduled(updated_at=TOO_LATE)),
    ("change_version", "0", scheduled(version=0)),
    ("change_number", "101", too_many_changes),
    ("change_object_immutable", "another id", changed_change("id = chaishots_uuid7()")),
    ("change_object_immutable", "another thing", changed_change("object_id = chaishots_uuid7()")),
    ("change_transition", "scheduled again", changed_change("status = 'scheduled'", after="status = 'cancelled'")),
    ("change_transition", "another patch", changed_change('patch = \'{"title": "No"}\'', after="status = 'applied'")),
    ("change_moves_public", "to a draft", a_public_lesson_that_is_to_move_to_a_draft),
    ("activity_append_only", "changed", lambda sql: sql.execute("update activity set actor = 'nobody'")),
    ("activity_append_only", "deleted", lambda sql: sql.execute("delete from activity")),
    ("activity_append_only", "truncated", lambda sql: sql.execute("truncate activity")),
]

CONTENT = ["program", "topic", "program_topic", "term", "lesson", "release", "change", "activity"]
# An identifier is the database's own: nobody breaks its uniqueness by an edit. A link has no other key.
_CONSTRAINTS = """
    select conname as name from pg_constraint
     where conrelid::regclass::text = any($1) and contype in ('c', 'f', 'u', 'x')
     union
    select pg_class.relname from pg_index join pg_class on pg_class.oid = pg_index.indexrelid
     where indrelid::regclass::text = any($1) and indisunique
       and (not indisprimary or pg_class.relname = 'program_topic_pkey')
"""
_TABLES = "select tablename from pg_tables where schemaname = current_schema() and tablename <> 'aerich'"
_SOURCES = "select prosrc from pg_proc where proname like 'chaishots\\_%'"


async def rules(sql: Connection, *tables: str) -> set[str]:
    """The names of all by which the database refuses: constraints, unique indexes, and what triggers name."""
    among = tables or [found["tablename"] for found in await sql.fetch(_TABLES)]
    constraints = {found["name"] for found in await sql.fetch(_CONSTRAINTS, among)}
    sources = [found["prosrc"] for found in await sql.fetch(_SOURCES)]
    return constraints.union(*(re.findall(r"chaishots_refuse\('(\w+)'", source or "") for source in sources))


@pytest.mark.parametrize(
    ("rule", "breaking"), [pytest.param(rule, breaking, id=f"{rule}-{how}") for rule, how, breaking in BROKEN]
)
async def test_what_breaks_a_rule_is_refused_by_its_name(sql: Connection, rule: str, breaking: Break) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await breaking(sql)

    assert refused.value.constraint_name == rule


async def test_every_rule_of_the_database_is_broken_above(sql: Connection) -> None:
    assert await rules(sql) - {rule for rule, _, _ in BROKEN} == set()


async def test_every_rule_of_content_is_explained(sql: Connection) -> None:
    assert await rules(sql, *CONTENT) - EXPLANATIONS.keys() == set()


async def test_every_rule_that_is_explained_is_one_of_the_database(sql: Connection) -> None:
    assert EXPLANATIONS.keys() - await rules(sql) == set()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param("program", "title", id="program"),
        pytest.param("program", "language_primary", id="program's language"),
        pytest.param("topic", "name", id="topic"),
        pytest.param("term", "program_id", id="term's program"),
        pytest.param("term", "term_number", id="term's number"),
        pytest.param("lesson", "term_id", id="lesson's term"),
        pytest.param("lesson", "lesson_number", id="lesson's number"),
        pytest.param("lesson", "title", id="lesson's title"),
        pytest.param("lesson", "content_type", id="lesson's type"),
        pytest.param("lesson", "content_language_primary", id="lesson's language"),
    ],
)
async def test_what_every_row_needs_cannot_be_missing(sql: Connection, table: str, column: str) -> None:
    await a_topic(sql)
    await a_lesson(sql)

    with pytest.raises(asyncpg.NotNullViolationError) as refused:
        await sql.execute(f"update {table} set {column} = null")

    assert refused.value.column_name == column


LONGEST = "x" * TITLE_LENGTH


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(program(title=LONGEST), id="the longest title of a program"),
        pytest.param(program(description="x" * 10_000), id="the longest description"),
        pytest.param(program(posters={}), id="a draft program without posters"),
        pytest.param(program(status="archived", posters={}), id="an archived program without posters"),
        pytest.param(term(title=LONGEST), id="the longest title of a term"),
        pytest.param(term(title=None), id="a term without a title"),
        pytest.param(topic("x" * TOPIC_NAME_LENGTH), id="the longest name of a topic"),
        pytest.param(lesson(title=LONGEST), id="the longest title of a lesson"),
        pytest.param(lesson(summary="x" * SUMMARY_LENGTH), id="the longest summary"),
        pytest.param(lesson(content_urls={}, thumbnails={}), id="a draft lesson without content"),
        pytest.param(lesson(status="archived", content_urls={}, thumbnails={}), id="an archived one without content"),
        pytest.param(lesson(content_type="article", duration_ms=None), id="an article without a length"),
        pytest.param(lesson(duration_ms=2**40), id="a video of 35 years"),
        pytest.param(lesson(status="published", due_in=A_MOMENT_AGO), id="a publish_at that has passed"),
        pytest.param(lesson(archive_at=LATER), id="an end without a beginning"),
    ],
)
async def test_what_breaks_no_rule_is_taken(sql: Connection, make: Break) -> None:
    assert await make(sql) is not None


# Transitions ---------------------------------------------------------------------------------------------------------
async def attempt(sql: Connection, statement: str, key: UUID) -> str | None:
    """The rule that a statement breaks; None when it goes through."""
    try:
        await sql.execute(statement, key)
    except asyncpg.IntegrityConstraintViolationError as refused:
        return refused.constraint_name
    return None


@pytest.mark.parametrize(("old", "new"), list(permutations(Status, 2)), ids=lambda status: status.value)
async def test_the_database_lets_a_lesson_go_where_the_lifecycle_does(
    sql: Connection, old: Status, new: Status
) -> None:
    key = await a_lesson(sql, status=old, publish_at=LATER)

    refused = await attempt(sql, f"update lesson set status = '{new}' where id = $1", key)

    assert refused == (None if new in LESSON_TRANSITIONS[old] else "lesson_transition")


@pytest.mark.parametrize("status", Status, ids=lambda status: status.value)
async def test_a_lesson_may_stay_what_it_is_while_it_is_edited(sql: Connection, status: Status) -> None:
    key = await a_lesson(sql, status=status, publish_at=LATER)

    assert await attempt(sql, f"update lesson set status = '{status}', title = 'New' where id = $1", key) is None


@pytest.mark.parametrize(("old", "new"), list(permutations(ProgramStatus, 2)), ids=lambda status: status.value)
async def test_the_database_lets_a_program_go_where_the_lifecycle_does(
    sql: Connection, old: ProgramStatus, new: ProgramStatus
) -> None:
    key = await a_program(sql, status=old)

    refused = await attempt(sql, f"update program set status = '{new}' where id = $1", key)

    assert refused == (None if new in PROGRAM_TRANSITIONS[old] else "program_transition")


@pytest.mark.parametrize(("old", "new"), list(permutations(ReleaseStatus, 2)), ids=lambda status: status.value)
async def test_the_database_lets_a_release_go_where_the_lifecycle_does(
    sql: Connection, old: ReleaseStatus, new: ReleaseStatus
) -> None:
    key = await a_release(sql, status=old)

    refused = await attempt(sql, f"update release set status = '{new}' where id = $1", key)

    assert refused == (None if new in RELEASE_TRANSITIONS[old] else "release_transition")


@pytest.mark.parametrize("status", ["published", "archived"])
async def test_what_was_public_is_restored_into_a_published_release_as_it_was(sql: Connection, status: str) -> None:
    release = await a_release(sql, status="published")
    published_at = datetime(2020, 1, 1, tzinfo=UTC)

    key = await a_lesson(sql, release_id=release, status=status, published_at=published_at, publish_at=LATER)

    made = await row(sql, "lesson", key)
    assert (made["release_id"], made["status"], made["published_at"]) == (release, status, published_at)
    assert (made["publish_at"], made["version"]) == (LATER, 1)


async def test_a_new_draft_in_an_open_release_keeps_its_time_and_one_that_joins_it_has_none(sql: Connection) -> None:
    release = await a_release(sql)
    new, joins = await a_lesson(sql, release_id=release, publish_at=LATER), await a_lesson(sql, publish_at=LATER)
    scheduled = await a_lesson(sql, release_id=release, status="scheduled", publish_at=LATER)

    await sql.execute("update lesson set release_id = $2 where id = $1", joins, release)

    stands = [await row(sql, "lesson", key) for key in (new, joins, scheduled)]
    assert [made["status"] for made in stands] == ["draft"] * 3
    assert [made["publish_at"] for made in stands] == [LATER, None, None]


async def test_an_archived_lesson_stays_in_its_release_when_its_time_is_changed(sql: Connection) -> None:
    release = await a_release(sql, status="published")
    key = await a_lesson(sql, release_id=release, status="published", publish_at=LATER)
    await sql.execute("update lesson set status = 'archived' where id = $1", key)

    await sql.execute("update lesson set publish_at = null where id = $1", key)

    assert (await row(sql, "lesson", key))["release_id"] == release


@pytest.mark.parametrize("status", ProgramStatus, ids=lambda status: status.value)
async def test_a_program_may_stay_what_it_is_while_it_is_edited(sql: Connection, status: ProgramStatus) -> None:
    key = await a_program(sql, status=status)

    assert await attempt(sql, f"update program set status = '{status}', title = 'New' where id = $1", key) is None


# published_at --------------------------------------------------------------------------------------------------------
PUBLISHED = {"lesson": lesson(status="published"), "program": a_public_program}
DRAFT = {"lesson": a_lesson, "program": a_program}
TABLES = pytest.mark.parametrize("table", ["lesson", "program"])


@TABLES
@pytest.mark.parametrize("value", ["now()", "null", "published_at + interval '1 microsecond'"])
async def test_published_at_never_changes(sql: Connection, table: str, value: str) -> None:
    key = await PUBLISHED[table](sql)

    refused = await attempt(sql, f"update {table} set published_at = {value} where id = $1", key)

    assert refused == f"{table}_published_at_once"


@TABLES
async def test_published_at_is_not_set_by_an_edit_nor_by_archiving(sql: Connection, table: str) -> None:
    key = await DRAFT[table](sql)

    refused = await attempt(sql, f"update {table} set status = 'archived', published_at = now() where id = $1", key)

    assert refused == f"{table}_published_at_once"


@TABLES
async def test_the_first_publish_takes_the_databases_clock(sql: Connection, table: str) -> None:
    key = await DRAFT[table](sql)

    before = await database_now(sql)
    await sql.execute(f"update {table} set status = 'published' where id = $1", key)

    assert before <= (await row(sql, table, key))["published_at"] <= await database_now(sql)


@TABLES
async def test_the_first_publish_takes_the_moment_that_it_is_given(sql: Connection, table: str) -> None:
    key = await DRAFT[table](sql)

    await sql.execute(f"update {table} set status = 'published', published_at = $2 where id = $1", key, LATER)

    assert (await row(sql, table, key))["published_at"] == LATER


@TABLES
async def test_what_is_inserted_as_published_takes_the_databases_clock(sql: Connection, table: str) -> None:
    before = await database_now(sql)

    key = await PUBLISHED[table](sql)

    assert before <= (await row(sql, table, key))["published_at"] <= await database_now(sql)


@TABLES
async def test_another_publish_keeps_the_first_moment_whatever_it_is_given(sql: Connection, table: str) -> None:
    key = await PUBLISHED[table](sql)
    first = (await row(sql, table, key))["published_at"]

    steps = ("archived", "draft", "published") if table == "lesson" else ("archived", "published")
    for status in steps:
        given = ", published_at = now()" if status == "published" else ""
        await sql.execute(f"update {table} set status = '{status}'{given} where id = $1", key)

    assert (await row(sql, table, key))["published_at"] == first


# Programs follow their lessons ---------------------------------------------------------------------------------------
async def test_a_lesson_published_by_psql_publishes_its_draft_program_at_the_same_moment(sql: Connection) -> None:
    parent = await a_program(sql)
    key = await a_lesson(sql, await a_term(sql, parent))

    await sql.execute("update lesson set status = 'published' where id = $1", key)

    published, of_program = await row(sql, "lesson", key), await row(sql, "program", parent)
    assert (of_program["status"], of_program["published_at"]) == ("published", published["published_at"])


async def test_a_lesson_inserted_as_published_publishes_its_draft_program(sql: Connection) -> None:
    parent = await a_program(sql)

    await a_lesson(sql, await a_term(sql, parent), status="published")

    assert (await row(sql, "program", parent))["status"] == "published"


async def test_lessons_published_together_publish_each_of_their_programs_once(sql: Connection) -> None:
    parents = [await a_program(sql) for _ in range(2)]
    for parent in parents:
        in_term = await a_term(sql, parent)
        for _ in range(2):
            await a_lesson(sql, in_term)

    await sql.execute("update lesson set status = 'published'")

    assert [await history(sql, parent) for parent in parents] == [["program.create", "program.publish"]] * 2


async def test_a_lesson_that_its_program_keeps_back_stays_what_it_was(sql: Connection) -> None:
    key = await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})))

    await attempt(sql, "update lesson set status = 'published' where id = $1", key)

    assert (await row(sql, "lesson", key))["status"] == "draft"


async def test_a_term_that_comes_with_public_lessons_publishes_its_new_draft_program(sql: Connection) -> None:
    term = await a_term(sql)
    lesson = await a_lesson(sql, term, status="published")
    program = await a_program(sql)

    await sql.execute("update term set program_id = $2 where id = $1", term, program)

    found = await row(sql, "program", program)
    assert found["status"] == "published"
    assert found["published_at"] == (await row(sql, "lesson", lesson))["published_at"]
    assert await history(sql, program) == ["program.create", "program.publish"]


async def test_a_term_with_public_lessons_cannot_go_where_they_could_not_be_public(sql: Connection) -> None:
    term = await a_term(sql)
    await a_lesson(sql, term, status="published")
    bare = await a_program(sql, posters={})

    with pytest.raises(asyncpg.CheckViolationError, match="program_published_posters"):
        await sql.execute("update term set program_id = $2 where id = $1", term, bare)


async def test_a_term_without_public_lessons_leaves_a_draft_program_a_draft(sql: Connection) -> None:
    term, program = await a_term(sql), await a_program(sql)
    await a_lesson(sql, term, due_in=AN_HOUR)

    await sql.execute("update term set program_id = $2 where id = $1", term, program)

    assert (await row(sql, "program", program))["status"] == "draft"


async def test_a_public_program_stays_public_when_its_last_lesson_is_taken_down(sql: Connection) -> None:
    key = await a_public_program(sql)

    await sql.execute("update lesson set status = 'archived'")

    assert (await row(sql, "program", key))["status"] == "published"


# Translations --------------------------------------------------------------------------------------------------------
async def test_translations_are_kept_in_one_spelling_and_without_what_is_empty(sql: Connection) -> None:
    key = await a_lesson(sql, translations={"fr": {"title": "caf\u0065\u0301", "summary": "a\n\u0303"}, "de": {}})

    kept = json.loads((await row(sql, "lesson", key))["translations"])

    assert kept == {"fr": {"title": "caf\u00e9", "summary": "a\n\u0303"}}


async def test_the_longest_translations_are_taken(sql: Connection) -> None:
    texts = {"title": "అ" * TITLE_LENGTH, "summary": "అ" * SUMMARY_LENGTH}
    key = await a_lesson(sql, translations=dict.fromkeys(FIFTY_ONE_LANGUAGES[:14], texts))

    assert len(json.loads((await row(sql, "lesson", key))["translations"])) == 14


async def test_a_lesson_that_is_translated_keeps_its_translations_through_its_steps_and_they_are_in_its_history(
    sql: Connection,
) -> None:
    key = await a_lesson(sql, status="draft")
    await sql.execute("""update lesson set translations = '{"te": {"title": "ఒకటి"}}' where id = $1""", key)
    await sql.execute("update lesson set status = 'published' where id = $1", key)

    changes = await sql.fetch(
        "select action, before, after from activity where object_id = $1 and action <> 'lesson.create' order by seq",
        key,
    )

    (edit, publish) = changes
    assert (edit["action"], publish["action"]) == ("lesson.change", "lesson.publish")
    assert json.loads(edit["before"])["translations"] == {}
    assert json.loads(edit["after"])["translations"] == {"te": {"title": "ఒకటి"}}
    assert "translations" not in json.loads(publish["after"])


# Defaults ------------------------------------------------------------------------------------------------------------
async def test_a_program_needs_a_title_and_a_language_and_the_database_fills_in_the_rest(sql: Connection) -> None:
    key = await sql.fetchval("insert into program (title, language_primary) values ('Tea', 'te') returning id")

    made = await row(sql, "program", key)
    for own in ("id", "created_at", "updated_at"):
        del made[own]
    assert made == {
        "title": "Tea",
        "description": "",
        "translations": "{}",
        "slug": "tea",
        "former_slugs": [],
        "language_primary": "te",
        "languages_available": ["te"],
        "posters": "{}",
        "position": None,
        "shows_coming_soon": False,
        "status": "draft",
        "published_at": None,
        "version": 1,
    }


async def test_a_lesson_needs_its_place_a_title_a_type_and_a_language(sql: Connection) -> None:
    in_term = await a_term(sql)

    key = await sql.fetchval(
        """
        insert into lesson (term_id, lesson_number, title, content_type, content_language_primary)
        values ($1, 1, 'Tea', 'article', 'te') returning id
        """,
        in_term,
    )

    made = await row(sql, "lesson", key)
    for own in ("id", "created_at", "updated_at"):
        del made[own]
    assert made == {
        "term_id": in_term,
        "release_id": None,
        "lesson_number": 1,
        "title": "Tea",
        "summary": "",
        "translations": "{}",
        "content_type": "article",
        "duration_ms": None,
        "is_paid": False,
        "content_language_primary": "te",
        "content_languages_available": ["te"],
        "content_urls": "{}",
        "subtitle_urls": "{}",
        "thumbnails": "{}",
        "status": "draft",
        "publish_at": None,
        "publish_zone": None,
        "published_at": None,
        "archive_at": None,
        "archive_zone": None,
        "publish_error": None,
        "version": 1,
    }


@pytest.mark.parametrize("table", ["program", "term", "lesson", "topic"])
async def test_an_id_is_a_uuid_of_version_7_that_tells_when_it_was_made(sql: Connection, table: str) -> None:
    before = await database_now(sql)
    key = await {"program": a_program, "term": a_term, "lesson": a_lesson, "topic": a_topic}[table](sql)
    after = await database_now(sql)

    made_at = datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
    assert (key.version, key.variant) == (7, "specified in RFC 4122")
    assert before - timedelta(milliseconds=1) < made_at <= after


@TABLES
async def test_a_new_row_was_created_and_updated_now(sql: Connection, table: str) -> None:
    before = await database_now(sql)
    made = await row(sql, table, await DRAFT[table](sql))

    assert before <= made["created_at"] == made["updated_at"] <= await database_now(sql)


# Versions ------------------------------------------------------------------------------------------------------------
VERSIONED = pytest.mark.parametrize(
    ("table", "column", "make"),
    [
        ("program", "title", a_program),
        ("term", "title", a_term),
        ("lesson", "title", a_lesson),
        ("topic", "name", a_topic),
        ("release", "name", a_release),
    ],
    ids=["program", "term", "lesson", "topic", "release"],
)


@VERSIONED
async def test_a_change_makes_the_next_version(sql: Connection, table: str, column: str, make: Make) -> None:
    key = await make(sql)

    await sql.execute(f"update {table} set {column} = 'New' where id = $1", key)

    assert (await row(sql, table, key))["version"] == 2


@TABLES
async def test_a_change_is_the_moment_of_the_last_update(sql: Connection, table: str) -> None:
    key = await DRAFT[table](sql)
    before = await database_now(sql)

    await sql.execute(f"update {table} set title = 'New' where id = $1", key)

    changed = await row(sql, table, key)
    assert changed["created_at"] < before <= changed["updated_at"] <= await database_now(sql)


@TABLES
async def test_a_step_in_the_lifecycle_makes_the_next_version(sql: Connection, table: str) -> None:
    key = await DRAFT[table](sql)

    await sql.execute(f"update {table} set status = 'archived' where id = $1", key)

    assert (await row(sql, table, key))["version"] == 2


@VERSIONED
async def test_an_update_that_changes_nothing_makes_no_version(
    sql: Connection, table: str, column: str, make: Make
) -> None:
    key = await make(sql)
    before = await row(sql, table, key)

    await sql.execute(f"update {table} set {column} = {column}, version = version where id = $1", key)

    assert await row(sql, table, key) == before


@VERSIONED
async def test_nobody_chooses_a_version(sql: Connection, table: str, column: str, make: Make) -> None:
    key = await make(sql)

    await sql.execute(f"update {table} set version = 99, {column} = 'New' where id = $1", key)

    assert (await row(sql, table, key))["version"] == 2


@pytest.mark.parametrize("step", ["publish_error = 'No poster.'", "publish_error = null"])
async def test_what_the_publisher_notes_makes_no_version(sql: Connection, step: str) -> None:
    key = await a_lesson(sql, due_in=A_MOMENT_AGO, publish_error="Archived.")
    before = await row(sql, "lesson", key)

    await sql.execute(f"update lesson set {step} where id = $1", key)

    after = await row(sql, "lesson", key)
    assert (after["version"], after["updated_at"]) == (before["version"], before["updated_at"])


# Another try ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        pytest.param("update lesson set title = 'New' where publish_error is not null", id="of the lesson"),
        pytest.param("update lesson set publish_at = publish_at + interval '1 s'", id="of its time"),
        pytest.param("update program set description = 'New'", id="of its program"),
        pytest.param("update program set status = 'archived'", id="of its program's status"),
        pytest.param("update term set program_id = (select id from program where title = 'Other')", id="of its place"),
    ],
)
async def test_a_change_asks_for_another_try_of_a_refused_lesson(sql: Connection, change: str) -> None:
    await a_program(sql, title="Other")
    key = await a_lesson(sql, due_in=A_MOMENT_AGO, publish_error="No poster.")

    await sql.execute(change)

    assert (await row(sql, "lesson", key))["publish_error"] is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("update program set title = 'New' where id <> $1", id="another program"),
        pytest.param("update program set title = title where id = $1", id="its program, but nothing of it"),
        pytest.param(
            "update lesson set title = 'New' where title = 'Other' and $1::uuid is not null", id="another lesson"
        ),
    ],
)
async def test_what_does_not_concern_a_refused_lesson_asks_for_no_other_try(sql: Connection, change: str) -> None:
    await a_lesson(sql, title="Other")
    parent = await a_program(sql)
    key = await a_lesson(sql, await a_term(sql, parent), due_in=A_MOMENT_AGO, publish_error="No poster.")

    await sql.execute(change, parent)

    assert (await row(sql, "lesson", key))["publish_error"] == "No poster."


# Numbers -------------------------------------------------------------------------------------------------------------
NUMBERED = pytest.mark.parametrize(
    ("table", "number", "parent", "make"),
    [
        pytest.param("term", "term_number", a_program, a_term, id="terms"),
        pytest.param("lesson", "lesson_number", a_term, a_lesson, id="lessons"),
    ],
)


@NUMBERED
@pytest.mark.parametrize(
    ("expression", "becomes"), [("3 - {}", [2, 1]), ("{} + 1", [2, 3])], ids=["swapped", "shifted by one"]
)
async def test_one_statement_renumbers(
    sql: Connection, table: str, number: str, parent: Any, make: Any, expression: str, becomes: list[int]
) -> None:
    within_one = await parent(sql)
    keys = [await make(sql, within_one, **{number: place}) for place in (1, 2)]

    await sql.execute(f"update {table} set {number} = {expression.format(number)}")

    assert [(await row(sql, table, key))[number] for key in keys] == becomes


@NUMBERED
async def test_one_transaction_renumbers_step_by_step_when_it_defers_the_rule(
    sql: Connection, table: str, number: str, parent: Any, make: Any
) -> None:
    within_one = await parent(sql)
    keys = [await make(sql, within_one, **{number: place}) for place in (1, 2)]

    async with sql.transaction():
        await sql.execute(f"set constraints {number}_unique deferred")
        for key, place in zip(keys, (2, 1), strict=True):
            await sql.execute(f"update {table} set {number} = $2 where id = $1", key, place)

    assert [(await row(sql, table, key))[number] for key in keys] == [2, 1]


@NUMBERED
async def test_a_number_is_unique_within_its_parent_only(
    sql: Connection, table: str, number: str, parent: Any, make: Any
) -> None:
    for _ in range(2):
        await make(sql, await parent(sql), **{number: 1})

    assert await sql.fetchval(f"select count(*) from {table} where {number} = 1") == 2
