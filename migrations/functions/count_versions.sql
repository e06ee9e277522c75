-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 2_20261123112000_tokens.py
CREATE OR REPLACE FUNCTION chaishots_count_versions()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if new.id <> old.id and tg_table_name = 'term' then
        perform chaishots_refuse('term_id_immutable', 'a term keeps its id');
    elsif new.id <> old.id then
        perform chaishots_refuse('topic_id_immutable', 'a topic keeps its id');
    end if;
    if new is distinct from old then
        new.version := old.version + 1;
    end if;
    return new;
end $function$;

CREATE TRIGGER count_versions BEFORE UPDATE ON term FOR EACH ROW EXECUTE FUNCTION chaishots_count_versions();

CREATE TRIGGER count_versions BEFORE UPDATE ON topic FOR EACH ROW EXECUTE FUNCTION chaishots_count_versions();
