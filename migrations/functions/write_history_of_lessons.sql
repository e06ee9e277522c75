-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_write_history_of_lessons()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $functionx$
declare
    step constant text[] := array['status', 'published_at', 'publish_error', 'version', 'updated_at'];
    columns text[] := array(
        select quote_ident(attname) from pg_attribute
         where attrelid = 'lesson'::regclass and attnum > 0 and not attisdropped and attname <> all(step)
         order by attname);
begin
    execute format($function$
create or replace function chaishots_record_lessons() returns trigger language plpgsql
    set enable_nestloop = off set jit = off set search_path = %3$I, pg_temp as $body$
declare
    is_current constant boolean := (
        select count(*) = %1$s from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped);
    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');
begin
    insert into activity (actor, carried_out_by, action, object_type, object_id, before, after)
    with pair as (
        select later.id, later.publish_at,
               earlier.status as status_0, later.status as status_1,
               earlier.published_at as published_at_0, later.published_at as published_at_1,
               earlier.publish_error as publish_error_0, later.publish_error as publish_error_1,
               earlier.version as version_0, later.version as version_1,
               earlier.updated_at as updated_at_0, later.updated_at as updated_at_1,
               case when is_current and (%2$s) then null
                    when is_current then array[%4$s, %5$s]
                    else array[to_jsonb(earlier), to_jsonb(later)] end as whole
          from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later
        offset 0  -- computed once, and not for each mention
    ), kind as (
        select *, whole is null and status_0 <> status_1 and publish_error_0 is not distinct from publish_error_1
                  and version_0 <> version_1 and updated_at_0 <> updated_at_1 as is_step
          from pair offset 0
    ), change as materialized (
        select id, publish_at, is_step, is_current and whole is not null as is_edit, status_0 <> status_1 as is_moved,
               case when is_step and published_at_0 is not distinct from published_at_1 then
                        jsonb_build_object('status', status_0, 'version', version_0, 'updated_at', updated_at_0)
                    when is_step then
                        jsonb_build_object('status', status_0, 'published_at', published_at_0,
                                           'version', version_0, 'updated_at', updated_at_0)
                    when whole is null then
                        jsonb_build_object('status', status_0, 'published_at', published_at_0,
                                           'publish_error', publish_error_0,
                                           'version', version_0, 'updated_at', updated_at_0)
                    else whole[1] end as before,
               case when is_step and published_at_0 is not distinct from published_at_1 then
                        jsonb_build_object('status', status_1, 'version', version_1, 'updated_at', updated_at_1)
                    when is_step then
                        jsonb_build_object('status', status_1, 'published_at', published_at_1,
                                           'version', version_1, 'updated_at', updated_at_1)
                    when whole is null then
                        jsonb_build_object('status', status_1, 'published_at', published_at_1,
                                           'publish_error', publish_error_1,
                                           'version', version_1, 'updated_at', updated_at_1)
                    else whole[2] end as after
          from kind
    ), compared as materialized (
        select *, case when is_step then null
                       when is_edit and is_moved then '{}'
                       when is_edit then array['status']
                       else array(select key from jsonb_each(after) where value = before -> key) end as unchanged
          from change
    )
    select coalesce(scheduled ->> id::text, chaishots_actor()),
           case when scheduled ? id::text then chaishots_actor() end, 'lesson.' || chaishots_action(before, after), 'lesson', id,
           case when is_step then before else before - unchanged end,
           case when is_step then after else after - unchanged end
      from compared
     where is_step or after - unchanged - array['version', 'updated_at'] <> '{}'
     order by publish_at, id;
    if found then
        perform pg_notify('chaishots_content', 'lesson:');
    end if;
    return null;
end $body$;
$function$,
        cardinality(columns || step),
        (select format('(%s) is not distinct from (%s)', string_agg('later.' || name, ', '),
                       string_agg('earlier.' || name, ', ')) from unnest(columns) as name),
        current_schema(),
        chaishots_edited('earlier', columns || step[2:], step[:1]), chaishots_edited('later', columns || step[2:], step[:1]));
end $functionx$;
