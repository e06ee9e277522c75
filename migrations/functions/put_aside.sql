-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 35_20261127160000_changes.py
CREATE OR REPLACE FUNCTION chaishots_put_aside(key uuid, why text, is_refused boolean)
 RETURNS TABLE(is_news boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    known refusal;
begin
    select * from refusal where id = key into known;
    return query
    with it as (
        select id, version, publish_error, archive_at from lesson where id = key
         union all
        select id, version, publish_error, null from release where id = key
         union all
        select id, version, error, null from change where id = key)
    insert into refusal as kept (id, reason, version, tries, retry_at, is_told, goes_alone)
    select id, why, version, is_refused::integer,
           case when not is_refused then clock_timestamp()
                when archive_at > now() then least(archive_at, clock_timestamp() + chaishots_pause(0))
                else clock_timestamp() + chaishots_pause(0) end,
           publish_error is not null, true
      from it
    on conflict (id) do update
       set reason = excluded.reason, version = excluded.version, is_told = excluded.is_told, goes_alone = true,
           awaits_database = false, refused_at = clock_timestamp(),
           tries = case when kept.version = excluded.version then kept.tries else 0 end + excluded.tries,
           retry_at = case when is_refused and kept.version = excluded.version and kept.tries > 0
                           then clock_timestamp() + chaishots_pause(kept.tries) else excluded.retry_at end
    returning (known.version, known.reason) is distinct from (kept.version, kept.reason);
end $function$;
