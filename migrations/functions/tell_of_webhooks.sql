-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 28_20261127072000_webhooks.py
CREATE OR REPLACE FUNCTION chaishots_tell_of_webhooks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform pg_notify('chaishots_webhooks', '');
    return null;
end $function$;

CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON webhook FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_of_webhooks();
