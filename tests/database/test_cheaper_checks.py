"""The rules of URLs, tags and thumbnails ask for plain forms first: they say of each map what they said before."""

import json
import runpy
from random import Random
from typing import Any

from chaishots.database.connection import Connection
from chaishots.database.migrations import folder

_MAPS = 3_000
_TAGS = ("en", "hi", "te", "eng", "en-IN", "zh-Hant-TW", "e", "english", "EN", "en\n", "en-", "")
_VARIANTS = ("portrait", "landscape", "square", "banner", "portraits", "Portrait", "banner\n", "")
_HOSTS = (
    "cdn.example.com",
    "a",
    "a-b.c",
    "a.b-c",
    "a--b",
    "a..b",
    "a.-b",
    "-a",
    "a-",
    "A",
    "[::1]",
    "a_b",
    "é",
    "a\n",
    "",
)
_PARTS = (
    *(
        "/",
        "?q=1",
        "#x",
        "%20",
        "%2",
        "%",
        '"',
        "\\",
        "é",
        "\n",
        " ",
        "<",
        "^",
        "`",
        "\u2028",
        "🙂",
        "{",
        ".",
        "-",
        ":80",
    ),
    *(
        ":99999",
        "/pictures/",
        f"/pictures/{'a' * 64}.webp",
        f"/pictures/{'0' * 64}-640.avif",
        f"/pictures/{'f' * 63}.webp",
    ),
)


async def test_each_map_is_what_it_was_by_the_rules_before(sql: Connection) -> None:
    before = await runpy.run_path(str(next((folder() / "chaishots").glob("42_*.py"))))["downgrade"](None)
    random = Random(42)
    pair = [_map(random, depth) for depth in (1, 2) for _ in range(_MAPS)]
    async with sql.transaction():
        await sql.execute(
            before.replace("drop function chaishots_picture_ids_in(text);", "").replace(
                "create or replace function chaishots_", "create function pg_temp.before_"
            )
        )
        found = await sql.fetch(
            """
            select map, chaishots_are_urls(map) as urls, chaishots_are_assets(map) as assets,
                   (chaishots_are_urls(map), chaishots_are_assets(map), chaishots_picture_ids(map)) is distinct from
                   (pg_temp.before_are_urls(map), pg_temp.before_are_assets(map), pg_temp.before_picture_ids(map))
                       as differs
              from unnest($1::jsonb[]) as map
            """,
            [json.dumps(one) for one in pair],
        )

    assert [row["map"] for row in found if row["differs"]] == []
    assert min(sum(row[rule] for row in found) for rule in ("urls", "assets")) > _MAPS / 4, "few keep the rule"


def _map(random: Random, depth: int) -> Any:  # Any: JSON
    """A map by language of URLs, or of variants of these; mostly as it should be."""
    if random.random() < 0.03:
        return random.choice((None, 1, True, [], ["https://a/"], "https://a/"))
    if depth == 0:
        scheme = random.choice(("https://",) * 9 + ("http://", "ftp://", "HTTPS://", ""))
        host = random.choice(_HOSTS if random.random() < 0.3 else _HOSTS[:4])
        return (
            scheme
            + host
            + "".join(
                random.choice(_PARTS[:4] if random.random() < 0.8 else _PARTS) for _ in range(random.randint(0, 3))
            )
        )
    keys = _TAGS if depth == 2 or random.random() < 0.5 else _VARIANTS
    return {
        random.choice(keys if random.random() < 0.2 else keys[:4]): _map(random, depth - 1)
        for _ in range(random.randint(0, 3))
    }
