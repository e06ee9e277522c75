"""Which query uses which index: the names of the cases say it.

Plans are those that Postgres chooses by itself for 300 programs with 18,000 lessons, analyzed.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.content.catalog import feed, lesson_list, next_moments, statements, viewer_pages
from chaishots.content.catalog.filters import Place, Selection, SortOrder
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.queries import cms_content, releases, scheduled_changes, upcoming_and_overdue
from chaishots.content.search_words import query_of
from chaishots.content.webhooks import health
from chaishots.database.connection import Connection, at_connect
from chaishots.scheduler import publisher
from tests.builders import ASSETS, URLS, a_lesson, a_program, a_term, lessons_due
from tests.conftest import in_database

Plans = dict[str, list[dict[str, Any]]]

# Two thirds of the lessons are public; half of the rest is scheduled, and of that a few are due, refused, or both.
# Without triggers: what they would write of it is not asked for, and takes four times as long.
_FILL = """
    set session_replication_role = replica;
    insert into topic (name) select 'Topic ' || n from generate_series(1, 1000) n;
    insert into program (title, slug, language_primary, languages_available, posters, status, published_at)
    select 'Program ' || n, 'program-' || n, 'en', '{en}', '<assets>', 'published', now() - n * interval '1 hour'
      from generate_series(1, 300) n;
    insert into program_slug (slug, program_id) select slug, id from program;
    insert into program_topic
    select program.id, topic.id from program join topic on hashtext(program.title || topic.name) % 300 = 0;
    insert into term (program_id, term_number) select id, n from program, generate_series(1, 3) n;
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_languages_available, content_urls, thumbnails, status, publish_at, published_at,
                        archive_at, publish_error)
    select term_id, n, 'Lesson ' || n, 'video', 60000, 'en', '{en}', '<urls>', '<assets>', status,
           case status when 'scheduled' then now() + (place - 60) * interval '1 minute' end,
           case status when 'published' then now() end,
           case when n = 1 then now() + place * interval '1 hour' end,
           case when status = 'scheduled' and place < 20 then 'No poster.' end
      from (select term.id as term_id, n, row_number() over (order by hashtext(term.id::text), n) as place,
                   case n % 6 when 0 then 'draft' when 1 then 'scheduled' else 'published' end as status
              from term, generate_series(1, 20) n) as lessons;
    insert into release (name, status, publish_at, published_at)
    select 'Release ' || n, case when n > 20 then 'published' else 'scheduled' end,
           now() + (n - 5) * interval '1 minute', case when n > 20 then now() end
      from generate_series(1, 2000) n;
    update lesson set release_id = release.id from release
     where release.name = 'Release ' || lesson.lesson_number and lesson.status <> 'scheduled'
       and hashtext(lesson.id::text) % 10 = 0;
    insert into change (object_type, object_id, patch, apply_at, status, applied_at, error)
    select 'lesson', id, '{"title": "New"}', now() + (place - 3000) * interval '1 minute',
           case when place < 3000 then 'applied' else 'scheduled' end, case when place < 3000 then now() end,
           case when place between 3000 and 3005 then 'No.' end
      from (select id, row_number() over (order by hashtext(id::text)) as place from lesson limit 6000) as lesson;
    insert into program_words (program_id, words) select id, chaishots_words_of(program) from program;
    insert into lesson_words (lesson_id, words) select id, chaishots_words_of(title, summary, translations) from lesson;
    insert into feed (id, kind, position, is_public, changed_at, public_since)
    select id, kind, place, true, now(), place - place % 10 / 9
      from (select *, row_number() over () as place from (
             select id, 'program' as kind from program
             union all select id, 'lesson' from lesson where status = 'published') as shown) as placed;
    insert into feed_mark (position, mark, marked_at) select position, position, now() from feed;
    update feed_state set position = (select max(position) from feed);
    reset session_replication_role;
    analyze;
"""

PARTS = {"term_number_unique", "lesson_number_unique", "program_topic_pkey"}
NEWEST_FIRST = "idx_program_status_4d6ba0"

# What is asked -> the values it is asked with (those that are names are looked up), the indexes it has to use.
_PLACE = Place(datetime(2030, 1, 1, tzinfo=UTC), UUID(int=0))
_NOBODY = [None] * (statements.TOGETHER - 1)

QUERIES: dict[str, tuple[str, list[Any], set[str]]] = {
    "the next moments": (
        f"select {next_moments.ANY_NEXT}",
        [],
        {"lesson_due", "lesson_end_due", "release_due", "change_due"},
    ),
    "the backlog": (upcoming_and_overdue._BACKLOG, [], {"lesson_due", "release_due", "lesson_of_release"}),
    "one release": (releases._RELEASE, ["release", releases.EDITS], {"lesson_of_release", "release_pkey"}),
    "the outlook": (upcoming_and_overdue._OUTLOOK, [2.0], {"lesson_scheduled"}),
    "what is coming": (upcoming_and_overdue._UPCOMING, [50], {"lesson_scheduled"}),
    "what is overdue": (upcoming_and_overdue._OVERDUE, [50, 2.0], {"lesson_scheduled"}),
    "changes by their moments": (scheduled_changes._CHANGES.format(condition="true"), [21], {"change_moment"}),
    "changes of a thing": (
        scheduled_changes._CHANGES.format(condition="change.object_id = $2"),
        [21, "lesson"],
        {"change_of_object"},
    ),
    "changes that were refused": (scheduled_changes._LATE, [20, 2.0], {"change_refused"}),
    "what is refused": (upcoming_and_overdue._REFUSED, [50], {"lesson_refused"}),
    "the first page": (statements.programs_statement(limit=20)[0], [21], {NEWEST_FIRST, *PARTS}),
    "the first page, where some programs are known": (
        statements.programs_statement(limit=20, known=())[0],
        [21, ()],
        {NEWEST_FIRST, *PARTS},
    ),
    "the next page": (
        statements.programs_statement(limit=20, selection=Selection(after=_PLACE))[0],
        [21, "published_at", "program"],
        {NEWEST_FIRST, *PARTS},
    ),
    "the programs of a topic": (
        statements.programs_statement(limit=20, selection=Selection(topic="Topic 7"))[0],
        [21, "Topic 7"],
        {"topic_names", "program_topic_of_topic", "program_pkey", *PARTS},
    ),
    "one program": (statements.programs_by_id_statement(), ["program", *_NOBODY], {"program_pkey", *PARTS}),
    "one lesson": (
        statements.lessons_by_id_statement(),
        ["lesson", *_NOBODY],
        {"lesson_pkey", "term_pkey", "program_pkey"},
    ),
    "the newest lessons": (
        lesson_list.lessons_statement(limit=20)[0],
        [21],
        {"lesson_published", "term_pkey", "program_pkey", "term_number_unique", "lesson_number_unique"},
    ),
    "lessons of words that few have": (
        lesson_list.lessons_statement(limit=20, selection=Selection(words=("rare",)))[0],
        [21, query_of(("rare*",))],
        {"lesson_words_found", "lesson_pkey"},
    ),
    "lessons of words that many have": (
        lesson_list.lessons_statement(limit=20, selection=Selection(words=("lesson",)), are_common=True)[0],
        [21, query_of(("lesson*",))],
        {"lesson_published", "lesson_words_pkey"},
    ),
    "what changed": (
        feed.statement(Reader.ANYBODY),
        [10, 10, 21],
        {"feed_position_key", "feed_published", "feed_mark_pkey", "lesson_pkey", "term_pkey", "program_pkey", *PARTS},
    ),
    "the home page": (
        viewer_pages.home_statement()[0],
        [viewer_pages.CARDS + 1],
        {NEWEST_FIRST, "program_place", "lesson_published", "program_topic_of_topic", *PARTS},
    ),
    "programs by their position": (
        statements.programs_statement(limit=20, selection=Selection(order=SortOrder.POSITION, after=_PLACE))[0],
        [21, -(2**31 - 1), "published_at", "program"],
        {"program_place", *PARTS},
    ),
    "the page of a program": (
        viewer_pages.program_statement(),
        ["program-150", *_NOBODY],
        {"program_pkey", *PARTS},
    ),
    "the lessons of all programs, for editors": (
        cms_content._ALL_LESSONS.format(condition="lesson.id < $2"),
        [101, "lesson"],
        {"lesson_pkey", "term_pkey"},
    ),
    "the lessons of one program, for editors": (
        cms_content._ALL_LESSONS.format(condition="term.program_id = $2"),
        [101, "program"],
        {"term_number_unique", "lesson_number_unique"},
    ),
    "the page of a lesson": (
        viewer_pages.lesson_statement(),
        ["lesson", *_NOBODY],
        {"lesson_pkey", "term_pkey", "program_pkey", "term_number_unique", "lesson_number_unique"},
    ),
    "what is gone": (
        viewer_pages.gone_statement("lesson"),
        ["lesson", *_NOBODY],
        {"lesson_pkey"},
    ),
    "an Atom feed": (viewer_pages.atom_statement(), ["en"], {"lesson_published"}),
    "how webhooks stand": (health._STANDING, [20], {"feed_position_key"}),
}
# Indexes that no query above reads, and what each is there for.
OTHER_REASONS = {
    "change_target": "what moves into a program, or a term of it; there is hardly ever any",
    "topic_name_unique": "that no two topics have one name, and the one that an editor names",
    "program_coming_soon": "whether any program tells what is coming, asked while changes are numbered",
    "program_slug_of_program": "which slugs a program gives up, asked when its slug changes or it is deleted",
    "program_words_found": "programs of a word, where there are thousands; a few hundred are looked through",
    "feed_pkey": "what the feed had of a thing that has changed, and that it has each once",
    "feed_gap_pkey": "that a line is in one gap alone; there are hardly ever any",
    "feed_state_pkey": "that there is one",
    "lesson_end": "what a rehearsal foresees of ends, refused ones among them",
    "refusal_untold": "what is due and was refused, of rows that take no publish_error: hardly ever any",
    "idx_activity_object__e5ad12": "the history of one thing, by whoever asks what happened to it",
    "api_token_hash_unique": "a request's token, and that no two are the same",
    "preview_link_hash_unique": "a request's preview link, and that no two are the same",
    "preview_link_of_program": "the links that go with a program when it is deleted",
    "preview_link_of_token": "the links that go with a token when it is deleted",
    "api_token_name_unique": "that no two active tokens have one name",
    "idempotency_key_unique": "a request that was carried out before, and that it is kept once",
    "idempotency_key_age": "throwing away what is old",
    "feed_position_key": "what changed after a position; no two changes have the same",
    "program_pictures": "whether a program uses a picture, asked when it is used no more or is to be deleted",
    "lesson_pictures": "whether a lesson uses a picture, asked then too",
    "picture_newest": "pages of pictures, the newest first",
    "alert_once": "that each thing is told once",
    "idx_webhook_att_webhook_adf0e8": "the tries at one webhook, the newest first",
    "webhook_attempt_age": "throwing away what is old",
    "picture_unused": "pictures that nothing uses, for editors and for throwing the old ones away",
}
_INDEXES = """
    select indexname from pg_indexes
     where schemaname = current_schema() and tablename <> 'aerich' and indexname not like '%\\_pkey'
"""


@pytest.fixture(scope="module")
def plans(postgres: str, template: str) -> Plans:
    """The nodes of each query's plan."""
    return asyncio.run(_planned(postgres, template, f"chaishots_test_{uuid4().hex[:12]}"))


async def _planned(postgres: str, template: str, name: str) -> Plans:
    server = await asyncpg.connect(postgres)
    await server.execute(f"create database {name} template {template}")
    try:
        sql = await asyncpg.connect(in_database(postgres, name), server_settings=at_connect("plans"))
        await sql.execute(_FILL.replace("<assets>", json.dumps(ASSETS)).replace("<urls>", json.dumps(URLS)))
        known = await _known(sql)
        planned = {
            query: await _plan(sql, statement, [known.get(value, value) for value in values])
            for query, (statement, values, _) in QUERIES.items()
        }
        await sql.close()
    finally:
        await server.execute(f"drop database {name} with (force)")
        await server.close()
    return planned


async def _known(sql: Connection) -> dict[Any, UUID | datetime]:
    found = await sql.fetchrow(
        """
        select program.id as program, program.published_at, lesson.id as lesson,
               (select id from release where name = 'Release 7') as release
          from program join term on term.program_id = program.id join lesson on lesson.term_id = term.id
         where program.title = 'Program 150' and lesson.status = 'published' limit 1
        """
    )
    assert found is not None
    return dict(found)


async def _plan(sql: Connection, statement: str, values: list[Any]) -> list[dict[str, Any]]:
    ((explained,),) = [await (await sql.prepare(statement)).explain(*values)]
    return list(_nodes(explained["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def indexes(nodes: list[dict[str, Any]]) -> set[str]:
    """The indexes that a plan reads."""
    return {node["Index Name"] for node in nodes if "Index Name" in node}


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(query, index, id=f"{query} by {index}")
        for query, (_, _, expected) in QUERIES.items()
        for index in sorted(expected)
    ],
)
def test_a_query_uses_its_index(plans: Plans, query: str, index: str) -> None:
    assert index in indexes(plans[query])


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_reads_all_lessons_or_programs(plans: Plans, query: str) -> None:
    read_whole = {node["Relation Name"] for node in plans[query] if node["Node Type"] == "Seq Scan"}

    assert read_whole & {"lesson", "program"} == set()


# What the publisher looks at, by lessons, ends, releases and what is to be tried again; what it changes by keys.
_LOOKS = {"lesson_due", "lesson_end_due", "release_due", "refusal_retry", "refusal_awaits_database"} | {
    "refusal_goes_alone"
}
_READ = """
    select indexrelname as name, idx_scan > 0 as is_used from pg_stat_user_indexes where schemaname = current_schema()
     union all
    select relname, seq_scan > 0 from pg_stat_user_tables where schemaname = current_schema()
"""


@pytest.fixture(scope="module")
def read_by_the_publisher(postgres: str, template: str) -> set[str]:
    """The indexes that a batch read, and the tables that it read whole."""
    return asyncio.run(_read(postgres, template, f"chaishots_test_{uuid4().hex[:12]}"))


async def _read(postgres: str, template: str, name: str) -> set[str]:
    server = await asyncpg.connect(postgres)
    await server.execute(f"create database {name} template {template}")
    try:
        sql = await asyncpg.connect(in_database(postgres, name), server_settings=at_connect("plans"))
        await sql.execute(_FILL.replace("<assets>", json.dumps(ASSETS)).replace("<urls>", json.dumps(URLS)))
        await sql.execute(
            """
            insert into refusal (id, reason, version, retry_at)
            select id, publish_error, version, now() + interval '1 hour' from lesson where publish_error is not null
             union all
            select gen_random_uuid(), 'No poster.', 1, now() + interval '1 hour' from generate_series(1, 2000);
            analyze refusal;
            select pg_stat_force_next_flush();
            """
        )
        await sql.execute("select pg_stat_reset()")
        # The first finds much to do, the second nothing, as nearly all do.
        for _ in range(2):
            await publisher.publish_due(sql, actor="tests")
        await sql.execute("select pg_stat_force_next_flush()")
        found = await sql.fetch(_READ)
        await sql.close()
    finally:
        await server.execute(f"drop database {name} with (force)")
        await server.close()
    return {row["name"] for row in found if row["is_used"]}


@pytest.mark.parametrize("index", sorted(_LOOKS))
def test_the_publisher_looks_by_its_index(read_by_the_publisher: set[str], index: str) -> None:
    assert index in read_by_the_publisher


def test_the_publisher_reads_all_lessons_and_programs_never(read_by_the_publisher: set[str]) -> None:
    assert read_by_the_publisher & {"lesson", "program"} == set()


@pytest.mark.parametrize("query", [statements.programs_statement(limit=20), statements.programs_by_id_statement()])
async def test_statistics_that_are_older_than_a_backlog_that_went_out_mislead_no_read_of_programs(
    sql: Connection, query: str | tuple[str, list[Any]]
) -> None:
    program = await a_program(sql)
    for _ in range(20):
        await lessons_due(sql, 100, term=await a_term(sql, program))
    await a_lesson(sql, status="published")
    await sql.execute("vacuum analyze")
    await sql.execute("update program set status = 'published'; update lesson set status = 'published'")
    statement, values = query if isinstance(query, tuple) else (query, [program, *_NOBODY])

    plan = json.loads(await sql.fetchval(f"explain (analyze, format json) {statement}", *values))[0]["Plan"]

    read = {node.get("Index Name") for node in _nodes(plan) if node["Actual Loops"]}
    assert "lesson_number_unique" in read
    assert "lesson_published" not in read


async def test_every_index_serves_a_query_or_has_another_reason(plans: Plans, sql: Connection) -> None:
    present = {row["indexname"] for row in await sql.fetch(_INDEXES)}
    used = _LOOKS.union(*(indexes(nodes) for nodes in plans.values()))

    assert present - used - OTHER_REASONS.keys() == set()
