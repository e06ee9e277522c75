"""The history of a lesson's step is written from what a step changes, and no longer from two whole rows compared.

Of a batch of 1,000 publishes the history took half: to_jsonb of 27 columns, twice, and the keys compared one by one,
where all but five columns are as they were. What else changes is recorded as before.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# The function has the table's columns in its text, so that Postgres compares rows and no documents. Where somebody has
# added or dropped one since, it goes the long way for all; a migration that does so calls this once more.
_HISTORY = r"""
create function chaishots_write_history_of_lessons() returns void language plpgsql as $outer$
declare
    step constant text[] := array['status', 'published_at', 'publish_error', 'version', 'updated_at'];
    columns text[] := array(
        select quote_ident(attname) from pg_attribute
         where attrelid = 'lesson'::regclass and attnum > 0 and not attisdropped and attname <> all(step)
         order by attname);
begin
    execute format($function$
create or replace function chaishots_record_lessons() returns trigger language plpgsql
    set enable_nestloop = off set jit = off set search_path = %5$I, pg_temp as $body$
declare
    is_current constant boolean := (
        select count(*) = %1$s from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped);
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    with change as materialized (
        select later.id, later.publish_at,
               case when %2$s then %3$s else to_jsonb(earlier) end as before,
               case when %2$s then %4$s else to_jsonb(later) end as after
          from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later
    ), compared as materialized (
        select *, array(select key from jsonb_each(after) where value = before -> key) as unchanged from change
    )
    select chaishots_actor(), 'lesson.' || chaishots_action(before, after), 'lesson', id,
           before - unchanged, after - unchanged
      from compared
     where after - unchanged - array['version', 'updated_at'] <> '{}'
     order by publish_at, id;
    if found then
        perform pg_notify('chaishots_content', 'lesson');
    end if;
    return null;
end $body$;
$function$,
        cardinality(columns || step),
        (select format('is_current and (%s) is not distinct from (%s)', string_agg('later.' || name, ', '),
                       string_agg('earlier.' || name, ', ')) from unnest(columns) as name),
        (select format('jsonb_build_object(%s)', string_agg(format('%L, earlier.%I', name, name), ', '))
           from unnest(step) as name),
        (select format('jsonb_build_object(%s)', string_agg(format('%L, later.%I', name, name), ', '))
           from unnest(step) as name),
        current_schema());
end $outer$;

select chaishots_write_history_of_lessons();
drop trigger record_update on lesson;
create trigger record_update after update on lesson referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_record_lessons();
"""
_SEARCH_PATHS = r"""
do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', ours.signature, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _HISTORY + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop trigger record_update on lesson;
create trigger record_update after update on lesson referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_record();
drop function chaishots_record_lessons();
drop function chaishots_write_history_of_lessons();
"""


MODELS_STATE = (
    "eJztXWtz2rga/isavjSd4XTS9JKWfiIJ3XI2IZ2EtLvbdDzCFuCNLVFJDmV68t+PJNv4Dt"
    "jhYlJ9aYOkV7afx5Lem+RfDXMMbTYmnL1om9y+t/ms0QK/Ghi6SPyRV90EDTiZJCplGYcD"
    "R4nAeMMB41QUiPIhdBgSRRZiJrUn3CZYtr7ECIh+8AgBMgRE/OJjG4+awMbiL1FILUTlj+"
    "nYNsfA5mAKGZhSm3OEPwBKpgxAKtphZwbQvWgLLQtZTTCYAU7t0QhR9kLeikVMcS+i661e"
    "1cP2Dw8ZnIyQ6JeKa3/7LoptbKGfiMmf3xpk8C8yuWFbUoChH43vssnkzhjayLESdMhaUa"
    "cqDD6bqMITe9TF/KNqLB90YJjE8VwcE5jM+JjguYSNuSwdIYwo5Eheg1NPsoM9xwmIDAnz"
    "HyFq4t97TMZCQ+g5kmMp7d9BVNYwjN5l37ju9A2jkeE/lIiRExSZBMt3R9wqUxCM5C385/"
    "3R0atXx0eHr96+e/P6+PjNu8N3oq2632zV8YN/MxFcflcKtO4f3V5f3hARL6j/5sqCByUD"
    "OfSlFEUR/pBn4T8TCHLbRfkE+BIp/K1A5EX4R5qNEPtFdIQFER/REFtIyPUP58z/dfDMdI"
    "h5Z8hbYBy6k4Pnz54/gqQFePe7F53rfvvis+zeZeyHo7Br9zuy5kiVzlKlB2+fJwmadwK+"
    "dvufgPwJ/rnsdRTEhPERVVeM2vX/ach7gh4nBiZTQ4zSGE5hcVgkmsaoNjmhWbb76GfBUJ"
    "sLpMgWAG2V3vWMt0VUdv7qJ1jsfWlfnX5qXx1ctP96nmDy/LL3R9g8orF3en55okZaAm55"
    "h+XwDiQ04BUAD1YdBVoJ1FNiGvrq0PsLfhL4m5vu2ULgfaEU7J5nWy+k6ArgB4v2HmCvYH"
    "7lrwHx2V09aBLRARoSmvMe//f6spcPZySRXpttk4P/AcdmGR1pr9GUUCx+k9MvbQp22UFm"
    "1h5ylLNIFsM+F9Col0NdmgTDu5hSKgsG0LybQmoZmRpyRIraZqvcIzddAjEcKSDlE8vnix"
    "mCE7tP7hBuFNiJYXVzmZ04sYVdFLZcaii2wR0SxhVR9tnpxXUTTG0+BlAYYw764FtiNmdg"
    "DJkw2JhoPeFZw69yL8sNuUKjrdw8/+gJfl12W8JMCBk05J0cb85MWDrnF9tm6v8SmkzYXq"
    "swFVQYOVyyYJ+OIe1gz1WAd8UNQmyiDPChbJ2Bb3zpdr52rlrg3kZTRG9x56zbvxS/kWUL"
    "M+8Wt88uur0WgJZr4/QsU+DBcOFPw0F4xMfi59sFjIX8pM3fkLgjWZPkQ02khpy18vxDGN"
    "JZ/iBIyqUYGcw4YvXhZB2D4SRYYueDQUB60u21r/7OHw0nOUvyyd/9TjuFv0mRxMco7yBK"
    "StbKUdQj0wPtDvIJdiDjhscqUZyWXQPJ+6MB7x3TFN2LSbEKz0lJzXKdWUY/J7borgLLSU"
    "nNct1YLmEpx2005E4IR9icGcJCZDlaVNDDxz+vkAMLXM+RGdyNOvwTzfZXiYpKgzf1YcPu"
    "hRRw+U6GLLoLXQ0pdld1OFAkmGAc8DH0A8AmpNRGFiAeB0SYNoH3QPoSIGZTGTLmYER4Ew"
    "wJBdMxUaFhhrDFZA0cCRzzfBKbu5B2W9TdbRG8j6t6LYLmdbad6+u08IdZBTM5LakN5TQD"
    "qxrK/vRlMA65l7PKFiayZOSWp7TUX9UKklqOXr4+fv3u1dvX81yWecmiFJYwXSUD7hhBC9"
    "EcdBfEZTKSOkDziLCYj+aAWDlz+6J5JiVYcZrZH/S1O0674yqZ777fupyKGpdZp6Ja3+G1"
    "RC3NWMopfLPgfiQU2SMsbK5MiKfQEo4HhPcT2owNLIopnM5tpsSbJTCwkIO4HxBrX5+2zz"
    "qNh51F688RY6QoVh9UNpeYz07UbKV87nthbxMgDFNIuS0mB5ljDQFH1A3sWBlhnzhQ2rXy"
    "T5V+KgxbS/2SKh7KT9leV8faKq67Vey/cgb23EFeglGhmZCRq2Qm1G0eWredwG2eF74v9j"
    "rMBbTfoYLfgXmuK1T+MoDHRHYMeWzmuG08e3bb2JQKugnkxeU5wkVZzqulq6T7qPMQaHzp"
    "nnUuW/5CeYvbV/3u6XmnFa6X6UV1lUSVRTNLyNBxYaLKcTpRxfKoCp4Ybl6MZcFOppTgE3"
    "L/bGVPU0yDYcYE5qkxJ4Q4COICTSaSSnslhNg2R0C+4rkWb8Tl5XliCjrppueYm4uTztXB"
    "S/W+i0Y2LwA5nDQciEeeUM6NCbXLrgGL+qjzJFT71SAElBnwHto+Ohle2pTCAi/dkn5S3K"
    "zoMt0zcr59LwDXo04pz3Na7lF+502pPb8enrVa/wrLYrAx/WcjjmjmDZTqXpqVjKCmZY20"
    "8LGwT7GYMkpxkpTShKxznBSEI1ezEAqDktteli0KhzzHKji7an/st4CqvsXXp586Zzfnnb"
    "MWYOYYWZ6DrFv8+ebkvHv9SZZOvIF4j8ayVELb/SILITXH9j2yqtgQ71ewId4X2hDv0zZE"
    "cH8VojtJSZ27V+cQz/wtrM6zzsXdC6aDqaUCz0lJzXKdWQ7nXkRpuYM1MoKVVtk9YnYjtq"
    "/OiHjaw8ubWBUJTkpqgmtK8D2iLPeInEKXeUxit2HQl9UZXHfokyIHQYZKpg4lpfTpKyl3"
    "BqJu2VysSESnYi1JxRJQZaGtkonVD3raT1SXZ2FF71R+ElbOPLAeYK+izvZy/C+FNjn/Jd"
    "AVtwB6N+fnO8xx+0zJiEK3kZ/kFtY2l2S5TWLtVtgcZhKPMtRS2WdMJqL5qUdMnSEqTxQN"
    "o0MyX80VL1Xexq9qnaxyqGjMJ5nyhQgOiw8Y1eltW0lv0wlYWzV+47dZAvSUmE7Eqs7AY/"
    "IgdP7Dmkmomveg8x3i7kwx45fcZBcT0dFbHb2tFr3dvzitjuA9ed+kji48cYJ1dOGJE6yj"
    "C1WjC5XOm1IOnyzYJQ+ZemIO3cceLRXfvjyxzRx8LyCe9Yn8t4TXXPa1RV/Wxj27LrGQY2"
    "QdpfMHpfLdE1P2XI/zPaM+noQqLu7U2Vw+0IFbeM5TUBeIBbV8TIk3GscreHjBXHe9KDcy"
    "kD8s8wVfoaHHoNPI9wWHtc0lvmAaa7fUF/xVntolj+YKdVYq/bqOBTDhwCLqiC4YeHbV5m"
    "UQuNObamvydIywPLRL8Ck3K+efEbaha/x+G6F3HehrLvAKC1WYlfNQRhLaIVbBIbbHSk9d"
    "d5bLCaYEnvP2u0XzsD4IUsTprNLhw5GcdpbU2dSymVhwnQobcEOpHW/AnS+0Nd5/C6fQ5s"
    "yQS+0gN81jIdY50nrT83LQldZc8eT04XrPx9dOonXNXCXcGxtO8wmzrIpMu3kO1hLTLmq3"
    "QpqPvJAFGOKx7Bz/nOYREaaUMsdMEBpQwtriKm/HJS7Cud+fenyHv5/Rtm/pPfpTVNs8Xe"
    "lpRH/JxD8iMX2e3udOrwVkZbmNu6ft3mnnXLU15YM7Tp1Cwnrr7pPTE3Tg/zdmWm/q1Js6"
    "tcGl0y40wTrtos5pF4G9neMOLJd4ER2cvZcL1NY/6qUSVfL9NmEOy0KnTbgHchWPzQRS7h"
    "8MHuQZfFCnf/tHQstves8PCc9zz5SU1r6Yuvti1K7Q0ueIp6R0rHf3p4jXcyrVuQq11xQS"
    "9moiJ23VyTcppQ8sWHxgQWwjdRLgKlvrY7u39xPbpXvrky9X2c/H7FC33RfAN67cqjTWAu"
    "02THFdrN7OW62WbBom5AJIEYAD4vFASxXXlzqqz4j6JI78gixFI/GcgBNgQpaj9a6pT60L"
    "110X1nFJrbDtgcK2vZSTjNKypj0jj9Ba6pDXXmbXSOxR0/tGYrtwkrtGkipPet9IfE/Jo3"
    "eNzBWARSt4G1HbHBcs4UHlsjUcRs2WLeLFdKx5CS2caXJX0JxJJuC+tu/reszD4gWzcA6X"
    "ySVlJ/H9XDaT6SBHb96skBAiWhWmhKi6VLKuGFclEA6aP0F0Xx4eroCuaFWIrqrL/TBLFu"
    "Gl32TJixzu6KCS/fkO+E7zZR/+D24Zp0s="
)
