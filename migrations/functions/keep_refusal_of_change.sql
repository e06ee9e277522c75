-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_keep_refusal_of_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'DELETE' then
        delete from refusal where id = old.id;
    elsif new.error is null or new.status <> 'scheduled' then
        delete from refusal where id = new.id;
    else
        insert into refusal (id, reason, version, retry_at)
        values (new.id, new.error, new.version,
                case when new.release_id is null then clock_timestamp() + chaishots_pause(0) end)
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = true;
    end if;
    return null;
end $function$;

CREATE TRIGGER keep_refusal_delete AFTER DELETE ON change FOR EACH ROW WHEN (((old.status)::text = 'scheduled'::text)) EXECUTE FUNCTION chaishots_keep_refusal_of_change();

CREATE TRIGGER keep_refusal_insert AFTER INSERT ON change FOR EACH ROW WHEN ((new.error IS NOT NULL)) EXECUTE FUNCTION chaishots_keep_refusal_of_change();

CREATE TRIGGER keep_refusal_update AFTER UPDATE ON change FOR EACH ROW WHEN ((new.error IS DISTINCT FROM old.error)) EXECUTE FUNCTION chaishots_keep_refusal_of_change();
