-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_record_truncate()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    insert into activity (actor, action, object_type) values (chaishots_actor(), tg_table_name || '.truncate', tg_table_name);
    perform pg_notify('chaishots_content', tg_table_name);
    return null;
end $function$;

CREATE TRIGGER record_truncate AFTER TRUNCATE ON change FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();

CREATE TRIGGER record_truncate AFTER TRUNCATE ON lesson FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();

CREATE TRIGGER record_truncate AFTER TRUNCATE ON program FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();

CREATE TRIGGER record_truncate AFTER TRUNCATE ON program_topic FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();

CREATE TRIGGER record_truncate AFTER TRUNCATE ON release FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();

CREATE TRIGGER record_truncate AFTER TRUNCATE ON term FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();

CREATE TRIGGER record_truncate AFTER TRUNCATE ON topic FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_truncate();
