-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 34_20261127153000_named_programs.py
CREATE OR REPLACE FUNCTION chaishots_tell_all()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_tell(tg_table_name, null);
    return null;
end $function$;

CREATE TRIGGER tell_delete AFTER DELETE ON release FOR EACH ROW WHEN (((old.status)::text <> 'open'::text)) EXECUTE FUNCTION chaishots_tell_all();

CREATE TRIGGER tell_insert AFTER INSERT ON release FOR EACH ROW WHEN (((new.status)::text <> 'open'::text)) EXECUTE FUNCTION chaishots_tell_all();

CREATE TRIGGER tell_update AFTER UPDATE ON release FOR EACH ROW WHEN ((((old.status)::text <> 'open'::text) OR ((new.status)::text <> 'open'::text))) EXECUTE FUNCTION chaishots_tell_all();

CREATE TRIGGER tell AFTER INSERT OR DELETE ON topic FOR EACH ROW EXECUTE FUNCTION chaishots_tell_all();

CREATE TRIGGER tell_update AFTER UPDATE ON topic FOR EACH ROW WHEN ((new.* IS DISTINCT FROM old.*)) EXECUTE FUNCTION chaishots_tell_all();
