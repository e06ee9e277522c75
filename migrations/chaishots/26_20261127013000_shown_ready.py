"""What lists read of pictures and of lessons that are public no more, ready and by an index.

A list whose lessons have pictures of ours called three functions a picture, which was a hundred times as much as reading
what they come to: `picture.as_shown`. When a lesson was taken down stands in an index of those alone, so that nobody reads
all of a program's lessons for it.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_SHOWN = runpy.run_path(str(Path(__file__).with_name("15_20261126154500_shown_pictures.py")))
# Postgres of some versions adds no column with a default to a table whose row is a function's argument.
_DROP_FUNCTIONS = """
drop function chaishots_picture_hints(text, jsonb);
drop function chaishots_pictures(jsonb);
drop function chaishots_pictures_in(jsonb);
drop function chaishots_picture(picture, text);
"""
_READY = r"""
create index lesson_taken_down on lesson (term_id) where published_at is not null and status <> 'published';

-- What a picture is called and looks like, without a host and without the first brace, before which an alt text may go.
create function chaishots_shown_picture(id text, width integer, height integer, colour text, variants jsonb) returns text
    language sql immutable parallel safe
return substr(json_strip_nulls(jsonb_build_object(
    'url', '/pictures/' || id || '.webp', 'width', width, 'height', height, 'colour', colour,
    'variants', (
        select jsonb_agg(jsonb_build_object(
                   'url', file || '.webp', 'width', variant -> 'width',
                   'avif', case when variant ? 'avif' then file || '.avif' end) order by (variant ->> 'width')::int)
          from jsonb_array_elements(variants) as variant
               cross join lateral (
                   select '/pictures/' || id
                          || case when variant ->> 'width' = width::text then '' else '-' || (variant ->> 'width') end
               ) as named (file)))::json)::text, 2);
        ALTER TABLE "picture" ADD "as_shown" TEXT
            GENERATED ALWAYS AS (chaishots_shown_picture(id, width, height, colour, variants)) STORED;

-- The same for who is at this base: `https://host`.
create function chaishots_picture(pictured picture, base text) returns jsonb language sql stable parallel safe
return ('{' || replace((pictured).as_shown, '"/pictures/', left(to_json(base)::text, -1) || '/pictures/'))::jsonb;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _DROP_FUNCTIONS + _READY + await _of_maps(db)


async def downgrade(db: BaseDBAsyncClient) -> str:
    return f"""
        drop index lesson_taken_down;
        {_DROP_FUNCTIONS}
        ALTER TABLE "picture" DROP COLUMN "as_shown";
        drop function chaishots_shown_picture(text, integer, integer, text, jsonb);
        {_part(await _SHOWN["upgrade"](db), "create function chaishots_picture(", "create function chaishots_are_alts(")}
        {await _of_maps(db)}
"""


async def _of_maps(db: BaseDBAsyncClient) -> str:
    """The functions that find the pictures in a map, as they were."""
    return _part(
        await _SHOWN["upgrade"](db), "create function chaishots_pictures_in(", "-- What is shown of a picture changes"
    )


def _part(source: str, begin: str, end: str) -> str:
    return begin + source.partition(begin)[2].partition(end)[0]


MODELS_STATE = (
    "eJztXW132rgS/is+fGl7Tm5PN802bfYTSWjL3ST0BNrubtPjFbYAb4xFJTmUszf//erFxu"
    "/GNgYM0ZcEZI1sZuSZeUYz0r8tYwIsMkGUvGwb1Hqw6KJ1pv3bcsAUsg9pl4+0FpjNIhd5"
    "GwVDW5CAcMchoZg1sPYRsAlkTSYkBrZm1EIO791zoMbGccZQQyMNsW90YjnjI81y2CfWiE"
    "2I+Zf5xDImmkW1OSDaHFuUQuc3DaM50QBm/Rx7ocEH1heYJjSPtOFCo9gajyEmL/mjmMhg"
    "z8KG3updXcf64UKdojFk42J272/fWbPlmPAnJPzrtxYa/gMNqlsmJyDwR+s77zK710cWtM"
    "2IOPhVdk1c0OliJhrPrXHXoe9FZ/5Dh7qBbHfqhAhmCzpBzpLCcihvHUMHYkAhvwfFLpeO"
    "49q2J0hfYPInBF3ks4doTDgCrs1lzKnlEwRtLV2/6Q30fmeg662E/H2KkHC8JgM5fO6wRy"
    "WCBWP+CP95d3z8+vXp8avXb97+enJ6+uvbV29ZX/G8yUunj/JhAnbJoQTTuh+6NwP+QIhN"
    "UDlzecOjoAEUSCohooD/gCbZf8k4SK0pTBeApIjx3/RIXvof4tLweZ8nDr8hkEfwiuUKpP"
    "/DvpTfnj8zbGTc6/wRCAXT2fMXz16sIaQcfg+6153+oH39iQ8/JeSHLXjXHnT4lWPRuoi1"
    "Pn/zIiqg5SDa1+7go8a/an/1bjqCxYjQMRZ3DPoN/mrxZwIuRbqD5jp7S0N88pv9JtY1JG"
    "qDIpyU9gD+zHjVlgQxYTMGbVW89bxveaLs/DGISPHmS/v24mP79vl1+48XEUle9W4++N0D"
    "Md5cXPXOxZsWYTd/wnL89igUwysw3LM6gmkluB4jU6yvznpp8KOM//y5e5nLeEkUY7vrWu"
    "ZLTlqA+Z7R3gPeCza/ljYgrN3FD41ydAhHCKfM4//2ezfp7Awo4rbZMqj2P822SMJH2mtu"
    "clbkz+T4pI2xnQ+Q0NojClOMZDbblwSK6+W4ziHB6D7klPKGITDu5wCbeuIKOkZZfZOXps"
    "fTeAtwwFgwkv9i/vtCQHBmDdA9dFoZONG/fLQKJ84shov8niuBYlu7hwxcIYHPLq77R9rc"
    "ohMNMDBmw98kErMo0SaAMMBGWO8ZTQK/yqOsBnKZoK2cnl9bwdeF2yIwwZegzp/kdHMwYa"
    "XOz8Zm4n8JT8bvr1yYCi4Mf12SzL6YANxx3KlgeJc9IHAMmGC8T9tkxrduO+3Lzu2ZhiEw"
    "Ib5zvnQ7X/n3BwvO+ffOZXfQY9+haTHYd+e0L6+7N2caMKeWE9c6GRGNKfip29AZ0wn7+i"
    "ZHgr684nDYF+QxvxKVj1CsOtdiafEiB+BF+ksRpYtJaLigkDRHRnW8HOeeyV2+HIyl592b"
    "9u2f6W/HeYqJPv9z0GnH+G+wecP4o5cPGEUpGxU4ukHz5yo8JAVsA0J1l1QScZy2BiHvj0"
    "e8d5LG8IEpxSpyjlIqKTdZyvDnzGLDVZBylFJJuWlSLoGcw5gNTmeIQsdY6AwxkhQvyhvh"
    "/e+30AYZoegAFneDAX+Hi/11ooJWb6Y+bjjc8B5Cs+NQnLUuHVw/WhFwGLGeRWMNM4zGGE"
    "w1hDUbEoL4sjCgPCIwc4e2ZRzxK3NAjjTWymMJbKZanJyvJ/MAApsSkFBvkTktDrGBOzy9"
    "GMXuY9DZ8Yh79mOqQmSfttEQ+dNt78Nt+/rMn8p3zlWn3+8xFCwndBUYnLdk78Pg00wYfB"
    "qHwf47kwaCs5MmwlSrMycaP723mToR0ihEl4oshfcI2RA4GbolTBcPQDDC5rwAtcQfer2r"
    "iPN03o1H3z5fn3dun/8iJj3rZNEMhktDUCnkEKFsVMhBubBxoCJfDp1Ynt0oodZilPWoth"
    "2LdnvKrTkrcNzl/QBmOQ4xv1rEHdbHXseVLvGV5UDCXU/uik4sQhFeSI91DjHUHCScVPZp"
    "AVnTBHJ3FhGoDeGEzQx+ber1dKdD9t9M+sSbucUaTvHIwoTqNnusci9alE55EDUlX4qwaX"
    "lpRMiUzqvs0BEIHX24KMf8EJFi/R6bm2uA73PsjbhcyOBM/Z4rLc6AWQH+7kYCHzxVX6p3"
    "ka7vJW/IFp58z11ZA54x88CjJtC2iSDxrckIo6kGmCVhliBpgLZyxzXskUKzjbFF/jQuLg"
    "afQqnByhaIs7ASwI0QKnzbOHzbLFvXp0DEWLKMnbxeyNqRZdeV5u4jmrNLWIAfTstTEDUD"
    "TZlpkdH+kF06YhZFAB7ZzJ3bdNzEhuAeWNLUbfxuNa9FZKrV1KWIPbZrx7+cnJ68ff3mZK"
    "lJly15CnS1xWqK8/AkLVcF1KoA67pM57nbekaFQh7ro3RKAHsKW2MZF+n2PJmWkWvUY2kh"
    "RbMJMGSzgNDATBoAY4tZXeRShhYN6OFKblKBQ+a89pxqY0SPtBHPApggUWNOoGMSfgWMmW"
    "TTkgo2d6Onl1uwb/UP3nwsWv7gdW9yhkFzqx/ka1Yhvz5OqTLs4xIommEv1ZdAWG5Kel6m"
    "dU/QVTLwDcvRrAc8JJg7EcUvKdzNKfBMUKpKzzXqayU3h8hMXXfJ1jMxwopqZn+4r+p4VB"
    "1PpXQaWfBWzkUN09TpqDb39VrhliZAX4y/Sea+RxhaY4dhrkQibGYKfbiyfD9Zm0ieZ80Y"
    "zJeYKTKzGA9MaEOZ7nfR7l+0Lzutx53B6SuZ05sOo6+WCb+58DnICy62MdwDw9uI58EDTC"
    "2mHHjYGWgU4qmHY3msemYDjmv5R7GPlYhW828i+J6+91tdAytU3HRULKecLtfrS8CEBN0h"
    "xQFrwwnUomn7AGRHHZYEKu5QIe5A3OkU4FJhnhDJjlke0hx3rWfP7lqbckE3wXl2a4fIMr"
    "9ScDhOtxYY3pQs/n18dnb2D1N3w40JZSPomN2eQidrD7tilVbxMZqsl1pfuped3pn0Xu6c"
    "9u2ge3HVOfOdmLins4N6K9PFYq7r07SK2Zw1txjhAcXkdlB2BdJ8y5VFVyDVx9x2yVU6Gm"
    "haqZWnNGzgjF2GmPQZtsoa5rwxmqyEGmui4wwlOngAluROQi5tjEFG6HTFODHZbN10b0U4"
    "375nMNfFdin/J06n/J8a/R/iDgWeKi2VBKESS41ioRN3OnSYyiiHFCJUSiB1vicZa8TFEE"
    "LmSvG2zbKJwYimoILL2/b7wZkmLt85/YuPncvPV53LM40YE2i6NjTvnE+fz6+6/Y+8VZQB"
    "kwlv5aztfuGNABsT60Huj1IWQ7wrgCHeZWKId4k9G+TzVVhyi1KqnZiavO62nIXV5ax2Vt"
    "sLSXuqpYKco5RKyk2Wsq97Icbljk1JEFaysnsk2Y1gX5WmctivlzszKwo4SqkE3FABP0BM"
    "UquzMkPmIYrdrk3/Ul2Cda9HY2hDQGDJfK4olTpbJxbOgHhaNkEuIFH5cSvy4xirkqytkh"
    "438EbaT66uTo0L5lR6ZlyKHqiHsbfBYHv5/q9kbVT/RbjLHkG7+Xx1VVviYSCjOcJmzr7K"
    "PQcOEPtTaHdlmX/41R/xMMT0WDVJU/IhL1NzyakC6Zr6UlDF9uwR3WUFIvC3NraINkKuY2"
    "rDRej0XO883fChuRqwkZOStFnnwGskbXocKWcNI0QNSOHctTU80rLTNTOUwqD/BfLjVdMZ"
    "vCQ6+HXz/pfOxaB3K1AGQS42YEw5sLFGVmjsObN2EzGu18D36wh+03rl2vH3Iik3X4kXN7"
    "ZBJvk+vg0rTW1EFxTI8F83a/+TZVAXwwxj4F9dZQhmoX5FNs+X3aWqlgdkEc2d2QiIM9KZ"
    "uoZy55n+x/Z/jn99w7Pv5fZpE7jgxef0N5FnP7JsKBW6dyy7mLy8t3eHlJPdt373mksA+J"
    "pkiRKAiiputzvdRA8+OymwfPjmJPvos5MXq2yKZdKUMu3MwMqyv0r5TwmxTIRFKcHOgEDx"
    "MzWX0GaGvMyKSUBx8P7OJtZKHgC2gENLJeeEaRqSmrOnBe12iurI2U3ATl21UNlQ64iA6M"
    "zDm6d469kqJ0yj1mfV+qxavouvzzriPM+MUzlWrNDGaJuU6PLUZbxWfKReJC8P2WplIHnv"
    "6tEqJB/qVwDJG8zRJPBMVMaLozlk/IIccUzMtzn3iyR4Lf2UweM0QF5tkNW4+ls4NTeWEs"
    "jA8ndVer/bWK4qDt+qjxF+zBJMj5GpInFVJH5QcIfY7rjM++D3VzqowhswQnjKN1dkPEx5"
    "A3KKLuOEu66yTJn7lE2Zb983qpESZZfrFBirwuKaJvW6BcWqkDhcJ8DUdcktRUMkyjKqss"
    "i4MIqVRe5fAaQqjTvIiJIKCz8hAauynQMXsCrbqZoDUSKyHgXzOTnj738vlC3uBcv7HtLf"
    "T487mS4eL9pZn1EHVlLyWLFSgR/xOk47v6tKqYI3+S6WY+6l+5U/++os7fD4dfi1HeE902"
    "eWkcK/a+AsBoj/LVEVxsfa4iLVxtOpp8iEtp5cAV3+UMxnFfOclnBKTiDJT4TFm34vDgST"
    "jPaSsZdawLvmkXlX6QQjdzwJX6D+DVPTuFm7nmD5Y8FFXk855C71BgqkyIKvHuiw1eu+Xy"
    "fQ0QiaQjphQuKrtEDzxpFHgMrBTLFVOj9ZDGh8RHgW1OUgLJZ7ZRK2RbQxctiN/C3W2X/O"
    "vORi8VbvvM5J3JHJUXQlOUrVgBXlJlcCeZKugo0jlAo6NQg61VRuFMpiWbfeKJQ4s48v3c"
    "qCo6jO2UbFUQhc5RowH34VMl/+qmyRpCXeV6p/GwJeMYoCKyKP85CrjTz3iDAbY9iuCc30"
    "8lHgF5DyvKW/vUH+zqpS3fK91zBg6avi2cVH9a6KN6j86O2rAsH7t68yo/f80oqDtxvmKz"
    "QDEVXwFnJ20cg0CFX2e1jDJDSDt/UbhR0kuuZtYhCPCRQyIetsY+BjkPr3MVhnZAVgdq2S"
    "8vS+2spgL7cyUNiiudjiFo5cAuwMq+BfXWUQcKhfgViY3BlgmTWCeT2DbWoOopqJuDsfiT"
    "0BzdtN6UgcFzjnAS2Lcu3NNxMYM26mRb02co+ndzhhk80BZgIrl5kfUBy8MdhInff+Ls03"
    "dKsCoWBK8HPZf7fcfNUcDmJI8aJCSDtMp1L6mhbVjp2/RpFd4fw1n2rH568tDW2Dj18Dc2"
    "BRonNTO0zd5TOX1ynU6sy71UwfI17AwGMPJfkdJVSsXs1qAVAqLX1GKdXSZ4OMRHN2EvD3"
    "M85C0cvdjleg6KBfgUU5fiNTI5CGNgCQMVCuHyTyNTQfqzJgS8XWAFM0hQ5NW2lbf8Cnh4"
    "/3bQcB8T/B6GzE7PdXeLnK4fKHUQ6GZtBJcr3V+9S5OdP4xXJH5F20by46V6KvwX+4bTep"
    "RkwdkndwfoKqBHzCklbHp+3E9Kk6zAN/vVQd5oELeI8Xe/axDtPD2ymRwHIFhoVPe2imgV"
    "qzwrB86EYUZKbHbfxazdygjX/aWKFTHAAWsZVljpo8FoEhwSHEPF+Nf5vZwEhNhC5JrWIx"
    "TY/FiPPXpPhKaNkYlVpWT1tW3+4+mc1UpVvz9dUmjQ3cikq5b3UokqYldTdXs6hKk6amCD"
    "cFcOwLwzeOOMQuBxmQw98BIR9zLHsVS7b292sQBTBgiFzvPDZ+fw4cpESWOwBgOGa/kxda"
    "GoCkQJGaxlQApekARS0WKy9aedHKi95wEHRNe5vwJGva5+kAa82ydnoK/dT4Xk+hnbOiOz"
    "1F/dD4Xk/hfaDW3ukp2N4r6lY9/h/6iwiT"
)
