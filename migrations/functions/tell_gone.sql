-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 48_20261128145500_cheaper_passes.py
CREATE OR REPLACE FUNCTION chaishots_tell_gone()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    its_program uuid;
begin
    if tg_op = 'TRUNCATE' then
        null;
    elsif tg_table_name = 'program' then
        its_program := old.id;
    else
        select program_id from term where id = old.term_id into its_program;
    end if;
    perform chaishots_tell(tg_table_name, array[its_program], 'gone');
    return null;
end $function$;

CREATE TRIGGER tell_gone_delete AFTER DELETE ON lesson FOR EACH ROW WHEN (((old.status)::text = 'published'::text)) EXECUTE FUNCTION chaishots_tell_gone();

CREATE TRIGGER tell_gone_truncate AFTER TRUNCATE ON lesson FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_gone();

CREATE TRIGGER tell_gone_update AFTER UPDATE ON lesson FOR EACH ROW WHEN ((((old.status)::text = 'published'::text) AND (((new.status)::text <> 'published'::text) OR (new.is_paid AND (NOT old.is_paid)) OR (new.content_urls <> old.content_urls) OR (new.subtitle_urls <> old.subtitle_urls) OR (new.thumbnails <> old.thumbnails)))) EXECUTE FUNCTION chaishots_tell_gone();

CREATE TRIGGER tell_gone_delete AFTER DELETE ON program FOR EACH ROW WHEN (((old.status)::text = 'published'::text)) EXECUTE FUNCTION chaishots_tell_gone();

CREATE TRIGGER tell_gone_truncate AFTER TRUNCATE ON program FOR EACH STATEMENT EXECUTE FUNCTION chaishots_tell_gone();

CREATE TRIGGER tell_gone_update AFTER UPDATE ON program FOR EACH ROW WHEN ((((old.status)::text = 'published'::text) AND (((new.status)::text <> 'published'::text) OR (new.posters <> old.posters)))) EXECUTE FUNCTION chaishots_tell_gone();
