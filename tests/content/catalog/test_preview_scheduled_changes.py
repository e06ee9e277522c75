"""A preview shows what scheduled changes will have made of the catalog by then."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chaishots.content.catalog import preview, statements
from chaishots.content.catalog.rehearsal import rehearse
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import ASSETS, a_change, a_lesson, a_program, a_term, a_topic, database_now
from tests.conftest import Database

Plan = Sequence[tuple[str, UUID, dict[str, Any]]]


def shown(document: str) -> Any:
    """A page without what tells when it was written."""
    page = json.loads(document)
    for program in page["programs"]:
        for thing in (program, *(lesson for term in program["terms"] for lesson in term["lessons"])):
            thing.pop("updated_at", None)
    return page["programs"]


async def foreseen(sql: Connection, at: datetime) -> Any:
    """The programs of a moment."""
    return shown(await preview.programs(sql, at, limit=100))


async def test_a_preview_is_the_catalog_as_it_is_then(database: Database, sql: Connection) -> None:
    program, other = await a_program(sql, status="published"), await a_program(sql, status="published")
    term, target = await a_term(sql, program), await a_term(sql, other)
    lessons = [await a_lesson(sql, term, status="published", translations={"te": {"title": "పాత"}}) for _ in range(3)]
    await a_lesson(sql, target, status="published")
    await a_topic(sql, "Physics")
    soon = await database_now(sql) + timedelta(hours=1)
    plan: Plan = [
        ("program", program, {"title": "New", "topics": ["physics", "Maths"], "position": 1}),
        ("term", term, {"title": "Vowels"}),
        ("lesson", lessons[0], {"title": "One", "translations": {"te": {"title": "ఒకటి"}}, "is_paid": True}),
        ("lesson", lessons[0], {"translations": {"te": None, "hi": {"title": "एक"}}}),
        ("lesson", lessons[1], {"term_id": str(target), "lesson_number": 500}),
        ("lesson", lessons[2], {"lesson_number": 900, "thumbnails": {"hi": ASSETS["en"]}}),
    ]
    for of, thing, patch in plan:
        await a_change(sql, thing, patch, of=of, apply_at=soon)

    now, then = await foreseen(sql, await database_now(sql) + timedelta(minutes=1)), await foreseen(sql, soon)
    before = shown((await statements.programs(sql, limit=100)).document)
    await sql.execute("update change set apply_at = now()")
    while (await publish_due(sql, actor="replica-1")).is_full:
        pass

    assert await sql.fetchval("select count(*) from change where status <> 'applied'") == 0
    assert now == before
    assert then == shown((await statements.programs(sql, limit=100)).document)
    assert then != before


async def test_a_draft_whose_posters_come_with_a_change_opens(database: Database, sql: Connection) -> None:
    program = await a_program(sql, posters={})
    soon = await database_now(sql) + timedelta(hours=1)
    await a_lesson(sql, await a_term(sql, program), status="scheduled", publish_at=soon)
    assert await foreseen(sql, soon) == []

    await a_change(sql, program, {"posters": ASSETS}, of="program", apply_at=soon)

    assert [found["id"] for found in await foreseen(sql, soon)] == [str(program)]
    rehearsal = await rehearse(sql, soon)
    assert [(step.action, step.title) for step in rehearsal.steps] == [("change", "A program"), ("publish", "A lesson")]
    assert rehearsal.blocked == []
