"""Changes that are due at once cost less, and no more for all that were ever applied.

To name what was applied, a pass read the whole table of changes, the applied of all years too: with 200,000 of them the
change of one title took 72 ms, where it takes 20. Two ways were quick with few and slow with a thousand: an array is
searched from its start, and is joined instead; rows are looked up for each kind of thing, and now for its own. A patch of
texts alone, as most are, is not read as a whole row. What is done, and the order in which it is, are as they were.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_CHANGES = runpy.run_path(str(Path(__file__).with_name("35_20261127160000_changes.py")))
_IN_RELEASES = runpy.run_path(str(Path(__file__).with_name("36_20261127193000_changes_in_releases.py")))
_WORDS = Path(__file__).with_name("24_20261127010000_words.py").read_text()
_SEARCH_PATHS = _CHANGES["_SEARCH_PATHS"]

_CHEAPER = r"""
create or replace function chaishots_sort_out_changes(ids uuid[]) returns uuid[] language plpgsql as $$
#variable_conflict use_column
declare
    asked record;
    programs uuid[];
    terms uuid[];
    lessons uuid[];
begin
    select array_agg(object_id) filter (where object_type = 'program') as programs,
           array_agg(object_id) filter (where object_type = 'term') as terms,
           array_agg(object_id) filter (where object_type = 'lesson') as lessons,
           array_agg((patch ->> 'program_id')::uuid) filter (where patch ? 'program_id') as targets,
           array_agg((patch ->> 'term_id')::uuid) filter (where patch ? 'term_id') as places
      from change where id = any(ids) into asked;
    programs := array(
        select id from program
         where id = any(asked.programs || asked.targets
                        || array(select program_id from term where id = any(asked.places)))
         order by id for no key update skip locked);
    terms := array(
        select id from term where id = any(asked.terms || asked.places) order by id for no key update skip locked);
    lessons := array(select id from lesson where id = any(asked.lessons) order by id for no key update skip locked);
    -- What there is not is refused, and not waited for.
    return array(
        select change.id from change
          join (select 'program' as kind, unnest(programs) as key union all
                select 'term', unnest(terms) union all
                select 'lesson', unnest(lessons)) as locked on locked.key = object_id and locked.kind = object_type
          left join program target on target.id = (patch ->> 'program_id')::uuid
          left join term place on place.id = (patch ->> 'term_id')::uuid
         where change.id = any(ids)
           and (target.id is null or target.id = any(programs))
           and (place.id is null or place.id = any(terms) and place.program_id = any(programs))
         order by apply_at, change.id);
end $$;

create or replace function chaishots_named_changes(ids uuid[], out id uuid, out title text, out apply_at timestamptz, out version integer)
    returns setof record language sql stable begin atomic
    select change.id,
           change.object_type || ' ' || case object_type
               when 'lesson' then (select title from lesson where lesson.id = object_id)
               when 'program' then (select title from program where program.id = object_id)
               else (select coalesce(title, 'Term ' || term_number) from term where term.id = object_id) end,
           change.apply_at, change.version
      from change where change.id = any(ids);
end;

create or replace function chaishots_apply_changes(ids uuid[], until timestamptz)
    returns table (what text, id uuid, title text, moment timestamptz, version integer, facts jsonb)
    language plpgsql as $$
#variable_conflict use_column
declare
    part record;
    outcome record;
    done uuid[] := '{}';
    failed jsonb := '[]';
    trouble jsonb;
    is_unfinished boolean := false;
begin
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
    return query
    select case when entry is null then 'applied' else 'unapplied' end, named.id, named.title, named.apply_at,
           named.version, entry
      from chaishots_named_changes(done || array(
              select (entry ->> 'id')::uuid from jsonb_array_elements(failed) as entry)) as named
      left join jsonb_array_elements(failed) as entry on (entry ->> 'id')::uuid = named.id
     order by named.apply_at, named.id;
    return query
    select 'trouble', null::uuid, null::text, null::timestamptz, null::integer, trouble where trouble is not null;
    return query select 'unfinished', null::uuid, null::text, null::timestamptz, null::integer, null::jsonb
     where is_unfinished;
end $$;

-- Without what there is most often none of.
create or replace function chaishots_words_of(shown lesson) returns tsvector language sql immutable parallel safe
return chaishots_words(concat_ws(' ', (shown).title, (shown).summary,
    case when (shown).translations <> '{}' then chaishots_translated((shown).translations) end));
"""

_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "chaishots_isolate(uuid[], text, timestamptz, timestamptz)": (
        (
            "    ids := array(select key from unnest(ids) with ordinality as wanted (key, place)\n"
            "                  left join lesson on id = key order by lesson.ctid, place);\n",
            "    if step <> 'change' then\n"
            "        ids := array(select key from unnest(ids) with ordinality as wanted (key, place)\n"
            "                      left join lesson on id = key order by lesson.ctid, place);\n"
            "    end if;\n",
        ),
    ),
    "chaishots_take_step(uuid[], text, timestamptz)": (
        (
            "tid[] := array(select ctid from lesson where id = any(ids));",
            "tid[] := case when step <> 'change' then array(select ctid from lesson where id = any(ids)) end;",
        ),
    ),
    "chaishots_patch(text, uuid[], jsonb[])": (
        ("    columns text;\n", "    names text[];\n    columns text;\n    are_alike boolean;\n    texts text;\n"),
        (
            """    select string_agg(quote_ident(key), ', ' order by key)
      from (select distinct key from unnest(patches) as patch cross join jsonb_object_keys(patch) as key
             where key <> 'topics') as named into columns;
    if columns is not null then
        execute format($f$
""",
            """    select array_agg(key), string_agg(quote_ident(key), ', ' order by key), bool_and(number = cardinality(patches))
      from (select key, count(*) as number
              from unnest(patches) as patch cross join jsonb_object_keys(patch) as key
             where key <> 'topics' group by key) as named into names, columns, are_alike;
    if columns is not null then
        -- Where each sets the same columns, all of texts, and to texts: these are read as they are.
        if are_alike then
            select string_agg(format('patch ->> %L', attname), ', ' order by attname::text)
              from pg_attribute where attrelid = kind::regclass and attnum > 0 and attname::text = any(names)
            having bool_and(atttypid in ('text'::regtype, 'varchar'::regtype))
               and not exists (select from unnest(patches) as patch cross join jsonb_each(patch) as part (key, value)
                                where key <> 'topics' and jsonb_typeof(value) <> 'string')
              into texts;
        end if;
        execute format(case when texts is not null then $f$
            update %1$I as thing set (%2$s) = row(%3$s)
              from unnest($1, $2) as wanted (key, patch) where id = key$f$ else $f$
""",
        ),
        (
            "              from unnest($1, $2) as wanted (key, patch) where id = key$f$, kind, columns) using ids, patches;",
            "              from unnest($1, $2) as wanted (key, patch) where id = key$f$ end, kind, columns, texts)\n"
            "            using ids, patches;",
        ),
    ),
}


def _replace(*, back: bool) -> str:
    made = ""
    for signature, changes in _REPLACED.items():
        made += f"do $do$ declare\n    body text := pg_get_functiondef('{signature}'::regprocedure);\nbegin\n"
        for one in reversed(changes) if back else changes:
            before, after = reversed(one) if back else one
            made += (
                f"    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then\n"
                f"        raise exception '% is not what it should be: %', '{signature}', $is${before}$is$;\n    end if;\n"
                f"    body := replace(body, $is${before}$is$, $is${after}$is$);\n"
            )
        made += "    execute body;\nend $do$;\n"
    return made


def _made_in(text: str, function: str) -> str:
    """The statement that makes a function, as it stands in a migration."""
    begin = f"create function {function}"
    return f"create or replace function {function}" + text.partition(begin)[2].partition("\ncreate function ")[0] + "\n"


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _CHEAPER + _replace(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    apply = _CHANGES["_APPLY"].replace("LINES", _CHANGES["_LINES"])
    return (
        _replace(back=True)
        + _made_in(apply, "chaishots_sort_out_changes(")
        + _made_in(apply, "chaishots_apply_changes(")
        + _IN_RELEASES["_NAMED"].replace("create function", "create or replace function")
        + _made_in(_WORDS, "chaishots_words_of(shown lesson)")
        + _SEARCH_PATHS
    )
