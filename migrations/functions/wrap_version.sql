-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_wrap_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    new.version := 1;
    return new;
end $function$;

CREATE TRIGGER zz_wrap_version BEFORE UPDATE ON change FOR EACH ROW WHEN ((new.version > 2000000000)) EXECUTE FUNCTION chaishots_wrap_version();

CREATE TRIGGER zz_wrap_version BEFORE UPDATE ON lesson FOR EACH ROW WHEN ((new.version > 2000000000)) EXECUTE FUNCTION chaishots_wrap_version();

CREATE TRIGGER zz_wrap_version BEFORE UPDATE ON program FOR EACH ROW WHEN ((new.version > 2000000000)) EXECUTE FUNCTION chaishots_wrap_version();

CREATE TRIGGER zz_wrap_version BEFORE UPDATE ON release FOR EACH ROW WHEN ((new.version > 2000000000)) EXECUTE FUNCTION chaishots_wrap_version();

CREATE TRIGGER zz_wrap_version BEFORE UPDATE ON term FOR EACH ROW WHEN ((new.version > 2000000000)) EXECUTE FUNCTION chaishots_wrap_version();

CREATE TRIGGER zz_wrap_version BEFORE UPDATE ON topic FOR EACH ROW WHEN ((new.version > 2000000000)) EXECUTE FUNCTION chaishots_wrap_version();
