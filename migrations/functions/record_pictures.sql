-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 14_20261126153000_pictures.py
CREATE OR REPLACE FUNCTION chaishots_record_pictures()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    kept constant text[] := array['unused_since'];
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    select chaishots_actor(), 'picture.' || case tg_op when 'INSERT' then 'create' else 'delete' end, 'picture',
           left(case tg_op when 'INSERT' then new.id else old.id end, 32)::uuid,
           case when tg_op = 'DELETE' then to_jsonb(old) - kept end, case when tg_op = 'INSERT' then to_jsonb(new) - kept end;
    return null;
end $function$;

CREATE TRIGGER record AFTER INSERT OR DELETE ON picture FOR EACH ROW EXECUTE FUNCTION chaishots_record_pictures();
