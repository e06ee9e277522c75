-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 31_20261127140000_zones.py
CREATE OR REPLACE FUNCTION chaishots_take_zone()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if new.publish_at is null then
        new.publish_zone := null;
    elsif new.release_id is not null and new.status = 'scheduled' then
        new.publish_zone := (select publish_zone from release where id = new.release_id);
    end if;
    if new.archive_at is null then
        new.archive_zone := null;
    end if;
    return new;
end $function$;

CREATE TRIGGER lesson_take_zone BEFORE UPDATE ON lesson FOR EACH ROW WHEN ((((new.publish_at IS NULL) AND (old.publish_at IS NOT NULL) AND (new.publish_zone IS NOT NULL)) OR ((new.archive_at IS NULL) AND (old.archive_at IS NOT NULL) AND (new.archive_zone IS NOT NULL)) OR ((new.release_id IS NOT NULL) AND ((new.status)::text = ANY ((ARRAY['draft'::character varying, 'scheduled'::character varying])::text[]))))) EXECUTE FUNCTION chaishots_take_zone();

CREATE TRIGGER lesson_take_zone_insert BEFORE INSERT ON lesson FOR EACH ROW WHEN (((new.release_id IS NOT NULL) AND ((new.status)::text = ANY ((ARRAY['draft'::character varying, 'scheduled'::character varying])::text[])))) EXECUTE FUNCTION chaishots_take_zone();
