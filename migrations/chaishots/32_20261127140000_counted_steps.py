"""The lesson at which a statement failed or hung is known, whatever plan Postgres has for it, and after its update too.

The number of rows that were updated tells which one a statement came to, if they are updated in a known order. A join
with the wanted ids has the order of its plan, which changes with the table's statistics: another lesson was put aside
for the one that hung. So they are updated by their places (`ctid`), in the order in which they are stored. And AFTER ROW
triggers are called once all rows are updated: the last of them counts in a sequence, which no rollback takes back.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_SEARCH_PATHS = runpy.run_path(str(Path(__file__).with_name("10_20261126143000_refusals_retried.py")))["_SEARCH_PATHS"]
_HANGS = runpy.run_path(str(Path(__file__).with_name("21_20261126234500_hangs.py")))
_STEP_BEFORE = runpy.run_path(str(Path(__file__).with_name("20_20261126211000_put_off_again.py")))

_COUNT = """
-- Steps of lessons whose AFTER ROW triggers are done. Each session takes many numbers at once: between two of its own
-- calls, other sessions' are not counted.
create sequence lesson_steps cache 10000 cycle;

create function chaishots_count_step() returns trigger language plpgsql set search_path from current as $$
begin
    perform nextval('lesson_steps');
    return null;
end $$;
-- The last by its name, as triggers go: what it counted has passed all others of its row.
create trigger zzz_count_step after update of status on lesson for each row
    when (new.status <> old.status) execute function chaishots_count_step();
"""

_STEP = """
-- One row after the other, in the order in which they are stored: so the number of those that were done before an error
-- tells whose it is. The condition is written so that no index has it, whose order would be another.
create or replace function chaishots_take_step(ids uuid[], step text, moment timestamptz) returns uuid[]
    language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    places constant tid[] := array(select ctid from lesson where id = any(ids));
    moved uuid[];
begin
    if step = 'publish' then
        with changed as (
            update lesson set status = 'published', published_at = coalesce(published_at, moment)
             where ctid = any(places) and status || '' = 'scheduled' returning id, status)
        select array_agg(id) from changed where status = 'published' into moved;
    else
        with changed as (
            update lesson set status = 'archived'
             where ctid = any(places) and status || '' in ('scheduled', 'published') returning id, status)
        select array_agg(id) from changed where status = 'archived' into moved;
    end if;
    set constraints all immediate;
    return coalesce(moved, '{}');
end $$;
"""

_ISOLATE = """
-- Take the step for each lesson that lets itself, in as few statements as can be.
-- done: those that took it. failed: those that cannot by themselves, each with its error. cause: the first error.
-- trouble: an error that refuses everybody alike; those that met it are in neither. is_unfinished: time was up, and some
-- were not tried.
--
-- How many are tried at once follows what came of it. Where it fails, two counts that go on through what is rolled back
-- tell how many went well before: of updated rows, and of those whose AFTER ROW triggers were done. They are done
-- together, and the next alone. That is a guess (a trigger may update rows as well, or fail after all of them), and
-- where it is wrong, fewer are tried at once.
create or replace function chaishots_isolate(
    ids uuid[], step text, moment timestamptz, until timestamptz,
    out done uuid[], out failed jsonb, out cause jsonb, out trouble jsonb, out is_unfinished boolean
) language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    patience constant integer := 12;
    total integer;
    first integer := 1;
    width integer;
    suspect integer := 0;
    failed_at integer := 0;
    is_counted boolean := true;
    updates bigint;
    steps bigint;
    before integer;
    attempts integer;
    troubles integer := 0;
    is_done boolean;
    moved uuid[];
    failure jsonb;
    failures jsonb[] := '{}';
    errcode text;
    rule text;
    message text;
    context text;
begin
    -- In the order in which their rows are stored, as the step is taken: so that a count tells one.
    ids := array(select key from unnest(ids) as wanted (key) left join lesson on id = key order by lesson.ctid);
    done := '{}';
    is_unfinished := false;
    total := cardinality(ids);
    width := total;
    while first <= total loop
        width := least(width, total - first + 1);
        attempts := 0;
        loop
            attempts := attempts + 1;
            updates := pg_stat_get_xact_tuples_updated('lesson'::regclass);
            steps := nextval('lesson_steps');
            begin
                moved := chaishots_take_step(ids[first:first + width - 1], step, moment);
                is_done := true;
            exception when query_canceled or assert_failure or others then
                get stacked diagnostics errcode = returned_sqlstate, rule = constraint_name, message = message_text,
                    context = pg_exception_context;
                is_done := false;
                updates := pg_stat_get_xact_tuples_updated('lesson'::regclass) - updates;
                steps := currval('lesson_steps') - steps;
                before := case when updates < width then updates when steps < width then steps else width end;
                if chaishots_gave_up(errcode, context) then
                    -- At which, if that can be told: as above.
                    raise exception using errcode = errcode, message = message,
                        detail = 'chaishots gave up: ' || jsonb_build_object(
                            'lessons', width,
                            'key', case when width = 1 then ids[first]
                                        when is_counted and before < width then ids[first + before] end)::text;
                end if;
            end;
            -- Somebody else's transaction may have been in the way, and be gone now.
            exit when is_done or width > 1 or attempts = 2 or errcode !~ '^(40|55P03)';
        end loop;

        if is_done then
            done := done || moved;
            if cardinality(moved) < width then
                -- A trigger may also leave a row as it is, without an error; or put it off, or take it away.
                failures := failures || array(
                    select chaishots_failure(id, '27000', '', 'a trigger left the lesson as it was', 'RAISE')
                      from lesson
                     where id = any(ids[first:first + width - 1]) and id <> all(moved)
                       and case step when 'publish' then status = 'scheduled' and publish_at <= clock_timestamp()
                                     else status in ('scheduled', 'published') and archive_at <= clock_timestamp() end);
                cause := coalesce(cause, failures[cardinality(failures)]);
            end if;
            is_counted := is_counted and suspect <> first;
            first := first + width;
            if suspect = first then
                width := 1;
            else
                suspect := 0;
                width := greatest(width, (first - failed_at) / 2);
            end if;
        else
            failure := chaishots_failure(ids[first], errcode, rule, message, context);
            cause := coalesce(cause, failure);
            if chaishots_is_of_all(failure) then
                trouble := failure;
                troubles := troubles + 1;
                exit when troubles = patience;
            end if;
            if width = 1 then
                if not chaishots_is_of_all(failure) then
                    failures := failures || failure;
                end if;
                -- The next one is as far away, perhaps; half of that is not much to have tried in vain.
                width := greatest(1, (first - failed_at) / 2);
                failed_at := first;
                first := first + 1;
                suspect := 0;
            elsif is_counted and suspect = 0 and before < width then
                suspect := first + before;
                width := greatest(1, before);
            else
                is_counted := is_counted and suspect = 0 and before < width;
                suspect := 0;
                width := width / 8 + 1;
            end if;
        end if;
        if clock_timestamp() > until and (done <> '{}' or failures <> '{}') then
            is_unfinished := first <= total;
            exit;
        end if;
    end loop;
    failed := to_jsonb(failures);
    is_unfinished := is_unfinished or trouble is not null and first <= total;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _COUNT + _STEP + _ISOLATE + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    done = "    return coalesce(moved, '{}');"
    step = _STEP_BEFORE["_STEP"].replace(done, f"    {_STEP_BEFORE['_IMMEDIATE']}\n{done}")
    isolate = _HANGS["_function"](_HANGS["_NEW"], "chaishots_isolate")
    drop = """
drop trigger zzz_count_step on lesson;
drop function chaishots_count_step();
drop sequence lesson_steps;
"""
    return f"{drop}{step}\n{isolate}{_SEARCH_PATHS}"


MODELS_STATE = (
    "eJztHdly2zjyV1h6SVKlTSXO4UR5km0l0Y6PlC0nMxunOBAJSVyThAYArVHN+t8XAEnxPn"
    "WRMl4SE0CDVDfQF7ob/3S0GTDIDFHysq9R48Ggy05P+adjAwuyP9K6u0oHzOeRTt5GwdgU"
    "ICA8cEwoZg2sfQJMAlmTDomGjTk1kM1HX9lQYfPYU6igiYLYE50Z9rSrGDb7izViHWL+sJ"
    "gZ2kwxqLIARFlgg1Jof1IwWhAFYDbONpcKfGBjga5DvauMlwrFxnQKMXnJP0VHGvsWNvVO"
    "3+rYxl8OVCmaQjYvZu/++Ys1G7YO/4aEP/7soPF/oUZVQ+cABP7V+cWHzO/ViQFNPUIO3s"
    "v6RIdKl3PReGJMhzb9LAbzHzpWNWQ6lh0CmC/pDNkrCMOmvHUKbYgBhfwdFDucOrZjmh4h"
    "fYK5PyEY4n57CEaHE+CYnMYc2v2CoK2jqpdXI/VmMFLVToL+PkSIOF6Thmy+dtinEoGCKf"
    "+Ef308Onrz5vjo1Zv3H969PT5+9+HVBzZWfG+y6/jR/ZgAXe5UAmnDL8PLEf8gxBaou3J5"
    "w6OAARS4UIJEAf4BTaL/jGGQGhZMJ4ALEcO/7oG89P+IU8PHfR45/IaAHsEWyyXIzV/mmf"
    "v0/JlmIu1e5Z9AKLDmz188e7EGkXLwPRpeDG5G/YtvfHqLkL9Mgbv+aMB7jkTrMtb6/P2L"
    "KIFWkyg/hqOvCn9U/nN1ORAoRoROsXhjMG70nw7/JuBQpNpoobJdGsKT3+w3saEhUmsU4S"
    "S1R/DvjK22AogRmyFop+TdzH7LI+Xg91GEipff+9enX/vXzy/6v7+IUPL86vKLPzwg4+Xp"
    "+dWJ2GkRdPMvrIZvD0IivAbCPakjkFYB6zEwifr6qHcFfhTxt7fDs1zEu0AxtDuOob/koC"
    "WQ7wntFuBeoPmNKwPC3F380ChGx3CCcMo6/vfN1WU6OgOIuGw2NKr8TzENktCRWo1Njor8"
    "lRxftDG08wkSXHtCYYqQzEb7CkBivRrWuUkwuQ8ppbxhDLT7BcC6muhBRyhrbLLLOrLiLc"
    "AGU4FI/ov57wsZgibEtJNhJIq+bpGFuBpVaB7+mAGqzNhsbEHoCkUKUExICOJmGushyIJj"
    "pC/ZECJ62SpCdldhe1tZwPEMoXvSUyBgNhyyNRiz75jpZ1CiMHQb/H1JM3Hnby82FzNNQ3"
    "+eavZhGKrYSCwjy6WV2LlnPz5JhtMZwAPbsQQhhuyzAVsTCYL4sE1WrDrngxvGltTrwefb"
    "m8FZz9sULzGcOATqd/bN6dfB2e35QL36Prg+ux30FKLNoO6Y8CV6gFh3YHyrZZDTAn+rJr"
    "SndMYeX7/PoZTPVl/HbUaf4R6Jrqj4cr+7oiIWAVpDEWuRFlxBE5tjNMXAqojTKJREahyp"
    "zphpRjO1uvspCtkoN9T2bbe2uZwwBKSaDySA2LO8CPkU7zrPnt11tuVG3IrvSXp1D3mLNc"
    "h0mhsjdA/tTob15HcXGlBzg9kI/shCI6qv3MMlN1C48XF6cdNVFgadMWMGIxN+cg+xuCnC"
    "zJiZYhA2ek6TxlDtWdYwaqppEZvXHmoaM5G96FNQ5V9yvL29WKhPZBss4v8KYscf32Qjpb"
    "HShm+XutahD9tkxHeuB/2zwXVPYcqJDvGd/X04+MGfHwy44M+Ds+Hoij1D3aCIPffPLoaX"
    "PQXolmHXsQvLmIXZVmHCKBSMVeVcLM2VYgO8TN8UUbgYhcZLCklzaLSJzXHieStXm4Oh9G"
    "R42b/+I313nKR4N0/+GA36MfxrbN0w/NQwdqKQjdLOLtHi+VPWwSJeF0Coyh1FNUgch90A"
    "kdtzmNA6SmP4wJhiHTpHISWVm0xl+PfcYNPVoHIUUlK5aVSuYDmHbTZozRGFtrZUmcVIUr"
    "Qob4bPv11DE2QcPwVm8TCY8De4bK8SFbR6K/Vxy+6GzxDqA5virJDeoL9b4HCYsJFlfQ2e"
    "L19BOHJYahBFOKO1Lu9ZANJVWCv3JfhnkP6JKFsSkFAvPjfND7GFNzw9H8X+zzee8AHqt+"
    "urL9f9i56/lO9s90jVP0qtYwbnnWP7ZvBxphl8HDeDZTzBjuMJQhyFqC4jS8E9QiYEdgZv"
    "CcPFHRAMsDkbYCP+h6ur84jydDKMe99uL04G189fi0XPBhk0A+GuIKjlcohANsrlIFXYuK"
    "Hibg6VGJ7cqMDWYpCbYW17Ju3umFtzTuC4yvsFzHMUYt5bRh1Wp97AQpX43LAh4aonV0Vn"
    "BqEIL12NdQExVGwklFT21xKyphnk6iwiUBnDGVsZvM/yRjrWmP2vJ3Xi7bxiDaV4YmBCVZ"
    "N9VrWNFoWTGsSGIhKF27Q6NSJgkufVVugIhLY6XlZDfghIor7F4uYC4PsceSO6Swkcyx9Z"
    "KHFGTArwvRtxfPAsZ5e9i0xnL3jDbeF5y1yV1WCPiQfuNYGmSQSIL00mGFkKYJKESYKkAN"
    "rJG2V0fFt2YJ4s8pdxeTL4EJIN1pZAHIW1DNwIoLRvG2ffNkvW3VAgfCxZws7tLyXtyGpo"
    "obj7ihasCwvjh8OKfCwNWUy0uN7+kFzqMokiDB63mSu36XYTm4JrYElRt/W3bfgsIpOtph"
    "5FtFiuHb1+e/z2w5v3b1ecdNWSx0CLJVZTlIcnKblqWK3SYF0X6Tx2W81I7s5DfRROEqCl"
    "Zmss4iJdnifDMnKFeiwspGw0AYZsFRAaiEkNYGwwqYsc6mVVC7uSi1RgkwUv20WVKaJeGv"
    "YMifJcBNo64T1gyiibFlSwvRc9vdiCtuU/eOuxbPqDN7zJEQbNzX5wt1mN+Po4pIywj1Og"
    "bIS9y76EheWkhOdlSvcEXC0B37AYzc0YDwnkzkTySwp2c2rjJCBlkZw1ShO52OT1WarxmR"
    "hgTTbTHuzLPB6Zx1MrnMZNeKumooZhZJmPNKMvht8kcj8jDI2pzWyuRCBsZgh9OLO8nahN"
    "BM+zZgwWK5spsrIYDnRoQjfc77R/c9o/G3Qe92ZOn7sxvelm9Pkq4DfXfA7igsvV1H5g9j"
    "bicfAAU4MxB+52BgqF2PLsWFF7zASiLBn7UxSLEN5q/iSc7+llszc1sbSKm24Ve4Wu3PP6"
    "CmZCAu6Q/IAbsxOoQdPqAGR7HVYA0u9Qw+9AHMsCuJKbJwQiqyvVxzx7tU3cNL9K5nAcbi"
    "1jeFu0+OfxWa/3X8buxlsjylasY/Z6Cu2s8t/lMq3iczSZL3W+D88GVz1Xe7mz+9ej4en5"
    "oOcrMXFNZw/5VrqDxVpXrbSM2ZwztxjgAfnk9pB2BdJ0y8KkK5CqY+465SrdGmhaqpXHNE"
    "xgTx1mMalzbFQVzHlzNJkJNVZExxFKVPAADBc7Cbr0MQYZrtOCeWK02bno3glxfv7KQK6D"
    "zUr6TxxO6j8b1H+IMxb2VGWqJAAlWTZIFjpzrLHNWEY1SyECJQmyyX2ScUZczkLIPCnetV"
    "jWMZjQFKvg7Lr/edRTRHdQtv4sqFev39nfbk/OhzdfeatXTZu3ctQOv/NGgLWZ8eDWR6lq"
    "Q3wsYUN8zLQhPiZqNjSnTnjDLIpDOndbrcL6dJaV1VpBaY+11KBzFFJSuclU9nkvxLjajZ"
    "MJwFpStkWU3YrtK8NUDnt7OXO9JoGjkJLADSXwA8QkNTsr02Uegtjv2fTr+hTc9Hk0hiYE"
    "BFaM54pCyWtJY+4MiKvehBUCkfFxBfFxDFVJ1NYJjxt5M7UTq8WhccGaSo+MS+EDm0HsdT"
    "BZK/d/IWqj/C+CXfYJyuXt+fnGAg8DGi0Q1nPqKl/ZcITYP6WqK7vxhz/8GQ+DTI91gzRd"
    "PORFaq4wVSJcU10RqlzNHjHczUBc3TRrEGWCHFtXxstPCkYLogDMRmKDUmjzKjoMQ9MpU2"
    "gUYCI7JWhzkxOvEbTZrLs2D7BocgZTGN18hxpFOB3BK6CDPze/+T44HV1dCyuDIAdrMMYc"
    "2FwTIzT3gkm7mZjXa+D1OoLftF66dnxfJOnmM/HywjaIJG/jbigUtRFeUCLCf92o/W+GRh"
    "0MM4SB31skCOahcWWK57vDXVbtXpBFFGduIqBDvaswdg3dyjM3X/v/Onr3nkffu+XTZnDJ"
    "k8/pJxFnPzFM6DJ0785xsXj5aO8NJLWw/m7fvuEUAH4mWSEFoCaL22+lm+jFZ29LHB++f5"
    "t99dnbF0UyxdBpSpp2pmNlNV6G/Ke4WGZColRAZwAg8ZkaS2gyQV7lxCSAOHh9ZxtnJQ8A"
    "G8CmlYJzwjANCc1paUK7mcI6cqoJmKmnFjIaah0SEJVpeItKV7SHYeT5rDyflcd38fNZW9"
    "znmXErR8EJbQy2SYEuT53Ga/lHNmvJu5dsdTIsea+3W2TJh8aVsOQ1pmgS2BOZ8eJqDtd/"
    "QbrcJuZlzv0kCZ5LbzHzOM0grzdJsV39MxyaGwsJZMbyL5l6v19frkwO36mOEf7MCkiPgc"
    "kkcZkkflDmDjGdaZX94I+XPKjGDpggbPHiigyHKTsgJ+kyDrjvLMuUtU/Zkvn5a6scKZF2"
    "uU6CsUws3tCiXjehWCYSh/MEGLuuWFI0BCIl4wYlY/aNENu7DqJhfsBNH+ZwJylh+LLYS1"
    "WCUm/byKvDkQovK3IUV+R4Uim+7UvmlWmeB+kdlUccT4jAMgXtwAksU9DqqoAVTomijqmc"
    "/IfPv5XKfPAOfm48r1U7rcdk6kM8AW19RB1YetRjzawbfl3xNO0uujppN97iO13N2Ur1K3"
    "/1bTJNycPX4ecphev/zw0tBX8XwF6OEP+3QoYjn6vOHm5qaoCFdGiqydP81Q/FfFUxzWll"
    "TrkLyMUnwmKn34vL7VxEe4kFKy7g9XlgXi+dYeRMZ+EO6r8wNSWBtasJlD+WDFjwmENu2E"
    "LAQMoEL6gBDyuOYfgxg7ZCkAXpjBGJRxwAxZvHvc7WnUwXZf/5LXlA4TPCXpBjhrAIXXAT"
    "CgyiTJHNXuRfF8D+58hLBj7s9M3r3CofWRxloyKiUA2IjmhyVptH6Tq2cQRSmk4NMp02lD"
    "oXishaN3cuFATWxk1XmDwX5Tm7yJ4LGVe5Asw3v0qJLz/CoEwAHh/rsn8TAp79jAIp4l5N"
    "456c8zg6wmSMZjo61NNToYGfDM1j8P70JvkzK+N6x+9eQ4ClR3hkJ9JtNsKjQal0H16VcN"
    "5/eJXpveddBZfIN0xXaIZFVENbyKkIkykQ6tQuWUMkNAO3mxcKewjazivIEfcJlBIh65Tk"
    "8G2QzdfkWGdmacDsmyXl8X1ZlqOVZTmkbdFc2+IaThwCzAyp4PcWCQQcGlfCF+ZWuVhFjW"
    "Cem2Pqio2ooiOuzkd8T0DxKoN1xdWXC+7QMijn3rwwxpRhM83rtZV3PL2LNpssDjAjWLUs"
    "kwDi4IXBVmoWtPdovqGRmoLBVMDnavx+sfmqORjEkOJlDZd2GE6G9DXNqx27S5Ais8Zdgj"
    "7UniOXV4K2wYHLYAEMSlQuasepFWtzcZ0CLaPFi5E+RTwZh/seKuI7CihRXYxqYaDUOvqM"
    "QsqjzwYJieZUxfBrc2dZ0avK3QVWdDCuxKEcf5GuEEhDxSxcHyjnD67lqym+rcoMWyrKXF"
    "jIgjZNO2lbf8KnZx+3rRqG+D+B6GyL2R8v7eUa9vKBpIOhObSTWO9cfRtc9hTeWe26x9P+"
    "5engXIzV+A83zSbliMkLHw9OT5CZgE+Y0vIqwL2IPpmHeeDbS+ZhHjiBW3zY08Y8TM/eTv"
    "EEVkswLH1zSTMF1JoZhtVdNyIhM91v4+dq5jpt/JvzSt1IArDwraxi1NwrPpglOIaYx6vx"
    "p7kJtNRA6IrQ0hfTdF+MuEvQJV8FLhuDksfqacfqu6352kxWujNdXxYcbWBZNam+bYKRNC"
    "2ou7mcRWaaNDVEuCkGR1sQvnWLQ1Q5yDA5/AoI+TbHalS5YGu/XoNIgAFj5Hh3C/L3c8PB"
    "pciqAgCGU/Y7eaKlBkiKKbKhOaWB0nQDRR4WSy1aatFSi96yE3RNeZvQJDdU5+kAc82yKj"
    "2Ffmq81lOocla00lNUD43XegrXgVq70lNQ3itHrfoBxzOE7jMUK7+3SLVahMaVqerElB/4"
    "ABnmhR7Er23uKoQZLV5BJaESEahhyNSjxcww4aqKEkaU/7yuO47nqgV1LJiehFJLOW35dV"
    "Ila7pK5mCzikbmDZcKWQ2FzN1oSWzn3LERgOz7Wo2Y+uUa+y9XEUxdr8Er7OU/YmihB/bo"
    "senQeL/FB/CffYjVBCJavusHAb5knVhn3HtPN9e4vLDKjgkgmnMHWYgzefJJdT9zeyxqq/"
    "cyVSZKAlAe06yJfdWxqZEiSvJDdzKmkIGQTQ7kOZAodKaJGw8wSdNO/3Q0/D7oKe6AO/tb"
    "//ZGhJwDLoriWnSZyPL3JSLL4xQNIsvfJyLLxYeoWeUKytEhMUmDWWCnf/ObuAGG3POA/8"
    "/94fnw8guf2zAZFe7sL2yp90Qd2TrkyXM++OQ5ziTPcZw8GM5NsKyZHBgBlXywyXxQhiQf"
    "OIFlSPKBE1h643cakgwohdY8zQVSMUTAc7723fna63ra2PUnOjSZqpp2kW6tCz08/J6FZm"
    "2lmlHmTo+SxwD+Wss9DQgtyDKHAioIjS88HLjifnW85CEPBNq6AhQLEsK+2y8xB6ii8WAJ"
    "NFGMlHz8GvDF7vufq9/ieuDZv7+kS3+/Ln2PrBVjDKNQMsYwZtTx8k+QpCiChUWjPChZVa"
    "dE1ajKinYDFewIuzCRdq/yTyAUWPMtutfbpnpnOREzNe9Mv6G8obvX6tKl0ZPFZ1s9z9v4"
    "GQiPbbG1pZoWI5S5lKNAMuEqTRLYZJGWxZa9ngMIuZ7rr+eoNl9Wd4xCSd0xPz8lFBK2fn"
    "5KKA6tnbgtzE+JLq6G3YQS95TkugfC/pRS/oGwW6fYQfAVLVgXrz3vwSszQBQNWZ6Fz2P0"
    "PCvPi+ITgXxjyO9x5KF/n2L3WXnT/KlY4B666eAYLZKehV2+eI2IwqbxtiYE9W7Y9cCGGz"
    "TVo35iTDP1oTDUIWlDH4+O3rw5Pnr15v2Hd2+Pj999eLVSi5JdefrRyfALV5Ei0jupM1kA"
    "pwiVPMT7EBLptZEOTIjTvEI5WF+BSLTXRru852BdC8uLnVGJ4amYleL24sAyUqXJzjZ5p8"
    "WhU3jPZz7toWyFIx8fO2OkpxysZ3ui4nANDqxsrB/Kx2F1nhWFlFyrDVyrntmYBn1AZ0O7"
    "th49bNawImOQkgbr0qCGUZkAlVSobVtCQisqUiEQqUWtWauhxEFJ9Xt+1zgmaYKbdvOHJD"
    "UOPh7/D+VtE/4="
)
