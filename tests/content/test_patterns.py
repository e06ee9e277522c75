"""Languages, URLs, maps of them and moments: Python's patterns and the database's functions say the same.

Python's patterns are used with `fullmatch` everywhere, since its `$` also matches before a newline at the end.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from itertools import chain, combinations
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from chaishots.content import language_tags
from chaishots.content.lifecycle import REQUIRED_VARIANTS, VARIANTS
from chaishots.content.urls import PATTERN as URL_PATTERN
from chaishots.content.urls import BadUrl, stored
from chaishots.database.connection import Connection
from chaishots.database.migrations import migrate
from tests.builders import a_lesson
from tests.conftest import _execute, in_database

Ask = Callable[[str, Sequence[Any]], list[bool | None]]

LANGUAGE = "chaishots_is_language(value)"
URL = "chaishots_is_url(value)"
URL_OF_A_MAP = "chaishots_are_urls(jsonb_build_object('en', value))"
URL_OF_AN_ASSET = "chaishots_are_assets(jsonb_build_object('en', jsonb_build_object('portrait', value)))"
LANGUAGE_OF_A_MAP = "chaishots_are_urls(jsonb_build_object(value, 'https://example.com'))"
LANGUAGE_OF_AN_ASSET = "chaishots_are_assets(jsonb_build_object(value, jsonb_build_object()))"
LANGUAGE_OF_A_LIST = "chaishots_are_languages(array['en', value], 'en')"
URLS = "chaishots_are_urls(value::jsonb)"
ASSETS = "chaishots_are_assets(value::jsonb)"
MOMENT = "chaishots_is_moment(value::timestamptz)"

GOOD_LANGUAGES = [
    "te",
    "en",
    "hi",
    "kok",
    "zh-Hant",
    "zh-Hant-TW",
    "sr-Latn-RS",
    "de-1996",
    "en-AA-BB-CC",
    "en-12345678",
    "pt-BR",
    "es-419",
    "de-1996",
    "sl-rozaj-biske",
]
BAD_LANGUAGES = {
    "empty": "",
    "one letter": "e",
    "four letters": "engl",
    "uppercase": "EN",
    "capitalised": "En",
    "a region in lower case": "pt-br",
    "a script in lower case": "zh-hant",
    "a script in upper case": "zh-HANT",
    "a variant in upper case": "sl-ROZAJ",
    "underscore": "en_US",
    "a space before": " en",
    "a space after": "en ",
    "a newline at the end": "en\n",
    "a newline and more": "en\nte",
    "a newline before": "\nen",
    "a carriage return": "en\r",
    "a dangling hyphen": "en-",
    "two hyphens": "en--US",
    "a subtag of one": "en-x",
    "a subtag of nine": "en-123456789",
    "four subtags": "en-aa-bb-cc-dd",
    "two languages in one": "en,te",
    "a digit": "e1",
    "an accent": "é́n",
    "full-width letters": "\uff45\uff4e",
    "a Kelvin sign": "\u212ao",
    "a zero-width space": "en\u200b",
    "Telugu letters": "తె",
}

GOOD_URLS = {
    "https": "https://cdn.example.com/en.mp4",
    "http": "http://cdn.example.com/en.mp4",
    "only a host": "https://example.com",
    "a host of one letter": "https://e",
    "a slash": "https://example.com/",
    "a query": "https://example.com?a=1&b=2",
    "a fragment": "https://example.com#t=10",
    "a query after a path": "https://example.com/a/b.mp4?sig=a%2Fb+c~d#e",
    "a port": "https://example.com:8443/a",
    "a port alone": "http://localhost:1",
    "IPv4": "http://127.0.0.1:8080/a",
    "IPv6": "http://[::1]/a",
    "IPv6 with a port": "https://[2001:db8::a]:443/",
    "IPv4 in IPv6": "https://[::ffff:c000:201]/",
    "the highest port": "https://example.com:65535/",
    "an underscore in the host": "https://my_bucket.example.com/a",
    "an underscore at the ends": "https://_a_/",
    "a hyphen in the host": "https://a-b.example.com",
    "uppercase in the path": "https://cdn.example.com/A",
    "a label of 63 characters": f"https://{'a' * 63}/",
    "a host of 253 characters": f"https://{'a.' * 126}a/",
    "2,000 characters": f"https://example.com/{'a' * 1_980}",
    "an international host": "https://xn--jpcl.xn--fpcrj9c3d/",
    "an at sign in the path": "https://example.com/@chai",
    "single quotes": "https://example.com/it's",
    "brackets in the query": "https://example.com/?a[]=1&b={c}|^`",
    "percent escapes": "https://example.com/%E0%b0%aa?q=%20#%25",
    "a colon in the path": "https://example.com/a:b",
    "two slashes in the path": "https://example.com//a",
}
BAD_URLS = {
    "a number too high for IPv4": "https://256.256.256.256/",
    "five numbers": "https://1.2.3.4.5/",
    "a number in hexadecimal": "https://0x7f.1/",
    "a name that ends in a number": "https://a.example.1:80/",
    "an octal number": "https://01.2.3.4?a",
    "empty": "",
    "javascript": "javascript:alert(1)",
    "javascript with slashes": "javascript://example.com/%0aalert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "ftp": "ftp://example.com/a",
    "file": "file:///etc/passwd",
    "no scheme": "//example.com/a",
    "a path": "/a.mp4",
    "a host alone": "example.com",
    "no host": "http://",
    "no host but a path": "http:///a",
    "no host but a query": "http://?a",
    "no host but a port": "http://:80/",
    "one slash": "http:/example.com",
    "backslashes": "http:\\\\example.com",
    "an uppercase scheme": "HTTPS://example.com",
    "a capitalised scheme": "Https://example.com",
    "a user": "https://user@example.com/",
    "a user and a password": "https://user:secret@example.com/",
    "an at sign hidden by a port": "https://example.com:80@evil.example/",
    "an at sign hidden by a backslash": "https://example.com\\@evil.example/",
    "a space before": " https://example.com",
    "a space after": "https://example.com ",
    "a space in the path": "https://example.com/a b",
    "a space in the host": "https://exam ple.com",
    "a newline at the end of the host": "https://example.com\n",
    "a newline at the end of the path": "https://example.com/a\n",
    "a newline in the path": "https://example.com/a\nb",
    "a newline before": "\nhttps://example.com",
    "a carriage return": "https://example.com/a\r",
    "a file separator": "https://example.com/a\x1cb",
    "a unit separator": "https://example.com/a\x1fb",
    "a tab": "https://example.com/a\tb",
    "a form feed": "https://example.com/a\fb",
    "a no-break space": "https://example.com/a\u00a0b",
    "an em space": "https://example.com/a\u2003b",
    "an ideographic space": "https://example.com/a\u3000b",
    "a line separator": "https://example.com/a\u2028b",
    "a next line": "https://example.com/a\x85b",
    "a double quote": 'https://example.com/"onload="x',
    "less than": "https://example.com/<script",
    "greater than": "https://example.com/a>b",
    "a backslash in the path": "https://example.com/a\\b",
    "a double quote in the host": 'https://exa"mple.com',
    "a port of six digits": "https://example.com:123456/",
    "an empty port": "https://example.com:/",
    "letters for a port": "https://example.com:http/",
    "a host that starts with a hyphen": "https://-example.com",
    "a host that ends in a hyphen": "https://example-/",
    "a host that ends in a dot": "https://example.com./",
    "a percent sign in the host": "https://exam%70le.com",
    "Telugu in the host": "https://పాఠం.com/",
    "Telugu in the path": "https://example.com/పాఠం.mp4",
    "an emoji in the path": "https://example.com/😀",
    "uppercase in the host": "https://CDN.Example.COM/A",
    "uppercase in IPv6": "https://[2001:DB8::a]/",
    "a label of 64 characters": f"https://{'a' * 64}/",
    "a later label of 64 characters": f"https://a.{'a' * 64}.example/",
    "a host of 255 characters": f"https://{'a.' * 127}a/",
    "2,001 characters": f"https://example.com/{'a' * 1_981}",
    "a port beyond the last": "https://example.com:65536/",
    "a port of zeros": "https://example.com:00080/",
    "two dots in a row": "https://a..example/",
    "a dot first": "https://.example/",
    "a label that begins with a hyphen": "https://a.-b.example/",
    "a label that ends in a hyphen": "https://a-.example/",
    "an escape that is none": "https://example.com/%zz",
    "half an escape": "https://example.com/%2",
    "a percent sign at the end": "https://example.com/?%",
    "what turns the text around": "https://example.com/\u202egpj.exe",
    "what isolates": "https://example.com/\u2066a\u2069",
    "a mark of direction": "https://example.com/a\u200f",
    "a zero-width space": "https://example.com/a\u200bb",
    "four groups in brackets": "http://[1:2:3:4]/",
    "IPv6 with nine groups": "http://[1:2:3:4:5:6:7:8:9]/",
    "IPv6 compressed twice": "http://[1::2::3]/",
    "IPv6 without brackets": "http://::1/",
    "IPv6 half open": "http://[::1/",
    "IPv6 empty": "http://[]/",
    "no IPv6 in brackets": "http://[Dd]/",
    "IPv4 in brackets": "http://[127.0.0.1]/",
    "IPv6 with a zone": "http://[fe80::1%25eth0]/",
    "text after IPv6": "http://[::1]evil.example/",
    "two in one": "https://example.com,https://example.org",
}

AN_URL = "https://example.com/a"
LANGUAGE_LISTS = {
    "the primary alone": (["en"], True),
    "several": (["te", "en", "zh-Hant-TW"], True),
    "empty": ([], False),
    "without the primary": (["te"], False),
    "one twice": (["en", "te", "te"], False),
    "the primary twice": (["en", "en"], False),
    "a bad tag": (["en", "EN"], False),
    "an empty tag": (["en", ""], False),
    "an empty tag first": (["", "en"], False),
    "a newline at the end of a tag": (["en", "te\n"], False),
    "two tags in one": (["en", "te,hi"], False),
    "a missing tag": (["en", None], False),
    "a list of lists": ([["en"], ["te"]], False),
}
URL_MAPS = {
    "empty": ({}, True),
    "one": ({"en": AN_URL}, True),
    "several": ({"en": AN_URL, "te": AN_URL, "zh-Hant": AN_URL}, True),
    "null": (None, False),
    "a list": ([], False),
    "a list with a map": ([{"en": AN_URL}], False),
    "a text": (AN_URL, False),
    "a number": (1, False),
    "a bad one among good ones": ({"en": AN_URL, "te": "ftp://a", "hi": AN_URL}, False),
    "a bad language among good ones": ({"en": AN_URL, "english": AN_URL, "hi": AN_URL}, False),
    "null for a URL": ({"en": None}, False),
    "a number for a URL": ({"en": 1}, False),
    "true for a URL": ({"en": True}, False),
    "a list for a URL": ({"en": [AN_URL]}, False),
    "a map for a URL": ({"en": {"portrait": AN_URL}}, False),
}
ASSET_MAPS = {
    "empty": ({}, True),
    "an empty language": ({"en": {}}, True),
    "every variant": ({"en": dict.fromkeys(VARIANTS, AN_URL)}, True),
    "several languages": ({"en": {"square": AN_URL}, "te": {"banner": AN_URL}}, True),
    "null": (None, False),
    "a list": ([], False),
    "a text": (AN_URL, False),
    "a bad language": ({"english": {}}, False),
    "null for a language": ({"en": None}, False),
    "a text for a language": ({"en": AN_URL}, False),
    "a list for a language": ({"en": []}, False),
    "a list of variants": ({"en": ["portrait", "landscape"]}, False),
    "an unknown variant": ({"en": {"poster": AN_URL}}, False),
    "an uppercase variant": ({"en": {"Portrait": AN_URL}}, False),
    "a variant with a newline": ({"en": {"portrait\n": AN_URL}}, False),
    "a bad URL": ({"en": {"portrait": "javascript:alert(1)"}}, False),
    "null for a URL": ({"en": {"portrait": None}}, False),
    "a map for a URL": ({"en": {"portrait": {}}}, False),
    "a bad one in the last language": ({"en": {"portrait": AN_URL}, "te": {"portrait": ""}}, False),
}
MOMENTS = {
    "1970-01-01T00:00:00Z": True,
    "1970-01-01T05:30:00+05:30": True,
    "8999-12-31T23:59:59.999999Z": True,
    "1969-12-31T23:59:59.999999Z": False,
    "9000-01-01T00:00:00Z": False,
    "0001-01-01T00:00:00Z": False,
    "0044-03-15T00:00:00Z BC": False,
    "infinity": False,
    "-infinity": False,
}


def is_stored(url: str) -> bool:
    """Whether the text is a URL in the form in which it is stored."""
    try:
        return re.fullmatch(URL_PATTERN, url) is not None and stored(url) == url
    except BadUrl:
        return False


@pytest.fixture(scope="module")
def ask(postgres: str, template: str) -> Ask:
    """Ask the database whether each value meets a condition on `value`, all in one query."""

    async def answers(condition: str, values: Sequence[Any]) -> list[bool | None]:
        connection = await asyncpg.connect(in_database(postgres, template))
        try:
            statement = f"""
                select array(select {condition}
                               from unnest($1::text[]) with ordinality as asked (value, place) order by place)
            """
            return await connection.fetchval(statement, values)
        finally:
            await connection.close()

    return lambda condition, values: asyncio.run(answers(condition, values))


@pytest.fixture(scope="module")
def judged(ask: Ask) -> dict[str, dict[str, bool | None]]:
    """What the database says of every text of the tables above, by condition."""
    languages = [*GOOD_LANGUAGES, *BAD_LANGUAGES.values()]
    urls = [*GOOD_URLS.values(), *BAD_URLS.values()]
    texts = {
        LANGUAGE: languages,
        LANGUAGE_OF_A_MAP: languages,
        LANGUAGE_OF_AN_ASSET: languages,
        URL: urls,
        URL_OF_A_MAP: urls,
        URL_OF_AN_ASSET: urls,
        URLS: [json.dumps(value) for value, _ in URL_MAPS.values()],
        ASSETS: [json.dumps(value) for value, _ in ASSET_MAPS.values()],
        MOMENT: list(MOMENTS),
    }
    return {condition: dict(zip(values, ask(condition, values), strict=True)) for condition, values in texts.items()}


def is_language(text: str) -> bool:
    """What Python says of a language."""
    try:
        return language_tags.canonical(text) == text and re.fullmatch(language_tags.PATTERN, text) is not None
    except ValueError:
        return False


def is_url(text: str) -> bool:
    """What Python says of a URL as it is stored."""
    return is_stored(text)


LANGUAGE_CASES = [
    *(pytest.param(tag, True, id=tag) for tag in GOOD_LANGUAGES),
    *(pytest.param(tag, False, id=name) for name, tag in BAD_LANGUAGES.items()),
]
URL_CASES = [
    *(pytest.param(url, True, id=name) for name, url in GOOD_URLS.items()),
    *(pytest.param(url, False, id=name) for name, url in BAD_URLS.items()),
]


@pytest.mark.parametrize(("tag", "is_good"), LANGUAGE_CASES)
def test_python_knows_a_language(tag: str, is_good: bool) -> None:
    assert is_language(tag) is is_good


@pytest.mark.parametrize("condition", [LANGUAGE, LANGUAGE_OF_A_MAP, LANGUAGE_OF_AN_ASSET])
@pytest.mark.parametrize(("tag", "is_good"), LANGUAGE_CASES)
def test_the_database_knows_a_language(
    judged: dict[str, dict[str, bool | None]], condition: str, tag: str, is_good: bool
) -> None:
    assert judged[condition][tag] is is_good


@pytest.mark.parametrize(("url", "is_good"), URL_CASES)
def test_python_knows_a_url(url: str, is_good: bool) -> None:
    assert is_url(url) is is_good


@pytest.mark.parametrize(("url", "is_good"), URL_CASES)
def test_the_database_knows_a_url(judged: dict[str, dict[str, bool | None]], url: str, is_good: bool) -> None:
    assert judged[URL][url] is is_good


@pytest.mark.parametrize("column", ["content_urls", "subtitle_urls", "thumbnails", "posters"])
async def test_no_column_takes_a_url_that_is_none(sql: Connection, column: str) -> None:
    lesson = await a_lesson(sql)
    taken: list[str] = []
    for name, url in BAD_URLS.items():
        value = {"en": {"portrait": url}} if column in ("thumbnails", "posters") else {"en": url}
        statement = f"update lesson set {column} = $2 where id = $1"
        if column == "posters":
            statement = """
                update program set posters = $2 where id = (
                    select program_id from term join lesson on term.id = term_id where lesson.id = $1)
            """
        try:
            await sql.execute(statement, lesson, json.dumps(value))
            taken.append(name)
        except asyncpg.CheckViolationError:
            pass

    assert taken == []


async def test_what_has_had_a_host_of_numbers_for_long_can_be_published_still(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    urls = json.dumps({"en": BAD_URLS["five numbers"]})
    await sql.execute("set session_replication_role = replica")
    await sql.execute("update lesson set content_urls = $2 where id = $1", lesson, urls)
    await sql.execute("reset session_replication_role")
    assert (
        await sql.fetchval("update lesson set status = 'published' where id = $1 returning status", lesson)
        == "published"
    )


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://మన.భారత్/x", "https://xn--jpcl.xn--fpcrj9c3d/x"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://क्\u200dष.example/", "https://xn--11b2ezcw70k.example/"),
        ("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("HTTPS://A.EXAMPLE/A", "https://a.example/A"),
        ("https://a.example.", "https://a.example"),
        ("https://a.example.:8080/", "https://a.example:8080/"),
        ("https://a.example:0080/", "https://a.example:80/"),
        ("https://[::FFFF:192.0.2.1]/", "https://[::ffff:c000:201]/"),
        ("https://example.com/పాఠం?q=é#ü", "https://example.com/%E0%B0%AA%E0%B0%BE%E0%B0%A0%E0%B0%82?q=%C3%A9#%C3%BC"),
        ("https://example.com/క్\u200cష", "https://example.com/%E0%B0%95%E0%B1%8D%E2%80%8C%E0%B0%B7"),
        ("https://example.com/👩\u200d🚀", "https://example.com/%F0%9F%91%A9%E2%80%8D%F0%9F%9A%80"),
    ],
)
def test_an_address_in_any_script_is_stored_in_ascii(written: str, address: str) -> None:
    assert stored(written) == address
    assert is_stored(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.example/", "Start the URL with http:// or https://."),
        ("https://a.example/a b", "Write %20 for a space in the URL."),
        ('https://a.example/"', 'Write %22 for the character " in the URL.'),
        ("https://a.example/\u202e", "Leave out U+202E of the URL: it cannot be seen."),
        ("https://a.example/\n", "Leave out U+000A of the URL: it cannot be seen."),
        ("https://asha@a.example/", "Leave out the user name before the @ of the URL's host."),
        ("https:///a", "Give the URL a host, such as example.com."),
        ("https://a..example/", "The URL's host has an empty part: look for two dots in a row, or one at its start."),
        ("https://-a/", "The parts of the URL's host are letters and digits, and hyphens between them."),
        (f"https://{'a' * 64}/", "The URL's host is too long: 253 characters at most, 63 between dots."),
        (
            "https://a.example:99999/",
            "Give a port of 65,535 at most after the URL's host, or leave the colon out.",
        ),
        ("https://a.example/%zz", "Write %25 for a percent sign in the URL: %zz stands for no character."),
        ("https://[1.2.3.4]/", "What stands in brackets in the URL is no IPv6 address."),
        (
            "https://\u2488.example\u0300\u0488/",
            "The URL's host is no name that IDNA 2008 allows: look at its characters.",
        ),
        (
            f"https://a.example/{'é' * 400}",
            "Keep the URL within 2,000 characters; it has 2,418 as it is sent.",
        ),
    ],
)
def test_what_is_no_url_is_refused_with_the_true_reason(url: str, reason: str) -> None:
    with pytest.raises(BadUrl) as refused:
        stored(url)

    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("pt-br", "pt-BR"),
        ("PT-BR", "pt-BR"),
        ("zh-hANT-tw", "zh-Hant-TW"),
        ("DE-1996", "de-1996"),
        ("Es-419", "es-419"),
    ],
)
def test_a_language_in_any_case_is_stored_in_the_usual_one(written: str, tag: str) -> None:
    assert language_tags.canonical(written) == tag


async def test_what_is_a_url_does_not_depend_on_the_databases_locale(postgres: str) -> None:
    name = f"chaishots_test_{uuid4().hex[:12]}"
    await _execute(
        postgres, f"create database {name} template template0 encoding 'UTF8' locale_provider libc locale 'C'"
    )
    try:
        await migrate(in_database(postgres, name), application_name="tests")
        connection = await asyncpg.connect(in_database(postgres, name))
        accepted = await connection.fetch(
            f"select value from unnest($1::text[]) as value where {URL}", list(BAD_URLS.values())
        )
        await connection.close()
    finally:
        await _execute(postgres, f"drop database {name} with (force)")

    assert [row["value"] for row in accepted] == []


@pytest.mark.parametrize(("tags", "is_good"), LANGUAGE_LISTS.values(), ids=LANGUAGE_LISTS)
async def test_a_list_of_languages_holds_each_once_and_the_primary_among_them(
    postgres: str, template: str, tags: list[Any], is_good: bool
) -> None:
    connection = await asyncpg.connect(in_database(postgres, template))
    answer = await connection.fetchval("select chaishots_are_languages($1, 'en')", tags)
    await connection.close()

    assert answer is is_good


@pytest.mark.parametrize(("value", "is_good"), URL_MAPS.values(), ids=URL_MAPS)
def test_a_map_of_urls_is_one_of_languages_to_urls(
    judged: dict[str, dict[str, bool | None]], value: Any, is_good: bool
) -> None:
    assert judged[URLS][json.dumps(value)] is is_good


@pytest.mark.parametrize(("value", "is_good"), ASSET_MAPS.values(), ids=ASSET_MAPS)
def test_a_map_of_assets_is_one_of_languages_to_variants_to_urls(
    judged: dict[str, dict[str, bool | None]], value: Any, is_good: bool
) -> None:
    assert judged[ASSETS][json.dumps(value)] is is_good


@pytest.mark.parametrize(("moment", "is_good"), MOMENTS.items(), ids=MOMENTS)
def test_a_moment_is_one_that_every_client_can_read(
    judged: dict[str, dict[str, bool | None]], moment: str, is_good: bool
) -> None:
    assert judged[MOMENT][moment] is is_good


def test_the_same_variants_are_required_in_python_and_in_the_database(ask: Ask) -> None:
    choices = list(chain.from_iterable(combinations(VARIANTS, size) for size in range(len(VARIANTS) + 1)))
    assets = [json.dumps({"en": dict.fromkeys(variants, AN_URL)}) for variants in choices]

    answers = ask("chaishots_has_required_variants(value::jsonb, 'en')", assets)

    assert answers == [set(variants) >= set(REQUIRED_VARIANTS) for variants in choices]


def test_what_another_language_has_does_not_count_as_required_variants(ask: Ask) -> None:
    assets = [json.dumps(value) for value in ({}, {"te": dict.fromkeys(VARIANTS, AN_URL)})]

    assert ask("chaishots_has_required_variants(value::jsonb, 'en')", assets) == [False, False]


# NUL and lone surrogates, which Postgres cannot keep at all, are left out: those it refuses by itself.
anything = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
odd = st.sampled_from([*"[]<>\"'\\% \n\t\r\x0b\x0c\x1c\x1f\x7f\x85\xa0\u1680\u200b\u2003\u2028\u3000\ufeffK\u212aéß😀"])


def texts_of(*pieces: str) -> st.SearchStrategy[list[str]]:
    """Lists of texts put together from the pieces of a grammar, with something odd among them now and then."""
    piece = st.sampled_from(pieces)
    return st.lists(st.lists(piece | piece | piece | odd | anything, max_size=8).map("".join), min_size=10, max_size=60)


def of_scheme(texts: list[str]) -> list[str]:
    """The texts as they are, and as what follows a scheme and a host; without that, few would be URLs."""
    return [*texts, *(f"https://{text}" for text in texts), *(f"http://example.com/{text}" for text in texts)]


# Not shrunk: what fails is told text by text.
QUICK = settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
urls = texts_of(*"aZ09_-./:?#@[]&=", "http", "https", "HTTP", "://", "//", "a.b", "[::1]", ":80", ":65536", "%20")
tags = texts_of(*"aZ09-_,", "en", "te", "zh", "-Hant", "-TW", "kok", "EN", "12345678")


@QUICK
@given(urls.map(of_scheme))
@example(["https://example.com/a\x1fb"])
@example(["https://example.com/a\n"])
def test_python_and_the_database_agree_on_every_text_that_looks_like_a_url(ask: Ask, texts: list[str]) -> None:
    disagreed = [text for text, answer in zip(texts, ask(URL, texts), strict=True) if is_url(text) is not answer]
    assert disagreed == []


@QUICK
@given(urls.map(of_scheme))
def test_the_checks_of_maps_take_every_url_that_is_one(ask: Ask, texts: list[str]) -> None:
    good = [text for text in texts if is_url(text)]

    assert ask(URL_OF_A_MAP, good) == ask(URL_OF_AN_ASSET, good) == [True] * len(good)


@QUICK
@given(urls.map(of_scheme))
def test_what_is_stored_of_a_url_is_stored_as_it_is(texts: list[str]) -> None:
    for text in texts:
        try:
            address = stored(text)
        except BadUrl:
            continue
        assert is_stored(address), text


@QUICK
@given(tags)
@example(["en\n"])
@example(["te,hi"])
def test_python_and_the_database_agree_on_every_text_that_looks_like_a_language(ask: Ask, texts: list[str]) -> None:
    texts = [text for text in texts if text != "en"]  # it would be in the list twice
    answers = zip(texts, ask(LANGUAGE, texts), ask(LANGUAGE_OF_A_MAP, texts), strict=True)

    disagreed = [text for text, alone, as_key in answers if not is_language(text) is alone is as_key]
    assert disagreed == []


@QUICK
@given(tags)
@example(["te,hi"])
def test_a_language_is_good_in_a_list_when_it_is_good_alone(ask: Ask, texts: list[str]) -> None:
    texts = [text for text in texts if text != "en"]
    answers = zip(texts, ask(LANGUAGE_OF_A_LIST, texts), strict=True)

    disagreed = [text for text, in_list in answers if is_language(text) is not in_list]
    assert disagreed == []
