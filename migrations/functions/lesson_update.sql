-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 17_20261126191500_history_of_known_steps.py
CREATE OR REPLACE FUNCTION chaishots_lesson_update()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    is_edit boolean := new.status <> old.status;
    edited lesson;
begin
    if is_edit and (old.status, new.status) not in (
        ('draft', 'scheduled'), ('draft', 'published'), ('draft', 'archived'),
        ('scheduled', 'draft'), ('scheduled', 'published'), ('scheduled', 'archived'),
        ('published', 'archived'),
        ('archived', 'draft')
    ) then
        perform chaishots_refuse('lesson_transition', format('a lesson that is %s cannot become %s', old.status, new.status));
    end if;

    if new.id <> old.id then
        perform chaishots_refuse('lesson_id_immutable', 'a lesson keeps its id');
    end if;
    if is_edit and new.status = 'published' then
        new.published_at := coalesce(old.published_at, new.published_at, clock_timestamp());
    elsif new.published_at is distinct from old.published_at then
        perform chaishots_refuse('lesson_published_at_once', 'published_at is set by the first publish and never changes');
    end if;

    -- What the publisher notes is no edit; any edit, and any step in the lifecycle, asks for another try.
    if not is_edit then
        edited := new;
        edited.publish_error := old.publish_error;
        is_edit := edited is distinct from old;
    end if;
    if is_edit then
        if new.publish_error is not distinct from old.publish_error then
            new.publish_error := null;
        end if;
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $function$;

CREATE TRIGGER lesson_update BEFORE UPDATE ON lesson FOR EACH ROW EXECUTE FUNCTION chaishots_lesson_update();
