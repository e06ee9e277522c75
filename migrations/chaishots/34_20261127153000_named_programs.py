"""Notifications name the programs that a change concerns, so that answers of others stay; a draft's names none.

`table:id,id gone`: after the colon the programs, none of them where nobody's answer changes. Without a colon it is not
known, or they are too many, and everything may have changed. ` gone` at the end tells of something that is taken down.

Nothing may be named too late: who changes what a program's answer shows, while another transaction makes the program
public or takes the thing to another program, names by what it saw. What a row says of itself (its status) is exact: the
two transactions want the same row. Whose row it is, and whether that is public, is not; that is what the locks are for.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TELL = r"""
-- Postgres folds what is the same in a transaction. Each that differs costs every replica, so a transaction names some
-- hundred programs in all; a payload has less than 8,000 bytes.
create function chaishots_tell(about text, programs uuid[], is_gone boolean default false) returns void
    language plpgsql set search_path from current as $$
declare
    gone constant text := case when is_gone then ' gone' else '' end;
    told constant text := coalesce(current_setting('chaishots.told', true), '');
    payload constant text := about || ':' || array_to_string(programs, ',') || gone;
begin
    if programs is null or array_position(programs, null) is not null or length(told) + length(payload) > 4000 then
        perform pg_notify('chaishots_content', about || gone);
        return;
    end if;
    perform pg_notify('chaishots_content', payload);
    if position(payload || E'\n' in told) = 0 then
        perform set_config('chaishots.told', told || payload || E'\n', true);
    end if;
end $$;

-- Waits for whoever is changing what is in these terms, and keeps others from it: they name the programs that they see.
create function chaishots_wait_for_edits(terms uuid[]) returns void
    language plpgsql set search_path from current as $$
begin
    perform from term where id = any(terms) order by id for update;
    perform from lesson where term_id = any(terms) order by id for share;
end $$;

-- A lesson that neither is nor was public, nor is scheduled, is in no answer; but in a program that shows what is coming,
-- its updated_at counts.
create function chaishots_tell_lessons() returns trigger
    language plpgsql set jit = off set search_path from current as $$
declare
    shown uuid[];
    others uuid[];
    concerned uuid[];
begin
    if tg_op <> 'INSERT' then
        select array_agg(distinct term_id) filter (where status in ('scheduled', 'published') or published_at is not null),
               array_agg(distinct term_id) filter (where status not in ('scheduled', 'published') and published_at is null)
          from old_rows into shown, others;
    end if;
    if tg_op <> 'DELETE' then
        select shown || array_agg(distinct term_id) filter (
                            where status in ('scheduled', 'published') or published_at is not null),
               others || array_agg(distinct term_id) filter (
                            where status not in ('scheduled', 'published') and published_at is null)
          from new_rows into shown, others;
    end if;
    if others is not null and exists (select from program where shows_coming_soon) then
        shown := shown || array(
            select term.id from term join program on program.id = term.program_id
             where term.id = any(others) and program.shows_coming_soon);
    end if;
    if cardinality(shown) > 0 then
        -- Null where its term is deleted with it: then it is not known any more.
        select array_agg(distinct program_id)
          from (select (select program_id from term where term.id = its.id) as program_id
                  from (select distinct unnest(shown) as id) as its) as found
          into concerned;
        perform chaishots_tell(tg_table_name, concerned);
    end if;
    return null;
end $$;

create function chaishots_tell_programs() returns trigger
    language plpgsql set jit = off set search_path from current as $$
declare
    concerned uuid[];
begin
    if tg_op <> 'INSERT' then
        select array_agg(id) from old_rows where status = 'published' into concerned;
    end if;
    if tg_op <> 'DELETE' then
        concerned := concerned || array(select id from new_rows where status = 'published');
    end if;
    if tg_op = 'UPDATE' then
        if exists (select from new_rows where shows_coming_soon) then
            perform chaishots_wait_for_edits(array(
                select term.id from new_rows as later join old_rows as earlier using (id)
                       join term on term.program_id = later.id
                 where later.shows_coming_soon and not earlier.shows_coming_soon));
        end if;
    end if;
    if cardinality(concerned) > 0 then
        perform chaishots_tell(tg_table_name, array(select distinct unnest(concerned)));
    end if;
    return null;
end $$;

-- Whether its program is public is seen when all else is done: then the program is held for the moment that the commit
-- takes, without a wait. One that somebody else holds is being changed, perhaps to be published.
create function chaishots_tell_terms() returns trigger
    language plpgsql set jit = off set search_path from current as $$
declare
    concerned uuid[] := '{}';
begin
    if tg_op <> 'DELETE' then
        concerned := concerned || new.program_id;
    end if;
    if tg_op <> 'INSERT' then
        concerned := concerned || old.program_id;
    end if;
    if tg_op = 'UPDATE' then
        if new is not distinct from old then
            return null;
        elsif new.program_id <> old.program_id then
            perform chaishots_wait_for_edits(array[new.id]);
        end if;
    end if;
    select array_agg(id order by id) from program where id = any(concerned) into concerned;
    if current_setting('transaction_isolation') = 'read committed' then
        concerned := array(select unnest(concerned) except select id from (
            select id from program where id = any(concerned) and status <> 'published' order by id
               for share skip locked) as held);
    end if;
    if cardinality(concerned) > 0 then
        perform chaishots_tell(tg_table_name, concerned);
    end if;
    return null;
end $$;

-- Of several programs, or of none in particular.
create function chaishots_tell_all() returns trigger language plpgsql set search_path from current as $$
begin
    perform chaishots_tell(tg_table_name, null);
    return null;
end $$;

create or replace function chaishots_tell_gone() returns trigger language plpgsql set search_path from current as $$
declare
    its_program uuid;
begin
    if tg_op = 'TRUNCATE' then
        null;
    elsif tg_table_name = 'program' then
        its_program := old.id;
    else
        select program_id from term where id = old.term_id into its_program;
    end if;
    perform chaishots_tell(tg_table_name, array[its_program], true);
    return null;
end $$;

create trigger tell_insert after insert on lesson referencing new table as new_rows
    for each statement execute function chaishots_tell_lessons();
create trigger tell_update after update on lesson referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_tell_lessons();
create trigger tell_delete after delete on lesson referencing old table as old_rows
    for each statement execute function chaishots_tell_lessons();
create trigger tell_insert after insert on program referencing new table as new_rows
    for each statement execute function chaishots_tell_programs();
create trigger tell_update after update on program referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_tell_programs();
create trigger tell_delete after delete on program referencing old table as old_rows
    for each statement execute function chaishots_tell_programs();
create constraint trigger tell after insert or update or delete on term deferrable initially deferred
    for each row execute function chaishots_tell_terms();
create trigger tell after insert or delete on topic for each row execute function chaishots_tell_all();
create trigger tell_update after update on topic for each row
    when (new is distinct from old) execute function chaishots_tell_all();
create trigger tell_insert after insert on release for each row
    when (new.status <> 'open') execute function chaishots_tell_all();
create trigger tell_update after update on release for each row
    when (old.status <> 'open' or new.status <> 'open') execute function chaishots_tell_all();
create trigger tell_delete after delete on release for each row
    when (old.status <> 'open') execute function chaishots_tell_all();
"""

# The history goes on telling that it has come on, to whoever follows it; which programs that concerns is told beside it.
_NAMED = (
    "tg_table_name || case when tg_table_name in ('program', 'topic', 'term', 'lesson', 'release') then ':' else '' end"
)
_TOLD = {
    "chaishots_record()": ("tg_table_name);", f"{_NAMED});"),
    "chaishots_record_topics()": ("tg_table_name);", "tg_table_name || ':');"),
    "chaishots_record_release_lessons()": ("'release');", "'release:');"),
    "chaishots_write_history_of_lessons()": ("'lesson');", "'lesson:');"),
}
_GONE_BEFORE = """
create or replace function chaishots_tell_gone() returns trigger language plpgsql set search_path from current as $$
begin
    perform pg_notify('chaishots_content', tg_table_name || ' gone');
    return null;
end $$;
"""
_BEGIN = "perform pg_notify('chaishots_content', "


def _tell(*, back: bool) -> str:
    """Have the history's functions tell otherwise, as they stand: each in one place, or the migration fails."""
    made = ""
    for signature, (before, after) in _TOLD.items():
        was, becomes = (after, before) if back else (before, after)
        made += f"""
do $do$
declare
    was constant text := pg_get_functiondef('{signature}'::regprocedure);
    becomes constant text := replace(was, $is${_BEGIN}{was}$is$, $is${_BEGIN}{becomes}$is$);
begin
    if becomes = was then
        raise exception '{signature} does not tell of changes as it did.';
    end if;
    execute becomes;
end $do$;
"""
    return made + "select chaishots_write_history_of_lessons();\n"


_SEARCH_PATHS = """
do $$ declare its regprocedure; begin
    for its in
        select oid from pg_proc where pronamespace = current_schema()::regnamespace
           and (proname like 'chaishots\\_tell%' or proname = 'chaishots_wait_for_edits')
    loop
        execute format('alter function %s set search_path = %I, pg_temp', its, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TELL + _tell(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        _tell(back=True)
        + _GONE_BEFORE
        + _SEARCH_PATHS
        + """
drop function chaishots_tell_lessons() cascade;
drop function chaishots_tell_programs() cascade;
drop function chaishots_tell_terms() cascade;
drop function chaishots_tell_all() cascade;
drop function chaishots_wait_for_edits(uuid[]);
drop function chaishots_tell(text, uuid[], boolean);
"""
    )


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
