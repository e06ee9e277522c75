"""What is answered stays small, and takes little time, however much is sent."""

import json
import time

import httpx2
import pytest
from structlog.testing import capture_logs

from chaishots.database.connection import Connection

MIB = 1024 * 1024
SOON_SECONDS = 1.0  # some 100 ms on a machine that does nothing else

HEAVY = {
    "many keys": json.dumps({f"{number}": 0 for number in range(40_000)}),
    "many keys, one twice": json.dumps({f"{number}": 0 for number in range(40_000)})[:-1] + ',"39999":1}',
    "1,000 keys, one twice": json.dumps({f"{number}": 0 for number in range(999)})[:-1] + ',"998":1}',
    "many languages": json.dumps({"content_urls": {f"l{number}": 0 for number in range(40_000)}}),
    "deep": "[" * (MIB // 2) + "]" * (MIB // 2),
    "empty objects": "[" + "{}," * (MIB // 3 - 2) + "{}]",
    "one number": "9" * (MIB - 1),
    "long numbers": "[" + ("9" * 4_299 + ",") * (MIB // 4_300 - 1) + "1]",
    "escapes": '"' + "\\u0041" * (MIB // 6 - 1) + '"',
    "half characters": '{"' + "\\ud83d" * (MIB // 6 - 8) + '":1}',
    "a long name": json.dumps({"x" * (MIB - 100): 1}),
    "blank": json.dumps({"title": " " * (MIB - 100)}),
}


@pytest.mark.parametrize("body", HEAVY.values(), ids=HEAVY)
async def test_a_body_of_any_shape_is_refused_soon_and_in_few_words(editor: httpx2.AsyncClient, body: str) -> None:
    began = time.monotonic()
    answer = await editor.post("/cms/programs", content=body, headers={"Content-Type": "application/json"})
    assert time.monotonic() - began < SOON_SECONDS
    assert answer.status_code in (400, 422), answer.text
    assert len(answer.content) < 15_000


@pytest.mark.parametrize("path", ["/catalog/programs", "/cms/programs", "/nothing", "/health"])
async def test_many_parameters_are_refused_in_few_words(editor: httpx2.AsyncClient, path: str) -> None:
    answer = await editor.get(path + "?" + "&".join(f"{number}=" for number in range(1_500)))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert len(answer.content) < 500


async def test_twenty_faults_are_listed_and_the_rest_counted(editor: httpx2.AsyncClient) -> None:
    answer = await editor.post("/cms/programs", json={"x" * 10_000 + str(number): 0 for number in range(50)})
    refused = answer.json()
    assert answer.status_code == 422
    assert (len(refused["errors"]), refused["more_errors"]) == (20, 32)
    assert len(answer.content) < 15_000


@pytest.mark.parametrize("path", ["//catalog/programs", "/catalog//programs", "//evil.example/cms/programs"])
async def test_an_address_with_slashes_to_spare_is_none(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(f"{str(client.base_url).rstrip('/')}{path}", follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/nothing", "/catalog/programs?limit=0", "/cms/tokens", "/catalog/lessons/x"])
async def test_no_error_is_kept_and_no_answer_is_taken_for_what_it_is_not(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.headers.get_list("Cache-Control") == ["no-store"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_refused_token_is_told_once_with_who_sent_it(client: httpx2.AsyncClient) -> None:
    headers = {"Authorization": "Bearer chai_" + "x" * 43, "X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    with capture_logs() as lines:
        answers = [await client.get("/cms/programs", headers=headers) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    assert len([line for line in lines if line["event"] == "login.refused"]) <= 2


async def test_junk_for_a_token_takes_no_connection(client: httpx2.AsyncClient, sql: Connection) -> None:
    await sql.execute("alter table api_token rename to hidden")  # whoever looks for a token is answered 503
    answer = await client.get("/catalog/programs", headers={"Authorization": "Bearer junk"})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/cms/programs", "/cms/programs/{id}"])
async def test_an_editor_who_has_it_is_told_so(editor: httpx2.AsyncClient, path: str) -> None:
    made = await editor.post("/cms/programs", json={"title": "చాయ్", "language_primary": "te"})
    path = path.format(id=made.json()["id"])
    etag = (await editor.get(path)).headers["ETag"]
    again = await editor.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert (await editor.get(path, headers={"If-None-Match": '"0"'})).status_code == 200
