"""A field's line holds for everybody who writes it: over HTTP, in a file, in SQL."""

import json
from typing import Any

import asyncpg
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from chaishots.api.contract import requests
from chaishots.api.contract.responses.content import Lesson, Program, Term
from chaishots.content.exchange.format import LESSON_COLUMNS, PROGRAM_COLUMNS, TERM_COLUMNS
from chaishots.content.exchange.format import content as read_file
from chaishots.content.exchange.yaml import Fault
from chaishots.content.fields import LESSON, PROGRAM, TERM, Field, Kind, Writer, written_by
from chaishots.content.lifecycle import TITLE_LENGTH
from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term

TABLES = {
    "program": (PROGRAM, a_program, requests.NewProgram, requests.ProgramPatch, Program),
    "term": (TERM, a_term, requests.NewTerm, requests.TermPatch, Term),
    "lesson": (LESSON, a_lesson, requests.NewLesson, requests.LessonPatch, Lesson),
}
BOUNDED = [
    pytest.param(table, field, field.longest or TITLE_LENGTH, id=f"{table}.{field.name}")
    for table, (fields, *_) in TABLES.items()
    for field in fields
    if field.kind is Kind.TITLE or field.longest
]


@pytest.mark.parametrize("table", TABLES)
def test_requests_and_answers_have_the_fields(table: str) -> None:
    fields, _, new, patch, shown = TABLES[table]
    written = set(written_by(Writer.EDITOR, fields))
    assert new.model_fields.keys() - {"topics"} == written
    assert patch.model_fields.keys() - {"topics"} == written
    assert {field.name for field in fields} <= shown.model_fields.keys()


def test_files_have_the_fields() -> None:
    for (fields, *_), columns in zip(TABLES.values(), (PROGRAM_COLUMNS, TERM_COLUMNS, LESSON_COLUMNS), strict=True):
        assert tuple(field.name for field in fields) == columns


def is_taken_over_http(model: type[BaseModel], field: Field, value: Any) -> bool:
    try:
        model.model_validate({field.name: value})
    except ValidationError as refused:
        return not any(error["loc"][0] == field.name for error in refused.errors())
    return True


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
        assert is_taken_over_http(model, field, fits)
        assert not is_taken_over_http(model, field, too_long)
    assert told_of_a_file(table, field, fits) == ""
    assert field.rule in told_of_a_file(table, field, too_long)
    assert await constraint_broken(sql, table, field, fits) is None
    assert await constraint_broken(sql, table, field, too_long) == field.constraint(table)


TRANSLATED = [
    pytest.param(table, name, longest, id=f"{table}.{name}")
    for table, (fields, *_) in TABLES.items()
    for field in fields
    if field.kind is Kind.TRANSLATIONS
    for name, longest in field.texts
]


@pytest.mark.parametrize(("table", "name", "longest"), TRANSLATED)
async def test_a_translation_has_the_bound_of_its_text_whoever_writes_it(
    sql: Connection, table: str, name: str, longest: int
) -> None:
    fields, _, new, patch, _ = TABLES[table]
    field = next(field for field in fields if field.kind is Kind.TRANSLATIONS)
    for text, fits in (("అ" * longest, True), ("అ" * (longest + 1), False), ("", False), ("\u200b", False)):
        value: Any = {"hi": {name: text}}
        assert [is_taken_over_http(model, field, value) for model in (new, patch)] == [fits, fits]
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
            assert not is_taken_over_http(model, field, text), repr(text)
        # A file's own line breaks are read as YAML has them.
        assert field.rule in told_of_a_file(table, field, text), repr(text)
        assert await constraint_broken(sql, table, field, text) == field.constraint(table), repr(text)
    for text in taken:
        for model in new, patch:
            assert is_taken_over_http(model, field, text), repr(text)
        assert told_of_a_file(table, field, text) == "", repr(text)
        assert await constraint_broken(sql, table, field, text) is None, repr(text)


@pytest.mark.parametrize(("table", "name", "longest"), TRANSLATED)
async def test_a_translation_holds_no_more_controls_than_its_text_whoever_writes_it(
    sql: Connection, table: str, name: str, longest: int
) -> None:
    fields, _, new, patch, _ = TABLES[table]
    field = next(field for field in fields if field.kind is Kind.TRANSLATIONS)
    several = name in ("description", "summary")
    for sign, fits in (*((sign, False) for sign in STEERING if sign != "\t"), ("\n", several), ("\u2068", True)):
        value: Any = {"hi": {name: f"a{sign}b"}}
        assert [is_taken_over_http(model, field, value) for model in (new, patch)] == [fits, fits], repr(sign)
        assert (field.rule not in told_of_a_file(table, field, value)) is fits, repr(sign)
        broken = await constraint_broken(sql, table, field, json.dumps(value))
        assert broken == (None if fits else field.constraint(table)), repr(sign)
