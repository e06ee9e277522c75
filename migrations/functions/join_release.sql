-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 5_20261124183500_restored_releases.py
CREATE OR REPLACE FUNCTION chaishots_join_release()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    joined release;
begin
    select * into joined from release where id = new.release_id for share;
    if not found then
        return new;  -- the foreign key refuses it
    end if;
    if tg_op = 'UPDATE' and old.release_id is not null then
        perform chaishots_refuse('lesson_in_release', 'take the lesson out of the release that it is in first');
    end if;
    if tg_op = 'INSERT' and joined.status = 'published'
       and new.status in ('published', 'archived') and new.published_at is not null then
        return new;
    end if;
    if joined.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_closed', format('a release that is %s takes no lessons', joined.status));
    end if;
    if new.status not in ('draft', 'scheduled') then
        perform chaishots_refuse('lesson_release_status', format('a lesson that is %s joins no release', new.status));
    end if;
    if joined.status = 'scheduled' then
        new.status := 'scheduled';
        new.publish_at := joined.publish_at;
    elsif tg_op = 'UPDATE' or new.status = 'scheduled' then
        new.status := 'draft';
        new.publish_at := null;
    end if;
    return new;
end $function$;

CREATE TRIGGER lesson_join BEFORE UPDATE ON lesson FOR EACH ROW WHEN (((new.release_id IS NOT NULL) AND (new.release_id IS DISTINCT FROM old.release_id))) EXECUTE FUNCTION chaishots_join_release();

CREATE TRIGGER lesson_join_insert BEFORE INSERT ON lesson FOR EACH ROW WHEN ((new.release_id IS NOT NULL)) EXECUTE FUNCTION chaishots_join_release();
