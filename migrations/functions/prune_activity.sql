-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 41_20261128023000_history_kept_for_days.py
CREATE OR REPLACE FUNCTION chaishots_prune_activity(before timestamp with time zone, behind bigint, most integer, OUT pruned integer, OUT looked_to bigint)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    oldest constant timestamptz := least(before, now() - interval '1 day');
    ends constant text[] := array['program.delete', 'term.delete', 'lesson.delete', 'release.delete'];
    upto constant bigint := (
        select least(state.line, (select min(first_line) - 1 from feed_gap)) from feed_state state);
    seen bigint[] := array(
        select seq from activity where seq > behind and seq <= upto order by seq limit most);
begin
    looked_to := seen[cardinality(seen)];
    if looked_to is null or (select at >= oldest from activity where seq = seen[1]) then
        pruned := 0;
        looked_to := null;
        return;
    end if;
    delete from activity line
     where line.seq = any(seen) and line.at < oldest and line.object_type <> 'release' and line.action <> all(ends)
       and not exists (select from activity older
                        where older.object_id = line.object_id and older.seq < line.seq
                          and (older.action = any(ends) or older.at >= oldest))
       and (exists (select from activity newer where newer.object_id = line.object_id and newer.seq > line.seq)
            or not exists (select from feed where feed.id = line.object_id))
       and not exists (select from lesson where lesson.id = line.object_id and lesson.release_id is not null)
       and not exists (select from change where change.id = line.object_id
                                            and (change.release_id is not null or change.status = 'scheduled'))
       and not exists (select from change where change.object_id = line.object_id
                                            and (change.release_id is not null or change.status = 'scheduled'));
    get diagnostics pruned = row_count;
end $function$;
