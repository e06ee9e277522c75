-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 30_20261127080000_untold_refusals.py
CREATE OR REPLACE FUNCTION chaishots_tell_refusal()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform pg_notify('chaishots_content', tg_table_name);
    return null;
end $function$;

CREATE TRIGGER tell_untold AFTER INSERT OR UPDATE OF is_told, version ON refusal FOR EACH ROW WHEN ((NOT new.is_told)) EXECUTE FUNCTION chaishots_tell_refusal();
