-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 1_20261123100100_rules.py
CREATE OR REPLACE FUNCTION chaishots_program_update()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if new.status <> old.status and (old.status, new.status) not in (
        ('draft', 'published'), ('draft', 'archived'),
        ('published', 'archived'),
        ('archived', 'draft'), ('archived', 'published')
    ) then
        perform chaishots_refuse('program_transition', format('a program that is %s cannot become %s', old.status, new.status));
    end if;
    if old.status = 'archived' and new.status = 'draft' and exists (
        select from term join lesson on lesson.term_id = term.id
         where term.program_id = new.id and lesson.status = 'published'
    ) then
        perform chaishots_refuse('program_transition', 'a program with published lessons is restored to published');
    end if;

    if new.id <> old.id then
        perform chaishots_refuse('program_id_immutable', 'a program keeps its id');
    end if;
    if new.status = 'published' and old.status <> 'published' then
        new.published_at := coalesce(old.published_at, new.published_at, clock_timestamp());
    elsif new.published_at is distinct from old.published_at then
        perform chaishots_refuse('program_published_at_once', 'published_at is set by the first publish and never changes');
    end if;

    if new is distinct from old then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $function$;

CREATE TRIGGER program_update BEFORE UPDATE ON program FOR EACH ROW EXECUTE FUNCTION chaishots_program_update();
