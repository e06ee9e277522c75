"""An edit of a lesson costs less, by hand as by a change that falls due.

Its record was made of the columns that differ and of five that every step moves, and then compared again, member by
member, to leave out those of the five that had not moved. Now it is made of the columns that differ, of the five too, and
of the status, which says what was done; that alone is left out again. The words that it is found by were split into rows
and gathered again, where an array does, and were upserted, where they are nearly always there. What a pass applied was
told by a statement for each.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_HERE = Path(__file__).parent
_WORDS = runpy.run_path(str(_HERE / "24_20261127010000_words.py"))
_CHANGES = runpy.run_path(str(_HERE / "46_20261128081000_cheaper_changes.py"))
_SCHEDULED = runpy.run_path(str(_HERE / "35_20261127160000_changes.py"))
_IGNORED, _BETWEEN, _SEARCH_PATHS = _WORDS["_IGNORED"], _WORDS["_BETWEEN"], _CHANGES["_SEARCH_PATHS"]

_FOUND = rf"""
-- Neither has a subquery, is strict, or calls what is less than immutable: so they are part of what calls them.
create or replace function chaishots_words(texts text) returns tsvector language sql immutable parallel safe
return array_to_tsvector(array_remove(string_to_array(
    regexp_replace(regexp_replace(
        lower(regexp_replace(normalize(texts, nfkd), '[{_IGNORED}]', '', 'g')), '[{_BETWEEN}]+', ' ', 'g'),
        '([^ ]{{40}})[^ ]+', '\1', 'g'), ' '), ''));

create function chaishots_words_of(title text, summary text, translations jsonb) returns tsvector
    language sql immutable parallel safe
return chaishots_words(title || ' ' || summary
    || case when translations <> '{{}}' then coalesce(' ' || chaishots_translated(translations), '') else '' end);

create or replace function chaishots_find_lessons() returns trigger language plpgsql as $$
declare
    its tsvector;
begin
    if tg_op = 'INSERT' then
        insert into lesson_words (lesson_id, words)
        select id, chaishots_words_of(title, summary, translations) from new_rows;
        return null;
    end if;
    its := chaishots_words_of(new.title, new.summary, new.translations);
    update lesson_words set words = its where lesson_id = new.id and words <> its;
    if not found then
        insert into lesson_words (lesson_id, words) values (new.id, its) on conflict (lesson_id) do nothing;
    end if;
    return null;
end $$;
drop function chaishots_words_of(lesson);
"""

_APPLIED = """
-- Wider than the index of what is due: where all are scheduled, the planner took this one, and read what was applied too.
drop index change_moment;
create index change_moment on change (apply_at, id) include (status);

drop function chaishots_apply_changes(uuid[], timestamptz);
create function chaishots_apply_changes(
    ids uuid[], until timestamptz, out done uuid[], out failed jsonb, out trouble jsonb, out is_unfinished boolean
) language plpgsql as $$
declare
    part record;
    outcome record;
begin
    done := '{}';
    failed := '[]';
    is_unfinished := false;
    for part in
        select array_agg(change.id order by place) as ids
          from unnest(ids) with ordinality as wanted (id, place) join change on change.id = wanted.id
         group by object_type order by array_position(array['program', 'term', 'lesson'], object_type::text)
    loop
        outcome := chaishots_isolate(part.ids, 'change', clock_timestamp(), until);
        done := done || outcome.done;
        failed := failed || outcome.failed;
        trouble := coalesce(trouble, outcome.trouble);
        is_unfinished := is_unfinished or outcome.is_unfinished;
    end loop;
end $$;

-- A line for each change that was applied, or could not be, as a batch answers them.
create function chaishots_told_changes(done uuid[], failed jsonb)
    returns table (what text, id uuid, title text, moment timestamptz, version integer, facts jsonb)
    language sql stable begin atomic
    select case when entry is null then 'applied' else 'unapplied' end, named.id, named.title, named.apply_at,
           named.version, entry
      from chaishots_named_changes(done || array(
              select (entry ->> 'id')::uuid from jsonb_array_elements(failed) as entry)) as named
      left join jsonb_array_elements(failed) as entry on (entry ->> 'id')::uuid = named.id
     order by named.apply_at, named.id;
end;
"""

_EDITED = """
-- The expression of what one of two rows has in the columns in which they differ, and in these of every step. Most differ
-- in one column or two: so five are compared at once before each is.
create or replace function chaishots_edited(row_name text, columns text[], step text[]) returns text
    language sql immutable
return (select format('jsonb_build_object(%s)', string_agg(format('%L, %s.%I', name, row_name, name), ', '))
          from unnest(step) as name)
       || (select string_agg(format(' || case when (%s) is distinct from (%s) then ''{}''%s else ''{}'' end',
                                    later, earlier, parts), '' order by place)
             from (select (place - 1) / 5 as place,
                          string_agg('later.' || name, ', ') as later, string_agg('earlier.' || name, ', ') as earlier,
                          string_agg(format(' || case when later.%1$s is distinct from earlier.%1$s'
                              ' then jsonb_build_object(%2$L, %3$s.%1$s) else ''{}'' end',
                              name, trim('"' from name), row_name), '') as parts
                     from unnest(columns) with ordinality as every (name, place) group by 1) as five);
"""

_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "chaishots_publish_due(text, integer)": (
        (
            """        for line in select * from chaishots_apply_changes(changes, clock_timestamp() + patience) loop
            if line.what = 'trouble' then
                trouble := coalesce(trouble, line.facts);
            elsif line.what = 'unfinished' then
                is_unfinished := true;
            else
                went := went + 1;
                if line.what = 'unapplied' then
                    failed := failed || line.facts;
                end if;
                return query select line.what, line.id, line.title, line.moment, line.version, line.facts;
            end if;
        end loop;
""",
            """        outcome := chaishots_apply_changes(changes, clock_timestamp() + patience);
        is_unfinished := is_unfinished or outcome.is_unfinished;
        failed := failed || outcome.failed;
        trouble := coalesce(trouble, outcome.trouble);
        went := went + cardinality(outcome.done) + jsonb_array_length(outcome.failed);
        return query select * from chaishots_told_changes(outcome.done, outcome.failed);
""",
        ),
    ),
    "chaishots_try_again(uuid[])": (
        (
            """    return query
    select what, id, title, moment, version, facts
      from chaishots_apply_changes(chaishots_sort_out_changes(wanted), until) where what <> 'unfinished';
""",
            """    outcome := chaishots_apply_changes(chaishots_sort_out_changes(wanted), until);
    return query select * from chaishots_told_changes(outcome.done, outcome.failed);
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, outcome.trouble
     where outcome.trouble is not null;
""",
        ),
    ),
    # A thing moves rarely: the place is looked for only then, and not among all places for each.
    "chaishots_sort_out_changes(uuid[])": (
        (
            """          left join program target on target.id = (patch ->> 'program_id')::uuid
          left join term place on place.id = (patch ->> 'term_id')::uuid
         where change.id = any(ids)
           and (target.id is null or target.id = any(programs))
           and (place.id is null or place.id = any(terms) and place.program_id = any(programs))
""",
            """         where change.id = any(ids)
           and case when patch ? 'program_id' then coalesce(
                   (select id = any(programs) from program where id = (patch ->> 'program_id')::uuid), true) else true end
           and case when patch ? 'term_id' then coalesce(
                   (select id = any(terms) and program_id = any(programs)
                      from term where id = (patch ->> 'term_id')::uuid), true) else true end
""",
        ),
    ),
    "chaishots_write_history_of_lessons()": (
        (
            "chaishots_edited('earlier', columns, step), chaishots_edited('later', columns, step)",
            "chaishots_edited('earlier', columns || step[2:], step[:1]), chaishots_edited('later', columns || step[2:], step[:1])",
        ),
        (
            "        select id, publish_at, is_step,\n",
            "        select id, publish_at, is_step, is_current and whole is not null as is_edit, status_0 <> status_1 as is_moved,\n",
        ),
        (
            "        select *, case when is_step then null\n",
            "        select *, case when is_step then null\n"
            "                       when is_edit and is_moved then '{}'\n"
            "                       when is_edit then array['status']\n",
        ),
    ),
}


def _replace(*, back: bool) -> str:
    made = ""
    for signature, changes in _REPLACED.items():
        made += f"do $do$ declare\n    body text := pg_get_functiondef('{signature}'::regprocedure);\nbegin\n"
        for one in changes:
            before, after = reversed(one) if back else one
            made += (
                f"    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then\n"
                f"        raise exception '% is not what it should be: %', '{signature}', $is${before}$is$;\n    end if;\n"
                f"    body := replace(body, $is${before}$is$, $is${after}$is$);\n"
            )
        made += "    execute body;\nend $do$;\n"
    return made + "select chaishots_write_history_of_lessons();\n"


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _FOUND + _APPLIED + _EDITED + _replace(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    made_in, cheaper = _CHANGES["_made_in"], _CHANGES["_CHEAPER"]
    words_of = cheaper.partition("create or replace function chaishots_words_of(")
    applied = cheaper.partition("create or replace function chaishots_apply_changes(")
    return (
        _SCHEDULED["_EDITED"].replace("create function", "create or replace function")
        + _replace(back=True)
        + "drop index change_moment;\ncreate index change_moment on change (apply_at, id);\n"
        + "drop function chaishots_told_changes(uuid[], jsonb);\n"
        + "drop function chaishots_apply_changes(uuid[], timestamptz);\n"
        + applied[1]
        + applied[2].partition("-- Without what there is")[0]
        + _WORDS["_WORDS"]
        .partition("create function chaishots_translated")[0]
        .replace("create function", "create or replace function")
        + words_of[1]
        + words_of[2]
        + made_in((_HERE / "24_20261127010000_words.py").read_text(), "chaishots_find_lessons(")
        + "drop function chaishots_words_of(text, text, jsonb);\n"
        + _SEARCH_PATHS
    )
