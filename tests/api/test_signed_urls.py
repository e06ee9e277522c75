"""URLs of paid content are signed as bunny.net checks them, for token holders alone, and stay the same for a while."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from chaishots.api.signed_urls import UrlSigner
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import served
from tests.builders import URLS, a_lesson
from tests.conftest import Database

SIGNER = UrlSigner("token-tester.b-cdn.net", 3600, "SecurityKey")
FILE = "https://token-tester.b-cdn.net/300kb.jpg"


# Out of e2e/vectors.json in https://github.com/BunnyWay/BunnyCDN.TokenAuthentication.
@pytest.mark.parametrize(
    ("url", "signed"),
    [
        (FILE, "?token=HS256-o10JRWlsAItyAsdKS6jJKjabHN4FrFsplDHPV1idcX4&"),
        (f"{FILE}?limit=1000", "?token=HS256-DAVapqNNED3Z7JkjRTYX0UOIHNtbHEuuhRNEc4A7mMQ&limit=1000&"),
        (
            f"{FILE}?token_countries=CA%2CUS",
            "?token=HS256-i5s3Uv7mnrFfN5nznwU2BxhILpnipYeE18TapV0WNFM&token_countries=CA%2CUS&",
        ),
    ],
)
def test_a_url_is_signed_as_the_cdn_checks_it(url: str, signed: str) -> None:
    assert SIGNER.sign(url, 1598024587) == f"{FILE}{signed}expires=1598024587"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.com/1.mp4",
        "https://token-tester.b-cdn.net.evil.example/1.mp4",
        "https://token-tester.b-cdn.net@evil.example/1.mp4",
        f"{FILE}?a=1&a=2",
        "https://[",
    ],
)
def test_a_url_of_another_host_and_one_that_cannot_be_signed_stay_as_they_are(url: str) -> None:
    assert SIGNER.sign(url, 1598024587) == url


def test_a_fragment_and_what_is_escaped_stay_as_they_are() -> None:
    signed = SIGNER.sign("https://token-tester.b-cdn.net/a%20b/%E0%B0%9A.mp4?q=%26%20#t=10", 1598024587)
    parts = urlsplit(signed)
    assert (parts.path, parts.fragment) == ("/a%20b/%E0%B0%9A.mp4", "t=10")
    assert parse_qs(parts.query)["q"] == ["& "]


def test_an_answer_stays_the_same_for_as_long_as_is_asked_and_its_urls_are_good_for_longer() -> None:
    answer = json.dumps({"lessons": [{"content_urls_by_language": {"te": FILE}, "title": FILE}]})
    hour = datetime(2030, 1, 1, 9, tzinfo=UTC)
    first, last = (SIGNER.sign_answer(answer, hour + timedelta(seconds=late)) for late in (0, 3599.9))
    later = SIGNER.sign_answer(answer, hour + timedelta(seconds=3600))
    assert first == last != later
    [lesson] = json.loads(first)["lessons"]
    assert lesson["title"] == FILE
    assert parse_qs(urlsplit(lesson["content_urls_by_language"]["te"]).query)["expires"] == [
        str(int(hour.timestamp()) + 7200)
    ]


async def test_who_sends_a_token_gets_signed_urls_and_304_meanwhile(database: Database, sql: Connection) -> None:
    subtitles = {"en": "https://cdn.example.com/s.vtt"}
    lesson = await a_lesson(sql, status="published", is_paid=True, subtitle_urls=subtitles)
    _, token = await create_token(sql, "app", Role.READER)
    bearer = {"Authorization": f"Bearer {token}"}
    host = str(urlsplit(URLS["en"]).hostname)
    # So long that no test meets its end.
    async with served(database, signer=UrlSigner(host, 604_800, "SecurityKey")) as serving:
        await number_all(sql)
        program = (await serving.client.get("/catalog/programs")).json()["programs"][0]["id"]
        for path in (
            f"/catalog/lessons/{lesson}",
            f"/catalog/programs/{program}",
            "/catalog/programs",
            "/catalog/changes",
        ):
            answer = await serving.client.get(path, headers=bearer)
            assert answer.text.count("?token=HS256-") == 2, path
            again = await serving.client.get(path, headers={**bearer, "If-None-Match": answer.headers["ETag"]})
            assert again.status_code == 304
            assert "HS256" not in (await serving.client.get(path)).text
        free = await a_lesson(sql, status="published")
        assert (await serving.client.get(f"/catalog/lessons/{free}")).json()["content_urls_by_language"] == URLS
