-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 46_20261128081000_cheaper_changes.py
CREATE OR REPLACE FUNCTION chaishots_take_step(ids uuid[], step text, moment timestamp with time zone)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
declare
    places constant tid[] := case when step <> 'change' then array(select ctid from lesson where id = any(ids)) end;
    moved uuid[];
begin
    if step = 'publish' then
        with changed as (
            update lesson set status = 'published', published_at = coalesce(published_at, moment)
             where ctid = any(places) and status || '' = 'scheduled' returning id, status)
        select array_agg(id) from changed where status = 'published' into moved;
    elsif step = 'change' then
        with changed as (
            update change set status = 'applied', applied_at = moment
              from unnest(ids) as wanted (key)
             where id = key and status = 'scheduled' returning id, status)
        select array_agg(id) from changed where status = 'applied' into moved;
        if coalesce(cardinality(moved), 0) < cardinality(ids) then
            raise triggered_data_change_violation using message = 'a trigger left the change as it was';
        end if;
    else
        with changed as (
            update lesson set status = 'archived'
             where ctid = any(places) and status || '' in ('scheduled', 'published') returning id, status)
        select array_agg(id) from changed where status = 'archived' into moved;
    end if;
    set constraints all immediate;
    return coalesce(moved, '{}');
end $function$;
