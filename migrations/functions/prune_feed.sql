-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 22_20261127001500_feed.py
CREATE OR REPLACE FUNCTION chaishots_prune_feed(before timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    upto bigint := (select max(older.position) from feed_mark older
                     where older.marked_at < before and exists (select from feed_mark where position > older.position));
begin
    if upto is null then
        return 0;
    end if;
    delete from feed where not is_public and position <= upto;
    delete from feed_mark where position <= upto;
    update feed_state set kept_after = upto where kept_after < upto;
    return upto;
end $function$;
