-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 43_20261128031000_numbered_backlogs.py
CREATE OR REPLACE FUNCTION chaishots_number_changes(most integer)
 RETURNS TABLE(head bigint, is_full boolean, is_held boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET jit TO 'off'
AS $function$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    state feed_state;
    late bigint[];
    newer bigint[];
    horizon bigint;
    upto bigint;
    told bigint;
begin
    if pg_current_xact_id_if_assigned() is not null then
        raise exception 'Changes are numbered in a transaction of their own.';
    end if;
    if not pg_try_advisory_xact_lock(1130914162, 'feed'::regclass::oid::bigint::bit(32)::integer) then
        return query select null::bigint, false, true;
        return;
    end if;
    select * from feed_state into state;
    if state.id is null or state.line > (select last_value from activity_seq_seq) then
        -- Somebody has emptied it, or the history begins anew.
        insert into feed_state (id, position, line, kept_after)
        select 1, coalesce(max(position), 0), 0, 0 from feed_mark
            on conflict (id) do update set line = 0;
        insert into feed_mark (position, mark, marked_at)
        select position, chaishots_mark(), moment from feed_state on conflict do nothing;
        return query select position, true, false from feed_state;
        return;
    end if;

    -- One statement, one snapshot: a line that it does not show is not committed yet, or never will be.
    select array(select line.seq from feed_gap cross join lateral (
                    select seq from activity where seq between first_line and last_line order by seq limit most) as line
                  order by line.seq limit most),
           array(select seq from activity where seq > state.line order by seq limit most),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      into late, newer, horizon;
    is_full := most in (cardinality(late), cardinality(newer));
    upto := coalesce(newer[cardinality(newer)], state.line);

    if cardinality(late) < most then
        delete from feed_gap where seen_by <= horizon;
    end if;
    with filled as (
        delete from feed_gap where exists (select from unnest(late) as seq where seq between first_line and last_line)
        returning int8range(first_line, last_line + 1) as lines, seen_by)
    insert into feed_gap (first_line, last_line, seen_by)
    select lower(part), upper(part) - 1, seen_by
      from filled cross join lateral unnest(
        int8multirange(lines) - (select range_agg(int8range(seq, seq + 1)) from unnest(late) as seq)) as part;
    insert into feed_gap (first_line, last_line, seen_by)
    select lower(part), upper(part) - 1, pg_current_xact_id()::text::bigint
      from unnest(int8multirange(int8range(state.line + 1, upto + 1))
                  - coalesce((select range_agg(int8range(seq, seq + 1)) from unnest(newer) as seq), '{}')) as part;

    with line as materialized (
        select seq, action, object_type, object_id, before, after from activity
         where seq = any(late || newer) and object_type in ('program', 'term', 'lesson', 'topic', 'picture')
    ), pictured as materialized (
        select picture.id, min(seq) as seq from line
          join picture on picture.id >= replace(object_id::text, '-', '')
                      and picture.id < replace(object_id::text, '-', '') || 'g'
         where object_type = 'picture' and action = 'picture.change' group by picture.id
    ), emptied as materialized (
        select seq from line where action like '%.truncate' order by seq limit 1
    ), lesson_line as (
        select object_id as id, seq from line where object_type = 'lesson' and object_id is not null
        union all
        select lesson.id, seq from line join lesson on lesson.term_id = line.object_id
         where object_type = 'term' and before ? 'program_id'
        union all
        select lesson.id, seq
          from line join term on term.program_id = line.object_id join lesson on lesson.term_id = term.id
         where object_type = 'program' and before ? 'status'
        union all
        select lesson.id, pictured.seq
          from pictured join lesson on chaishots_picture_ids(lesson.thumbnails) && array[pictured.id::text]
        union all
        select feed.id, emptied.seq from emptied cross join feed where feed.kind = 'lesson' and feed.is_public
    ), lesson_told as materialized (
        select touched.id, touched.seq, term.program_id,
               coalesce(lesson.status = 'published' and program.status = 'published', false) as is_public
          from (select id, min(seq) as seq from lesson_line group by id) as touched
               left join lesson on lesson.id = touched.id
               left join term on term.id = lesson.term_id
               left join program on program.id = term.program_id
               left join feed on feed.id = touched.id
         where feed.is_public or (lesson.status = 'published' and program.status = 'published')
    ), program_line as (
        select object_id as id, seq from line where object_type = 'program' and object_id is not null
        union all
        select its.id, seq
          from line cross join lateral (
            select program_id from term where term.id = line.object_id
            union select (before ->> 'program_id')::uuid union select (after ->> 'program_id')::uuid) as its (id)
         where object_type = 'term'
        union all
        select program_id, seq from lesson_told
        union all
        select term.program_id, line.seq
          from line join lesson_told on lesson_told.id = line.object_id
               join term on term.id = (line.before ->> 'term_id')::uuid
         where line.object_type = 'lesson' and line.before ? 'term_id'
        union all
        select term.program_id, line.seq
          from line cross join lateral (
            select lesson.term_id from lesson where lesson.id = line.object_id
            union select (line.before ->> 'term_id')::uuid) as its
               join term on term.id = its.term_id join program on program.id = term.program_id
         where line.object_type = 'lesson' and program.shows_coming_soon
           and (select exists (select from program where shows_coming_soon))
        union all
        select program_topic.program_id, seq from line join program_topic on program_topic.topic_id = line.object_id
         where object_type = 'topic'
        union all
        select program.id, pictured.seq
          from pictured join program on chaishots_picture_ids(program.posters) && array[pictured.id::text]
        union all
        select feed.id, emptied.seq from emptied cross join feed where feed.kind = 'program' and feed.is_public
    ), program_told as (
        select touched.id, touched.seq, seen.is_public
          from (select id, min(seq) as seq from program_line where id is not null group by id) as touched
               cross join lateral (select exists (
                    select from program join term on term.program_id = program.id
                     where program.id = touched.id and program.status = 'published'
                       and (select true from lesson
                             where lesson.term_id = term.id and lesson.status || '' = 'published' limit 1)) as is_public offset 0) as seen
               left join feed on feed.id = touched.id
         where seen.is_public or feed.is_public
    )
    insert into feed as known (id, kind, position, is_public, changed_at, public_since)
    select id, kind, position, is_public, moment, position
      from (select *, state.position + row_number() over (order by seq, kind desc, id) as position from (select id, 'program' as kind, seq, is_public from program_told
            union all select id, 'lesson', seq, is_public from lesson_told) as told) as numbered
        on conflict (id) do update
       set position = excluded.position, is_public = excluded.is_public, changed_at = excluded.changed_at,
           public_since = case when known.is_public then known.public_since else excluded.position end;
    get diagnostics told = row_count;

    head := state.position + told;
    if told > 0 then
        insert into feed_mark (position, mark, marked_at) values (head, chaishots_mark(), moment);
        perform pg_notify('chaishots_feed', head::text);
    end if;
    if told > 0 or upto > state.line then
        update feed_state set position = head, line = upto;
    end if;
    is_held := false;
    return next;
end $function$;
