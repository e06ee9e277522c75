-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 21_20261126234500_hangs.py
CREATE OR REPLACE FUNCTION chaishots_keep_refusal()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'DELETE' then
        delete from refusal where id = old.id;
    elsif new.publish_error is null then
        delete from refusal where id = new.id;
    else
        insert into refusal (id, reason, version, retry_at)
        values (new.id, new.publish_error, new.version, clock_timestamp() + chaishots_pause(0))
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = true;
    end if;
    return null;
end $function$;

CREATE TRIGGER keep_refusal_delete AFTER DELETE ON lesson FOR EACH ROW WHEN ((old.publish_error IS NOT NULL)) EXECUTE FUNCTION chaishots_keep_refusal();

CREATE TRIGGER keep_refusal_insert AFTER INSERT ON lesson FOR EACH ROW WHEN ((new.publish_error IS NOT NULL)) EXECUTE FUNCTION chaishots_keep_refusal();

CREATE TRIGGER keep_refusal_update AFTER UPDATE ON lesson FOR EACH ROW WHEN ((new.publish_error IS DISTINCT FROM old.publish_error)) EXECUTE FUNCTION chaishots_keep_refusal();

CREATE TRIGGER keep_refusal_delete AFTER DELETE ON release FOR EACH ROW WHEN ((old.publish_error IS NOT NULL)) EXECUTE FUNCTION chaishots_keep_refusal();

CREATE TRIGGER keep_refusal_insert AFTER INSERT ON release FOR EACH ROW WHEN ((new.publish_error IS NOT NULL)) EXECUTE FUNCTION chaishots_keep_refusal();

CREATE TRIGGER keep_refusal_update AFTER UPDATE ON release FOR EACH ROW WHEN ((new.publish_error IS DISTINCT FROM old.publish_error)) EXECUTE FUNCTION chaishots_keep_refusal();
