-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 38_20261127203000_preview_links.py
CREATE OR REPLACE FUNCTION chaishots_record_preview_links()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    kept constant text[] := array['id', 'token_hash', 'created_by'];
    earlier jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - kept end;
    later jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - kept end;
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    select chaishots_actor(),
           'preview_link.' || case when tg_op = 'INSERT' then 'create' when tg_op = 'DELETE' then 'delete'
                                   when old.revoked_at is null and new.revoked_at is not null then 'revoke' else 'change' end,
           'preview_link', case tg_op when 'DELETE' then old.id else new.id end,
           jsonb_strip_nulls(earlier), jsonb_strip_nulls(later);
    return null;
end $function$;

CREATE TRIGGER record AFTER INSERT OR DELETE OR UPDATE ON preview_link FOR EACH ROW EXECUTE FUNCTION chaishots_record_preview_links();
