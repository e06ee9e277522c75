-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 24_20261127010000_words.py
CREATE OR REPLACE FUNCTION chaishots_find_programs(programs uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform from program_words where program_id = any (programs) order by program_id for update;
    insert into program_words (program_id, words)
    select program.id, chaishots_words_of(program) from program where id = any (programs) order by id
        on conflict (program_id) do update set words = excluded.words where program_words.words <> excluded.words;
end $function$;
