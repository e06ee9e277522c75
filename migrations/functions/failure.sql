-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 44_20261128031500_told_poisons.py
CREATE OR REPLACE FUNCTION chaishots_failure(key uuid, errcode text, rule text, message text, context text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN jsonb_build_object('id', key, 'errcode', errcode, 'rule', rule, 'message', message, 'is_raised', ((split_part(context, '
'::text, 1) ~~ '%RAISE%'::text) OR ((errcode = '25006'::text) AND (current_setting('transaction_read_only'::text) = 'off'::text))));
