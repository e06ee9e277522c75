-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_carry_out_releases()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    changed release;
    outcome record;
    kind text;
begin
    for changed in
        select later.* from new_rows later join old_rows earlier on earlier.id = later.id
         where later.status <> earlier.status or later.publish_at is distinct from earlier.publish_at
            or later.publish_zone is distinct from earlier.publish_zone
         order by later.id
    loop
        if changed.status = 'published' then
            foreach kind in array array['program', 'term', 'lesson'] loop
                outcome := chaishots_isolate(
                    array(select id from change where release_id = changed.id and status = 'scheduled'
                             and object_type = kind order by id),
                    'change', changed.published_at, clock_timestamp() + interval '300 ms');
                exit when outcome.cause is not null;
            end loop;
            if outcome.cause is not null then
                raise exception using
                    errcode = coalesce(outcome.failed -> 0, outcome.cause) ->> 'errcode',
                    constraint = coalesce(outcome.failed -> 0, outcome.cause) ->> 'rule',
                    message = coalesce(outcome.failed -> 0, outcome.cause) ->> 'message',
                    detail = 'chaishots: ' || outcome.failed::text;
            end if;
        elsif changed.status = 'cancelled' then
            update change set status = 'cancelled', error = 'Its release was cancelled.'
             where release_id = changed.id and status = 'scheduled';
        else
            update change set apply_at = changed.publish_at, publish_zone = changed.publish_zone
             where release_id = changed.id and status = 'scheduled';
        end if;
        -- In the order in which editors lock many: two cannot lock each other out.
        perform from lesson where release_id = changed.id order by id for no key update;
        if changed.status = 'scheduled' then
            update lesson set status = 'scheduled', publish_at = changed.publish_at
             where release_id = changed.id and status in ('draft', 'scheduled');
        elsif changed.status = 'published' then
            outcome := chaishots_isolate(
                array(select id from lesson where release_id = changed.id and status = 'scheduled' order by id),
                'publish', changed.published_at, clock_timestamp() + interval '300 ms');
            if outcome.cause is not null then
                raise exception using
                    errcode = coalesce(outcome.failed -> 0, outcome.cause) ->> 'errcode',
                    constraint = coalesce(outcome.failed -> 0, outcome.cause) ->> 'rule',
                    message = coalesce(outcome.failed -> 0, outcome.cause) ->> 'message',
                    detail = 'chaishots: ' || outcome.failed::text;
            end if;
        elsif changed.status = 'cancelled' then
            update lesson set status = 'draft', publish_at = null, release_id = null
             where release_id = changed.id and status in ('draft', 'scheduled');
        else
            update lesson set status = 'draft', publish_at = null
             where release_id = changed.id and status = 'scheduled';
        end if;
    end loop;
    return null;
end $function$;

CREATE TRIGGER zz_carry_out_releases AFTER UPDATE ON release REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_carry_out_releases();
