-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 34_20261127153000_named_programs.py
CREATE OR REPLACE FUNCTION chaishots_tell_terms()
 RETURNS trigger
 LANGUAGE plpgsql
 SET jit TO 'off'
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    concerned uuid[] := '{}';
begin
    if tg_op <> 'DELETE' then
        concerned := concerned || new.program_id;
    end if;
    if tg_op <> 'INSERT' then
        concerned := concerned || old.program_id;
    end if;
    if tg_op = 'UPDATE' then
        if new is not distinct from old then
            return null;
        elsif new.program_id <> old.program_id then
            perform chaishots_wait_for_edits(array[new.id]);
        end if;
    end if;
    select array_agg(id order by id) from program where id = any(concerned) into concerned;
    if current_setting('transaction_isolation') = 'read committed' then
        concerned := array(select unnest(concerned) except select id from (
            select id from program where id = any(concerned) and status <> 'published' order by id
               for share skip locked) as held);
    end if;
    if cardinality(concerned) > 0 then
        perform chaishots_tell(tg_table_name, concerned);
    end if;
    return null;
end $function$;

CREATE CONSTRAINT TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON term DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chaishots_tell_terms();
