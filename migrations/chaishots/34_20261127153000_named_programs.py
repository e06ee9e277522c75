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
    "eJztHdly2zjyV1h6SVKlTTnO4cR5km0l0Y5jp2wlmd04xYFISOKaIjQgZI12Nv++AHiT4K"
    "kLlPGSmAAapLqBvtDd+LtjTIHlThFxn/cMYj1YZNU51f7uOGAG6R+i7q7WAfN5opO1ETCy"
    "OQiIDxy5BNMG2j4GtgtpkwldA1tzYiGHjb52oEbncSZQQ2MN0ScytZxJV7Mc+hdtxCbE7G"
    "E5tYypZhFtCVxtiS1CoPNew2jpagDTcY690uADHQtME5pdbbTSCLYmE4jd5+xTTGTQb6FT"
    "7/StC8f6cwF1giaQzovpu3/8pM2WY8K/oMsef3TQ6D/QILplMgAX/tn5yYbM7/WxBW0zQQ"
    "7WS/t4h05Wc954Zk0GDvnAB7MfOtINZC9mTgxgviJT5IQQlkNY6wQ6EAMC2TsIXjDqOAvb"
    "9gkZEMz7CdEQ79tjMCYcg4XNaMygvS+I2jq6fnU91G/7Q13vZOgfQMSI4zcZyGFrh36qy1"
    "EwYZ/wj3fHxy9fnhwfvXzz9vWrk5PXb4/e0rH8e7NdJ7+8j4nQ5U3FkTb4OLgasg9CdIF6"
    "K5c1/OIwgAAPipMowj8gWfRfUAwSawbFBPAgUvg3fZDnwR9pagS4LyJH0BDRI9pihQS5/d"
    "O+8J6ePjFsZNzr7BNcAmbzp8+ePFuDSAX4Hg4+92+Hvc9f2PQz1/3T5rjrDfus55i3rlKt"
    "T988SxIonET7Phh+0tij9u/rqz5HMXLJBPM3RuOG/+6wbwILgnQHLXW6S2N4CpqDJjo0Rm"
    "qDIJyl9hD+lbPVQoAUsSmCdkrezey3IlL2fx8mqHj1rXdz/ql38/Rz7/dnCUpeXl99DIZH"
    "ZLw6v7w+4zstgW72hfXw7UMohDdAuC91ONJqYD0FplDfHPWewE8i/uvXwUUh4j2gFNoXC8"
    "t8zkArIN8X2i3APUfzS08GxLk7/6FJjI7gGGHBOv7n7fWVGJ0RRFo2WwbR/qfZlpvRkVqN"
    "TYaK4pWcXrQptLMJMlx7TKBASOajPQRQWK+HdWYSjO9jSilrGAHjfgmwqWd60DHKG5vtmh"
    "3P0i3AAROOSPaL2e+LGYJza4juodPJsROD7m6ZnTi3qF0UjCw1FHvaPaTGFeL22fnn2662"
    "tMhUA9QYs+F7zxKziKtNgUsNNpeOnpOs4dd4lnJDLtdoq8fn12bwm7LbEmZCQEGdfcnJ9s"
    "yEUp6fb5vx/2toMsF4pcI0UGHYdski+3wKcN9ZzDjCB/QDgWPADOIDWJkR37np9y76N6ca"
    "hsCE+M75Nuh/Z88PFlyy5/7FYHhNn6FpUbPvzuldfB5cnWrAnFlOmuvkeDRm4C/dhs6ETO"
    "njmwIKBvRKm8MBIY9ZT5I+nLHqjIuJ/EUOwCvxpkjCpSg0WhHoykOjTWyOM1/khpuDovRs"
    "cNW7+Zd4d5wJRPTZv4b9Xgr/Bl03FD96fYdRElIqx9EVWj5V7iGPwDZwib5wG5E4DbsBIr"
    "dHI24dpTF8oEyxCZ2TkIrKMlMZ/jW36HQNqJyEVFSWjco1LOe4zQZnc0SgY6x0ajG6Ai3K"
    "n+HDbzfQBjmu6MgsHkQT/gZX7VWiolZ/pf7asrshhTix0yGL3ULXQ4q6VR0QGFJKuEQjU+"
    "AdCBsAYwuaGloQDVFTx/cmMN8CcNwlO0Im2gSRrjZGWFtOET8qdqFjuqwHTCgeRT6K7b1I"
    "uTFkd2P467GqF8MfLrMtLa8Tw9tmDczkNKQylNMUqGooe+xLdwkgC4GUzQ1sycCVh7jIr2"
    "r5QS7HL16dvHr78s2rMLYlbCkKaQnCVzLInXIflgC7Bec0GUh1YLPGMZmHzREyBby9iM+k"
    "ABuymfZgX7njlDuukfnu+a3rqahxmE0qqvJurxK1NGMpp/CbRe4HhKE1cajNlTnyybWE4w"
    "fE7URtxgamzRgsQ5spsbIoDkxoQ+IdkPVuz3sX/c6vvZ3eX0LXRXln935nt8R8tqNhleK7"
    "H6i9jTRqmAJMLMocWMw10AjEM9+OZSfucxswu5b9ycNRqWFr8iem4kFxCPemJlZWsexWsb"
    "fkdGcxG4kCjnLNhAxcIzNBNj60aTuBWER0nJ/vdQgBlN+hgd/BXcxmVOWvg/AYyJ5RHuMc"
    "d50nT+4621JBt4F5+mrH9bz1tczhNNxaxvC2aPH3ryenp/+h7G60NaJsxTqmryfQyQtFrx"
    "ZTlJ5DZr7U+Ta46F+fetrLndO7GQ7OL/ungRKT1nSqRA8VsfuAQie50UMn6eghc4H5Wtdn"
    "ooOvgnSzFOAB+eR2kngWUytdfQ5EuuUZQjYETo56GUGlXUUUbJc7QGwNbMRFdH19mWBBZ4"
    "M04//6+ax/8/QFX+90kEVykBwwDRs4kwW1mPQ5tuoK5qI5ZGZC0oroNEJdHTwAy8NOhi49"
    "jEGO67RknhRtdi66d0KcHz9zkLvAdi39Jw2n9J8N6j/uYsTtqdpUyQAqsmyQLGS6mI0cyj"
    "LqWQoJKEWQTe6TnDPiahZC7knxrsWyicGYCKyCi5veh+GpxrvvnNvzT/2Lr5f9i1PNNabQ"
    "XNjQvHO+fD27HNx+Yq3zxYiuoylrZagdfGONABtT6wGaTWyIdxVsiHe5NsS7tA3hf1+DI7"
    "ckpAqolPncLaDVf5FTy4GYhmu0J1tE121oyiEHaL7HVHB6K3aZz9Yb0DkJqajcBirX5aVp"
    "OMVLG/NSHWJcr+pPBlBhv4HPR4VnHTZrW8zNhgROQioCS0rgB4hdYf2u3KOiGMR+YzJeNK"
    "fgpuMwMLQhcGHNOMYklCoNlXLjQTyrGxgagai40JK4UIqqLGqbhIUO/ZnaidXykNBoTYkj"
    "QgV8YDOIvYkma+X+L0Vtkv8lsEs/Qbv6enm5sYDbiEZLhM2CtOBrBw4R/adScrAXd/s9mP"
    "EwyPSraXCyh4eiCOUQUxXClPWQUOXBysMp1PhwL/MWaN4UrBDYGC0cUxutYsWf/XLQ8ZrP"
    "GrCpEZ4NVt7kxGsEK/sYqScNE0AShC7vWxp2tfww5RymMLz9Bll1YDGCQ6CDjxe5/dY/H1"
    "7fcCvDRQtswBRzoHONrdjcSyrtpnxev8GlWIx+03pVEdP7Iku3gIlXF7ZRBkUbd0OpqE3w"
    "ggqZLetmq3yxDLLAMEcYBL1lgmAeG1ehzIM/3GPVXn03V1vMbQR4iX/KriHmpRduP/X+cf"
    "z6Dcs6WbKxtG3Fii6Q9zy/ZGzZ0GPo/q0CfPGy0f4bBBcT7PztG059YWfxNVJfGrK4/d5E"
    "kKzb96rCsfmbV/mV+149K5MplkkE5QlyHSvheJXqInCxTLlEqYHOCEDhUxhDa1NBXufEJI"
    "I4eH1nG2clDwBbwCG1gtLiMJKEpLW0kIMtYB0FVTRs4amFigJchwSuTjW8Zb2rQmIw6nxW"
    "nc+q47v0+azDy9G6lm/f1jqhTcHKFGT02Gm8ln9ks5Y8RhMMZp0cS97v7ZZZ8rFxFSx5gy"
    "qaLjzlFSFcZvp6/guX3/PHbv0LkoNYDYkZNY9FBnmzSapc/BcLSU+FY1JjOf8SQFVyYie+"
    "XFUUYac6RvwzayA9BaaKI6jiCAdl7rj2YlJnPwTjFQ9qsAPGCM9YUVGKQ8EOKEg2TgPuO7"
    "tYsPYJXTI/fm6VI2XSjddJrFcJ9Rta1Osm0qsE+nieAGXXNUvpxkCUZNygZKT9llhbzD3L"
    "iYMcUG2ajR3mMCepS/E1oy/VXSTCbWH9GSG8qkRTXonmUaW2ty+JXaXYHqR3VB1xPCICqx"
    "S0AyewSkFrqgLWOCVKOqbWvxbNP/i59b1W7bQes6kP6QS09RF1YOlR9W6NSxwZOhOB/6JR"
    "2o2/+M7DOVupfhWvvk2mKfn4Ovw8pfi9F3PLEODvM3BWQ8T+rZHhyOZqsodlTQ2YIRPaev"
    "Y0P/yhmK0qqjmF5pS3gDx8Isx3+j2/1NFDtJ9YEHIBv88H83vJFKPFZBrvIMELhSkJtF3P"
    "oPxXxYAFnzkUhi1EDKRK8IIe8bDyGIbvU+hoLppBMqVEYhEHQPPn0dg10po3mcmvu2C3Qw"
    "KNzQhPoxwzhHnogpdQYLnaBDn0RcE1GfR/hrxs4MNO37xGFkJycVSNikhCSRAdIXNWm0/p"
    "JrZxAlKZThKZThtKnYtFZK2bOxcLAmvjpitNnkvynF1kz8WMq0IBFphflcRXEGFQJQCPjf"
    "XYvw0By35GkRTxrmTyTs5ZHJ1LZYxhL0xoilOhQZAMzWLw/vAn+SMv43rH715DgIkjPPIT"
    "6TYb4SFRKt3bowrO+7dHud571lUsyGTTFeSwiBpoCwUVYXIFQpPaJWuIBDlwu3mhsIeg7a"
    "KCHGmfQCURsk5JjsAG2XxNjnVmVgbMvllSEd9XZTlaWZZD2Rby2hY3cLxwgZ0jFYLeMoGA"
    "Y+Mq+MK8Khdh1AhmuTm2qTmIaCZi6nzC9wQ0vzJYl1/5umQOLYsw7s0KY0woNkVer6284/"
    "FdMCuzOMCUYPWyTCKIgxcGW6lZ0N6jeUkjNTmDqYHPcPx+sXkkDwYxJHjVwKUdh1MhfbJ5"
    "tVN3aBJkN7hDM4Dac+RyKGglDlwGS2ARV2eidiSsWFuIawG0ihYvR/oEsWQcW3hNSCG+k4"
    "AK1eWo5gZKo6PPJKQ6+pRISMhTFSOozZ1nRYeVu0us6GhchUM59iJTcyGJFbPwfKCMP3iW"
    "r6EFtio1bAkvczFDM+gQ0Unb+hM+Pvu4bdUw+P8ZROdbzMF4ZS83sJcPJB0MzaGTxXrn+k"
    "v/6lRjnfWuOT3vXZ33L/lYg/1w25YpR0xddHpweoK66FQOdqiyMB/bLlPXMO5jn6kc2APf"
    "XioH9sAJ3OKDtjbmwPq+DoEXtl5yZ+VbY+QUUGtmd9Z3m/FkWLHPLMiTLXSYBbcWVroNBm"
    "Du1wrjA73rVagVPoKYxQqyp7kNDGEQek1o5QeT3Q/G73H0yFeDy6agVEiDKKRht/V25WSl"
    "O9P1VbFXCUvaKfVtE4xEtoB6eTmLyvKRNTxbFoOjLQjfusXBK0zkmBxB9YlimyMcVS3QPa"
    "iVwZOPwAgt/Hsd2fuZ4eBRJKy+gOGE/k6W5GoAV2CKbGhOZaDIbqCog3qlRSstWmnRW3aC"
    "rilvM5rkhmpsHWCeX16VrdhPTdfZilUtS1bZSuqh6Tpb8Rpca1fZikqrFahVHyA0+w7Bqx"
    "zVKuovU6/G0AsGquTS9RO9EQ4y+YIKVV6oYpf1LIHLIxV5MqBfN555cpm+xLAdVsASun03"
    "/4bHp3nt2/wt0rLu6Y/JIrVafF4AK7PG1flyc/3xpvf5NFjKd85l/5YK21N/QacXfZXAuy"
    "IBFMj9k9zAu5NM4F3uBRBn1mR7d0DItbx9sf/u+Pjly5Pjo5dv3r5+dXLy+u1RKP+zXUV0"
    "OBt8ZLpAggZZF5vl6h4jE+C+JLkqgttz/sn2+csG81AOsgSfin8Txr8ZeffwFrK1FOQhHT"
    "HugLnJkxLEVN6PYF6gELPeKuqwPvEHlqrElxYrgUdVT6aKTi1WzWXlaaxLiCGvfcF0Tqit"
    "IPFqXNDF5UJtBKd0ZbC+mT+SH3FDM6sTb+cVayjFYwu7RLctYRJlwUZLwikNopYGka9Qs5"
    "LCDaiRAFM8r7FC50Lo6CPBBY1FyI8BKdS3WNx8Bvi+QN7w7koCZxaMrFTWj1cRjzs+WFKo"
    "x94plbr8GEoDQazcaMW9IazA+JIXaYK27XKQQJqMMZppgEoSKgnE5f62/sZ1ygAqa1YWWR"
    "Qs4+pkCCAUG2wsgRgKGxm4CUBl30pn38ol624J4D6WPGHn9VeSdm44tFTcfUJL2oW58cNg"
    "tSlwNQPNqGjxvP0xueRVEiSBuGLKrdhuolMwDSwr6rb+tg2fReSyVeFRRIvl2pohjgWFzS"
    "VRHh6l5GpgtSqDdV2k38M50cGYiNIwilCfhFMEaKnZ2rMhJjli3OsrE+EgHFUtHnNKZ6Pr"
    "wvTuEYmf6rNLskbIXHExy3oNVt+oy2sFL+FoitC9e6pBYExps0HntxwuXxE2vQtFeA6Yz4"
    "tzIjd3+XZlxLZlPxapBAcfoeDFI+g3/Q9fb1lNIG9TPPfr7kWlhfTrb/2bi6/9qMLQc/QA"
    "sbmATWIYXrypEMTwIm1jRVEMrCulPvDvrpmtkgBSySoqA2gHSJWnzlWLENwKF02y4mlri+"
    "Mnw9efbC1qfSupBPW3lYTbKZEsYyPjXmefQLWM2Xx7yTKt2GLymE7fPaOgIzaegt4y82kZ"
    "G1flFmMMNfgAKTF57plL/+pqrjVx/AuEuRXiQgND8l5bTi0bhhHTGDE/q+mfznGfZnhvIz"
    "V4kPDq4i2/7vEFY7ctDW6B7ToyzB8us8EjreTyNloW2z2MwUqM7ggkhfF9p7z5RmRYNbLr"
    "N/hRtN3QyJxRG9Ls+iZDbHzQEgAEzwFE0krtpk1SlnJH6Cr98XOr2suPn5n4H8YL6+yYCE"
    "IerS/GmXz5pHufuUXlYxs7ypM4en2iZABVaZw1sa8vHGIJREmxap4zhSo+K5tafoBV16km"
    "bj1AgcO0dz4cfOufat6AO+dLz3OczgETRU2coVV8ofmu0Iwn1PsQPc8DUY0OmUkkZoGd3u"
    "1vjALAvWce6w+9weXg6iOb27IpFe6cj3Spn2oTv3b4nvPtMJzbYNXwMpwEqOKDMvNBVQb6"
    "wAmsykAfOIFVBZSdloEGhMDZXOQCqVmWzXe+9rz52ut6WrM8W4RZE9pUVcWivCQfNLgKvg"
    "5+L2KztlLNEOO30TFAsNYKTwNiC7LKoYAOYuNLDweumV+dhRkj5qc3NaDNoOvS7w6uVAdE"
    "M1iBOh6rlPX2N4Avd9//CH+L54Gn//5ULv39uvR9staM6khCqaiObCUPVmlIwGDLLkn2od"
    "QtshVuSVZn+49F9c5zIuYnUef5Dasp3pIpKJuu5a2ikfZzBsLqzznGShfVZSwoxhAHOqTc"
    "io2tZ+C4S1HKSv56jiDUem6+npPafFXdMQmldMfiOwFiIWFJBDe5EyAWh9ZO3JbeCZBcXH"
    "XvBNhNkGDoKSl0D8T9KZX8A3G3TvXkaRDkM4X5zFHysm/l+VF8PJBvBCmVeOjfewpKaTaZ"
    "eAlPf/jT/KHNwD30ruDCaJmfR72LF68RUSgbbzvAcq+y5LXJoQ3toTJIPcSrcixrIz1Mj6"
    "2O9RBEob0x2uk3wTomVzh+vzg/WhvPG7Ow/NiZvBqqJXF7aWAVqSKzsw1DgleNwpEiOEVh"
    "mSm85zOf9lC2xpFPgB1WNaKOJyoNJ3FgpbR+qACHDcrcJSAV12oD12pmNoqgD+hsaNfWo4"
    "/NBlZkClLRYF0aNDAqM6CKCo1tS+iSmopUDERpUWvWP6twUBIEM+7kmEQGN+3mD0nWLiwH"
    "sWVMOzmV5bzObllpuWhY2eFGPsJkq7HqU0faFbXtEqu5MfUsLa1uUH07Cwsks8uOX7+ukF"
    "9GR+VmmPG+lNt5Pq+DYX/4AWL3xdFRBezSUfmV5lhf6hYx5BDoCDSw/JuKYyCSXFK8dSVg"
    "Y5cS77Xmz6//A10Tq50="
)
