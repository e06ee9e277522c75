-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 19_20261126194500_one_line.py
CREATE OR REPLACE FUNCTION chaishots_check_translations()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    rule constant text := tg_table_name || '_translations';
    longest constant jsonb := tg_argv[0];
    own constant text := case when tg_nargs > 1 then to_jsonb(new) ->> tg_argv[1] end;
    tag text;
    texts jsonb;
    name text;
    words jsonb;
    shown text;
    checked jsonb := '{}';
begin
    if jsonb_typeof(new.translations) <> 'object' then
        return new;  -- its check refuses it
    end if;
    for tag, texts in select * from jsonb_each(new.translations) loop
        if not chaishots_is_language(tag) or tag = own or jsonb_typeof(texts) <> 'object' then
            perform chaishots_refuse(rule, 'translations are by language, without the own one');
        end if;
        for name, words in select * from jsonb_each(texts) loop
            shown := normalize(words #>> '{}', nfc);
            if jsonb_typeof(words) <> 'string' or not longest ? name or char_length(shown) > (longest ->> name)::integer
               or not chaishots_is_visible(shown)
               or shown ~ (case when name in ('title', 'name') then '[\u0001-\u001f\u007f-\u009f\u2028-\u202e]' else '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]' end) or (tg_table_name = 'topic' and btrim(shown) <> shown) then
                perform chaishots_refuse(rule, format('of each language: %s, with at most so many characters', longest));
            end if;
            texts := jsonb_set(texts, array[name], to_jsonb(shown));
        end loop;
        if texts <> '{}' then
            checked := checked || jsonb_build_object(tag, texts);
        end if;
    end loop;
    if (select count(*) > 50 from jsonb_object_keys(checked)) or octet_length(checked::text) > 100000 then
        perform chaishots_refuse(rule, 'there are translations into 50 languages at most, of 100,000 bytes together');
    end if;
    new.translations := checked;
    return new;
end $function$;

CREATE TRIGGER translations BEFORE INSERT OR UPDATE OF translations, content_language_primary ON lesson FOR EACH ROW WHEN ((new.translations <> '{}'::jsonb)) EXECUTE FUNCTION chaishots_check_translations('{"title": 300, "summary": 2000}', 'content_language_primary');

CREATE TRIGGER translations BEFORE INSERT OR UPDATE OF translations, language_primary ON program FOR EACH ROW WHEN ((new.translations <> '{}'::jsonb)) EXECUTE FUNCTION chaishots_check_translations('{"title": 300, "description": 10000}', 'language_primary');

CREATE TRIGGER translations BEFORE INSERT OR UPDATE OF translations ON term FOR EACH ROW WHEN ((new.translations <> '{}'::jsonb)) EXECUTE FUNCTION chaishots_check_translations('{"title": 300}');

CREATE TRIGGER translations BEFORE INSERT OR UPDATE OF translations ON topic FOR EACH ROW WHEN ((new.translations <> '{}'::jsonb)) EXECUTE FUNCTION chaishots_check_translations('{"name": 100}');
