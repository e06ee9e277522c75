-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 28_20261127072000_webhooks.py
CREATE OR REPLACE FUNCTION chaishots_begin_webhook()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    perform pg_advisory_xact_lock(1130914163, 'webhook'::regclass::oid::bigint::bit(32)::integer);
    if (select count(*) from webhook) > 20 then
        perform chaishots_refuse('webhook_number', 'there are 20 webhooks at most');
    end if;
    insert into webhook_delivery (webhook_id, position, mark, alert)
    select new.id, coalesce(state.position, 0),
           coalesce((select mark from feed_mark where position = state.position), 0),
           coalesce((select max(position) from alert), 0)
      from (select) as always left join feed_state as state on true;
    return null;
end $function$;

CREATE TRIGGER begin AFTER INSERT ON webhook FOR EACH ROW EXECUTE FUNCTION chaishots_begin_webhook();
