-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_prepare_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    edited change := new;
    joined release;
    is_there boolean := false;
begin
    if tg_op = 'INSERT' then
        if new.status <> 'scheduled' then
            perform chaishots_refuse('change_status', 'a change begins as scheduled');
        end if;
        if new.object_type in ('program', 'term', 'lesson') then
            -- As a foreign key does it: until this is committed, nobody deletes the thing.
            execute format('select true from %I where id = $1 for key share', new.object_type)
                using new.object_id into is_there;
            if is_there is not true then
                perform chaishots_refuse('change_object',
                    format('there is no %s of the id %s', new.object_type, new.object_id));
            end if;
        end if;
        if new.release_id is not null then
            joined := chaishots_joined(new.release_id);
            new.apply_at := joined.publish_at;
            new.publish_zone := joined.publish_zone;
        end if;
        if (select count(*) from change where object_id = new.object_id and status = 'scheduled') >= 100 then
            perform chaishots_refuse('change_number', 'there are 100 scheduled changes of a thing at most');
        end if;
        return new;
    end if;
    if (new.id, new.object_type, new.object_id) is distinct from (old.id, old.object_type, old.object_id) then
        perform chaishots_refuse('change_object_immutable', 'a change keeps its id, and the thing that it is of');
    end if;
    edited.release_id := old.release_id;
    if old.status <> 'scheduled' and (edited is distinct from old or new.release_id is not null
                                      and new.release_id is distinct from old.release_id) then
        perform chaishots_refuse('change_transition', format('a change that is %s stays as it is', old.status));
    end if;
    edited := new;
    if old.status <> 'scheduled' then
        null;
    elsif old.release_id is null and new.release_id is not null then
        joined := chaishots_joined(new.release_id);
        new.apply_at := joined.publish_at;
        new.publish_zone := joined.publish_zone;
        edited := new;
    elsif new.release_id is null and old.release_id is not null then
        if new.apply_at is null and not exists (select from release where id = old.release_id) then
            new.status := 'cancelled';
            new.error := 'Its release was deleted.';
        end if;
    elsif new.release_id is distinct from old.release_id then
        perform chaishots_refuse('change_in_release', 'take the change out of the release that it is in first');
    elsif new.release_id is not null then
        select * into joined from release where id = new.release_id;
        if new.status = 'applied' and joined.status <> 'published'
           or new.status = 'scheduled' and (new.apply_at, new.publish_zone) is distinct from (old.apply_at, old.publish_zone)
              and (new.apply_at, new.publish_zone) is distinct from (joined.publish_at, joined.publish_zone) then
            perform chaishots_refuse('change_in_release', 'the change goes with its release');
        end if;
    end if;
    if new.status = 'applied' then
        new.applied_at := coalesce(new.applied_at, clock_timestamp());
        new.error := null;
    end if;
    -- As with lessons: what the publisher notes is no edit; any edit asks for another try.
    edited.error := old.error;
    if edited is distinct from old then
        if new.status = 'scheduled' and new.error is not distinct from old.error then
            new.error := null;
        end if;
        if (new.patch, case when new.release_id is null then new.apply_at end)
           is distinct from (old.patch, case when new.release_id is null then old.apply_at end) and new.scheduled_by = old.scheduled_by then
            new.scheduled_by := chaishots_actor();
        end if;
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $function$;

CREATE TRIGGER prepare BEFORE INSERT OR UPDATE ON change FOR EACH ROW EXECUTE FUNCTION chaishots_prepare_change();
