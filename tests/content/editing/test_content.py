"""What an editor does and what is refused: every command, its effects and its line in the history."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.content.editing.lessons import (
    archive_lesson,
    change_lesson,
    create_lesson,
    delete_lesson,
    publish_lesson,
    reorder_lessons,
    restore_lesson,
    schedule_lesson,
    unschedule_lesson,
)
from chaishots.content.editing.programs import (
    archive_program,
    change_program,
    create_program,
    delete_program,
    restore_program,
)
from chaishots.content.editing.terms import change_term, create_term, delete_term, reorder_terms
from chaishots.content.editing.topics import change_topic, create_topic, delete_topic
from chaishots.content.editing.transaction import changing
from chaishots.content.errors import (
    Conflict,
    ContentError,
    InvalidContent,
    InvalidTransition,
    NotFound,
    NotPublishable,
    VersionConflict,
)
from chaishots.content.fields import MAP_NAMES
from chaishots.content.lifecycle import ContentType, ProgramStatus, Status
from chaishots.content.models import Program
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseBusy
from chaishots.database.orm import query
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    ASSETS,
    URLS,
    a_lesson,
    a_program,
    a_public_program,
    a_term,
    a_topic,
    database_now,
    history,
    row,
)
from tests.cluster import eventually
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("database")

Make = Callable[[Connection], Awaitable[UUID]]
Act = Callable[[UUID], Awaitable[Any]]

ASHA = "asha"
LATER = datetime(2100, 1, 1, 9, 30, tzinfo=UTC)
VIDEO = {
    "lesson_number": 7,
    "title": "Waves",
    "content_type": "video",
    "duration_ms": 90_000,
    "content_language_primary": "en",
}


def lesson(**columns: Any) -> Make:
    """A lesson with all it needs, but for what is said."""
    return lambda sql: a_lesson(sql, **columns)


def program(**columns: Any) -> Make:
    """A program with all it needs, but for what is said."""
    return lambda sql: a_program(sql, **columns)


def lesson_within(**columns: Any) -> Make:
    """A lesson of a program of which something is said."""

    async def make(sql: Connection) -> UUID:
        return await a_lesson(sql, await a_term(sql, await a_program(sql, **columns)))

    return make


async def stored(sql: Connection) -> list[Any]:
    """All that is in the database."""
    tables = ("program", "term", "lesson", "topic", "program_topic", "activity")
    return [await sql.fetch(f"select * from {table} as t order by t") for table in tables]


async def set_topics(key: UUID, names: list[str]) -> Program:
    """Give a program exactly these topics."""
    return await change_program(key, {}, topics=names, actor=ASHA)


async def topics_of(sql: Connection, key: UUID) -> list[str]:
    """The names of a program's topics."""
    names = "select name from topic join program_topic on topic_id = id where program_id = $1 order by name"
    return [topic["name"] for topic in await sql.fetch(names, key)]


async def waiting(sql: Connection, number: int) -> None:
    """Until so many sessions wait for a lock."""
    sessions = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

    async def look() -> bool:
        return len(await sql.fetch(sessions)) == number

    await eventually(look)


@asynccontextmanager
async def held(database: Database, table: str, key: UUID) -> AsyncIterator[None]:
    """Hold a row locked, as another editor would, for as long as the block lasts."""
    other = await asyncpg.connect(database.dsn)
    async with other.transaction():
        await other.execute(f"select from {table} where id = $1 for no key update", key)
        yield
    await other.close()


# Programs ------------------------------------------------------------------------------------------------------------
async def test_a_program_is_created_as_a_draft_with_what_is_given() -> None:
    made = await create_program(
        {
            "title": "Physics",
            "description": "Of all that moves.",
            "language_primary": "te",
            "languages_available": ["te", "en"],
            "posters": ASSETS,
        },
        actor=ASHA,
    )

    assert (made.title, made.description, made.language_primary) == ("Physics", "Of all that moves.", "te")
    assert (made.languages_available, made.posters) == (["te", "en"], ASSETS)
    assert (made.status, made.published_at, made.version) == (ProgramStatus.DRAFT, None, 1)


async def test_a_program_is_created_with_the_databases_defaults(sql: Connection) -> None:
    made = await create_program({"title": "Physics", "language_primary": "te"}, actor=ASHA)

    assert (made.description, made.languages_available, made.posters) == ("", ["te"], {})
    assert made.created_at == (await row(sql, "program", made.id))["created_at"]


async def test_a_program_changes_in_what_is_given_and_nothing_else(sql: Connection) -> None:
    key = await a_program(sql, title="Physics", description="Old")

    changed = await change_program(key, {"description": "New"}, actor=ASHA)

    assert (changed.title, changed.description, changed.version) == ("Physics", "New", 2)


@pytest.mark.parametrize(
    ("patch", "posters"),
    [
        pytest.param({"te": {"square": "https://a"}}, {**ASSETS, "te": {"square": "https://a"}}, id="another language"),
        pytest.param({"en": {"square": "https://a"}}, {"en": {**ASSETS["en"], "square": "https://a"}}, id="a variant"),
        pytest.param({"en": {"portrait": None}}, {"en": {"landscape": ASSETS["en"]["landscape"]}}, id="a variant less"),
        pytest.param({"en": None}, {}, id="a language less"),
        pytest.param({"te": None}, ASSETS, id="what was not there"),
        pytest.param({}, ASSETS, id="nothing"),
    ],
)
async def test_a_map_that_is_given_is_merged_into_the_one_there_is(
    sql: Connection, patch: dict[str, Any], posters: dict[str, Any]
) -> None:
    changed = await change_program(await a_program(sql), {"posters": patch}, actor=ASHA)

    assert changed.posters == posters


async def test_a_program_is_created_with_its_topics(sql: Connection) -> None:
    made = await create_program({"title": "Physics", "language_primary": "en"}, topics=["Waves", "Optics"], actor=ASHA)

    assert await topics_of(sql, made.id) == ["Optics", "Waves"]


async def test_a_program_is_archived(sql: Connection) -> None:
    archived = await archive_program(await a_public_program(sql), actor=ASHA)

    assert archived.status is ProgramStatus.ARCHIVED


async def test_an_archived_program_without_public_lessons_comes_back_as_a_draft(sql: Connection) -> None:
    restored = await restore_program(await a_program(sql, status="archived"), actor=ASHA)

    assert (restored.status, restored.published_at) == (ProgramStatus.DRAFT, None)


async def test_an_archived_program_with_public_lessons_comes_back_public_with_its_first_date(sql: Connection) -> None:
    key = await a_public_program(sql)
    first = (await row(sql, "program", key))["published_at"]
    await archive_program(key, actor=ASHA)

    restored = await restore_program(key, actor=ASHA)

    assert (restored.status, restored.published_at) == (ProgramStatus.PUBLISHED, first)


# Topics --------------------------------------------------------------------------------------------------------------
async def test_a_program_gets_exactly_the_topics_that_are_named(sql: Connection) -> None:
    key = await a_program(sql)
    await set_topics(key, ["Physics", "Optics"])

    await set_topics(key, ["Optics", "Waves"])

    assert await topics_of(sql, key) == ["Optics", "Waves"]


async def test_a_program_can_lose_all_its_topics(sql: Connection) -> None:
    key = await a_program(sql)
    await set_topics(key, ["Physics"])

    await set_topics(key, [])

    assert await topics_of(sql, key) == []


async def test_a_topic_that_exists_is_used_whatever_its_case(sql: Connection) -> None:
    key, topic = await a_program(sql), await a_topic(sql, "Physics")

    await set_topics(key, ["PHYSICS"])

    assert [found["id"] for found in await sql.fetch("select id from topic")] == [topic]
    assert await topics_of(sql, key) == ["Physics"]


async def test_a_topic_that_is_named_twice_is_given_once(sql: Connection) -> None:
    key = await a_program(sql)

    await set_topics(key, ["Physics", "physics", "Physics"])

    assert await topics_of(sql, key) == ["Physics"]


async def test_setting_topics_tells_what_came_and_what_went(sql: Connection) -> None:
    key = await a_program(sql)

    await set_topics(key, ["Physics"])
    await set_topics(key, ["Waves"])

    steps = [step for step in await history(sql, key) if step.endswith("_topic")]
    assert steps == ["program.add_topic", "program.remove_topic", "program.add_topic"]


async def test_setting_the_topics_that_are_there_writes_nothing(sql: Connection) -> None:
    key = await a_program(sql)
    await set_topics(key, ["Physics", "Waves"])
    before = await stored(sql)

    await set_topics(key, ["waves", "Physics"])

    assert await stored(sql) == before


async def test_a_topic_that_somebody_else_creates_at_the_same_moment_is_used(
    sql: Connection, fresh_database: Database
) -> None:
    key = await a_program(sql)
    other = await asyncpg.connect(fresh_database.dsn)

    async with other.transaction():
        topic = await a_topic(other, "Physics")
        setting = asyncio.ensure_future(set_topics(key, ["Physics"]))
        await waiting(sql, 1)
    await other.close()
    await setting

    assert [found["topic_id"] for found in await sql.fetch("select topic_id from program_topic")] == [topic]


# Terms and lessons ---------------------------------------------------------------------------------------------------
async def test_a_term_is_created_and_changed(sql: Connection) -> None:
    made = await create_term(await a_program(sql), {"term_number": 3}, actor=ASHA)

    changed = await change_term(made.id, {"term_number": 4, "title": "Light"}, actor=ASHA)

    assert (made.title, changed.term_number, changed.title) == (None, 4, "Light")


async def test_a_lesson_is_created_as_a_draft_with_what_is_given(sql: Connection) -> None:
    subtitles = {"en": "https://cdn.example.com/en.vtt"}

    made = await create_lesson(
        await a_term(sql),
        {
            **VIDEO,
            "is_paid": True,
            "content_languages_available": ["en", "te"],
            "content_urls": URLS,
            "subtitle_urls": subtitles,
            "thumbnails": ASSETS,
            "archive_at": LATER,
        },
        actor=ASHA,
    )

    assert (made.lesson_number, made.title, made.content_type) == (7, "Waves", ContentType.VIDEO)
    assert (made.duration_ms, made.is_paid, made.archive_at) == (90_000, True, LATER)
    assert (made.content_urls, made.subtitle_urls, made.thumbnails) == (URLS, subtitles, ASSETS)
    assert (made.content_languages_available, made.status, made.version) == (["en", "te"], Status.DRAFT, 1)


async def test_a_lesson_is_created_with_the_databases_defaults(sql: Connection) -> None:
    made = await create_lesson(await a_term(sql), VIDEO, actor=ASHA)

    assert (made.is_paid, made.content_languages_available) == (False, ["en"])
    assert (made.content_urls, made.subtitle_urls, made.thumbnails) == ({}, {}, {})


async def test_a_lesson_changes_in_what_is_given_and_nothing_else(sql: Connection) -> None:
    key = await a_lesson(sql, due_in=AN_HOUR)
    before = await row(sql, "lesson", key)

    await change_lesson(key, {"title": "New", "is_paid": True}, actor=ASHA)

    after = await row(sql, "lesson", key)
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed == {"title", "is_paid", "version", "updated_at"}


@pytest.mark.parametrize(
    ("make", "change"),
    [
        pytest.param(a_program, change_program, id="a program"),
        pytest.param(a_lesson, change_lesson, id="a lesson"),
        pytest.param(a_term, change_term, id="a term"),
    ],
)
async def test_a_change_of_nothing_writes_nothing(sql: Connection, make: Make, change: Callable[..., Any]) -> None:
    key = await make(sql)
    before = await stored(sql)

    await change(key, {}, actor=ASHA)

    assert await stored(sql) == before


async def test_a_change_lets_a_refused_lesson_be_tried_again(sql: Connection) -> None:
    key = await a_lesson(sql, due_in=A_MOMENT_AGO, publish_error="No poster.")

    changed = await change_lesson(key, {"title": "New"}, actor=ASHA)

    assert changed.publish_error is None


# The lifecycle -------------------------------------------------------------------------------------------------------
async def test_a_draft_is_scheduled(sql: Connection) -> None:
    scheduled = await schedule_lesson(await a_lesson(sql), LATER, actor=ASHA)

    assert (scheduled.status, scheduled.publish_at, scheduled.published_at) == (Status.SCHEDULED, LATER, None)


async def test_a_scheduled_lesson_gets_another_time(sql: Connection) -> None:
    key = await a_lesson(sql, due_in=AN_HOUR)

    await schedule_lesson(key, LATER, actor=ASHA)

    assert (await row(sql, "lesson", key))["publish_at"] == LATER
    assert await history(sql, key) == ["lesson.create", "lesson.reschedule"]


async def test_a_time_means_the_same_moment_in_whatever_offset_it_is_given(sql: Connection) -> None:
    in_india = datetime.fromisoformat("2100-01-01T15:00:00+05:30")

    scheduled = await schedule_lesson(await a_lesson(sql), in_india, actor=ASHA)

    assert scheduled.publish_at == LATER


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lesson_within(posters={}), id="without posters"),
        pytest.param(lesson_within(status="archived"), id="archived"),
    ],
)
async def test_a_lesson_is_scheduled_whatever_its_program_still_lacks(sql: Connection, make: Make) -> None:
    scheduled = await schedule_lesson(await make(sql), LATER, actor=ASHA)

    assert scheduled.status is Status.SCHEDULED


async def test_an_unscheduled_lesson_is_a_draft_without_a_time(sql: Connection) -> None:
    draft = await unschedule_lesson(await a_lesson(sql, due_in=AN_HOUR), actor=ASHA)

    assert (draft.status, draft.publish_at) == (Status.DRAFT, None)


async def test_a_draft_is_published_now_and_its_draft_program_with_it(sql: Connection) -> None:
    parent = await a_program(sql)
    key = await a_lesson(sql, await a_term(sql, parent))
    before = await database_now(sql)

    published = await publish_lesson(key, actor=ASHA)

    of_program = await row(sql, "program", parent)
    assert published.status is Status.PUBLISHED
    assert published.published_at is not None
    assert before <= published.published_at <= await database_now(sql)
    assert (of_program["status"], of_program["published_at"]) == ("published", published.published_at)


async def test_a_lesson_published_before_its_time_loses_that_time(sql: Connection) -> None:
    published = await publish_lesson(await a_lesson(sql, due_in=AN_HOUR), actor=ASHA)

    assert (published.status, published.publish_at) == (Status.PUBLISHED, None)


async def test_a_lesson_published_after_its_time_keeps_that_time(sql: Connection) -> None:
    key = await a_lesson(sql, due_in=A_MOMENT_AGO)
    due = (await row(sql, "lesson", key))["publish_at"]

    published = await publish_lesson(key, actor=ASHA)

    assert published.publish_at == due


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lesson(), id="a draft"),
        pytest.param(lesson(due_in=AN_HOUR), id="a scheduled one"),
        pytest.param(lesson(status="published"), id="a published one"),
    ],
)
async def test_a_lesson_is_archived(sql: Connection, make: Make) -> None:
    archived = await archive_lesson(await make(sql), actor=ASHA)

    assert archived.status is Status.ARCHIVED


async def test_a_restored_lesson_is_a_draft_without_the_times_it_had(sql: Connection) -> None:
    key = await a_lesson(sql, status="published", publish_at=LATER - AN_HOUR, archive_at=LATER)
    await archive_lesson(key, actor=ASHA)

    draft = await restore_lesson(key, actor=ASHA)

    assert (draft.status, draft.publish_at, draft.archive_at) == (Status.DRAFT, None, None)


async def test_a_lesson_that_is_published_a_second_time_keeps_its_first_date(sql: Connection) -> None:
    first = await publish_lesson(await a_lesson(sql), actor=ASHA)
    await archive_lesson(first.id, actor=ASHA)
    await restore_lesson(first.id, actor=ASHA)

    again = await publish_lesson(first.id, actor=ASHA)

    assert again.published_at == first.published_at


# Who did it ----------------------------------------------------------------------------------------------------------
async def test_every_change_has_its_editor_in_the_history(sql: Connection) -> None:
    program = await create_program({"title": "Physics", "language_primary": "en"}, actor=ASHA)
    await change_program(program.id, {"title": "Waves", "posters": ASSETS}, actor="ravi")
    await set_topics(program.id, ["Waves"])
    term = await create_term(program.id, {"term_number": 1}, actor="ravi")
    made = await create_lesson(term.id, {**VIDEO, "content_urls": URLS, "thumbnails": ASSETS}, actor=ASHA)
    await schedule_lesson(made.id, LATER, actor="ravi")
    await publish_lesson(made.id, actor=ASHA)

    lines = await sql.fetch(
        "select action, actor from activity where after ? 'title' or action <> 'program.change' order by seq"
    )
    assert [tuple(line) for line in lines] == [
        ("program.create", ASHA),
        ("program.change", "ravi"),
        ("topic.create", ASHA),
        ("program.add_topic", ASHA),
        ("term.create", "ravi"),
        ("lesson.create", ASHA),
        ("lesson.schedule", "ravi"),
        ("lesson.publish", ASHA),
        ("program.publish", ASHA),
    ]


async def test_the_editor_of_one_change_is_not_the_editor_of_the_next(sql: Connection) -> None:
    key = await a_lesson(sql)
    await change_lesson(key, {"title": "New"}, actor=ASHA)
    await change_lesson(key, {"title": "Newer"}, actor="ravi")

    lines = await sql.fetch("select actor from activity where object_id = $1 order by seq", key)
    assert [line["actor"] for line in lines][1:] == [ASHA, "ravi"]


# Refusals ------------------------------------------------------------------------------------------------------------
TO_STATUS: dict[str, Callable[..., Awaitable[Any]]] = {
    "schedule": lambda key, **more: schedule_lesson(key, LATER, **more),
    "unschedule": unschedule_lesson,
    "publish": publish_lesson,
    "archive": archive_lesson,
    "restore": restore_lesson,
}
WITH_VERSION: dict[str, tuple[Make, Callable[..., Awaitable[Any]]]] = {
    "change a program": (a_program, lambda key, **more: change_program(key, {"title": "New"}, **more)),
    "archive a program": (a_program, archive_program),
    "restore a program": (program(status="archived"), restore_program),
    "change a term": (a_term, lambda key, **more: change_term(key, {"title": "New"}, **more)),
    "rename a topic": (a_topic, lambda key, **more: change_topic(key, {"name": "Waves"}, **more)),
    "change a lesson": (a_lesson, lambda key, **more: change_lesson(key, {"title": "New"}, **more)),
    "schedule": (a_lesson, TO_STATUS["schedule"]),
    "unschedule": (lesson(due_in=AN_HOUR), TO_STATUS["unschedule"]),
    "publish": (a_lesson, TO_STATUS["publish"]),
    "archive": (a_lesson, TO_STATUS["archive"]),
    "restore": (lesson(status="archived"), TO_STATUS["restore"]),
}


async def refused(sql: Connection, make: Make, act: Act, error: type[ContentError]) -> ContentError:
    """What a command is refused with; fails the test when it is not, or left anything behind."""
    key = await make(sql)
    before = await stored(sql)
    with pytest.raises(error) as refusal:
        await act(key)
    assert await stored(sql) == before
    return refusal.value


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("schedule", "published"),
        ("schedule", "archived"),
        ("unschedule", "draft"),
        ("unschedule", "published"),
        ("unschedule", "archived"),
        ("publish", "published"),
        ("publish", "archived"),
        ("archive", "archived"),
        ("restore", "draft"),
        ("restore", "scheduled"),
        ("restore", "published"),
    ],
)
async def test_a_step_that_a_lesson_cannot_take_is_refused_and_nothing_is_stored(
    sql: Connection, command: str, status: str
) -> None:
    refusal = await refused(
        sql,
        lesson(status=status, publish_at=LATER),
        lambda key: TO_STATUS[command](key, actor=ASHA),
        InvalidTransition,
    )

    assert refusal.field == "status"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        pytest.param(archive_program, "archived", id="archive-archived"),
        pytest.param(restore_program, "draft", id="restore-draft"),
        pytest.param(restore_program, "published", id="restore-published"),
    ],
)
async def test_a_step_that_a_program_cannot_take_is_refused_and_nothing_is_stored(
    sql: Connection, command: Callable[..., Awaitable[Any]], status: str
) -> None:
    refusal = await refused(sql, program(status=status), lambda key: command(key, actor=ASHA), InvalidTransition)

    assert refusal.field == "status"


DELETING: dict[str, tuple[Make, Callable[..., Awaitable[None]]]] = {
    "program": (a_program, delete_program),
    "term": (a_term, delete_term),
    "lesson": (a_lesson, delete_lesson),
    "topic": (a_topic, delete_topic),
}


async def place_of(sql: Connection, table: str, key: UUID) -> UUID:
    """The lesson's own id, or that of its term or program."""
    parents = (
        "select lesson.id as lesson, term.id as term, program_id as program from lesson join term on term.id = term_id"
    )
    return await sql.fetchval(f"select {table} from ({parents}) as places where lesson = $1", key)


@pytest.mark.parametrize("status", ["scheduled", "published"])
@pytest.mark.parametrize("table", ["program", "term", "lesson"])
async def test_what_is_public_or_planned_is_not_deleted_with_all_around_it(
    sql: Connection, table: str, status: str
) -> None:
    async def make(sql: Connection) -> UUID:
        return await place_of(sql, table, await a_lesson(sql, status=status, publish_at=LATER))

    refusal = await refused(sql, make, lambda key: DELETING[table][1](key, actor=ASHA), Conflict)

    assert refusal.field == "lessons"


@pytest.mark.parametrize("status", ["draft", "archived"])
@pytest.mark.parametrize("table", ["program", "term", "lesson"])
async def test_what_is_neither_public_nor_planned_is_deleted_with_all_that_is_in_it(
    sql: Connection, table: str, status: str
) -> None:
    key = await place_of(sql, table, await a_lesson(sql, status=status))

    await DELETING[table][1](key, actor=ASHA)

    assert await sql.fetchval("select count(*) from lesson") == 0
    assert await sql.fetchval(f"select count(*) from {table}") == 0


async def test_a_deleted_topic_is_gone_from_its_programs(sql: Connection) -> None:
    key = await a_program(sql)
    await set_topics(key, ["Physics", "Waves"])
    (topic,) = [found["id"] for found in await sql.fetch("select id from topic where name = 'Waves'")]

    await delete_topic(topic, version=1, actor=ASHA)

    assert await topics_of(sql, key) == ["Physics"]


async def test_a_topic_is_created_and_renamed_in_every_program(sql: Connection) -> None:
    key, topic = await a_program(sql), await create_topic({"name": "Waves"}, actor=ASHA)
    await set_topics(key, ["Waves"])

    renamed = await change_topic(topic.id, {"name": "Optics"}, actor=ASHA)

    assert (renamed.name, renamed.version) == ("Optics", 2)
    assert await topics_of(sql, key) == ["Optics"]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda _: create_topic({"name": "PHYSICS"}, actor=ASHA), id="created"),
        pytest.param(lambda key: change_topic(key, {"name": "PHYSICS"}, actor=ASHA), id="renamed"),
    ],
)
async def test_a_topic_of_a_name_that_is_there_in_any_case_is_a_conflict(sql: Connection, act: Act) -> None:
    await a_topic(sql, "Physics")

    refusal = await refused(sql, lambda sql: a_topic(sql, "Waves"), act, Conflict)

    assert refusal.field == "name"


async def test_terms_get_the_order_that_is_given(sql: Connection) -> None:
    key = await a_program(sql)
    terms = [await a_term(sql, key, term_number=number) for number in (1, 2, 9)]

    await reorder_terms(key, [terms[2], terms[0], terms[1]], actor=ASHA)

    assert [(await row(sql, "term", term))["term_number"] for term in terms] == [2, 3, 1]


async def test_lessons_get_the_order_that_is_given(sql: Connection) -> None:
    key = await a_term(sql)
    lessons = [await a_lesson(sql, key, lesson_number=number) for number in (1, 2, 9)]

    await reorder_lessons(key, lessons[::-1], actor=ASHA)

    assert [(await row(sql, "lesson", lesson))["lesson_number"] for lesson in lessons] == [3, 2, 1]


@pytest.mark.parametrize(("make", "act"), [*WITH_VERSION.values(), *DELETING.values()])
async def test_who_read_an_older_version_is_refused_and_nothing_is_stored(
    sql: Connection, make: Make, act: Act
) -> None:

    refusal = await refused(sql, make, lambda key: act(key, version=0, actor=ASHA), VersionConflict)

    assert isinstance(refusal, VersionConflict)
    assert refusal.current == 1


@pytest.mark.parametrize("command", WITH_VERSION)
async def test_who_read_the_newest_version_is_let_through(sql: Connection, command: str) -> None:
    make, act = WITH_VERSION[command]

    changed = await act(await make(sql), version=1, actor=ASHA)

    assert changed.version == 2


@pytest.mark.parametrize(
    ("act", "field"),
    [
        pytest.param(lambda key: change_program(key, {"title": "New"}, actor=ASHA), "id", id="change_program"),
        pytest.param(lambda key: archive_program(key, actor=ASHA), "id", id="archive_program"),
        pytest.param(lambda key: restore_program(key, actor=ASHA), "id", id="restore_program"),
        pytest.param(lambda key: set_topics(key, ["Physics"]), "id", id="change_program's topics"),
        pytest.param(lambda key: change_topic(key, {"name": "Waves"}, actor=ASHA), "id", id="change_topic"),
        pytest.param(lambda key: delete_program(key, actor=ASHA), "id", id="delete_program"),
        pytest.param(lambda key: delete_term(key, actor=ASHA), "id", id="delete_term"),
        pytest.param(lambda key: delete_lesson(key, actor=ASHA), "id", id="delete_lesson"),
        pytest.param(lambda key: delete_topic(key, actor=ASHA), "id", id="delete_topic"),
        pytest.param(lambda key: reorder_terms(key, [], actor=ASHA), "id", id="reorder_terms"),
        pytest.param(lambda key: reorder_lessons(key, [], actor=ASHA), "id", id="reorder_lessons"),
        pytest.param(lambda key: create_term(key, {"term_number": 1}, actor=ASHA), "program_id", id="create_term"),
        pytest.param(lambda key: change_term(key, {"title": "New"}, actor=ASHA), "id", id="change_term"),
        pytest.param(lambda key: create_lesson(key, VIDEO, actor=ASHA), "term_id", id="create_lesson"),
        pytest.param(lambda key: change_lesson(key, {"title": "New"}, actor=ASHA), "id", id="change_lesson"),
        *(
            pytest.param(lambda key, act=act: act(key, actor=ASHA), "id", id=f"{command}_lesson")
            for command, act in TO_STATUS.items()
        ),
    ],
)
async def test_what_does_not_exist_is_not_found_and_nothing_is_stored(sql: Connection, act: Act, field: str) -> None:
    refusal = await refused(sql, a_program, lambda _: act(uuid4()), NotFound)

    assert refusal.field == field


def changing_program(**values: Any) -> Act:
    """Change a program to these values."""
    return lambda key: change_program(key, values, actor=ASHA)


def changing_lesson(**values: Any) -> Act:
    """Change a lesson to these values."""
    return lambda key: change_lesson(key, values, actor=ASHA)


def creating_lesson(**values: Any) -> Act:
    """Create a lesson with these values."""
    return lambda key: create_lesson(key, {**VIDEO, **values}, actor=ASHA)


def scheduling(publish_at: datetime) -> Act:
    """Schedule a lesson."""
    return lambda key: schedule_lesson(key, publish_at, actor=ASHA)


async def a_term_of_two(sql: Connection) -> UUID:
    """A term with two lessons."""
    key = await a_term(sql)
    for number in (1, 2):
        await a_lesson(sql, key, lesson_number=number)
    return key


NAIVE = datetime(2100, 1, 1)  # noqa: DTZ001  # a time without an offset is what is tested
INVALID: list[tuple[str, Make, Act, str]] = [
    ("an empty title", a_program, changing_program(title=""), "title"),
    ("a language in capitals", a_program, changing_program(language_primary="EN"), "language_primary"),
    ("languages without the primary", a_program, changing_program(language_primary="te"), "languages_available"),
    ("a poster that is a script", a_program, changing_program(posters={"en": {"square": "data:,"}}), "posters"),
    ("a poster taken from a public program", a_public_program, changing_program(posters={"en": None}), "posters"),
    ("the status of a program", a_program, changing_program(status="published"), "status"),
    ("a published_at of a program", a_program, changing_program(published_at=LATER), "published_at"),
    ("a field that is none", a_program, changing_program(colour="red"), "colour"),
    ("the version", a_lesson, changing_lesson(version=9), "version"),
    ("the status of a lesson", a_lesson, changing_lesson(status="published"), "status"),
    ("the publish_at of a lesson", a_lesson, changing_lesson(publish_at=LATER), "publish_at"),
    ("a video without its length", a_lesson, changing_lesson(duration_ms=None), "duration_ms"),
    ("a length of nothing", a_lesson, changing_lesson(duration_ms=0), "duration_ms"),
    (
        "content in another language",
        a_lesson,
        changing_lesson(content_urls={"en": None, "te": "https://a"}),
        "content_urls",
    ),
    (
        "content taken from a scheduled lesson",
        lesson(due_in=AN_HOUR),
        changing_lesson(content_urls={"en": None}),
        "content_urls",
    ),
    (
        "a thumbnail taken from it",
        lesson(due_in=AN_HOUR),
        changing_lesson(thumbnails={"en": {"portrait": None}}),
        "thumbnails",
    ),
    ("an end before the beginning", lesson(publish_at=LATER), changing_lesson(archive_at=LATER), "archive_at"),
    ("an end without an offset", a_lesson, changing_lesson(archive_at=NAIVE), "archive_at"),
    ("an end without an offset, at once", a_term, creating_lesson(archive_at=NAIVE), "archive_at"),
    ("a map that is none", a_program, changing_program(posters=[]), "posters"),
    (
        "an order that leaves one out",
        a_term_of_two,
        lambda key: reorder_lessons(key, [], actor=ASHA),
        "order",
    ),
    (
        "an order with a stranger",
        a_program,
        lambda key: reorder_terms(key, [uuid4()], actor=ASHA),
        "order",
    ),
    ("a topic's name of nothing", a_topic, lambda key: change_topic(key, {"name": ""}, actor=ASHA), "name"),
    ("no title", a_program, changing_program(title=None), "title"),
    ("no title, at once", a_term, creating_lesson(title=None), "title"),
    ("an unknown type", a_lesson, changing_lesson(content_type="audio"), "content_type"),
    ("a time without an offset", a_lesson, scheduling(NAIVE), "publish_at"),
    ("a time that has passed", a_lesson, scheduling(datetime(2020, 1, 1, tzinfo=UTC)), "publish_at"),
    ("a time out of reach", a_lesson, scheduling(datetime(9000, 1, 1, tzinfo=UTC)), "publish_at"),
    ("a time after the end", lesson(archive_at=LATER), scheduling(LATER + AN_HOUR), "archive_at"),
    ("a topic without a name", a_program, lambda key: set_topics(key, ["Waves", ""]), "name"),
    ("a topic with a space", a_program, lambda key: set_topics(key, [" Waves"]), "name"),
    (
        "a number of nothing",
        a_program,
        lambda key: create_term(key, {"term_number": 0}, actor=ASHA),
        "term_number",
    ),
    ("no language", a_program, lambda _: create_program({"title": "Physics"}, actor=ASHA), "language_primary"),
]


@pytest.mark.parametrize(
    ("make", "act", "field"), [pytest.param(make, act, field, id=name) for name, make, act, field in INVALID]
)
async def test_what_breaks_a_rule_is_refused_by_its_field_and_nothing_is_stored(
    sql: Connection, make: Make, act: Act, field: str
) -> None:
    refusal = await refused(sql, make, act, InvalidContent)

    assert refusal.field == field


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"title": "a\0b"}, id="NUL"),
        pytest.param({"title": "a\ud800b"}, id="half a character"),
        pytest.param({"posters": {"en": {"square": "https://example.com/\0"}}}, id="NUL in a map"),
    ],
)
async def test_what_postgres_cannot_keep_is_refused_and_nothing_is_stored(
    sql: Connection, values: dict[str, Any]
) -> None:
    await refused(sql, a_program, changing_program(**values), InvalidContent)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        pytest.param(lambda parent: create_term(parent[0], {"term_number": 1}, actor=ASHA), "term_number", id="a term"),
        pytest.param(
            lambda parent: create_lesson(parent[1], {**VIDEO, "lesson_number": 1}, actor=ASHA),
            "lesson_number",
            id="a lesson",
        ),
    ],
)
async def test_a_number_that_is_taken_is_a_conflict_and_nothing_is_stored(
    sql: Connection, command: Callable[[tuple[UUID, UUID]], Awaitable[Any]], field: str
) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program, term_number=1)

    refusal = await refused(
        sql, lambda sql: a_lesson(sql, term, lesson_number=1), lambda _: command((program, term)), Conflict
    )

    assert refusal.field == field


BARE = {"content_urls": {}, "thumbnails": {}}


@pytest.mark.parametrize(
    ("make", "act", "fields"),
    [
        pytest.param(lesson(**BARE), scheduling(LATER), ["thumbnails", "content_urls"], id="schedule a bare lesson"),
        pytest.param(
            lesson(thumbnails={"en": {"portrait": "https://a"}}), scheduling(LATER), ["thumbnails"], id="one thumbnail"
        ),
        pytest.param(
            lesson(**BARE),
            lambda key: publish_lesson(key, actor=ASHA),
            ["thumbnails", "content_urls"],
            id="publish a bare lesson",
        ),
        pytest.param(
            lesson_within(posters={}),
            lambda key: publish_lesson(key, actor=ASHA),
            ["program.posters"],
            id="publish in a program without posters",
        ),
        pytest.param(
            lesson_within(status="archived"),
            lambda key: publish_lesson(key, actor=ASHA),
            ["program"],
            id="publish in an archived program",
        ),
    ],
)
async def test_a_lesson_that_lacks_something_is_refused_with_all_that_it_lacks_and_nothing_is_stored(
    sql: Connection, make: Make, act: Act, fields: list[str]
) -> None:
    refusal = await refused(sql, make, act, NotPublishable)

    assert isinstance(refusal, NotPublishable)
    assert [obstacle.field for obstacle in refusal.obstacles] == fields
    assert refusal.field == fields[0]


# At the same time ----------------------------------------------------------------------------------------------------
async def test_of_twenty_who_change_the_same_version_exactly_one_wins(sql: Connection) -> None:
    key = await a_lesson(sql)

    outcomes = await asyncio.gather(
        *(change_lesson(key, {"title": f"By {n}"}, version=1, actor=f"editor {n}") for n in range(20)),
        return_exceptions=True,
    )

    (winner,) = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, VersionConflict)]
    assert [loser.current for loser in losers] == [2] * 19
    assert (await row(sql, "lesson", key))["title"] == winner.title
    assert await history(sql, key) == ["lesson.create", "lesson.change"]


async def test_twenty_changes_without_a_version_all_count(sql: Connection) -> None:
    key = await a_lesson(sql)

    await asyncio.gather(*(change_lesson(key, {"duration_ms": n + 1}, actor=ASHA) for n in range(20)))

    assert (await row(sql, "lesson", key))["version"] == 21


async def test_of_ten_who_publish_the_same_lesson_exactly_one_does(sql: Connection) -> None:
    key = await a_lesson(sql)

    outcomes = await asyncio.gather(
        *(publish_lesson(key, actor=f"editor {n}") for n in range(10)), return_exceptions=True
    )

    assert sum(isinstance(outcome, InvalidTransition) for outcome in outcomes) == 9
    assert await history(sql, key) == ["lesson.create", "lesson.publish"]


async def test_what_one_command_holds_locked_the_other_waits_for_and_then_sees(
    sql: Connection, fresh_database: Database
) -> None:
    key = await a_lesson(sql)
    other = await asyncpg.connect(fresh_database.dsn)

    async with other.transaction():
        await other.execute("update lesson set status = 'archived' where id = $1", key)
        publish = asyncio.ensure_future(publish_lesson(key, actor=ASHA))
        await waiting(sql, 1)
    await other.close()

    with pytest.raises(InvalidTransition):
        await publish


async def test_two_refused_lessons_of_a_draft_program_can_be_published_at_the_same_moment(
    sql: Connection, fresh_database: Database
) -> None:
    parent = await a_program(sql)
    term = await a_term(sql, parent)
    keys = [await a_lesson(sql, term, due_in=A_MOMENT_AGO, publish_error="No poster.") for _ in range(2)]

    async with held(fresh_database, "program", parent):
        publishing = [asyncio.ensure_future(publish_lesson(key, actor=ASHA)) for key in keys]
        await waiting(sql, 2)

    outcomes = await asyncio.gather(*publishing, return_exceptions=True)
    assert [getattr(outcome, "status", outcome) for outcome in outcomes] == [Status.PUBLISHED] * 2


async def test_a_program_can_be_mended_while_its_refused_lesson_is_being_published(
    sql: Connection, fresh_database: Database
) -> None:
    parent = await a_program(sql)
    key = await a_lesson(sql, await a_term(sql, parent), due_in=A_MOMENT_AGO, publish_error="No poster.")

    async with held(fresh_database, "program", parent):
        mending = asyncio.ensure_future(change_program(parent, {"description": "New"}, actor=ASHA))
        await waiting(sql, 1)
        publishing = asyncio.ensure_future(publish_lesson(key, actor=ASHA))
        await waiting(sql, 2)

    mended, published = await asyncio.gather(mending, publishing, return_exceptions=True)
    assert (getattr(mended, "description", mended), getattr(published, "status", published)) == (
        "New",
        Status.PUBLISHED,
    )


async def test_what_is_read_back_is_what_the_database_holds(sql: Connection) -> None:
    made = await publish_lesson(await a_lesson(sql), actor=ASHA)

    in_database = await row(sql, "lesson", made.id)
    assert {name: getattr(made, name) for name in in_database} == {
        **in_database,
        **{name: json.loads(in_database[name]) for name in MAP_NAMES & in_database.keys()},
    }
    assert made.updated_at - made.created_at < timedelta(minutes=1)


async def test_a_row_that_somebody_holds_is_told_as_busy_within_the_time_of_the_change(
    sql: Connection, fresh_database: Database
) -> None:
    program = await a_program(sql)
    async with sql.transaction():
        await sql.execute("select from program where id = $1 for update", program)
        async with asyncio.timeout(5):
            with pytest.raises(DatabaseBusy, match=r"locked by process|changing the same things"):
                async with changing(ASHA, seconds=0.5) as transaction:
                    await query(transaction, "update program set title = 'New' where id = $1", program)
