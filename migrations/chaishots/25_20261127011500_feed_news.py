"""The feed tells what is new from what has changed: since which position something has been public."""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_FEED = runpy.run_path(str(Path(__file__).with_name("22_20261127001500_feed.py")))


def _function(name: str) -> str:
    begin, end = f"create function {name}(", "end $$;"
    return f"create or replace function {name}(" + _FEED["_NUMBER"].partition(begin)[2].partition(end)[0] + end


_BEFORE = _function("chaishots_number_changes")
_AFTER = (
    _BEFORE.replace(
        "insert into feed as known (id, kind, position, is_public, changed_at)\n"
        "    select id, kind, state.position + row_number() over (order by seq, kind desc, id), is_public, moment\n"
        "      from (",
        "insert into feed as known (id, kind, position, is_public, changed_at, public_since)\n"
        "    select id, kind, position, is_public, moment, position\n"
        "      from (select *, state.position + row_number() over (order by seq, kind desc, id) as position from (",
    )
    .replace("is_public from lesson_told) as told\n", "is_public from lesson_told) as told) as numbered\n")
    .replace(
        "is_public = excluded.is_public, changed_at = excluded.changed_at;",
        "is_public = excluded.is_public, changed_at = excluded.changed_at,\n"
        "           public_since = case when known.is_public then known.public_since else excluded.position end;",
    )
)


async def upgrade(db: BaseDBAsyncClient) -> str:
    return (
        """
        ALTER TABLE "feed" ADD "public_since" BIGINT;
update feed set public_since = position;
alter table feed alter column public_since set not null;
"""
        + _AFTER
        + _FEED["_SEARCH_PATHS"]
    )


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _BEFORE + _FEED["_SEARCH_PATHS"] + 'ALTER TABLE "feed" DROP COLUMN "public_since";'


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
    "MzWX0GaGvMyKSUBx8P7OJtZKHgC2gENLJeeEaRqSmrOnBe12iurI2U3ATl21UNlQ61RNqL"
    "XCckpo35aSXEecLZlxQsSK1cIYbZOSLp66jNfC6vWiSnngUysDVXpXj1ahylC/AqjSYE4P"
    "gWeiSlscEyGxNDni+Ixvue0n7PO67imDamngsNogqzHet3CaaCw9jQG376oMfLdxRVWovF"
    "UfO/yYJZgeI1MFy6pg+aBcb2K74zLvg99f6aAKb8AI4Snf6I/xMOUNyCkAjBPuuuIvZe5T"
    "NmW+fd+oRkqUAK5T7KqKXGua1OsWt6qi1uh5OrTk9pYhEmUZVYleXBjFSvT2rxhPlWkdZE"
    "RJhYWfkIBVCcmBC1iVkFRdjy8RWY+C+Zz85fe/F8pc9oLlfQ/p76fHnUxdjheQrM+oAytv"
    "eKyYNc+PGx2nnSVVJW3em3wXyzH30v3Kn311lhl4/Dr8OoPw/t0zy0jh3zVwFgPE/5aoUO"
    "JjbXGRauOpvVNkQltProAufyjms4p5Tks4JSeQ5CfC4k2/F4dTSUZ7icFLLeBd88i8q3SC"
    "kTuehC9Q/4apKcWsXU+w/LHgIq+nHHKXegMFUmTBVw902Op1368T6GgETSGdMCHxVVqgee"
    "PI4yjlYKbYtpufcgU0PiI8C2pEEBbLvTIh2CLaGDnsRv523+w/Z15ysXird17nVOjI5Ci6"
    "khylasCKcpOrUjxJV8HGEUoFnRoEnWoqfQllsaxb+xJKnNnHl25l8UtU52yj+iUErnINmA"
    "+/Cpkvf1W2SNIS7yvVvw0Br15EgRWRR0vI1Uaee0SYjTFs14Rmeikj8IsZed7S394gf2dV"
    "TG753msYsPRV8exCmHpXxRtUCvP2VYHg/dtXmdF7fmnFIdAN8xWagYgqeAs5OzpkGoQqew"
    "+sYRKawdv6jcIOEl3zCurjMYFCJmSdknofg9RfU7/OyArA7Fol5el9VVa/l2X1Cls0F1vc"
    "wpFLgJ1hFfyrqwwCDvUrEAuTVerLrBHM6xlsU3MQ1UwkjnAPx56A5u3scySOrpvzgJZFuf"
    "bmhe3pZ8hv6B5P76C8JpsDzARWLjM/oDh4Y7CRmuP9XZpvaNm8UDAl+Lnsv1tuvmoOBzGk"
    "eFEhpB2mUyl9TYtqx84Co8iucBaYT7Xjs8CWhrbBR4GBObAo0bmpHabuOJnL6xRqdf7aaq"
    "aPES9g4LGHkvyOEipWr2a1ACiVlj6jlGrps0FGojk7Cfh762ah6OXOuytQdNCvwKIcv5Gp"
    "EUhDGwDIGCjXDxL5GpqPVRmwpWJrgCmaQoemrbStP+DTw8f7toOA+J9gdDZi9vsrvFzloP"
    "PDKAdDM+gkud7qfercnGn8Yrnj2i7aNxedK9HX4D/ctptUI6YObDs4P0FVAj5hSaujvHZi"
    "+lQd5oG/XqoO88AFvMeLPftYh+nh7ZRIYLkCw8InDzTTQK1ZYVg+dCMKMtPjNn6tZm7Qxj"
    "/5qtCJAgCL2MoyR01u0c+Q4BBinq/Gv81sYKQmQpekVrGYpsdixFlgUnwltGyMSi2rpy2r"
    "b3efzGaq0q35+mqTxgZuRaXctzoUSdOSupurWVSlSVNThJsCOPaF4RtHHGKXgwzI4e+AkI"
    "85lr2KJVv7+zWIAhgwRK53Nhi/PwcOUiLLHQAwHLPfyQstDUBSoEhNYyqA0nSAohaLlRet"
    "vGjlRW84CLqmvU14kjXt83SAtWZZOz2Ffmp8r6fQzlnRnZ6ifmh8r6fwPlBr7/QUbO8Vda"
    "se/w/w5ZKJ"
)
