"""What Postgres asks again at each update of a row, asked cheaply: a publish took a quarter of its time for that.

CHECKs and the expressions of indexes are evaluated whatever columns an update sets. Most URLs, tags and thumbnails are
of a plain form that a short expression tells; the whole rule, which is as it was, is asked of the others only. Functions
are made anew and no table is touched: the same is true as before, so that nothing is to be checked or indexed again.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_RULES = runpy.run_path(str(Path(__file__).with_name("6_20261126105500_stricter_rules.py")))
_PICTURES = Path(__file__).with_name("14_20261126153000_pictures.py").read_text()
_TAG, _URL = _RULES["_TAG"], _RULES["_URL_IN_JSONPATH"]
# Each is within the whole form that is asked where it does not hold.
_PLAIN_TAG = "[a-z]{2,3}"
_PLAIN_URL = r"^https://[a-z0-9_]+([.-][a-z0-9_]+)*/[!#-$&-;=?-\\[\\]-~]*$"
_IS_TAG = f'(@.key like_regex "^{_PLAIN_TAG}$" || @.key like_regex "^{_TAG}$")'
_IS_URL = f'(@.value like_regex "{_PLAIN_URL}" || @.value like_regex "{_URL}")'

_CHEAPER = f"""
create or replace function chaishots_are_urls(urls jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(urls) = 'object'
   and not jsonb_path_exists(urls, 'strict $.keyvalue() ? (
         !{_IS_TAG} || @.value.type() != "string" || !{_IS_URL})');

-- Variants are compared, and the kind of a value is asked of all at once: each takes a third of what it did otherwise.
create or replace function chaishots_are_assets(assets jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(assets) = 'object'
   and not jsonb_path_exists(assets, 'strict $.* ? (@.type() != "object")')
   and not jsonb_path_exists(assets, 'strict $.keyvalue() ? (!{_IS_TAG})')
   and not jsonb_path_exists(assets, 'strict $.*.keyvalue() ? (
         !(@.key == "portrait" || @.key == "landscape" || @.key == "square" || @.key == "banner")
      || @.value.type() != "string" || !{_IS_URL})');

create function chaishots_picture_ids_in(assets text) returns text[] language sql immutable parallel safe
return array(
    select distinct found[1]
      from regexp_matches(assets, '/pictures/([0-9a-f]{{64}})(?:-[0-9]{{1,5}})?[.](?:webp|avif)"', 'g') as found);

-- Without a subquery, so that Postgres puts it in the place where it is called: thumbnails from elsewhere have none.
create or replace function chaishots_picture_ids(assets jsonb) returns text[] language sql immutable parallel safe
return case when assets::text like '%/pictures/%' then chaishots_picture_ids_in(assets::text) else '{{}}' end;
"""


def _made_in(text: str, function: str) -> str:
    """The statement that makes a function, as it stands in a migration."""
    return f"create or replace function {function}(" + text.partition(f"function {function}(")[2].partition(";\n")[0] + ";\n"


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _CHEAPER


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        _made_in(_PICTURES, "chaishots_picture_ids")
        + "drop function chaishots_picture_ids_in(text);\n"
        + _made_in(_RULES["_SHAPES"], "chaishots_are_urls")
        + _made_in(_RULES["_SHAPES"], "chaishots_are_assets")
    )
