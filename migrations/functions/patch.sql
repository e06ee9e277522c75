-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 46_20261128081000_cheaper_changes.py
CREATE OR REPLACE FUNCTION chaishots_patch(kind text, ids uuid[], patches jsonb[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    place constant text := case kind when 'lesson' then 'term_id' when 'term' then 'program_id' end;
    names text[];
    columns text;
    are_alike boolean;
    texts text;
    went bigint;
begin
    if place is not null and exists (select from unnest(patches) as patch where patch ? place) then
        if exists (
            select from unnest(ids, patches) as wanted (id, patch)
              join lesson on lesson.status = 'published'
                   and case kind when 'lesson' then lesson.id else lesson.term_id end = wanted.id
              join term on term.id = lesson.term_id
              join program on program.id = case kind
                   when 'term' then (patch ->> 'program_id')::uuid
                   else (select program_id from term where id = (patch ->> 'term_id')::uuid) end
             where patch ? place and program.id <> term.program_id and program.status <> 'published'
        ) then
            perform chaishots_refuse('change_moves_public', 'what is public moves to what is public');
        end if;
        -- Behind the last, where no number is given.
        execute format($f$
            select array_agg(case when is_moved then patch || jsonb_build_object('%1$s_number', last + turn)
                                  else patch end order by at)
              from (select patch, at, is_moved, row_number() over (partition by is_moved, target order by at) as turn,
                           (select coalesce(max(%1$s_number), 0) from %1$s where %2$s = target) as last
                      from (select patch, at, (patch ->> '%2$s')::uuid as target,
                                   coalesce((patch ->> '%2$s')::uuid <> %1$s.%2$s, false)
                                   and not patch ? '%1$s_number' as is_moved
                              from unnest($1, $2) with ordinality as wanted (key, patch, at)
                              join %1$s on %1$s.id = key) as placed) as numbered$f$, kind, place)
           using ids, patches into patches;
    end if;
    select array_agg(key), string_agg(quote_ident(key), ', ' order by key), bool_and(number = cardinality(patches))
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
            update %1$I as thing set (%2$s) = (
                select %2$s from jsonb_populate_record(
                    thing, case when patch @? '$.* ? (@.type() == "object")'
                                then chaishots_filled(patch, to_jsonb(thing)) else patch end))
              from unnest($1, $2) as wanted (key, patch) where id = key$f$ end, kind, columns, texts)
            using ids, patches;
        get diagnostics went = row_count;
        if went < cardinality(ids) then
            raise triggered_data_change_violation
                using message = format('a trigger left the %s as it was', kind);
        end if;
    end if;
    if kind = 'program' then
        perform chaishots_set_topics(ids, patches);
    end if;
end $function$;
