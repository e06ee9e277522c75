-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 28_20261127072000_webhooks.py
CREATE OR REPLACE FUNCTION chaishots_record_webhooks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    kept constant text[] := array['id', 'secret', 'former_secret', 'former_secret_until', 'updated_at'];
    earlier jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - kept end;
    later jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - kept end;
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    select chaishots_actor(),
           'webhook.' || case when tg_op = 'INSERT' then 'create' when tg_op = 'DELETE' then 'delete'
                              when new.status <> old.status and new.status = 'paused' then 'pause'
                              when new.status <> old.status then 'resume'
                              when new.secret <> old.secret then 'rotate'
                              when new.replayed_at is distinct from old.replayed_at then 'replay' else 'change' end,
           'webhook', case tg_op when 'DELETE' then old.id else new.id end, jsonb_strip_nulls(earlier), jsonb_strip_nulls(later);
    return null;
end $function$;

CREATE TRIGGER record AFTER INSERT OR DELETE ON webhook FOR EACH ROW EXECUTE FUNCTION chaishots_record_webhooks();

CREATE TRIGGER record_update AFTER UPDATE ON webhook FOR EACH ROW WHEN (((((((new.url IS DISTINCT FROM old.url) OR (new.events IS DISTINCT FROM old.events)) OR (new.secret IS DISTINCT FROM old.secret)) OR ((new.status)::text IS DISTINCT FROM (old.status)::text)) OR ((new.paused_reason)::text IS DISTINCT FROM (old.paused_reason)::text)) OR (new.replayed_at IS DISTINCT FROM old.replayed_at))) EXECUTE FUNCTION chaishots_record_webhooks();
