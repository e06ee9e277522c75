"""Pictures over HTTP: sent, served, listed and deleted; on a folder and on a bucket."""

import asyncio
import json
import string
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chaishots.api import uploads
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.storage.folder_or_bucket import Store
from tests import builders, images, stores
from tests.api.conftest import Served, served
from tests.builders import a_lesson, a_program
from tests.cluster import eventually
from tests.conftest import Database
from tests.images import decoded, encoded, phone_photo, photo, plain

FOR_EVER = "public, max-age=31536000, immutable"

s3, store_url = stores.s3, stores.store_url


@pytest.fixture
async def catalog(database: Database, store_url: str) -> AsyncIterator[Served]:
    """The application, on each kind of store."""
    async with served(database, store=Store(store_url)) as serving:
        yield serving


@pytest.fixture
async def api(catalog: Served, sql: Connection) -> httpx2.AsyncClient:
    """A client with an editor's token."""
    _, token = await create_token(sql, "asha", Role.EDITOR)
    catalog.client.headers["Authorization"] = f"Bearer {token}"
    return catalog.client


@pytest.fixture
async def folder_api(database: Database, sql: Connection, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an editor's token, of an application whose pictures are in a folder."""
    _, token = await create_token(sql, "asha", Role.EDITOR)
    async with served(database, store=Store(str(tmp_path / "pictures"))) as serving:
        serving.client.headers["Authorization"] = f"Bearer {token}"
        yield serving.client


async def sent(api: httpx2.AsyncClient, data: bytes, status: int = 201) -> dict[str, Any]:
    """The answer to a picture that is sent."""
    answer = await api.post("/cms/pictures", content=data)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_picture_that_is_sent_is_served_in_all_its_widths(api: httpx2.AsyncClient) -> None:
    picture = await sent(api, encoded(photo(1500, 1000)))

    assert (picture["width"], picture["height"]) == (1280, 853)
    assert [variant["width"] for variant in picture["variants"]] == [320, 640, 1280]
    for variant in picture["variants"]:
        file = await api.get(variant["url"])
        assert (file.status_code, file.headers["content-type"]) == (200, "image/webp")
        assert decoded(file.content).size[0] == variant["width"]
        assert decoded((await api.get(variant["avif"])).content).size[0] == variant["width"]
    assert picture["url"] == picture["variants"][-1]["url"]
    assert (await api.get(f"/pictures/{picture['id']}-1280.webp")).content == (await api.get(picture["url"])).content


async def test_a_picture_that_content_named_before_it_was_sent_is_served_as_soon_as_it_is(
    catalog: Served, api: httpx2.AsyncClient, sql: Connection
) -> None:
    data = plain()
    path = f"/pictures/{sha256(data).hexdigest()}.webp"
    await a_program(sql, posters={"te": {"portrait": f"http://chai.example{path}"}})
    assert (await api.get(path)).status_code == 404

    await sent(api, data)
    await catalog.has_heard(sql)

    assert (await api.get(path)).status_code == 200


async def test_a_picture_that_is_sent_twice_is_there_once(api: httpx2.AsyncClient, sql: Connection) -> None:
    data = plain()
    first = await api.post("/cms/pictures", content=data)
    second = await api.post("/cms/pictures", content=data)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert first.headers["location"] == f"/cms/pictures/{first.json()['id']}"
    assert await sql.fetchval("select count(*) from picture") == 1


async def test_one_that_is_sent_by_two_at_once_is_there_once(api: httpx2.AsyncClient, sql: Connection) -> None:
    answers = await asyncio.gather(*(api.post("/cms/pictures", content=plain(900, 900)) for _ in range(4)))

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert await sql.fetchval("select count(*) from picture") == 1


async def test_a_picture_whose_files_were_lost_is_healed_by_sending_it_again(
    api: httpx2.AsyncClient, store_url: str
) -> None:
    picture, store = await sent(api, plain()), Store(store_url)
    await store.delete([entry.key async for entry in store.list()])

    await sent(api, plain(), 200)

    assert await store.get(f"{picture['id']}/320.webp")


async def test_a_form_may_hold_the_picture(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/cms/pictures", files={"picture": ("evil.svg", plain(), "image/svg+xml")})

    assert answer.status_code == 201, answer.text


async def test_a_form_may_hold_a_large_picture(folder_api: httpx2.AsyncClient) -> None:
    data = plain() + b"\0" * 9_000_000  # as cameras pad their files

    answer = await folder_api.post("/cms/pictures", files={"picture": data})

    assert answer.status_code == 201, answer.text


async def test_a_form_holds_one_picture(folder_api: httpx2.AsyncClient) -> None:
    file = ("picture", ("a.png", plain(), "image/png"))
    forms = [
        ([("title", (None, "a", None))], "There is no file in the form"),
        ([file] * 2, "there are 2 files"),
        ([file] * 12, "more in the form than a picture"),
    ]
    for files, says in forms:
        answer = await folder_api.post("/cms/pictures", files=files)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "picture")
        assert says in answer.json()["detail"]


async def test_a_picture_is_told_by_its_bytes_and_not_by_its_type(folder_api: httpx2.AsyncClient) -> None:
    as_text = await folder_api.post("/cms/pictures", content=plain(), headers={"Content-Type": "text/plain"})
    as_picture = await folder_api.post("/cms/pictures", content=images.SVG, headers={"Content-Type": "image/png"})

    assert as_text.status_code == 201
    assert (as_picture.status_code, as_picture.json()["code"]) == (415, "unsupported_picture")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "invalid_content"),
        (images.SVG, 415, "unsupported_picture"),
        (images.GIF, 415, "unsupported_picture"),
        (plain()[:-30], 422, "picture_refused"),
        (plain(form="PNG") + b"PK\x03\x04", 422, "picture_refused"),
        (images.png_of_size(40_000, 40_000), 422, "picture_refused"),
    ],
    ids=["nothing", "svg", "gif", "truncated", "polyglot", "bomb"],
)
async def test_what_is_no_whole_picture_is_refused(
    folder_api: httpx2.AsyncClient, data: bytes, status: int, code: str
) -> None:
    answer = await folder_api.post("/cms/pictures", content=data)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await folder_api.get("/cms/pictures")).json()["pictures"] == []


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("is_form", [False, True])
async def test_twelve_megabytes_are_refused_with_the_bound(
    folder_api: httpx2.AsyncClient, is_chunked: bool, is_form: bool
) -> None:
    data = plain() + b"\0" * 12_000_000
    request = folder_api.build_request(
        "POST", "/cms/pictures", **({"files": {"picture": data}} if is_form else {"content": data})
    )
    if is_chunked:
        body = request.read()
        kind = request.headers.get("content-type", "image/jpeg")
        request = folder_api.build_request(
            "POST", "/cms/pictures", content=pieces(body), headers={"content-type": kind}
        )

    answer = await folder_api.send(request)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "10 MiB" in answer.json()["detail"]


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 1_000_000):
        yield body[at : at + 1_000_000]


async def test_nothing_else_takes_more_than_before(folder_api: httpx2.AsyncClient) -> None:
    answer = await folder_api.post(
        "/cms/topics", content=b" " * 1_100_000, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413


async def test_a_photo_of_a_phone_is_upright_and_tells_no_place(api: httpx2.AsyncClient) -> None:
    picture = await sent(api, phone_photo(1600, 1200, orientation=6))

    assert picture["width"] < picture["height"]
    for variant in picture["variants"]:
        for url in filter(None, (variant["url"], variant.get("avif"))):
            assert not dict(decoded((await api.get(url)).content).getexif())


async def test_more_uploads_than_there_are_places_are_told_to_wait(
    folder_api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_UPLOADS", 0)

    answer = await folder_api.post("/cms/pictures", content=plain())

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "overloaded", "1")


async def test_a_viewer_sends_none(folder_api: httpx2.AsyncClient, sql: Connection) -> None:
    _, token = await create_token(sql, "vimala", Role.VIEWER)
    folder_api.headers["Authorization"] = f"Bearer {token}"

    assert (await folder_api.post("/cms/pictures", content=plain())).status_code == 403
    assert (await folder_api.get("/cms/pictures")).status_code == 200


async def test_a_file_may_be_kept_for_ever_and_runs_nothing(api: httpx2.AsyncClient) -> None:
    file = await api.get((await sent(api, plain()))["url"])

    assert file.headers["cache-control"] == FOR_EVER
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert file.headers["etag"].startswith('"')
    assert file.headers["x-request-id"]


async def test_a_hot_file_is_answered_as_the_first_time_under_a_name_of_its_own(folder_api: httpx2.AsyncClient) -> None:
    url = (await sent(folder_api, plain()))["url"]
    answers = [await folder_api.get(url, headers={"Authorization": ""}) for _ in range(4)]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 4
    told = [sorted((k, v) for k, v in each.headers.items() if k not in ("x-request-id", "date")) for each in answers]
    assert all(each == told[0] for each in told)
    assert all(answer.content == answers[0].content for answer in answers)
    assert (await folder_api.get(url, headers={"X-Request-ID": "mine"})).headers["x-request-id"] == "mine"


async def test_who_has_a_file_is_told_so(api: httpx2.AsyncClient) -> None:
    url = (await sent(api, plain()))["url"]
    etag = (await api.get(url)).headers["etag"]

    again = await api.get(url, headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await api.get(url, headers={"If-Match": '"other"'})).status_code == 412


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-99", slice(0, 100)), ("bytes=100-", slice(100, None)), ("bytes=-50", slice(-50, None))],
)
async def test_a_part_of_a_file_is_served(folder_api: httpx2.AsyncClient, wanted: str, part: slice) -> None:
    url = (await sent(folder_api, encoded(photo(700, 500))))["url"]
    whole = (await folder_api.get(url)).content

    answer = await folder_api.get(url, headers={"Range": wanted})

    assert (answer.status_code, answer.content) == (206, whole[part])
    begin, end, _ = part.indices(len(whole))
    assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", ["bytes=5-1", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b"])
async def test_what_is_no_range_of_ours_gets_all_of_it(folder_api: httpx2.AsyncClient, wanted: str) -> None:
    url = (await sent(folder_api, plain()))["url"]

    assert (await folder_api.get(url, headers={"Range": wanted})).status_code == 200


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
async def test_a_part_that_is_not_there_is_told_with_the_size(folder_api: httpx2.AsyncClient, wanted: str) -> None:
    url = (await sent(folder_api, plain()))["url"]
    size = len((await folder_api.get(url)).content)

    answer = await folder_api.get(url, headers={"Range": wanted})

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")


async def test_a_part_of_another_version_is_all_of_this_one(folder_api: httpx2.AsyncClient) -> None:
    url = (await sent(folder_api, plain()))["url"]
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}

    assert (await folder_api.get(url, headers=headers)).status_code == 200


async def test_head_tells_what_get_would(folder_api: httpx2.AsyncClient) -> None:
    url = (await sent(folder_api, plain()))["url"]
    got, told = await folder_api.get(url), await folder_api.head(url)

    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pictures/{id}-321.webp", 404),
        ("/pictures/{id}.jpg", 404),
        ("/pictures/" + "0" * 64 + ".webp", 404),
        ("/pictures/%2e%2e/cms/tokens", 404),
        ("/pictures/%2e%2e%2fetc%2fpasswd", 404),
        ("/pictures/{id}.webp?width=9", 422),
    ],
)
async def test_what_is_no_file_is_told_as_that(folder_api: httpx2.AsyncClient, path: str, status: int) -> None:
    picture = await sent(folder_api, plain())

    answer = await folder_api.get(path.format(id=picture["id"]))

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_file_is_served_while_the_store_is_away(
    catalog: Served, api: httpx2.AsyncClient, store_url: str
) -> None:
    url = (await sent(api, plain()))["url"]
    before = await api.get(url)
    store = Store(store_url)
    await store.delete([entry.key async for entry in store.list()])

    assert (await api.get(url)).content == before.content


async def test_a_picture_that_was_deleted_is_dropped_from_the_memory_of_every_replica(
    api: httpx2.AsyncClient, database: Database, store_url: str
) -> None:
    picture, kept = await sent(api, plain()), await sent(api, plain(320, 320))
    async with served(database, store=Store(store_url)) as other:
        for url in (picture["url"], kept["url"]):
            for client in (api, other.client):
                assert (await client.get(url)).status_code == 200

        assert (await api.delete(f"/cms/pictures/{picture['id']}")).status_code == 204

        for client in (api, other.client):
            await eventually(lambda client=client: answers(client, picture["url"], 404))
            assert (await client.get(kept["url"])).status_code == 200


async def answers(client: httpx2.AsyncClient, url: str, status: int) -> bool:
    return (await client.get(url)).status_code == status


async def test_who_asks_for_a_width_that_never_was_hides_no_other_and_alarms_nobody(
    folder_api: httpx2.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = await sent(folder_api, plain())

    assert (await folder_api.get(f"/pictures/{picture['id']}-3.webp")).status_code == 404

    assert (await folder_api.get(picture["url"])).status_code == 200
    assert "picture.missing" not in "".join(capfd.readouterr())


async def test_what_the_database_knows_and_the_store_has_not_is_told_in_the_log(
    api: httpx2.AsyncClient, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    picture, store = await sent(api, plain()), Store(store_url)
    await store.delete([entry.key async for entry in store.list()])

    assert (await api.get(picture["url"])).status_code == 404

    told = "".join(capfd.readouterr())
    assert "picture.missing" in told
    assert "CHAISHOTS_PICTURES_URL" in told


async def test_what_stands_in_for_the_widest_file_is_kept_for_a_minute(
    api: httpx2.AsyncClient, database: Database, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    picture, store = await sent(api, encoded(photo(1500, 1000))), Store(store_url)
    lost = {
        entry.key: await store.get(entry.key) for entry in [each async for each in store.list()] if "1280" in entry.key
    }
    await store.delete(list(lost))

    stand_in = await api.get(picture["url"])

    assert decoded(stand_in.content).size[0] == 640
    assert stand_in.headers["cache-control"] == "public, max-age=60"
    assert "picture.missing" in "".join(capfd.readouterr())
    whole = await api.get(picture["variants"][1]["url"])
    assert (whole.content, whole.headers["cache-control"]) == (stand_in.content, FOR_EVER)

    for key, body in lost.items():
        assert body is not None
        await store.put(key, body, content_type="image/webp")
    async with served(database, store=store) as another:
        healed = await another.client.get(f"/pictures/{picture['id']}.webp")
        assert (decoded(healed.content).size[0], healed.headers["cache-control"]) == (1280, FOR_EVER)


async def test_the_widest_file_of_a_narrow_picture_is_kept_for_ever(api: httpx2.AsyncClient) -> None:
    for width in (320, 500, 640):
        picture = await sent(api, encoded(photo(width, 300)))
        assert (await api.get(picture["url"])).headers["cache-control"] == FOR_EVER


async def test_pictures_are_listed_the_newest_first(folder_api: httpx2.AsyncClient) -> None:
    made = [(await sent(folder_api, plain(300 + n, 300)))["id"] for n in range(3)]

    page = (await folder_api.get("/cms/pictures", params={"limit": 2})).json()
    rest = (await folder_api.get("/cms/pictures", params={"limit": 2, "cursor": page["next_cursor"]})).json()

    assert [picture["id"] for picture in page["pictures"] + rest["pictures"]] == made[::-1]


async def test_pictures_are_listed_by_what_uses_them(folder_api: httpx2.AsyncClient, sql: Connection) -> None:
    poster, thumbnail, unused = [await sent(folder_api, plain(300 + n, 300)) for n in range(3)]
    program = await a_program(sql, posters={"en": {"portrait": poster["url"]}})
    term = await builders.a_term(sql, program)
    lesson = await a_lesson(
        sql, term, thumbnails={"en": {"portrait": f"https://cdn.example.com/x{thumbnail['url'][-80:]}"}}
    )

    async def ids(**parameters: Any) -> set[str]:
        answer = await folder_api.get("/cms/pictures", params=parameters)
        return {picture["id"] for picture in answer.json()["pictures"]}

    assert "/pictures/" in thumbnail["url"][-80:]
    assert await ids(unused=True) == {unused["id"]}
    assert await ids(unused=False) == {poster["id"], thumbnail["id"]}
    assert await ids(used_by=str(lesson)) == {thumbnail["id"]}
    assert await ids(used_by=str(program)) == {poster["id"], thumbnail["id"]}


async def test_a_picture_in_use_is_kept_and_what_uses_it_is_named(api: httpx2.AsyncClient, sql: Connection) -> None:
    picture = await sent(api, plain())
    program = await a_program(sql, title="Telugu", posters={"en": {"portrait": picture["url"]}})
    shown = (await api.get(f"/cms/pictures/{picture['id']}")).json()

    refused = await api.delete(f"/cms/pictures/{picture['id']}")

    assert (shown["uses"], shown["unused_since"]) == (1, None)
    assert (refused.status_code, refused.json()["code"]) == (409, "picture_in_use")
    assert refused.json()["errors"] == [{"field": f"programs/{program}", "message": "Telugu"}]


async def test_a_picture_that_nothing_uses_goes_with_its_files(api: httpx2.AsyncClient, store_url: str) -> None:
    picture = await sent(api, plain())

    assert (await api.delete(f"/cms/pictures/{picture['id']}")).status_code == 204

    assert [entry async for entry in Store(store_url).list()] == []
    assert (await api.get(f"/cms/pictures/{picture['id']}")).status_code == 404
    assert (await api.delete(f"/cms/pictures/{picture['id']}")).status_code == 404
    assert (await api.get(picture["url"])).status_code == 404


async def test_urls_begin_with_what_is_set(database: Database, sql: Connection, tmp_path: Path) -> None:
    _, token = await create_token(sql, "asha", Role.EDITOR)
    headers = {"Authorization": f"Bearer {token}", "Host": "evil.example"}
    async with served(database, store=Store(str(tmp_path)), origin="https://catalog.example.com") as serving:
        answer = await serving.client.post("/cms/pictures", content=plain(), headers=headers)

    assert answer.json()["url"].startswith("https://catalog.example.com/pictures/")


@pytest.mark.parametrize(
    ("headers", "is_believed"),
    [
        ({"Host": "catalog.test:8080"}, True),
        ({"Host": "catalog.test", "X-Forwarded-For": "192.0.2.1"}, False),
    ],
)
async def test_urls_begin_as_the_request_came_unless_a_proxy_stands_between(
    folder_api: httpx2.AsyncClient, headers: dict[str, str], is_believed: bool
) -> None:
    answer = await folder_api.post("/cms/pictures", content=plain(), headers=headers)

    host = answer.json()["url"].split("/")[2]
    assert (host == headers["Host"]) is is_believed
    assert is_believed or host.startswith("127.0.0.1:")


async def test_the_catalog_tells_more_of_a_picture_of_ours(api: httpx2.AsyncClient, sql: Connection) -> None:
    portrait, other = await sent(api, plain(700, 1050)), "https://cdn.example.com/l.jpg"
    assets = {"en": {"portrait": portrait["url"], "landscape": other}}
    program = await builders.a_public_program(sql, posters=assets)
    await sql.execute("update lesson set thumbnails = $1", json.dumps(assets))

    del api.headers["Authorization"]
    shown = (await api.get(f"/catalog/programs/{program}")).json()

    told = {name: portrait[name] for name in ("url", "width", "height", "colour", "variants")}
    assert shown["assets"] == {"posters": assets, "pictures": {"en": {"portrait": told}}}
    (term,) = shown["terms"]
    assert term["lessons"][0]["assets"] == {"thumbnails": assets, "pictures": {"en": {"portrait": told}}}
    chosen = await api.get(f"/catalog/programs/{program}?prefer=te,en&fields=assets")
    assert chosen.json()["assets"]["pictures"]["en"]["portrait"] == told


async def test_what_has_no_picture_of_ours_is_shown_as_ever(folder_api: httpx2.AsyncClient, sql: Connection) -> None:
    unknown = f"https://catalog.example.com/pictures/{'0' * 64}.webp"
    program = await builders.a_public_program(sql, posters={"en": {"portrait": unknown, "landscape": unknown}})

    shown = (await folder_api.get(f"/catalog/programs/{program}")).json()

    assert shown["assets"] == {"posters": {"en": {"portrait": unknown, "landscape": unknown}}}


async def test_a_picture_has_an_alt_text_in_each_language(folder_api: httpx2.AsyncClient, sql: Connection) -> None:
    picture = await sent(folder_api, plain(600, 900))
    both = {tag: {"portrait": picture["url"], "landscape": picture["url"]} for tag in ("en", "te")}
    program = await builders.a_public_program(sql, posters=both)
    address = f"/cms/pictures/{picture['id']}"

    await folder_api.patch(address, json={"alt": {"te": "అ", "en": "The letter a"}})
    changed = await folder_api.patch(address, json={"alt": {"en": None}})

    assert changed.json()["alt"] == {"te": "అ"}
    pictures = (await folder_api.get(f"/catalog/programs/{program}")).json()["assets"]["pictures"]
    assert pictures["te"]["portrait"]["alt"] == "అ"
    assert "alt" not in pictures["en"]["portrait"]
    assert await builders.history(sql, UUID(picture["id"][:32])) == [
        "picture.create",
        "picture.change",
        "picture.change",
    ]


async def test_alt_texts_that_are_too_large_together_are_refused_with_the_bound(
    folder_api: httpx2.AsyncClient,
) -> None:
    address = f"/cms/pictures/{(await sent(folder_api, plain()))['id']}"
    languages = [f"{first}{second}" for first in "ab" for second in string.ascii_lowercase][:50]

    answer = await folder_api.patch(address, json={"alt": dict.fromkeys(languages, "అ" * 300)})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "alt")
    assert "30,000 bytes" in answer.text


async def test_an_alt_text_is_in_the_next_answer(catalog: Served, api: httpx2.AsyncClient, sql: Connection) -> None:
    picture = await sent(api, plain(600, 900))
    program = await builders.a_public_program(
        sql, posters={"en": {"portrait": picture["url"], "landscape": picture["url"]}}
    )
    del api.headers["Authorization"]
    await api.get(f"/catalog/programs/{program}")

    await sql.execute("update picture set alt = $1", json.dumps({"en": "A letter"}))

    await catalog.has_heard(sql)
    shown = (await api.get(f"/catalog/programs/{program}")).json()
    assert shown["assets"]["pictures"]["en"]["portrait"]["alt"] == "A letter"


async def test_a_picture_of_another_shape_is_hinted_at(folder_api: httpx2.AsyncClient, sql: Connection) -> None:
    square, portrait = await sent(folder_api, plain(600, 600)), await sent(folder_api, plain(600, 920))
    assets = {"en": {"portrait": portrait["url"], "landscape": square["url"], "square": square["url"]}}
    program = await builders.a_program(sql, posters=assets)
    lesson = await a_lesson(sql, await builders.a_term(sql, program), thumbnails=assets)

    of_program = (await folder_api.get(f"/cms/programs/{program}")).json()["hints"]
    of_lesson = (await folder_api.get(f"/cms/lessons/{lesson}")).json()["hints"]

    message = "The picture is 600 by 600: as landscape it is best 16:9, or it will be cut."
    assert of_program == [{"field": "posters.en.landscape", "message": message}]
    assert of_lesson == [{"field": "thumbnails.en.landscape", "message": message}]
