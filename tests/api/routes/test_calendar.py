"""The whole of what is to come: /cms/schedule/moments, and as a calendar, /cms/schedule.ics."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from icalendar import Calendar

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token, revoke_token
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_change, a_lesson, a_program, a_public_program, a_release, a_term, database_now

HOSTILE = "చాయ్, 茶; שלום 👩🏽‍🍳\\n" + "x" * 200


@pytest.fixture
async def token(sql: Connection) -> str:
    """One that reads calendars."""
    return (await create_token(sql, "team calendar", Role.CALENDAR))[1]


async def a_schedule(sql: Connection) -> dict[str, UUID]:
    """One of each kind, an hour apart; the release has a lesson, a change and an end that are told by it alone."""
    now = await database_now(sql)
    term = await a_term(sql, await a_program(sql, title="కోర్సు"))
    made = {"publish": await a_lesson(sql, term, title=HOSTILE, publish_at=now + AN_HOUR, status="scheduled")}
    await sql.execute("update lesson set publish_zone = 'Asia/Kolkata'")
    made["end"] = await a_lesson(sql, term, status="published", title="Ginger", archive_at=now + 2 * AN_HOUR)
    made["change"] = await a_change(sql, made["end"], {"title": "Tea"}, apply_at=now + 3 * AN_HOUR)
    made["release"] = await a_release(sql, name="Ugadi")
    await a_lesson(sql, term, release_id=made["release"])
    await a_change(sql, made["end"], {"summary": "Hot"}, release_id=made["release"])
    await sql.execute("update release set status = 'scheduled', publish_at = $1", now + 4 * AN_HOUR)
    return made


async def entries(client: httpx2.AsyncClient, token: str) -> dict[str, Any]:
    """The calendar's entries, by their UIDs."""
    answer = await client.get("/cms/schedule.ics", params={"token": token})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    return {str(entry["UID"]): entry for entry in Calendar.from_ical(answer.content).walk("VEVENT")}


async def test_everything_that_is_to_come_stands_in_one_list_in_pages(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    made = await a_schedule(sql)
    listed: list[dict[str, Any]] = []
    query = {"limit": "1"}
    while True:
        page = (await editor.get("/cms/schedule/moments", params=query)).json()
        listed += page["moments"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert [(one["kind"], one["id"]) for one in listed] == [(kind, str(key)) for kind, key in made.items()]
    assert [one["title"] for one in listed] == [HOSTILE, "Ginger", "Ginger", "Ugadi"]
    assert [one["program_title"] for one in listed] == ["కోర్సు"] * 3 + [None]
    assert (listed[0]["zone"], listed[2]["object_type"], listed[2]["object_id"]) == (
        *("Asia/Kolkata", "lesson"),
        str(made["end"]),
    )
    [change] = (await editor.get("/cms/schedule/moments", params={"kind": "change"})).json()["moments"]
    assert change == listed[2]
    between = {"from": listed[1]["at"], "to": listed[3]["at"]}
    found = (await editor.get("/cms/schedule/moments", params=between)).json()["moments"]
    assert found == listed[1:3]
    refused = await editor.get("/cms/schedule/moments", params={"kind": "birthday"})
    assert refused.status_code == 422


async def test_the_calendar_has_what_is_to_come_as_other_programs_read_it(
    client: httpx2.AsyncClient, sql: Connection, token: str
) -> None:
    made = await a_schedule(sql)
    shown = await entries(client, token)
    assert set(shown) == {f"{kind}-{key}@chaishots" for kind, key in made.items()}
    entry = shown[f"publish-{made['publish']}@chaishots"]
    lesson = await sql.fetchrow("select publish_at, version from lesson where id = $1", made["publish"])
    assert lesson is not None
    assert entry.decoded("dtstart") == lesson["publish_at"].replace(microsecond=0)
    assert str(entry["summary"]) == f"▶ {HOSTILE}"
    assert "Asia/Kolkata" in entry["description"]
    assert int(entry["sequence"]) == lesson["version"]

    # Moved, it is the same entry; called off, it is gone; refused, it says so.
    await sql.execute("update lesson set publish_at = publish_at + interval '1 day' where id = $1", made["publish"])
    await sql.execute("update change set status = 'cancelled' where id = $1", made["change"])
    await sql.execute("update release set publish_error = 'No posters.'")
    later = await entries(client, token)
    moved = later[f"publish-{made['publish']}@chaishots"]
    assert moved.decoded("dtstart") - entry.decoded("dtstart") == timedelta(days=1)
    assert int(moved["sequence"]) > int(entry["sequence"])
    assert f"change-{made['change']}@chaishots" not in later
    release = later[f"release-{made['release']}@chaishots"]
    assert (str(release["summary"]), "Blocked: No posters." in release["description"]) == ("◆ BLOCKED Ugadi", True)


async def test_what_has_not_changed_is_not_sent_again(client: httpx2.AsyncClient, sql: Connection, token: str) -> None:
    made = await a_schedule(sql)
    address = f"/cms/schedule.ics?token={token}"
    etag = (await client.get(address)).headers["ETag"]
    again = await client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    await sql.execute("update lesson set title = 'Other' where id = $1", made["publish"])
    assert (await client.get(address, headers={"If-None-Match": etag})).status_code == 200


@pytest.mark.parametrize("role", [Role.READER, Role.VIEWER, Role.EDITOR, Role.ADMIN])
async def test_no_other_token_is_taken_in_an_address(client: httpx2.AsyncClient, sql: Connection, role: Role) -> None:
    _, other = await create_token(sql, "other", role)
    refused = await client.get("/cms/schedule.ics", params={"token": other})
    assert refused.status_code == 403
    assert "better revoke it" in refused.text
    assert other not in refused.text


async def test_a_calendars_token_reads_nothing_else_and_stops_when_it_is_revoked(
    client: httpx2.AsyncClient, sql: Connection, token: str
) -> None:
    program = await a_public_program(sql)
    [lesson] = await sql.fetch("select id from lesson limit 1")
    await sql.execute("update lesson set is_paid = true")
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/cms/programs", "/cms/schedule", "/cms/schedule/moments", "/cms/export"):
        assert (await client.get(path, headers=headers)).status_code == 403
        assert (await client.get(path, params={"token": token})).status_code in (401, 422)
    shown = (await client.get(f"/catalog/lessons/{lesson['id']}", headers=headers)).json()
    assert shown["locked"] is True
    assert program
    assert (await client.get("/cms/schedule.ics", headers=headers)).status_code == 200
    await revoke_token(sql, "team calendar")
    assert (await client.get("/cms/schedule.ics", params={"token": token})).status_code == 401


async def test_an_empty_schedule_is_a_calendar_too(client: httpx2.AsyncClient, token: str) -> None:
    assert await entries(client, token) == {}
