"""One spelling over HTTP: languages and names are found however they are written; what is double is refused by name."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import TypeAdapter, ValidationError

from chaishots.api.contract.values import Description, Title, TopicName, TranslatedDescription
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.builders import ASSETS, a_lesson, a_program, a_term, history

COMPOSED, DECOMPOSED = "స\u0c48న్స్", "స\u0c46\u0c56న్స్"
LATER = datetime(2100, 1, 1, tzinfo=UTC).isoformat()


async def a_shown_program(editor: httpx2.AsyncClient, sql: Connection, **values: Any) -> dict[str, Any]:
    made = await editor.post("/cms/programs", json={"title": "P", "language_primary": "en", **values})
    assert made.status_code == 201, made.text
    program = made.json()
    await a_lesson(sql, await a_term(sql, program["id"]), status="published")
    return program


async def test_a_language_is_stored_and_found_in_whatever_case_it_comes(
    editor: httpx2.AsyncClient, whole: Served, sql: Connection
) -> None:
    program = await a_shown_program(
        editor, sql, language_primary="pt-br", languages_available=["pt-br"], posters={"pt-br": ASSETS["en"]}
    )
    await whole.has_heard(sql)
    assert (program["language_primary"], program["languages_available"]) == ("pt-BR", ["pt-BR"])
    assert list(program["posters"]) == ["pt-BR"]
    for written in ("PT-br", "pt-BR"):
        (found,) = (await editor.get("/catalog/programs", params={"language": written})).json()["programs"]
        assert found["id"] == program["id"]


async def test_one_language_in_two_spellings_is_refused(editor: httpx2.AsyncClient) -> None:
    url = ASSETS["en"]
    for field, value in ("languages_available", ["en", "en-us", "en-US"]), ("posters", {"en-us": url, "en-US": url}):
        body = {"title": "P", "language_primary": "en", field: value}
        refused = await editor.post("/cms/programs", json=body)
        assert refused.status_code == 422
        assert "en-US" in refused.text, refused.text
        assert field in refused.json()["errors"][0]["field"]


async def test_a_topic_in_two_spellings_is_one_and_found_by_either(
    editor: httpx2.AsyncClient, whole: Served, sql: Connection
) -> None:
    for title, topic in ("One", COMPOSED), ("Two", DECOMPOSED):
        await a_shown_program(editor, sql, title=title, topics=[topic], posters=ASSETS)
    await whole.has_heard(sql)
    assert await sql.fetch("select name from topic") == [(COMPOSED,)]
    for written in (COMPOSED, DECOMPOSED):
        found = (await editor.get("/catalog/programs", params={"topic": written})).json()["programs"]
        assert {program["title"] for program in found} == {"One", "Two"}


async def test_orders_and_schedules_name_each_thing_once(editor: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    lesson = str(await a_lesson(sql, term))
    twice = [{"lesson_id": lesson, "publish_at": LATER}, {"lesson_id": lesson, "publish_at": LATER}]
    scheduled = await editor.post("/cms/schedule", json=twice)
    assert (scheduled.status_code, scheduled.json()["code"]) == (422, "rows_refused")
    assert {error["field"].partition(".")[0] for error in scheduled.json()["errors"]} == {"0", "1"}
    for address, key in (f"/cms/terms/{term}/lessons/order", lesson), (f"/cms/programs/{program}/terms/order", term):
        refused = await editor.put(address, json={"order": [str(key), str(key)]})
        assert refused.status_code == 422, refused.text
    assert await history(sql, lesson) == ["lesson.create"]


async def test_a_trigger_of_ones_own_is_told_in_its_words(editor: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql)
    await sql.execute(
        """
        create function ours() returns trigger language plpgsql as $$
        begin
            if new.title = 'bad' then raise exception 'no program is bad'; end if;
            return new;
        end $$;
        create trigger ours before update on program for each row execute function ours();
        """
    )
    refused = await editor.patch(f"/cms/programs/{program}", json={"title": "bad"})
    assert (refused.status_code, refused.json()["code"]) == (409, "refused_by_database")
    assert "no program is bad" in refused.json()["detail"]


@pytest.mark.parametrize("expired", [False, True])
async def test_a_token_is_good_until_it_expires(whole: Served, sql: Connection, expired: bool) -> None:
    token, text = await create_token(sql, "short", Role.EDITOR)
    if expired:
        await sql.execute("update api_token set expires_at = now() - interval '1 second' where id = $1", token.id)
    answer = await whole.client.get("/cms/programs", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == (401 if expired else 200)


async def test_tokens_have_their_history(whole: Served, sql: Connection) -> None:
    _, admin = await create_token(sql, "root", Role.ADMIN)
    headers = {"Authorization": f"Bearer {admin}"}
    body = {"name": "app", "role": "viewer", "expires_at": LATER}
    made = await whole.client.post("/cms/tokens", json=body, headers=headers)
    await whole.client.delete("/cms/tokens/app", headers=headers)
    lines = await sql.fetch("select * from activity where object_id = $1 order by seq", made.json()["id"])
    assert [line["action"] for line in lines] == ["token.create", "token.revoke"]
    assert {line["actor"] for line in lines} == {"root"}
    assert made.json()["token"] not in str([dict(line) for line in lines])
    assert "token_hash" not in str([dict(line) for line in lines])


LONGER_IN_NFC = "\u0958"  # in NFC two characters


@pytest.mark.parametrize(
    ("path", "body", "field", "word"),
    [
        ("programs", {"description": LONGER_IN_NFC * 6_000}, "description", "10,000 characters"),
        ("programs", {"description": "a" * 10_001}, "description", "10,000 characters"),
        ("programs", {"title": LONGER_IN_NFC * 200}, "title", "300 characters"),
        ("programs", {"topics": [" chai"]}, "topics.0", "no spaces around it"),
        ("programs", {"topics": ["\u200b"]}, "topics.0", "something in it to see"),
        ("topics", {"name": LONGER_IN_NFC * 60}, "name", "100 characters"),
        ("topics", {"name": "a\nb"}, "name", "in one line"),
        ("tokens", {"name": "../x", "role": "viewer"}, "name", "no dot or hyphen"),
        ("tokens", [], "body", "object"),
    ],
)
async def test_what_has_the_wrong_form_is_told_in_words(
    whole: Served, sql: Connection, path: str, body: dict[str, Any] | list[Any], field: str, word: str
) -> None:
    _, admin = await create_token(sql, "root", Role.ADMIN)
    headers = {"Authorization": f"Bearer {admin}"}
    rest = {"title": "P", "language_primary": "en"} if path == "programs" else {}
    answer = await whole.client.post(
        f"/cms/{path}", json=rest | body if isinstance(body, dict) else body, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert word in fault["message"]
    assert not any(foreign in fault["message"] for foreign in ("pattern", "items", "instance", "^["))


async def test_a_kind_of_change_is_told_in_words(editor: httpx2.AsyncClient) -> None:
    answer = await editor.get("/cms/activity", params={"action": "No kind"})
    assert answer.json()["errors"] == [
        {"field": "action", "message": "Give a kind of change, such as lesson.schedule."}
    ]


ID = "0d7f1c4e-31b8-4a4e-a09c-3a8f8b0a3d01"
MISSPELLED = {
    ("/catalog/programs", "limit"): ["1_0", "+1", "1.0", "1e1", " 1", "1 ", "１", "౧", "-0", "0x1", "", "9" * 5_000],
    ("/cms/preview/programs", "limit"): ["1_0"],
    ("/cms/pictures", "unused"): ["1", "yes", "on", "t", "TRUE", "True", " true", ""],
    ("/cms/pictures", "used_by"): [f"{{{ID}}}", f"urn:uuid:{ID}", ID.replace("-", ""), f" {ID}", "x", ""],
    ("/cms/activity", "object_id"): [ID.replace("-", ""), "１" * 32],
    ("/cms/schedule", "from"): [
        *("1900000000", "1_900_000_000", "2030-01-01", "2030-01-01T00:00:00", "2030-01-01_00:00:00Z"),
        *(" 2030-01-01T00:00:00Z", "２０３０-01-01T00:00:00Z", "2030-01-01T00:00:00\N{MINUS SIGN}05:30", "now", ""),
    ],
    ("/cms/preview/programs", "at"): ["2030-01-01_00:00:00Z", "1900000000"],
}
SPELLED = {
    ("/catalog/programs", "limit"): ["1", "100"],
    ("/cms/pictures", "unused"): ["true", "false"],
    ("/cms/pictures", "used_by"): [ID, ID.upper()],
    ("/cms/schedule", "from"): ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00.123456+05:30", "2030-01-01t00:00z"],
}


MISSPELLED_IDS = [f"{{{ID}}}", f"urn:uuid:{ID}", ID.replace("-", ""), "1" * 36, f"{ID}%20"]


async def test_what_python_would_read_and_nobody_else_is_refused_with_what_to_send(editor: httpx2.AsyncClient) -> None:
    for (path, name), values in MISSPELLED.items():
        for value in values:
            answer = await editor.get(path, params={name: value})
            assert answer.status_code == 422, (path, name, value, answer.text)
            [fault] = [fault for fault in answer.json()["errors"] if fault["field"] == name]
            assert any(said in fault["message"] for said in ("such as", "Give true or false", "8-4-4-4-12")), fault


async def test_what_is_written_plainly_is_taken(editor: httpx2.AsyncClient) -> None:
    for (path, name), values in SPELLED.items():
        for value in values:
            answer = await editor.get(path, params={name: value})
            assert answer.status_code == 200, answer.text


async def test_an_id_in_an_address_is_written_as_it_was_given(editor: httpx2.AsyncClient) -> None:
    for written in MISSPELLED_IDS:
        for folder in ("/catalog/lessons", "/cms/topics", "/cms/lessons"):
            answer = await editor.get(f"{folder}/{written}")
            assert (answer.status_code, "8-4-4-4-12" in answer.text) == (422, True), answer.text
        # There it may be a slug, of no program.
        assert (await editor.get(f"/catalog/programs/{written}")).status_code in (404, 422)


async def test_so_are_ids_and_moments_in_bodies(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    lesson = await a_lesson(sql, term)
    bare = lesson.hex
    for method, path, body, field in (
        ("PUT", f"/cms/terms/{term}/lessons/order", {"order": [bare]}, "order.0"),
        ("POST", "/cms/schedule", [{"lesson_id": bare, "publish_at": LATER}], "0.lesson_id"),
        ("POST", "/cms/schedule", [{"lesson_id": str(lesson), "publish_at": LATER.replace("T", "_")}], "0.publish_at"),
    ):
        answer = await editor.request(method, path, json=body)
        assert answer.status_code == 422, answer.text
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("kind", [Title, TopicName, Description, TranslatedDescription])
def test_a_pattern_lets_through_what_is_taken(kind: Any) -> None:
    model = TypeAdapter(kind)
    pattern = re.compile(model.json_schema()["pattern"].removesuffix("$") + r"\Z")  # as $ is meant in JSON Schema

    def is_taken(text: str) -> bool:
        try:
            model.validate_python(text)
        except ValidationError:
            return False
        return True

    telling = (*range(0x3200), *range(0xFE00, 0x10000), *range(0x1D100, 0x1D200), *range(0xE0000, 0xE1001))
    for character in map(chr, telling):
        for text in (character, f"{character}a", f"a{character}", f" {character}", f"{character} ", f"a{character}a"):
            assert (pattern.search(text) is not None) == is_taken(text), ascii(text)
