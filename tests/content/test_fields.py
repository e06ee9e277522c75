"""A field's line holds for everybody who writes it: over HTTP, in a file, in SQL."""

import json
from typing import Any

import asyncpg
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from chaishots.api.contract import requests
from chaishots.api.contract.responses.cms_content import Lesson, Program, Term
from chaishots.api.routes.cms.releases import ReleaseBody
from chaishots.content.exchange.faults import Fault
from chaishots.content.exchange.seed_format import LESSON_COLUMNS, PROGRAM_COLUMNS, TERM_COLUMNS
from chaishots.content.exchange.seed_format import content as read_file
from chaishots.content.field_kinds import Field, Kind, Writer, field_of, translated, written_by
from chaishots.content.fields import ALT, LESSON, PROGRAM, RELEASE, TERM, TOPIC
from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term

TABLES = {
    "program": (PROGRAM, a_program, requests.NewProgram, requests.ProgramPatch, Program),
    "term": (TERM, a_term, requests.NewTerm, requests.TermPatch, Term),
    "lesson": (LESSON, a_lesson, requests.NewLesson, requests.LessonPatch, Lesson),
}
MOVED_TO = {"term": {"program_id"}, "lesson": {"term_id"}}
"""What a patch may name besides: where the thing moves to."""
BOUNDED = [
    pytest.param(table, field, field.longest, id=f"{table}.{field.name}")
    for table, (fields, *_) in TABLES.items()
    for field in fields
    if field.longest
]


@pytest.mark.parametrize("table", TABLES)
def test_requests_and_answers_have_the_fields(table: str) -> None:
    fields, _, new, patch, shown = TABLES[table]
    written = set(written_by(Writer.EDITOR, fields))
    assert new.model_fields.keys() - {"topics"} == written
    assert patch.model_fields.keys() - {"topics"} == written | MOVED_TO.get(table, set())
    assert {field.name for field in fields} <= shown.model_fields.keys()


def test_files_have_the_fields() -> None:
    for (fields, *_), columns in zip(TABLES.values(), (PROGRAM_COLUMNS, TERM_COLUMNS, LESSON_COLUMNS), strict=True):
        assert tuple(field.name for field in fields) == columns


def told_over_http(model: type[BaseModel], field: Field, value: Any) -> list[str]:
    """What is told of a body whose field has this value; nothing when it is taken."""
    try:
        model.model_validate({field.name: value})
    except ValidationError as refused:
        return [error["msg"] for error in refused.errors() if error["loc"][0] == field.name]
    return []


def told_of_a_file(table: str, field: Field, value: Any) -> str:
    """What is told of a file whose one program, term or lesson has this value; nothing when it is taken."""
    lesson = {"lesson_number": 1, "title": "A", "content_type": "article", "content_language_primary": "te"}
    term: dict[str, Any] = {"term_number": 1, "lessons": [lesson]}
    program: dict[str, Any] = {"title": "A", "language_primary": "te", "terms": [term]}
    {"program": program, "term": term, "lesson": lesson}[table][field.name] = value
    try:
        read_file(yaml.safe_dump({"programs": [program]}).encode())
    except Fault as fault:
        return str(fault)
    return ""


BREAKING = ["\t", "\n", "\r\n", "\x1b[31m", "\x85", "\x9b", "\u2028", "\u2029", "\u202a", "\u202e"]
STEERING = ["\x01", "\x0b", "\x1b[31m", "\x7f", "\x85", "\x9b", "\u2028", "\u2029"]
SPELLED = ["క్\u200cష", "क्\u200dष", "\u2068שלום\u2069", "\u200fא\u200e", "a\u00adb"]


async def constraint_broken(sql: Connection, table: str, field: Field, value: str) -> str | None:
    key = await TABLES[table][1](sql)
    try:
        await sql.execute(f"update {table} set {field.name} = $1 where id = $2", value, key)
    except asyncpg.CheckViolationError as refused:
        return refused.constraint_name
    return None


@pytest.mark.parametrize(("table", "field", "longest"), BOUNDED)
@pytest.mark.parametrize("letter", ["x", "అ", "😀"])
async def test_a_text_has_one_bound_whoever_writes_it(
    sql: Connection, table: str, field: Field, longest: int, letter: str
) -> None:
    _, _, new, patch, _ = TABLES[table]
    fits, too_long = letter * longest, letter * (longest + 1)

    for model in new, patch:
        assert told_over_http(model, field, fits) == []
        assert told_over_http(model, field, too_long) == [field.rule]
    assert told_of_a_file(table, field, fits) == ""
    assert field.rule in told_of_a_file(table, field, too_long)
    assert await constraint_broken(sql, table, field, fits) is None
    assert await constraint_broken(sql, table, field, too_long) == field.constraint(table)


@pytest.mark.parametrize(
    ("model", "field"),
    [(ReleaseBody, field_of(RELEASE, "name")), (requests.NewTopic, field_of(TOPIC, "name"))],
)
def test_who_gives_too_long_a_name_is_told_what_a_name_is(model: type[BaseModel], field: Field) -> None:
    assert field.longest
    assert told_over_http(model, field, "అ" * field.longest) == []
    assert told_over_http(model, field, "అ" * (field.longest + 1)) == [field.rule]
    assert "name" in field.rule


def test_who_gives_too_long_an_alt_text_is_told_what_an_alt_text_is() -> None:
    assert ALT.longest
    assert told_over_http(requests.PictureBody, ALT, {"te": "అ" * ALT.longest}) == []
    assert told_over_http(requests.PictureBody, ALT, {"te": "అ" * (ALT.longest + 1)}) == [ALT.rule]
    assert "an alt text" in ALT.rule


TRANSLATED = [
    pytest.param(table, text.name, text.longest, id=f"{table}.{text.name}")
    for table, (fields, *_) in TABLES.items()
    for field in fields
    if field.kind is Kind.TRANSLATIONS
    for text in field.texts
]


@pytest.mark.parametrize(("table", "name", "longest"), TRANSLATED)
async def test_a_translation_has_the_bound_of_its_text_whoever_writes_it(
    sql: Connection, table: str, name: str, longest: int
) -> None:
    fields, _, new, patch, _ = TABLES[table]
    field = field_of(fields, "translations")
    rule = translated(fields, name).rule
    for text, fits in (("అ" * longest, True), ("అ" * (longest + 1), False), ("", False), ("\u200b", False)):
        value: Any = {"hi": {name: text}}
        told = [] if fits else [rule]
        assert [told_over_http(model, field, value) for model in (new, patch)] == [told, told]
        assert (field.rule not in told_of_a_file(table, field, value)) is fits
        broken = await constraint_broken(sql, table, field, json.dumps(value))
        assert broken == (None if fits else field.constraint(table))


@pytest.mark.parametrize(("table", "field", "longest"), BOUNDED)
async def test_a_title_is_of_one_line_and_no_text_steers_a_terminal_whoever_writes_it(
    sql: Connection, table: str, field: Field, longest: int
) -> None:
    _, _, new, patch, _ = TABLES[table]
    is_title = field.kind is Kind.TITLE
    refused, taken = (BREAKING, SPELLED) if is_title else (STEERING, [*SPELLED, "\t- a\n- b\r\n\n"])
    for text in (f"a{control}b" for control in refused):
        for model in new, patch:
            assert told_over_http(model, field, text) == [field.rule], repr(text)
        # A file's own line breaks are read as YAML has them.
        assert field.rule in told_of_a_file(table, field, text), repr(text)
        assert await constraint_broken(sql, table, field, text) == field.constraint(table), repr(text)
    for text in taken:
        for model in new, patch:
            assert told_over_http(model, field, text) == [], repr(text)
        assert told_of_a_file(table, field, text) == "", repr(text)
        assert await constraint_broken(sql, table, field, text) is None, repr(text)


@pytest.mark.parametrize(("table", "name", "longest"), TRANSLATED)
async def test_a_translation_holds_no_more_controls_than_its_text_whoever_writes_it(
    sql: Connection, table: str, name: str, longest: int
) -> None:
    fields, _, new, patch, _ = TABLES[table]
    field = field_of(fields, "translations")
    rule = translated(fields, name).rule
    several = name in ("description", "summary")
    for sign, fits in (*((sign, False) for sign in STEERING if sign != "\t"), ("\n", several), ("\u2068", True)):
        value: Any = {"hi": {name: f"a{sign}b"}}
        assert [told_over_http(model, field, value) for model in (new, patch)] == [[] if fits else [rule]] * 2, repr(
            sign
        )
        assert (field.rule not in told_of_a_file(table, field, value)) is fits, repr(sign)
        broken = await constraint_broken(sql, table, field, json.dumps(value))
        assert broken == (None if fits else field.constraint(table)), repr(sign)
