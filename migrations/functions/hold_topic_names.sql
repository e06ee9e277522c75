-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 40_20261128021000_swaps.py
CREATE OR REPLACE FUNCTION chaishots_hold_topic_names(names text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform pg_advisory_xact_lock(1130914165, bucket)  -- 0x43686175
       from (select distinct hashtext(lower(name)) & 63 as bucket from unnest(names) as name
              where not exists (select from topic where lower(topic.name) = lower(name.name))
              order by 1) as held;
end $function$;
