-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_keep_links()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform chaishots_refuse('program_topic_immutable', 'delete the link of program and topic and insert another');
    return null;
end $function$;

CREATE TRIGGER program_topic_immutable BEFORE UPDATE ON program_topic FOR EACH STATEMENT EXECUTE FUNCTION chaishots_keep_links();
