-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 6_20261126105500_stricter_rules.py
CREATE OR REPLACE FUNCTION chaishots_record_tokens()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    kept constant text[] := array['id', 'token_hash', 'last_used_at'];
    earlier jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - kept end;
    later jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - kept end;
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    select chaishots_actor(),
           'token.' || case when tg_op = 'INSERT' then 'create' when tg_op = 'DELETE' then 'delete'
                            when old.revoked_at is null and new.revoked_at is not null then 'revoke' else 'change' end,
           'token', case tg_op when 'DELETE' then old.id else new.id end, jsonb_strip_nulls(earlier), jsonb_strip_nulls(later);
    return null;
end $function$;

CREATE TRIGGER record AFTER INSERT OR DELETE ON api_token FOR EACH ROW EXECUTE FUNCTION chaishots_record_tokens();

CREATE TRIGGER record_update AFTER UPDATE ON api_token FOR EACH ROW WHEN (((new.name IS DISTINCT FROM old.name) OR ((new.role)::text IS DISTINCT FROM (old.role)::text) OR (new.token_hash IS DISTINCT FROM old.token_hash) OR (new.revoked_at IS DISTINCT FROM old.revoked_at) OR (new.expires_at IS DISTINCT FROM old.expires_at))) EXECUTE FUNCTION chaishots_record_tokens();
