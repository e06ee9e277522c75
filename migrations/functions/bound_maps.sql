-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_bound_maps()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    maps jsonb := case tg_table_name
        when 'program' then jsonb_build_object('program_posters', to_jsonb(new) -> 'posters')
        else jsonb_build_object('lesson_content_urls', to_jsonb(new) -> 'content_urls',
                                'lesson_subtitle_urls', to_jsonb(new) -> 'subtitle_urls',
                                'lesson_thumbnails', to_jsonb(new) -> 'thumbnails') end;
    rule text;
    map jsonb;
begin
    for rule, map in select * from jsonb_each(maps) loop
        continue when jsonb_typeof(map) <> 'object';  -- its check refuses it
        if octet_length(map::text) > 100000 or (select count(*) > 50 from jsonb_object_keys(map))
           or exists (select from jsonb_path_query(map, 'strict $.** ? (@.type() == "string")') as url
                       where not chaishots_is_url(url #>> '{}')) then
            perform chaishots_refuse(rule, 'a map holds 50 languages at most and 100,000 bytes, a URL 2,000 characters');
        end if;
    end loop;
    return new;
end $function$;

CREATE TRIGGER bound_maps BEFORE INSERT OR UPDATE OF content_urls, subtitle_urls, thumbnails ON lesson FOR EACH ROW WHEN ((chaishots_may_be_unbounded(new.content_urls) OR chaishots_may_be_unbounded(new.subtitle_urls) OR chaishots_may_be_unbounded(new.thumbnails))) EXECUTE FUNCTION chaishots_bound_maps();

CREATE TRIGGER bound_maps BEFORE INSERT OR UPDATE OF posters ON program FOR EACH ROW WHEN (chaishots_may_be_unbounded(new.posters)) EXECUTE FUNCTION chaishots_bound_maps();
