-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 3_20261123120000_releases.py
CREATE OR REPLACE FUNCTION chaishots_release_update()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    edited release := new;
begin
    if new.status <> old.status and (old.status, new.status) not in (
        ('open', 'scheduled'), ('open', 'cancelled'),
        ('scheduled', 'open'), ('scheduled', 'published'), ('scheduled', 'cancelled')
    ) then
        perform chaishots_refuse('release_transition', format('a release that is %s cannot become %s', old.status, new.status));
    end if;
    if new.publish_at is distinct from old.publish_at and old.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_transition', format('a release that is %s keeps its time', old.status));
    end if;
    if new.id <> old.id then
        perform chaishots_refuse('release_id_immutable', 'a release keeps its id');
    end if;
    if new.status = 'published' and old.status <> 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    elsif new.published_at is distinct from old.published_at then
        perform chaishots_refuse('release_published_at_once', 'published_at is set by the publish and never changes');
    end if;

    -- As with lessons: what the publisher notes is no edit; any edit asks for another try.
    edited.publish_error := old.publish_error;
    if edited is distinct from old then
        if new.publish_error is not distinct from old.publish_error then
            new.publish_error := null;
        end if;
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $function$;

CREATE TRIGGER release_update BEFORE UPDATE ON release FOR EACH ROW EXECUTE FUNCTION chaishots_release_update();
