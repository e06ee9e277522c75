-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 40_20261128021000_swaps.py
CREATE OR REPLACE FUNCTION chaishots_hold_slug()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    words constant text := case when new.slug is null then new.title when new.slug like '~%' then substr(new.slug, 2) end;
    free text;
    given_up constant text[] := array(select jsonb_array_elements_text(
        nullif(current_setting('chaishots.slugs_given_up', true), '')::jsonb));
begin
    if tg_op = 'UPDATE' and old.published_at is not null and old.slug is not null
       and new.slug is distinct from old.slug and old.slug <> all (given_up) then
        new.former_slugs := (old.slug || new.former_slugs)[:50];
    end if;
    new.slug := coalesce(chaishots_slug(words), new.slug);
    if not chaishots_are_slugs(new.former_slugs) or not chaishots_is_slug(new.slug) then
        return new;  -- their checks refuse them
    end if;
    if words is not null then
        for number in 1 .. 40 loop
            free := new.slug
                 || case when number = 1 then '' when number <= 20 then '-' || number
                         else '-' || left(md5(random()::text), 12) end;
            -- Waits for whoever is about to take the same one.
            insert into program_slug (slug, program_id) values (free, new.id) on conflict do nothing;
            exit when found or exists (select from program_slug where slug = free and program_id = new.id);
        end loop;
        new.slug := free;
    end if;
    new.former_slugs := array(
        select former.slug from unnest(new.former_slugs) with ordinality as former (slug, place)
         where former.slug <> new.slug group by former.slug order by min(place));
    delete from program_slug where program_id <> new.id and slug = new.slug and slug = any (given_up);
    delete from program_slug where program_id = new.id and slug <> all (new.former_slugs || new.slug);
    insert into program_slug (slug, program_id)
    select slug, new.id from unnest(new.former_slugs || new.slug) as slug order by slug on conflict do nothing;
    if exists (select from program_slug where slug = any (new.former_slugs || new.slug) and program_id <> new.id) then
        perform chaishots_refuse('program_slug_unique',
            format('a slug that the program %s is to have is another''s, or was', new.id));
    end if;
    return new;
end $function$;

CREATE TRIGGER hold_slug_insert BEFORE INSERT ON program FOR EACH ROW EXECUTE FUNCTION chaishots_hold_slug();

CREATE TRIGGER hold_slug_update BEFORE UPDATE OF slug, former_slugs ON program FOR EACH ROW WHEN (((new.slug IS DISTINCT FROM old.slug) OR (new.former_slugs IS DISTINCT FROM old.former_slugs))) EXECUTE FUNCTION chaishots_hold_slug();
