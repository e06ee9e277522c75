"""Moments and JSON are written in one way, by Postgres and by Python alike."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from chaishots.content.answer_format import (
    compact,
    compact_sql,
    moment,
    moment_sql,
    plain,
    to_milliseconds,
    urls_text_sql,
)
from chaishots.database.connection import Connection
from tests.api.contract.documented_answers import faults_of

INDIA = timezone(timedelta(hours=5, minutes=30))
MOMENTS = [
    pytest.param(datetime(2030, 1, 31, 9, tzinfo=INDIA), "2030-01-31T03:30:00.000Z", id="a whole second"),
    pytest.param(datetime(2030, 1, 1, 1, tzinfo=INDIA), "2029-12-31T19:30:00.000Z", id="of the day before in UTC"),
    pytest.param(datetime(2030, 1, 1, 0, 0, 0, 7_000, UTC), "2030-01-01T00:00:00.007Z", id="a few milliseconds"),
    pytest.param(datetime(2030, 12, 31, 23, 59, 59, 999_999, UTC), "2030-12-31T23:59:59.999Z", id="cut, not rounded"),
    pytest.param(datetime(1970, 1, 1, tzinfo=UTC), "1970-01-01T00:00:00.000Z", id="the first"),
    pytest.param(datetime(8999, 12, 31, 23, 59, 59, 1, UTC), "8999-12-31T23:59:59.000Z", id="the last"),
]
TEXTS = [
    {"a": 'b": "c, d": ', "e": ["\\", {"f": "\n\t\x1f\u2028"}], "g": 94000, "h": True},
    {},
    [],
    {"te": "అ, ఆ: అమ్మ"},
]


@pytest.mark.parametrize(("at", "written"), MOMENTS)
async def test_a_moment_is_written_alike(sql: Connection, at: datetime, written: str) -> None:
    await sql.execute("set timezone = 'Asia/Kolkata'")
    assert moment(at) == written
    assert await sql.fetchval(f"select {moment_sql('$1::timestamptz')}", at) == written
    assert datetime.fromisoformat(written) == to_milliseconds(at)


@pytest.mark.parametrize("value", TEXTS)
async def test_json_is_written_compact_and_whole(sql: Connection, value: object) -> None:
    shown = await sql.fetchval(f"select ({compact_sql('$1::jsonb')})::text", compact(value))
    assert json.loads(shown) == json.loads(compact(value)) == value
    assert faults_of(shown.encode()) == faults_of(compact(value).encode()) == []


async def test_a_map_of_urls_is_written_compact(sql: Connection) -> None:
    urls = {"te": {"portrait": "https://cdn.example.com/a,b:c?d=%20"}, "en": {}}
    shown = await sql.fetchval(f"select {urls_text_sql('$1::jsonb')}", compact(urls))
    assert shown == '{"en":{},"te":{"portrait":"https://cdn.example.com/a,b:c?d=%20"}}'


def test_what_is_told_of_a_thing_is_json() -> None:
    row = {"id": UUID(int=1), "at": datetime(2030, 1, 1, tzinfo=UTC), "title": "అ", "end": None}
    assert compact(plain(row)) == (
        '{"id":"00000000-0000-0000-0000-000000000001","at":"2030-01-01T00:00:00.000Z","title":"అ","end":null}'
    )
