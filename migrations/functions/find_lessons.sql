-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_find_lessons()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    its tsvector;
begin
    if tg_op = 'INSERT' then
        insert into lesson_words (lesson_id, words)
        select id, chaishots_words_of(title, summary, translations) from new_rows;
        return null;
    end if;
    its := chaishots_words_of(new.title, new.summary, new.translations);
    update lesson_words set words = its where lesson_id = new.id and words <> its;
    if not found then
        insert into lesson_words (lesson_id, words) values (new.id, its) on conflict (lesson_id) do nothing;
    end if;
    return null;
end $function$;

CREATE TRIGGER find_insert AFTER INSERT ON lesson REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_find_lessons();

CREATE TRIGGER find_update AFTER UPDATE OF title, summary, translations ON lesson FOR EACH ROW WHEN ((((new.title IS DISTINCT FROM old.title) OR (new.summary IS DISTINCT FROM old.summary)) OR (new.translations IS DISTINCT FROM old.translations))) EXECUTE FUNCTION chaishots_find_lessons();
