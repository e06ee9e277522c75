-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_program_insert()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    new.languages_available := coalesce(new.languages_available, array[new.language_primary]);
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    end if;
    return new;
end $function$;

CREATE TRIGGER program_insert BEFORE INSERT ON program FOR EACH ROW EXECUTE FUNCTION chaishots_program_insert();
