-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_bound_moved()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_table_name = 'term' then
        perform chaishots_bound_programs(array[new.program_id]);
        return null;
    end if;
    -- Within one program nothing becomes more.
    perform chaishots_bound_programs(array(
        select program_id from term where id = new.term_id
        except select program_id from term where id = old.term_id));
    return null;
end $function$;

CREATE TRIGGER bound_moved AFTER UPDATE ON lesson FOR EACH ROW WHEN ((new.term_id <> old.term_id)) EXECUTE FUNCTION chaishots_bound_moved();

CREATE TRIGGER bound_moved AFTER UPDATE ON term FOR EACH ROW WHEN ((new.program_id <> old.program_id)) EXECUTE FUNCTION chaishots_bound_moved();
