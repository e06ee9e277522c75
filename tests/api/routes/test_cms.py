"""What an editor does over HTTP, from an empty CMS to a public lesson; and what it is told when it may not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx2
import pytest

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.builders import (
    AN_HOUR,
    ASSETS,
    URLS,
    a_change,
    a_lesson,
    a_program,
    a_release,
    a_term,
    database_now,
    history,
    row,
)

NEXT_YEAR = (datetime.now(UTC) + timedelta(days=365)).isoformat()
LESSON = {
    "lesson_number": 1,
    "title": "A lesson",
    "content_type": "article",
    "content_language_primary": "en",
    "content_urls": URLS,
    "thumbnails": ASSETS,
}


async def test_a_lesson_goes_from_nothing_to_public_and_away_again(editor: httpx2.AsyncClient) -> None:
    program = await _made(editor, "/cms/programs", {"title": "P", "language_primary": "en", "topics": ["Chai"]})
    await editor.patch(f"/cms/programs/{program['id']}", json={"posters": ASSETS})
    term = await _made(editor, f"/cms/programs/{program['id']}/terms", {"term_number": 1})
    lesson = await _made(editor, f"/cms/terms/{term['id']}/lessons", LESSON)

    published = await editor.post(f"/cms/lessons/{lesson['id']}/publish")
    shown = await editor.get(f"/catalog/lessons/{lesson['id']}")
    await editor.post(f"/cms/lessons/{lesson['id']}/archive")
    hidden = await editor.get(f"/catalog/lessons/{lesson['id']}")

    assert published.json()["status"] == "published"
    assert (shown.status_code, hidden.status_code) == (200, 404)
    assert (await editor.get(f"/cms/programs/{program['id']}")).json()["topics"] == ["Chai"]


async def test_a_merge_patch_changes_what_it_names_and_null_takes_an_entry_away(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql, description="Before")
    square = {"en": {"square": "https://cdn.example.com/s.jpg", "portrait": None}}

    changed = (await editor.patch(f"/cms/programs/{program}", json={"posters": square})).json()

    assert changed["posters"] == {"en": {"landscape": ASSETS["en"]["landscape"], "square": square["en"]["square"]}}
    assert changed["description"] == "Before"


async def test_translations_are_merged_text_by_text_and_null_takes_one_away(editor: httpx2.AsyncClient) -> None:
    texts = {"te": {"title": "చాయ్", "description": "ఎలా."}, "hi": {"title": "चाय"}}
    made = await _made(
        editor, "/cms/programs", {"title": "Chai", "language_primary": "en", "translations": texts | {"TA": {}}}
    )
    address = f"/cms/programs/{made['id']}"

    patch = {"te": {"description": None}, "hi": {"title": None}, "fr": {"title": "Thé"}}
    patched = (await editor.patch(address, json={"translations": patch})).json()
    own = await editor.patch(address, json={"translations": {"EN": {"title": "Tea"}}})

    assert made["translations"] == texts
    assert patched["translations"] == {"te": {"title": "చాయ్"}, "fr": {"title": "Thé"}}
    assert (own.status_code, own.json()["errors"][0]["field"]) == (422, "translations")
    assert "other than the primary" in own.json()["errors"][0]["message"]


async def test_a_topics_translations_are_written_beside_its_name(editor: httpx2.AsyncClient) -> None:
    topic = await _made(editor, "/cms/topics", {"name": "Tea", "translations": {"te": {"name": "తేనీరు"}}})
    changed = await editor.patch(f"/cms/topics/{topic['id']}", json={"translations": {"hi": {"name": "चाय"}}})

    assert topic["translations"] == {"te": {"name": "తేనీరు"}}
    assert changed.json()["translations"] == {"te": {"name": "తేనీరు"}, "hi": {"name": "चाय"}}
    assert changed.json()["name"] == "Tea"


async def test_an_etag_that_is_no_longer_the_things_is_412_with_the_current_version(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql)
    etag = (await editor.get(f"/cms/programs/{program}")).headers["ETag"]
    first, second = [
        await editor.patch(f"/cms/programs/{program}", json={"title": title}, headers={"If-Match": etag})
        for title in ("First", "Second")
    ]
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["current_version"] == 2
    assert first.headers["ETag"] == '"2"'


async def test_after_the_highest_version_they_begin_anew_and_no_edit_is_lost(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql)
    highest = 2_000_000_000
    # As a restore writes, without triggers. What psql says else does not count, and more than this is refused.
    await sql.execute("set session_replication_role = replica")
    with pytest.raises(asyncpg.CheckViolationError):
        await sql.execute("update lesson set version = 2147483647 where id = $1", lesson)
    await sql.execute("update lesson set version = $2 where id = $1", lesson, highest)
    await sql.execute("reset session_replication_role")

    first, second = [
        await editor.patch(f"/cms/lessons/{lesson}", json={"title": title}, headers={"If-Match": f'"{highest}"'})
        for title in ("First", "Second")
    ]

    assert first.status_code == 200, first.text
    assert first.headers["ETag"] == '"1"'
    assert (second.status_code, second.json()["current_version"]) == (412, 1)
    assert (await row(sql, "lesson", lesson))["title"] == "First"
    beyond = await editor.patch(f"/cms/lessons/{lesson}", json={"title": "x"}, headers={"If-Match": '"9999999999"'})
    assert beyond.status_code == 412


async def test_of_fifty_editors_with_one_etag_exactly_one_wins_each_version(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql)
    for version in range(1, 4):
        answers = await asyncio.gather(
            *(
                editor.patch(
                    f"/cms/lessons/{lesson}",
                    json={"title": f"{version} by {number}"},
                    headers={"If-Match": f'"{version}"'},
                )
                for number in range(50)
            )
        )
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [200] + [412] * 49
        won = next(answer.json()["title"] for answer in answers if answer.status_code == 200)
        assert (await row(sql, "lesson", lesson))["title"] == won
    assert await history(sql, lesson) == ["lesson.create"] + ["lesson.change"] * 3


async def test_of_ten_that_create_one_lesson_number_one_does(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    answers = await asyncio.gather(*(editor.post(f"/cms/terms/{term}/lessons", json=LESSON) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


async def test_what_keeps_a_lesson_from_being_published_is_told_field_by_field(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql, posters={})
    lesson = await a_lesson(sql, await a_term(sql, program), thumbnails={}, content_urls={})

    refused = await editor.post(f"/cms/lessons/{lesson}/publish")
    blockers = (await editor.get(f"/cms/lessons/{lesson}")).json()["blockers"]

    assert (refused.status_code, refused.json()["code"]) == (409, "not_publishable")
    assert [error["field"] for error in refused.json()["errors"]] == ["program.posters", "thumbnails", "content_urls"]
    assert blockers == refused.json()["errors"]


@pytest.mark.parametrize(
    ("publish_at", "says"),
    [
        ("2020-01-01T00:00:00Z", "publish the lesson now"),
        ("2030-01-01T00:00:00", "with its offset"),
        ("tomorrow", "with its offset"),
        (1893456000, "as text"),
        ("9999-01-01T00:00:00Z", "1970 and 9000"),
    ],
)
async def test_a_time_that_cannot_be_scheduled_is_422(
    editor: httpx2.AsyncClient, sql: Connection, publish_at: Any, says: str
) -> None:
    answer = await editor.post(f"/cms/lessons/{await a_lesson(sql)}/schedule", json={"publish_at": publish_at})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "publish_at"
    assert says in answer.json()["errors"][0]["message"]


async def test_a_time_in_any_zone_is_answered_in_utc(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    answer = await editor.post(f"/cms/lessons/{lesson}/schedule", json={"publish_at": "2099-01-01T05:30:00+05:30"})
    assert answer.json()["publish_at"] == "2099-01-01T00:00:00.000Z"


async def test_what_is_finer_than_a_millisecond_is_cut_off_so_that_what_is_kept_is_what_is_shown(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql)
    moment = "2099-01-01T00:00:00.999999Z"
    answer = await editor.post(f"/cms/lessons/{lesson}/schedule", json={"publish_at": moment})
    assert answer.json()["publish_at"] == "2099-01-01T00:00:00.999Z"
    assert (await row(sql, "lesson", lesson))["publish_at"] == datetime(2099, 1, 1, 0, 0, 0, 999_000, UTC)
    lines = (await editor.get("/cms/activity", params={"object_id": str(lesson)})).json()["activity"]
    assert [line["after"]["publish_at"] for line in lines] == ["2099-01-01T00:00:00.999Z", None]


async def test_many_are_scheduled_together_or_not_at_all(editor: httpx2.AsyncClient, sql: Connection) -> None:
    good, bare, public = (
        await a_lesson(sql),
        await a_lesson(sql, thumbnails={}),
        await a_lesson(sql, status="published"),
    )
    rows = [{"lesson_id": str(lesson), "publish_at": NEXT_YEAR} for lesson in (good, bare, public)]

    refused = await editor.post("/cms/schedule", json=rows)
    after = (await row(sql, "lesson", good))["status"]
    done = await editor.post("/cms/schedule", json=rows[:1])

    assert (refused.status_code, refused.json()["code"]) == (422, "rows_refused")
    assert [error["field"] for error in refused.json()["errors"]] == ["1.thumbnails", "2.status"]
    assert after == "draft"
    assert [(each["id"], each["status"]) for each in done.json()["lessons"]] == [(str(good), "scheduled")]
    assert (await row(sql, "lesson", good))["status"] == "scheduled"


async def test_the_schedule_is_listed_soonest_first_and_page_by_page(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lessons = [str(await a_lesson(sql, due_in=AN_HOUR * place)) for place in (1, 2, 3)]
    first = (await editor.get("/cms/schedule?limit=2")).json()
    second = (await editor.get("/cms/schedule", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    one = (await editor.get("/cms/schedule", params={"from": first["schedule"][1]["publish_at"], "limit": 1})).json()

    assert [lesson["lesson_id"] for lesson in first["schedule"] + second["schedule"]] == lessons
    assert (first["others"], second["next_cursor"]) == (0, None)
    assert one["schedule"][0]["lesson_id"] == lessons[1]


async def test_the_schedule_of_lessons_tells_how_much_else_is_to_come(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    ends = await database_now(sql) + AN_HOUR
    release, lesson = await a_release(sql), await a_lesson(sql, status="published", archive_at=ends)
    await a_change(sql, lesson, {"title": "Another"}, apply_at=ends)
    await a_change(sql, lesson, {"is_paid": True}, apply_at=None, release_id=release)
    await editor.post(f"/cms/releases/{release}/schedule", json={"publish_at": (ends + AN_HOUR).isoformat()})
    whole = (await editor.get("/cms/schedule")).json()
    moments = (await editor.get("/cms/schedule/moments")).json()["moments"]
    later = (await editor.get("/cms/schedule", params={"from": (ends + AN_HOUR).isoformat()})).json()

    assert (whole["schedule"], whole["others"], later["others"]) == ([], 3, 1)
    assert {moment["kind"] for moment in moments} == {"end", "change", "release"}


async def test_a_program_with_public_or_scheduled_lessons_is_not_deleted_and_says_which(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), title="Still on", due_in=AN_HOUR)
    refused = await editor.delete(f"/cms/programs/{program}")
    await editor.post(f"/cms/lessons/{lesson}/unschedule")
    done = await editor.delete(f"/cms/programs/{program}")

    assert refused.status_code == 409
    assert "Still on (scheduled" in refused.json()["detail"]
    assert done.status_code == 204
    assert (await editor.get(f"/cms/programs/{program}")).status_code == 404


async def test_lessons_are_numbered_anew_in_one_request(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    lessons = [str(await a_lesson(sql, term, lesson_number=number)) for number in (1, 2, 3)]
    moved = [lessons[2], lessons[0], lessons[1]]

    done = await editor.put(f"/cms/terms/{term}/lessons/order", json={"order": moved})
    missing = await editor.put(f"/cms/terms/{term}/lessons/order", json={"order": moved[:2]})

    listed = (await editor.get(f"/cms/terms/{term}/lessons")).json()["lessons"]
    assert (done.status_code, missing.status_code) == (204, 422)
    assert [lesson["id"] for lesson in listed] == moved


async def test_the_history_tells_who_by_the_tokens_name(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await editor.patch(f"/cms/lessons/{lesson}", json={"title": "New"})

    (line,) = (await editor.get("/cms/activity", params={"object_id": str(lesson), "actor": "asha"})).json()["activity"]

    assert (line["actor"], line["action"]) == ("asha", "lesson.change")
    assert (line["before"]["title"], line["after"]["title"]) == ("A lesson", "New")


async def test_a_revoked_token_stops_at_once(editor: httpx2.AsyncClient, sql: Connection) -> None:
    before = await editor.get("/cms/programs")
    await sql.execute("update api_token set revoked_at = now()")
    after = await editor.get("/cms/programs")
    assert (before.status_code, after.status_code) == (200, 401)
    assert after.headers["WWW-Authenticate"].startswith("Bearer")


async def test_an_admin_makes_lists_and_revokes_tokens_and_no_secret_is_kept(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    _, admin = await create_token(sql, "root", Role.ADMIN)
    headers = {"Authorization": f"Bearer {admin}"}
    made = await client.post("/cms/tokens", json={"name": "app", "role": "viewer"}, headers=headers)
    secret = made.json()["token"]
    used = await client.get("/cms/programs", headers={"Authorization": f"Bearer {secret}"})
    listed = await client.get("/cms/tokens", headers=headers)
    twice = await client.post("/cms/tokens", json={"name": "app", "role": "viewer"}, headers=headers)
    revoked = await client.delete("/cms/tokens/app", headers=headers)

    assert (made.status_code, used.status_code, twice.status_code, revoked.status_code) == (201, 200, 409, 204)
    assert secret not in listed.text
    assert secret not in str(await sql.fetch("select * from api_token"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"title": "a", "title": "b", "language_primary": "en"}', 400),
        (b'{"title": "\\ud800", "language_primary": "en"}', 400),
        (b'{"title": "\\u0000", "language_primary": "en"}', 422),
        (b"[" * 100_000, 400),
        (b'{"title": {}, "language_primary": "en"}', 422),
        (b'{"title": "' + b"x" * 10_000 + b'", "language_primary": "en"}', 422),
        (b" " * 1_150_000, 413),
        (b'{"title": NaN}', 400),
        (b"[]", 422),
        (b"\xff", 400),
        (b"", 400),
        (b'{"title": "T", "language_primary": "en", "posters": {"en": {"portrait": "javascript:alert(1)"}}}', 422),
        (b'{"title": "T", "language_primary": "en", "posters": {"en": {"portrait": "data:,x"}}}', 422),
        (b'{"title": "T", "language_primary": "en", "posters": {"en": {"portrait": "http://"}}}', 422),
        (b'{"title": "T", "language_primary": "en", "status": "published"}', 422),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else str(value),
)
async def test_hostile_bodies_are_a_clear_4xx_and_nothing_is_stored(
    editor: httpx2.AsyncClient, sql: Connection, body: bytes, status: int
) -> None:
    answer = await editor.post("/cms/programs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await sql.fetchval("select count(*) from program") == 0


async def test_a_body_of_another_type_is_415(editor: httpx2.AsyncClient) -> None:
    assert (await editor.post("/cms/programs", data={"title": "x"})).status_code == 415


@pytest.mark.parametrize(
    "forged", ["W10", "WyJ4Il0", "WzFlMzBd", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ", "WyJcdTAwMDAiXQ"]
)
@pytest.mark.parametrize("path", ["/cms/programs", "/cms/topics", "/cms/activity", "/cms/schedule"])
async def test_a_forged_cursor_is_422(editor: httpx2.AsyncClient, path: str, forged: str) -> None:
    answer = await editor.get(path, params={"cursor": forged})
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["field"] == "cursor"


async def _made(editor: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await editor.post(path, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith(answer.json()["id"])
    return answer.json()


@pytest.mark.parametrize("what", ["terms", "lessons"])
async def test_of_two_who_reorder_the_second_is_told_of_the_first(
    editor: httpx2.AsyncClient, sql: Connection, what: str
) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    if what == "terms":
        parent, each = f"/cms/programs/{program}", [term, await a_term(sql, program, term_number=2)]
    else:
        parent, each = f"/cms/terms/{term}", [await a_lesson(sql, term, lesson_number=place) for place in (1, 2)]
    order = [str(key) for key in reversed(each)]
    read = (await editor.get(parent)).headers["ETag"]

    first = await editor.put(f"{parent}/{what}/order", json={"order": order}, headers={"If-Match": read})
    second = await editor.put(f"{parent}/{what}/order", json={"order": order[::-1]}, headers={"If-Match": read})

    assert (first.status_code, second.status_code) == (204, 412)
    assert second.json()["code"] == "version_conflict"
    assert first.headers["ETag"] == (await editor.get(parent)).headers["ETag"] != read
    listed = (await editor.get(f"{parent}/{what}")).json()[what]
    assert [thing["id"] for thing in listed] == order


async def test_an_order_that_is_there_already_makes_no_version(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    order = [str(await a_lesson(sql, term, lesson_number=place)) for place in (1, 2)]

    done = await editor.put(f"/cms/terms/{term}/lessons/order", json={"order": order})

    assert done.headers["ETag"] == '"1"'


@pytest.mark.parametrize("name", ["రవి తేజ", "क्‍ष", "Ravi O'Neil (Pune)", "चाय☕", "a"])
async def test_people_are_called_as_they_are(client: httpx2.AsyncClient, sql: Connection, name: str) -> None:
    _, text = await create_token(sql, "boss", Role.ADMIN)
    headers = {"Authorization": f"Bearer {text}"}
    made = await client.post("/cms/tokens", json={"name": name, "role": "editor"}, headers=headers)
    assert (made.status_code, made.json()["name"]) == (201, name)
    by_it = {"Authorization": f"Bearer {made.json()['token']}"}
    assert (await client.post("/cms/topics", json={"name": "Tea"}, headers=by_it)).status_code == 201
    found = await client.get("/cms/activity", params={"actor": name}, headers=by_it)
    assert [line["action"] for line in found.json()["activity"]] == ["topic.create"]

    revoked = await client.delete(f"/cms/tokens/{quote(name, safe='')}", headers=headers)

    assert revoked.status_code == 204
    assert (await client.get("/cms/topics", headers=by_it)).status_code == 401


async def test_a_name_is_one_however_it_is_written_and_nothing_hidden_is_in_it(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    _, text = await create_token(sql, "boss", Role.ADMIN)
    headers = {"Authorization": f"Bearer {text}"}

    async def made(name: str) -> httpx2.Response:
        return await client.post("/cms/tokens", json={"name": name, "role": "viewer"}, headers=headers)

    assert (await made("Re\u0301mi")).json()["name"] == "R\u00e9mi"
    assert (await made("R\u00e9mi")).status_code == 409
    assert (await client.delete("/cms/tokens/Re%CC%81mi", headers=headers)).status_code == 204
    for name in (
        "",
        " a",
        "a ",
        "a\u202eb",
        "a\u2066b",
        "a\nb",
        "a\n",
        "a/b",
        "..",
        "-x",
        "\u200d",
        "a\x9bb",
        "a" * 65,
    ):
        refused = await made(name)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "name"), name


async def test_tokens_are_listed_page_by_page_and_not_sent_again(client: httpx2.AsyncClient, sql: Connection) -> None:
    _, text = await create_token(sql, "boss", Role.ADMIN)
    for name in ("a", "b"):
        await create_token(sql, name, Role.VIEWER)
    headers = {"Authorization": f"Bearer {text}"}

    first = await client.get("/cms/tokens?limit=2", headers=headers)
    again = await client.get("/cms/tokens?limit=2", headers={**headers, "If-None-Match": first.headers["ETag"]})
    rest = await client.get(f"/cms/tokens?cursor={first.json()['next_cursor']}", headers=headers)

    assert [token["name"] for token in first.json()["tokens"] + rest.json()["tokens"]] == ["a", "b", "boss"]
    assert rest.json()["next_cursor"] is None
    assert again.status_code == 304  # last_used_at moves once a minute at most
