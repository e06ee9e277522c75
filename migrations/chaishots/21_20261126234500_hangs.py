"""What hangs is let out of the statement, to be tried in one of its own.

Postgres limits the time of a statement once, whatever functions do within it: a limit that a function caught was the
last, and the next lesson at which a user's own trigger waits had none. So the limit is caught no more: the statement
fails, and its error says at what (`chaishots gave up`). The publisher puts that aside (`chaishots_put_aside`), has the
others go out, and tries it by itself (`chaishots_publish_alone`). A release of more lessons than a batch takes goes by
itself as well, in a statement that has the time for it.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_REFUSALS = runpy.run_path(str(Path(__file__).with_name("7_20261126105000_refusals.py")))
_RETRIED = runpy.run_path(str(Path(__file__).with_name("10_20261126143000_refusals_retried.py")))
_PUT_OFF_AGAIN = runpy.run_path(str(Path(__file__).with_name("20_20261126211000_put_off_again.py")))

_TABLE = """
        ALTER TABLE "refusal" ADD "goes_alone" BOOL NOT NULL DEFAULT False;
create index refusal_goes_alone on refusal (retry_at) where goes_alone and retry_at is not null;

-- How long what was tried so many times before is left alone now: spread, so that not all are tried at once.
create function chaishots_pause(tries integer) returns interval language sql volatile parallel safe
return (1 + random() / 10) * least(interval '1 hour', interval '30 s' * power(2, least(tries, 10)));

-- Whether the time of the statement was over, or a lock was not had in time; not where a function raises just that.
create function chaishots_gave_up(errcode text, context text) returns boolean language sql immutable parallel safe
return errcode in ('57014', '55P03') and split_part(context, E'\\n', 1) not like '%RAISE%';
"""
_ALONE = """
-- Out of the way of the others: what a statement gave up at. It is tried by itself, at once, or when it was tried like
-- that and cannot be told either, after the pause. Lines: one, whether the reason is news; none when it is gone.
create function chaishots_put_aside(key uuid, why text, is_refused boolean) returns table (is_news boolean)
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    known refusal;
begin
    select * from refusal where id = key into known;
    return query
    with it as (
        select id, version, publish_error, archive_at from lesson where id = key
         union all
        select id, version, publish_error, null from release where id = key)
    insert into refusal as kept (id, reason, version, tries, retry_at, is_told, goes_alone)
    select id, why, version, is_refused::integer,
           case when not is_refused then clock_timestamp()
                when archive_at > now() then least(archive_at, clock_timestamp() + chaishots_pause(0))
                else clock_timestamp() + chaishots_pause(0) end,
           publish_error is not null, true
      from it
    on conflict (id) do update
       set reason = excluded.reason, version = excluded.version, is_told = excluded.is_told, goes_alone = true,
           awaits_database = false, refused_at = clock_timestamp(),
           tries = case when kept.version = excluded.version then kept.tries else 0 end + excluded.tries,
           retry_at = case when is_refused and kept.version = excluded.version and kept.tries > 0
                           then clock_timestamp() + chaishots_pause(kept.tries) else excluded.retry_at end
    returning (known.version, known.reason) is distinct from (kept.version, kept.reason);
end $$;

-- What is due of one lesson or release, in a statement of its own. Lines: as those of chaishots_publish_due.
create function chaishots_publish_alone(actor text, key uuid) returns LINES
    language plpgsql set search_path from current as $$
#variable_conflict use_column
begin
    perform set_config('chaishots.actor', actor, true);
    lock table lesson, program, release, activity, refusal in row exclusive mode;
    set constraints all immediate;
    -- Put off first, in case it can be had by nobody now.
    update refusal set retry_at = clock_timestamp() + interval '10 s' where id = key;
    return query select * from chaishots_try_again(array[key]);
    return query select * from chaishots_publish_due(actor, 0);
end $$;
"""


def _changed(source: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        source = source.replace(before, after)
    return source


def _function(source: str, name: str) -> str:
    begin, rest = f"function {name}(", "end $$;"
    body = source.replace("create or replace", "create").partition(f"create {begin}")[2].partition(rest)[0]
    return f"create or replace {begin}{body}{rest}\n"


_written = _REFUSALS["_written"]
_KEEP = _function(_REFUSALS["_KEPT"], "chaishots_keep_refusal")
_ISOLATE = _function(_RETRIED["_STEPS"], "chaishots_isolate")
_RELEASE = _changed(
    _PUT_OFF_AGAIN["_RELEASE"],
    (
        "            if is_done is not true then",
        "            set constraints all immediate;\n            if is_done is not true then",
    ),
)
_DUE = _function(_written(_RETRIED["_BATCH"]), "chaishots_publish_due")
_TELL = _function(_RETRIED["_TOLD"], "chaishots_tell_refused")

_CATCH = "exception when query_canceled or assert_failure or others then\n"
_LET_OUT = """
            get stacked diagnostics errcode = returned_sqlstate, context = pg_exception_context;
            if chaishots_gave_up(errcode, context) then
                raise;
            end if;
"""

_NEW = (
    _changed(_KEEP, ("interval '30 s'", "chaishots_pause(0)"))
    + _changed(
        _ISOLATE,
        (
            "updates := pg_stat_get_xact_tuples_updated('lesson'::regclass) - updates;\n",
            """updates := pg_stat_get_xact_tuples_updated('lesson'::regclass) - updates;
                if chaishots_gave_up(errcode, context) then
                    -- At which, if that can be told: as above.
                    raise exception using errcode = errcode, message = message,
                        detail = 'chaishots gave up: ' || jsonb_build_object(
                            'lessons', width,
                            'key', case when width = 1 then ids[first]
                                        when is_counted and updates < width then ids[first + updates] end)::text;
                end if;
""",
        ),
    )
    + _changed(
        _RELEASE,
        (
            "            exit when errcode !~ '^(40|55P03)';",
            """            if culprits like 'chaishots gave up: %' or chaishots_gave_up(errcode, context) then
                raise exception using errcode = errcode, message = message,
                    detail = 'chaishots gave up: ' || jsonb_build_object(
                        'key', key, 'lessons', cardinality(parts),
                        'culprit', case when culprits like 'chaishots gave up: %'
                                        then substr(culprits, 20)::jsonb -> 'key' end)::text;
            end if;
            exit when errcode !~ '^(40|55P03)';""",
        ),
    )
    + _changed(
        _DUE,
        ("    are_noted boolean;", "    are_noted boolean;\n    alone jsonb;"),
        (
            "exception when query_canceled or assert_failure or others then\n        noted := 0;",
            "exception when assert_failure or others then\n        noted := 0;",
        ),
        ("clock_timestamp() + interval '30 s', false", "clock_timestamp() + chaishots_pause(0), false"),
        (
            "retry_at = excluded.retry_at, is_told = false;",
            "retry_at = excluded.retry_at, is_told = false,\n               goes_alone = false;",
        ),
        (
            "-- A release goes with others as long as a batch has room, and else alone: nobody waits for a long one.",
            "-- A release goes with others as long as a batch has room, and else by itself: in the next batch, or, if\n"
            "    -- it is larger than any, in a statement of its own.",
        ),
        (
            "room := case when went = 0 then 2147483647 else size - went end;",
            "room := size - went;",
        ),
        (
            "is_full := is_full or line.what = 'full';",
            """if line.what = 'full' and went = 0 then
                    alone := jsonb_build_object('key', line.id, 'seconds', 0, 'is_large', true, 'lessons', (
                        select count(*) from lesson where release_id = line.id and status = 'scheduled'));
                end if;
                is_full := is_full or line.what = 'full';""",
        ),
        (
            "where retry_at <= now() order by retry_at limit 50",
            "where retry_at <= now() and not goes_alone order by retry_at limit 50",
        ),
        ("from refusal where retry_at is not null),", "from refusal where retry_at is not null and not goes_alone),"),
        (
            "'took_s', extract(epoch from clock_timestamp() - began),",
            """'took_s', extract(epoch from clock_timestamp() - began),
        'alone', coalesce(alone, (
            select jsonb_build_object(
                       'key', id, 'seconds', extract(epoch from retry_at - clock_timestamp()), 'is_large', false,
                       'lessons', (select count(*) from lesson where release_id = refusal.id))
              from refusal where goes_alone and retry_at is not null order by retry_at limit 1)),""",
        ),
    )
    + _changed(
        _TELL,
        ("    key uuid;\nbegin", "    key uuid;\n    errcode text;\n    context text;\nbegin"),
        (_CATCH, _CATCH + _LET_OUT.lstrip("\n")),
        ("clock_timestamp() + interval '30 s',", "clock_timestamp() + chaishots_pause(0),"),
        (
            """-- 30 s, twice as long each time, to an hour; spread, so that not all are tried at once.
               retry_at = clock_timestamp() + (1 + random() / 10) * least(interval '1 hour', interval '30 s'
                   * power(2, case when kept.version = excluded.version then least(kept.tries, 10) else 0 end))""",
            """retry_at = clock_timestamp() + chaishots_pause(
                   case when kept.version = excluded.version then kept.tries else 0 end)""",
        ),
    )
)


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TABLE + _NEW + _written(_ALONE) + _RETRIED["_SEARCH_PATHS"]


async def downgrade(db: BaseDBAsyncClient) -> str:
    functions = _KEEP + _ISOLATE + _RELEASE + _DUE + _TELL + _RETRIED["_SEARCH_PATHS"]
    return (
        """
drop function chaishots_publish_alone(text, uuid);
drop function chaishots_put_aside(uuid, text, boolean);
"""
        + functions
        + """
drop function chaishots_gave_up(text, text);
drop function chaishots_pause(integer);
        ALTER TABLE "refusal" DROP COLUMN "goes_alone";"""
    )


MODELS_STATE = (
    "eJztXWtz0zgX/iuafKHMdBkohUL5lLZhybttyrQp7C7d8Si2mnjrSEGSGzJs//sryXZ8T2"
    "znUjvoC9SSjuw8R5fzHB1JP1vmCNpsRDh70Ta5/WDzWesY/GxhOEbij6zsfdCCk0ksU6Zx"
    "OHCUCIwWHDBORYJIv4MOQyLJQsyk9oTbBMvSlxgBUQ8eIkDuABFPfGTj4T6wsfhLJFILUf"
    "kwHdnmCNgcTCEDU2pzjvAHQMmUAUhFOezMAHoQZaFlIWsfDGaAU3s4RJS9kJ9iEVN8i6h6"
    "q291sf3dRQYnQyTqpeLd3/4RyTa20A/E5OO3Fhn8i0xu2JYUYOh76x9ZZHJv3NnIsWLqkL"
    "kiT2UYfDZRiSf2sIv5R1VY/tCBYRLHHeOIwGTGRwTPJWzMZeoQYUQhR/IdnLpSO9h1HF+R"
    "gcK8nxAW8b49ImOhO+g6UsdS2vuCMK1lGL3LvnHd6RtGK6X/QCKiHD/JJFi2HfGpTEEwlJ"
    "/w2/uDg9evjw5evn777s3h0dGbdy/fibLqe9NZR4/ex4RweVUp0Lq/d3t9+UFENFCv5cqE"
    "RyUDOfSklIpC/CFPw38mEOT2GGUrwJNI4G/5Ii+CP5LaCLBfpI4gIdRH2MUWKuT6u3PmPe"
    "09Mx1i3hvyExiH48ne82fPV1DSArz73YvOdb998VlWP2bsu6Owa/c7MudApc4SqXtvn8cV"
    "NK8EfO32PwH5CP6+7HUUxITxIVVvDMv1/27Jb4IuJwYmU0P00ghOQXKQJIpGVG1yQtPa7q"
    "MfOV1tLpBQtgBoq+pdT39bpMrOn/2YFntf2lenn9pXexftP5/HNHl+2fs9KB6qsXd6fnmi"
    "eloMbvmF5fD2JTTgFQD3Zx0FWgnUE2Ia+urQexN+HPibm+7ZQuA9oQTsrmtbL6RoAfD9Sb"
    "sB2CuYX3tzQHR0Vz80jugA3RGa0Y7/d33Zy4YzlEjOzbbJwX/AsVnKRmo0mhKKxS052WgT"
    "sMsKUqP2HUcZk2Q+7HMBjXo51CUluLuPGKUyYQDN+ymklpHKIQckr2w6a3wwTqZADIcKSP"
    "mL5e+LEMGJ3Sf3CLdyeGKQvb+MJ05swYuCkkuJYhvcI0GuiOJnpxfX+2Bq8xGAgow56IPH"
    "xGzOwAgyQdiYKD3haeJXuZblRC6XtJUb51ce4NfF22I0IdCgIb/kaHM0YemYn8/N1P8lLJ"
    "mgvDZhKpgwsrukwT4dQdrB7lgB3hUfCLGJUsAHsnUGvnXVaZ91ro4BRdBC9BZ/6Xa+yucH"
    "G03lc+es278Uz8iyBe27xe2zi27vGEBrbOPkqJPj0RjDH4aD8JCPxOPbBRoM9JWkw4EiD2"
    "ROXD9qYDXkKJblL8KQzrI7RVwuoaHBjCNWHx2to3Oc+FPuvHMISE+6vfbVX9m94yRjij75"
    "q99pJ/A3RbsR+BjlHUZxyVo5jnpkuqfdQ56CHci44bJKKk7KrkHJzbGIG6dpih7EoFhFz3"
    "FJreU6axn9mNiiugpajktqLddNyyWYc5SzofGEcITNmSEYI8uwovwaPv5xhRyY44oOaXE3"
    "rPAPNGuuERWm+i31ccPuhgRw2U6HNLoLXQ8J7RZ1QFAkNME44CPoLQibkFIbWYC4HBBBdX"
    "xvgvQtQMymcgmZgyHh++COUDAdEbVUzBC2mMyBQ4Fjlo9icy/Sboy6uzH89ljUi+EXrzOX"
    "rq8Tw+tmFWhyUlIT5aQGihJlb/gyGIfczZhlcwNbUnLLQ1zqb2r5QS4Hrw6PDt+9fns4j2"
    "2ZpywKaQnCV1LgjpQPKwPdBes0KUm9YLPCMpmH5oBYGWP7onEmIVhxmGkO+todp91xlei7"
    "57cuZ6JGZdZpqNa3ey0xS1NMOYFvGtyPhCJ7iAXnSi355DLh6AJxM6FNcWCRTOF0zpliLU"
    "tgYCEHcW+BrH192j7rtB6fbPX+HDFG8tbu/cz9JfTZCYsViu9+EHybAEFMIeW2GBxkzDUE"
    "HNGxz2PlivvEgZLXyj9VOKogtpZ6kiYeyg7hXlfFmhXXnRV7Tc7A7niQFXCUSxNScpVoQt"
    "3GoXXzBG7zrOX8fK/DXED7HSr4HZg7HguTvwzgEZEnhjwycty2nj27bW3KBN0E8uLVmHne"
    "+lJ0OCm3EhnelC5+Pj47Pv5XDHeDjSllI+xYvJ4jnBeKXiymKFlHncel1pfuWefy2LNebn"
    "H7qt89Pe8cB0ZM0tIpEj20aLgPNHSUGz10lIweslyq2roxzlr4WrDdLCG4Qz65rWw8i5iV"
    "zJjALNvyhBAHQZxjXoZSSVeRENtmD8hmA2txEV1enseGoJNucuC/uTjpXO29Uu1dFLJ5Ds"
    "jBoOFAPHQFYzIm1C47MS+qo86DUG2n6CSgzIAP0PbQSemlTSnMcZ0uqSehm61P3VtRzrd/"
    "csB1qVPK/knKaftnjfYPcweKT5XWSkpQq2WNauEjdzzAYsgoxxRiUloh6+wnOWvExRhC7k"
    "rxtqdli8I7nsEKzq7aH/vHQGXf4uvTT52zm/PO2TFg5ghZroOsW/z55uS8e/1Jpk7cgWhH"
    "I5kqoe1+kYmQmiP7AVlVOMT7AhzifS6HeJ/kEP73VVhyi0vqgMo6r7vNW2F1PesA6UZo2h"
    "9aKug5Lqm1XGctB2MvorTc6ScpwUqzbIM0uxHuq8NUdrt7uROrooLjklrBNVXwA6Is8xyj"
    "XJd5ROJp16ZfVdfgutejKXIQZKhkPFdcSh+Rk3BnIDouGyAXiuj4uCXxcQKqNLRVwuP6fk"
    "3NRHV5aFzYprIj4zLGgfUAexVW1sj+vxTa+PgXQ1d8AujdnJ8/YeDhZ9vkLkWt7MjDIHd/"
    "SejhJFKuwI49v7i3kc47qoMBd+IQqE5rdbE85lXuorv+1P7t4M1bGUA4lWVF2kzun+MfVK"
    "jgne0g78RX/4BYJmpS4Yb+GzLOmN3629ccxSjdqiWiGCu6UZ/2UNn4ESyHRc5gOcw/hOXw"
    "+ZIoxqlt8YydZrm24by8jlrMsBJHYgoYZRCpXDhDAY1nZjiEQ9xSTp9QQoc6VHD3PEBqQ8"
    "xLrS9GZWqyutjQPXlOxtCxYEOkk+l40Qu6qwR+andnuUGoad4wF6tTrpjtc7NSDs+EbJ3W"
    "jX51HZc4UmfTrJKSIYXjVg6r9HP3l7HKSLkCrNIURg9Dx2qjGZM0zNtlxNT1IfIykSDmUG"
    "5NGwuqlkUOq1VS5D6RSKRLYoVdELf8u0X0Trat7GTTe622amNHP7ME6AkxvedK77naKdN7"
    "lS0PeqvDmnrGqlsc9NaGaOSSaPElDzmKiOjBRQdqJ5VRLFC7eSHZOlh3J0m59qz9QgrWgY"
    "Q7rmAdSFh1SbOEczIev7X6Id87FrtV7mjvmAMWDzOoTIDmJUZ9Iv4phKnvwz2d19lIqyIb"
    "27ivO3ra3sQ2M5rjBcSzPpH/lognlHVt0R+78Zi3MbGQY6Sd/fMfSmWzEjPc3Oz1WpCHJ6"
    "Gq6d6ro+Q9oP2AuXmz9vN8MT+Xjyhxh6NoBg9emBnIKNKNFOSPBdcz/Na+cFUj7BFF1jaM"
    "sFMuX+L4OkIYMDJG6lZ0uSABgV8PkJfX+HenW+qQPXkmPQSyRiTYjr+MIRct5Jjqxb7ZDA"
    "wJFi8KDucT/0vw0usiW33zCgFz8cZRdNEkLlWDxZOnjqjeX7BQ4mu6CoeJSWoTt0Ym7kor"
    "x6nul24YgWlRfH6MrBE3sdMtjQqPjzkFTqNddUn+Ct25DDo5k1eQu2zaopFyBeYrL2h67o"
    "GjcnndsQAmHFhEXYoSnR8g8GPl99VhsFM56diiBmrLOOvsW1k29I5f7+jZOs85VCis3EJx"
    "KKGXwKqEwDbXzVHTKG41wJTAc17+adF8WR8EKeJ0Vum6x1BOL4/UzfJMnK7JiVPhdM1A6o"
    "lP15xPtDU+XBNOoc2ZIafaQeYezoVYZ0jrE02Xgz4kMhjEIbgs3nFBDfVyqBVBqXgt8N16"
    "L3/W7olauCfWzKK93ep5LHq+l30Jiw7LFQhsly+yAEM8Eo/u+VHl+OAxXxMEXFUQW64i1c"
    "dkjDDPCnJfvcJfjx83LaBd/Z8COp8xB+U1X65ydchuhNaRiXf/V/KyqM+d3jGQmeUOQD1t"
    "904756qsKX+449Qp3k4fgbpzdoKOqvyFNa0Px3ySqU/HtO5499IxrTuu4AYv9jQxptXn2x"
    "mewHJRreGtsI2coFYMay3vulFRwNl+myBAeKHTJjhLstABd5By79ZbP87DOzHOu+9URr/N"
    "b8DNPKCunLT2xdTdF6NO1yx9SW5CSi+rP/0VufUcSrdm6+szA2q4rVebb+sYSOoWOV7fka"
    "X6ady54cFVzo1eIUC4HtiuP0S4LoSjKYBvnHGonUg5lCPYpbSYc8xLFQu2DvZUqVOp4YC4"
    "/lHV8v2SOHgame/SoWgofifgBJiQZVCRNdWpCUrdCYpeLNZWtLaitRW9YSfoivNtypJc01"
    "7sHdxrlrcbO/JTk/uxI7vb47ux43Zocj92dK/2yruxwy34C8yqNqK2Ocqxq/zMZYYVDIst"
    "s6zy1bFmuyZ3pMk0azIGGV/3tW2v6+Hs+VZM7hief2dK/iDeTFsmHjh18OZNgdApUSo3eE"
    "rlJXYQiH5VAmG/+A6i++rlywLoilK56Kq85G0fmCNc6g6EiEhNTMLmXD3xpJHlj/8H8f5Z"
    "LA=="
)
