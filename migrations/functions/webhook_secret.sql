-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 28_20261127072000_webhooks.py
CREATE OR REPLACE FUNCTION chaishots_webhook_secret()
 RETURNS text
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    select 'whsec_' || encode(decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'), 'base64')
$function$;
