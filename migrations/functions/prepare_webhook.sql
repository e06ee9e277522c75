-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 28_20261127072000_webhooks.py
CREATE OR REPLACE FUNCTION chaishots_prepare_webhook()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'UPDATE' then
        if new.id <> old.id then
            perform chaishots_refuse('webhook_id_immutable', 'a webhook keeps its id');
        end if;
        if new.secret <> old.secret and new.former_secret is not distinct from old.former_secret then
            new.former_secret := old.secret;
            new.former_secret_until := clock_timestamp() + interval '24 hours';
        end if;
        if new is distinct from old then
            new.version := old.version + 1;
            new.updated_at := clock_timestamp();
        end if;
    end if;
    if new.status = 'active' then
        new.paused_reason := null;
    else
        new.paused_reason := coalesce(new.paused_reason, 'asked');
    end if;
    return new;
end $function$;

CREATE TRIGGER prepare BEFORE INSERT OR UPDATE ON webhook FOR EACH ROW EXECUTE FUNCTION chaishots_prepare_webhook();
