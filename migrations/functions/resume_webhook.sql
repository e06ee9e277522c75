-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 28_20261127072000_webhooks.py
CREATE OR REPLACE FUNCTION chaishots_resume_webhook()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    update webhook_delivery set tries = 0, failing_since = null, retry_at = null where webhook_id = new.id;
    return null;
end $function$;

CREATE TRIGGER resume AFTER UPDATE ON webhook FOR EACH ROW WHEN (((((new.status)::text = 'active'::text) AND ((old.status)::text <> 'active'::text)) OR (new.url <> old.url))) EXECUTE FUNCTION chaishots_resume_webhook();
