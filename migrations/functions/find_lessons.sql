-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_find_lessons()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if tg_op = 'INSERT' then
        insert into lesson_words (lesson_id, words) select id, chaishots_words_of(new_rows::lesson) from new_rows;
    else
        insert into lesson_words (lesson_id, words) values (new.id, chaishots_words_of(new))
            on conflict (lesson_id) do update set words = excluded.words where lesson_words.words <> excluded.words;
    end if;
    return null;
end $function$;

CREATE TRIGGER find_insert AFTER INSERT ON lesson REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_find_lessons();

CREATE TRIGGER find_update AFTER UPDATE OF title, summary, translations ON lesson FOR EACH ROW WHEN ((((new.title IS DISTINCT FROM old.title) OR (new.summary IS DISTINCT FROM old.summary)) OR (new.translations IS DISTINCT FROM old.translations))) EXECUTE FUNCTION chaishots_find_lessons();
