"""Webhooks: where events are sent, how far each has come, and what came of each try; and what somebody has to act on.

Plain SQL makes a webhook too: `insert into webhook (url) values ('https://…')`, and its secret is in the row. The message
that is being tried is kept whole, so that each try, by whichever leader, sends the same.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLES = r"""
        CREATE TABLE IF NOT EXISTS "alert" (
    "position" BIGINT NOT NULL PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "lesson_id" UUID NOT NULL,
    "program_id" UUID NOT NULL,
    "publish_at" TIMESTAMPTZ NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "at" TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN "alert"."kind" IS 'LESSON_REFUSED: lesson.refused\nSCHEDULE_OVERDUE: schedule.overdue';
COMMENT ON TABLE "alert" IS 'What happened to a lesson that somebody has to act on, for webhooks: each once, in the order of its position.';
        CREATE TABLE IF NOT EXISTS "webhook" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "url" TEXT NOT NULL,
    "events" TEXT[] NOT NULL DEFAULT '{lesson.published,lesson.changed,lesson.removed,program.published,program.changed,program.removed,lesson.refused,schedule.overdue}'::text[],
    "secret" TEXT NOT NULL DEFAULT chaishots_webhook_secret(),
    "former_secret" TEXT,
    "former_secret_until" TIMESTAMPTZ,
    "status" VARCHAR(6) NOT NULL DEFAULT 'active',
    "paused_reason" VARCHAR(7),
    "replayed_at" TIMESTAMPTZ,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INT NOT NULL DEFAULT 1
);
COMMENT ON COLUMN "webhook"."status" IS 'ACTIVE: active\nPAUSED: paused';
COMMENT ON COLUMN "webhook"."paused_reason" IS 'ASKED: asked\nFAILING: failing\nGONE: gone';
COMMENT ON TABLE "webhook" IS 'Where events are sent, signed with its secret; while that is rotated, with the former one too.';
        CREATE TABLE IF NOT EXISTS "webhook_delivery" (
    "position" BIGINT NOT NULL,
    "mark" BIGINT NOT NULL,
    "alert" BIGINT NOT NULL,
    "tries" INT NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ,
    "retry_at" TIMESTAMPTZ,
    "message_id" UUID,
    "message_body" TEXT,
    "message_at" TIMESTAMPTZ,
    "message_position" BIGINT,
    "message_mark" BIGINT,
    "message_alert" BIGINT,
    "test_id" UUID,
    "webhook_id" UUID NOT NULL PRIMARY KEY REFERENCES "webhook" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "webhook_delivery" IS 'How far a webhook has come, and the message that it is being sent; a trigger of `webhook` makes its row.';
        CREATE TABLE IF NOT EXISTS "webhook_attempt" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "message_id" UUID NOT NULL,
    "is_test" BOOL NOT NULL DEFAULT False,
    "at" TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    "status" INT,
    "reason" TEXT NOT NULL DEFAULT '',
    "latency_ms" INT NOT NULL,
    "answer" TEXT NOT NULL DEFAULT '',
    "webhook_id" UUID NOT NULL REFERENCES "webhook" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_webhook_att_webhook_adf0e8" ON "webhook_attempt" ("webhook_id", "id");
COMMENT ON TABLE "webhook_attempt" IS 'One try to send a message, and what came of it.';
"""

_RULES = r"""
alter table alert
    add constraint alert_kind check (kind in ('lesson.refused', 'schedule.overdue'));
-- What is told once; reasons are too long for an index.
create unique index alert_once on alert (lesson_id, publish_at, kind, md5(reason));

alter table webhook
    add constraint webhook_url check (chaishots_is_url(url)),
    add constraint webhook_events check (
        cardinality(events) between 1 and 8
        and events <@ array['lesson.published', 'lesson.changed', 'lesson.removed', 'program.published', 'program.changed',
                            'program.removed', 'lesson.refused', 'schedule.overdue']),
    add constraint webhook_secret check (secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$'),
    add constraint webhook_former_secret check (
        num_nulls(former_secret, former_secret_until) in (0, 2)
        and coalesce(former_secret ~ '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$', true)),
    add constraint webhook_status check (status in ('active', 'paused')),
    add constraint webhook_paused_reason check (
        case when status = 'active' then paused_reason is null
             else coalesce(paused_reason in ('asked', 'failing', 'gone'), false) end),
    add constraint webhook_moments check (
        chaishots_is_moment(created_at) and chaishots_is_moment(updated_at)
        and coalesce(chaishots_is_moment(replayed_at), true) and coalesce(chaishots_is_moment(former_secret_until), true));
alter table webhook_delivery
    add constraint webhook_delivery_message check (num_nulls(
        message_id, message_body, message_at, message_position, message_mark, message_alert) in (0, 6));
-- For throwing the old ones away.
create index webhook_attempt_age on webhook_attempt (at);

create function chaishots_prepare_webhook() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if new.id <> old.id then
            perform chaishots_refuse('webhook_id_immutable', 'a webhook keeps its id');
        end if;
        if new.secret <> old.secret and new.former_secret is not distinct from old.former_secret then
            new.former_secret := old.secret;
            new.former_secret_until := clock_timestamp() + interval '24 hours';
        end if;
        if new is distinct from old then
            new.version := old.version + 1;
            new.updated_at := clock_timestamp();
        end if;
    end if;
    if new.status = 'active' then
        new.paused_reason := null;
    else
        new.paused_reason := coalesce(new.paused_reason, 'asked');
    end if;
    return new;
end $$;
create trigger prepare before insert or update on webhook for each row execute function chaishots_prepare_webhook();

-- A new one is sent what happens from now on.
create function chaishots_begin_webhook() returns trigger language plpgsql as $$
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
end $$;
create trigger begin after insert on webhook for each row execute function chaishots_begin_webhook();

-- Whoever resumes it, or sends it elsewhere, has it tried at once.
create function chaishots_resume_webhook() returns trigger language plpgsql as $$
begin
    update webhook_delivery set tries = 0, failing_since = null, retry_at = null where webhook_id = new.id;
    return null;
end $$;
create trigger resume after update on webhook for each row
    when ((new.status = 'active' and old.status <> 'active') or new.url <> old.url)
    execute function chaishots_resume_webhook();

-- Who made and changed which; the secrets have no place in the history.
create function chaishots_record_webhooks() returns trigger language plpgsql as $$
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
end $$;
create trigger record after insert or delete on webhook for each row execute function chaishots_record_webhooks();
create trigger record_update after update on webhook for each row
    when ((new.url, new.events, new.secret, new.status, new.paused_reason, new.replayed_at)
          is distinct from (old.url, old.events, old.secret, old.status, old.paused_reason, old.replayed_at))
    execute function chaishots_record_webhooks();

create function chaishots_tell_of_webhooks() returns trigger language plpgsql as $$
begin
    perform pg_notify('chaishots_webhooks', '');
    return null;
end $$;
create trigger tell after insert or update or delete or truncate on webhook
    for each statement execute function chaishots_tell_of_webhooks();
"""

# 32 bytes, 244 bits of them by chance.
_SECRET = r"""
create function chaishots_webhook_secret() returns text language sql volatile as $$
    select 'whsec_' || encode(decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'), 'base64')
$$;
"""

_NAMES = (
    "chaishots_webhook_secret",
    "chaishots_prepare_webhook",
    "chaishots_begin_webhook",
    "chaishots_resume_webhook",
    "chaishots_record_webhooks",
    "chaishots_tell_of_webhooks",
)
_SEARCH_PATHS = f"""
do $$ declare its regprocedure; begin
    for its in
        select oid from pg_proc where pronamespace = current_schema()::regnamespace
           and proname in ('{"', '".join(_NAMES)}')
    loop
        execute format('alter function %s set search_path = %I, pg_temp', its, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _SECRET + _TABLES + _RULES + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    functions = "".join(f"drop function {name}() cascade;" for name in _NAMES)
    return f"""
        DROP TABLE IF EXISTS "webhook_attempt", "webhook_delivery", "webhook", "alert";
        {functions}
"""


MODELS_STATE = (
"eJztHdly2zjyV1h6SVKlTSXO4UR5km0l0Y6PlC0nMxunOBAJSVyThAYArVHN+t8XAEnxPn"
    "WRMl4SE0CDVDfQF7ob/3S0GTDIDFHysq9R48Ggy05P+adjAwuyP9K6u0oHzOeRTt5GwdgU"
    "ICA8cEwoZg2sfQJMAlmTDomGjTk1kM1HX9lQYfPYU6igiYLYE50Z9rSrGDb7izViHWL+sJ"
    "gZ2kwxqLIARFlgg1Jof1IwWhAFYDbONpcKfGBjga5DvauMlwrFxnQKMXnJP0VHGvsWNvVO"
    "3+rYxl8OVCmaQjYvZu/++Ys1G7YO/4aEP/7soPF/oUZVQ+cABP7V+cWHzO/ViQFNPUIO3s"
    "v6RIdKl3PReGJMhzb9LAbzHzpWNWQ6lh0CmC/pDNkrCMOmvHUKbYgBhfwdFDucOrZjmh4h"
    "fYK5PyEY4n57CEaHE+CYnMYc2v2CoK2jqpdXI/VmMFLVToL+PkSIOF6Thmy+dtinEoGCKf"
    "+Ef308Onrz5vjo1Zv3H969PT5+9+HVBzZWfG+y6/jR/ZgAXe5UAmnDL8PLEf8gxBaou3J5"
    "w6OAARS4UIJEAf4BTaL/jGGQGhZMJ4ALEcO/7oG89P+IU8PHfR45/IaAHsEWyyXIzV/mmf"
    "v0/JlmIu1e5Z9AKLDmz188e7EGkXLwPRpeDG5G/YtvfHqLkL9Mgbv+aMB7jkTrMtb6/P2L"
    "KIFWkyg/hqOvCn9U/nN1ORAoRoROsXhjMG70nw7/JuBQpNpoobJdGsKT3+w3saEhUmsU4S"
    "S1R/DvjK22AogRmyFop+TdzH7LI+Xg91GEipff+9enX/vXzy/6v7+IUPL86vKLPzwg4+Xp"
    "+dWJ2GkRdPMvrIZvD0IivAbCPakjkFYB6zEwifr6qHcFfhTxt7fDs1zEu0AxtDuOob/koC"
    "WQ7wntFuBeoPmNKwPC3F380ChGx3CCcMo6/vfN1WU6OgOIuGw2NKr8TzENktCRWo1Njor8"
    "lRxftDG08wkSXHtCYYqQzEb7CkBivRrWuUkwuQ8ppbxhDLT7BcC6muhBRyhrbLLLOrLiLc"
    "AGU4FI/ov57wsZgibEtJNhJIq+bpGFuBpVaB7+mAGqzNhsbEHoCkUKUExICOJmGushyIJj"
    "pC/ZECJ62SpCdldhe1tZwPEMoXvSUyBgNhyyNRiz75jpZ1CiMHQb/H1JM3Hnby82FzNNQ3"
    "+eavZhGKrYSCwjy6WV2LlnPz5JhtMZwAPbsQQhhuyzAVsTCYL4sE1WrDrngxvGltTrwefb"
    "m8FZz9sULzGcOATqd/bN6dfB2e35QL36Prg+ux30FKLNoO6Y8CV6gFh3YHyrZZDTAn+rJr"
    "SndMYeX7/PoZTPVl/HbUaf4R6Jrqj4cr+7oiIWAVpDEWuRFlxBE5tjNMXAqojTKJREahyp"
    "zphpRjO1uvspCtkoN9T2bbe2uZwwBKSaDySA2LO8CPkU7zrPnt11tuVG3IrvSXp1D3mLNc"
    "h0mhsjdA/tTob15HcXGlBzg9kI/shCI6qv3MMlN1C48XF6cdNVFgadMWMGIxN+cg+xuCnC"
    "zJiZYhA2ek6TxlDtWdYwaqppEZvXHmoaM5G96FNQ5V9yvL29WKhPZBss4v8KYscf32Qjpb"
    "HShm+XutahD9tkxHeuB/2zwXVPYcqJDvGd/X04+MGfHwy44M+Ds+Hoij1D3aCIPffPLoaX"
    "PQXolmHXsQvLmIXZVmHCKBSMVeVcLM2VYgO8TN8UUbgYhcZLCklzaLSJzXHieStXm4Oh9G"
    "R42b/+I313nKR4N0/+GA36MfxrbN0w/NQwdqKQjdLOLtHi+VPWwSJeF0Coyh1FNUgch90A"
    "kdtzmNA6SmP4wJhiHTpHISWVm0xl+PfcYNPVoHIUUlK5aVSuYDmHbTZozRGFtrZUmcVIUr"
    "Qob4bPv11DE2QcPwVm8TCY8De4bK8SFbR6K/Vxy+6GzxDqA5virJDeoL9b4HCYsJFlfQ2e"
    "L19BOHJYahBFOKO1Lu9ZANJVWCv3JfhnkP6JKFsSkFAvPjfND7GFNzw9H8X+zzee8AHqt+"
    "urL9f9i56/lO9s90jVP0qtYwbnnWP7ZvBxphl8HDeDZTzBjuMJQhyFqC4jS8E9QiYEdgZv"
    "CcPFHRAMsDkbYCP+h6ur84jydDKMe99uL04G189fi0XPBhk0A+GuIKjlcohANsrlIFXYuK"
    "Hibg6VGJ7cqMDWYpCbYW17Ju3umFtzTuC4yvsFzHMUYt5bRh1Wp97AQpX43LAh4aonV0Vn"
    "BqEIL12NdQExVGwklFT21xKyphnk6iwiUBnDGVsZvM/yRjrWmP2vJ3Xi7bxiDaV4YmBCVZ"
    "N9VrWNFoWTGsSGIhKF27Q6NSJgkufVVugIhLY6XlZDfghIor7F4uYC4PsceSO6Swkcyx9Z"
    "KHFGTArwvRtxfPAsZ5e9i0xnL3jDbeF5y1yV1WCPiQfuNYGmSQSIL00mGFkKYJKESYKkAN"
    "rJG2V0fFt2YJ4s8pdxeTL4EJIN1pZAHIW1DNwIoLRvG2ffNkvW3VAgfCxZws7tLyXtyGpo"
    "obj7ihasCwvjh8OKfCwNWUy0uN7+kFzqMokiDB63mSu36XYTm4JrYElRt/W3bfgsIpOtph"
    "5FtFiuHb1+e/z2w5v3b1ecdNWSx0CLJVZTlIcnKblqWK3SYF0X6Tx2W81I7s5DfRROEqCl"
    "Zmss4iJdnifDMnKFeiwspGw0AYZsFRAaiEkNYGwwqYsc6mVVC7uSi1RgkwUv20WVKaJeGv"
    "YMifJcBNo64T1gyiibFlSwvRc9vdiCtuU/eOuxbPqDN7zJEQbNzX5wt1mN+Po4pIywj1Og"
    "bIS9y76EheWkhOdlSvcEXC0B37AYzc0YDwnkzkTySwp2c2rjJCBlkZw1ShO52OT1WarxmR"
    "hgTTbTHuzLPB6Zx1MrnMZNeKumooZhZJmPNKMvht8kcj8jDI2pzWyuRCBsZgh9OLO8nahN"
    "BM+zZgwWK5spsrIYDnRoQjfc77R/c9o/G3Qe92ZOn7sxvelm9Pkq4DfXfA7igsvV1H5g9j"
    "bicfAAU4MxB+52BgqF2PLsWFF7zASiLBn7UxSLEN5q/iSc7+llszc1sbSKm24Ve4Wu3PP6"
    "CmZCAu6Q/IAbsxOoQdPqAGR7HVYA0u9Qw+9AHMsCuJKbJwQiqyvVxzx7tU3cNL9K5nAcbi"
    "1jeFu0+OfxWa/3X8buxlsjylasY/Z6Cu2s8t/lMq3iczSZL3W+D88GVz1Xe7mz+9ej4en5"
    "oOcrMXFNZw/5VrqDxVpXrbSM2ZwztxjgAfnk9pB2BdJ0y8KkK5CqY+465SrdGmhaqpXHNE"
    "xgTx1mMalzbFQVzHlzNJkJNVZExxFKVPAADBc7Cbr0MQYZrtOCeWK02bno3glxfv7KQK6D"
    "zUr6TxxO6j8b1H+IMxb2VGWqJAAlWTZIFjpzrLHNWEY1SyECJQmyyX2ScUZczkLIPCnetV"
    "jWMZjQFKvg7Lr/edRTRHdQtv4sqFev39nfbk/OhzdfeatXTZu3ctQOv/NGgLWZ8eDWR6lq"
    "Q3wsYUN8zLQhPiZqNjSnTnjDLIpDOndbrcL6dJaV1VpBaY+11KBzFFJSuclU9nkvxLjajZ"
    "MJwFpStkWU3YrtK8NUDnt7OXO9JoGjkJLADSXwA8QkNTsr02Uegtjv2fTr+hTc9Hk0hiYE"
    "BFaM54pCyWtJY+4MiKvehBUCkfFxBfFxDFVJ1NYJjxt5M7UTq8WhccGaSo+MS+EDm0HsdT"
    "BZK/d/IWqj/C+CXfYJyuXt+fnGAg8DGi0Q1nPqKl/ZcITYP6WqK7vxhz/8GQ+DTI91gzRd"
    "PORFaq4wVSJcU10RqlzNHjHczUBc3TRrEGWCHFtXxstPCkYLogDMRmKDUmjzKjoMQ9MpU2"
    "gUYCI7JWhzkxOvEbTZrLs2D7BocgZTGN18hxpFOB3BK6CDPze/+T44HV1dCyuDIAdrMMYc"
    "2FwTIzT3gkm7mZjXa+D1OoLftF66dnxfJOnmM/HywjaIJG/jbigUtRFeUCLCf92o/W+GRh"
    "0MM4SB31skCOahcWWK57vDXVbtXpBFFGduIqBDvaswdg3dyjM3X/v/Onr3nkffu+XTZnDJ"
    "k8/pJxFnPzFM6DJ0785xsXj5aO8NJLWw/m7fvuEUAH4mWSEFoCaL22+lm+jFZ29LHB++f5"
    "t99dnbF0UyxdBpSpp2pmNlNV6G/Ke4WGZColRAZwAg8ZkaS2gyQV7lxCSAOHh9ZxtnJQ8A"
    "G8CmlYJzwjANCc1paUK7mcI6cqoJmKmnFjIaah0SEJVpeItKV7SHYeT5rDyflcd38fNZW9"
    "znmXErR8EJbQy2SYEuT53Ga/lHNmvJu5dsdTIsea+3W2TJh8aVsOQ1pmgS2BOZ8eJqDtd/"
    "QbrcJuZlzv0kCZ5LbzHzOM0grzdJsV39MxyaGwsJZMbyL5l6v19frkwO36mOEf7MCkiPgc"
    "kkcZkkflDmDjGdaZX94I+XPKjGDpggbPHiigyHKTsgJ+kyDrjvLMuUtU/Zkvn5a6scKZF2"
    "uU6CsUws3tCiXjehWCYSh/MEGLuuWFI0BCIl4wYlY/aNENu7DqJhfsBNH+ZwJylh+LLYS1"
    "WCUm/byKvDkQovK3IUV+R4Uim+7UvmlWmeB+kdlUccT4jAMgXtwAksU9DqqoAVTomijqmc"
    "/IfPv5XKfPAOfm48r1U7rcdk6kM8AW19RB1YetRjzawbfl3xNO0uujppN97iO13N2Ur1K3"
    "/1bTJNycPX4ecphev/zw0tBX8XwF6OEP+3QoYjn6vOHm5qaoCFdGiqydP81Q/FfFUxzWll"
    "TrkLyMUnwmKn34vL7VxEe4kFKy7g9XlgXi+dYeRMZ+EO6r8wNSWBtasJlD+WDFjwmENu2E"
    "LAQMoEL6gBDyuOYfgxg7ZCkAXpjBGJRxwAxZvHvc7WnUwXZf/5LXlA4TPCXpBjhrAIXXAT"
    "CgyiTJHNXuRfF8D+58hLBj7s9M3r3CofWRxloyKiUA2IjmhyVptH6Tq2cQRSmk4NMp02lD"
    "oXishaN3cuFATWxk1XmDwX5Tm7yJ4LGVe5Asw3v0qJLz/CoEwAHh/rsn8TAp79jAIp4l5N"
    "456c8zg6wmSMZjo61NNToYGfDM1j8P70JvkzK+N6x+9eQ4ClR3hkJ9JtNsKjQal0H16VcN"
    "5/eJXpveddBZfIN0xXaIZFVENbyKkIkykQ6tQuWUMkNAO3mxcKewjazivIEfcJlBIh65Tk"
    "8G2QzdfkWGdmacDsmyXl8X1ZlqOVZTmkbdFc2+IaThwCzAyp4PcWCQQcGlfCF+ZWuVhFjW"
    "Cem2Pqio2ooiOuzkd8T0DxKoN1xdWXC+7QMijn3rwwxpRhM83rtZV3PL2LNpssDjAjWLUs"
    "kwDi4IXBVmoWtPdovqGRmoLBVMDnavx+sfmqORjEkOJlDZd2GE6G9DXNqx27S5Ais8Zdgj"
    "7UniOXV4K2wYHLYAEMSlQuasepFWtzcZ0CLaPFi5E+RTwZh/seKuI7CihRXYxqYaDUOvqM"
    "QsqjzwYJieZUxfBrc2dZ0avK3QVWdDCuxKEcf5GuEEhDxSxcHyjnD67lqym+rcoMWyrKXF"
    "jIgjZNO2lbf8KnZx+3rRqG+D+B6GyL2R8v7eUa9vKBpIOhObSTWO9cfRtc9hTeWe26x9P+"
    "5engXIzV+A83zSbliMkLHw9OT5CZgE+Y0vIqwL2IPpmHeeDbS+ZhHjiBW3zY08Y8TM/eTv"
    "EEVkswLH1zSTMF1JoZhtVdNyIhM91v4+dq5jpt/JvzSt1IArDwraxi1NwrPpglOIaYx6vx"
    "p7kJtNRA6IrQ0hfTdF+MuEvQJV8FLhuDksfqacfqu6352kxWujNdXxYcbWBZNam+bYKRNC"
    "2ou7mcRWaaNDVEuCkGR1sQvnWLQ1Q5yDA5/AoI+TbHalS5YGu/XoNIgAFj5Hh3C/L3c8PB"
    "pciqAgCGU/Y7eaKlBkiKKbKhOaWB0nQDRR4WSy1aatFSi96yE3RNeZvQJDdU5+kAc82yKj"
    "2Ffmq81lOocla00lNUD43XegrXgVq70lNQ3itHrfoBxzOE7jMUK7+3SLVahMaVqerElB/4"
    "ABnmhR7Er23uKoQZLV5BJaESEahhyNSjxcww4aqKEkaU/7yuO47nqgV1LJiehFJLOW35dV"
    "Ila7pK5mCzikbmDZcKWQ2FzN1oSWzn3LERgOz7Wo2Y+uUa+y9XEUxdr8Er7OU/YmihB/bo"
    "senQeL/FB/CffYjVBCJavusHAb5knVhn3HtPN9e4vLDKjgkgmnMHWYgzefJJdT9zeyxqq/"
    "cyVSZKAlAe06yJfdWxqZEiSvJDdzKmkIGQTQ7kOZAodKaJGw8wSdNO/3Q0/D7oKe6AO/tb"
    "//ZGhJwDLoriWnSZyPL3JSLL4xQNIsvfJyLLxYeoWeUKytEhMUmDWWCnf/ObuAGG3POA/8"
    "/94fnw8guf2zAZFe7sL2yp90Qd2TrkyXM++OQ5ziTPcZw8GM5NsKyZHBgBlXywyXxQhiQf"
    "OIFlSPKBE1h643cakgwohdY8zQVSMUTAc7723fna63ra2PUnOjSZqpp2kW6tCz08/J6FZm"
    "2lmlHmTo+SxwD+Wss9DQgtyDKHAioIjS88HLjifnW85CEPBNq6AhQLEsK+2y8xB6ii8WAJ"
    "NFGMlHz8GvDF7vufq9/ieuDZv7+kS3+/Ln2PrBVjDKNQMsYwZtTx8k+QpCiChUWjPChZVa"
    "dE1ajKinYDFewIuzCRdq/yTyAUWPMtutfbpnpnOREzNe9Mv6G8obvX6tKl0ZPFZ1s9z9v4"
    "GQiPbbG1pZoWI5S5lKNAMuEqTRLYZJGWxZa9ngMIuZ7rr+eoNl9Wd4xCSd0xPz8lFBK2fn"
    "5KKA6tnbgtzE+JLq6G3YQS95TkugfC/pRS/oGwW6fYQfAVLVgXrz3vwSszQBQNWZ6Fz2P0"
    "PCvPi+ITgXxjyO9x5KF/n2L3WXnT/KlY4B666eAYLZKehV2+eI2IwqbxtiYE9W7Y9cCGGz"
    "TVo35iTDP1oTDUIWlDH4+O3rw5Pnr15v2Hd2+Pj999eLVSi5JdefrRyfALV5Ei0jupM1kA"
    "pwiVPMT7EBLptZEOTIjTvEI5WF+BSLTXRru852BdC8uLnVGJ4amYleL24sAyUqXJzjZ5p8"
    "WhU3jPZz7toWyFIx8fO2OkpxysZ3ui4nANDqxsrB/Kx2F1nhWFlFyrDVyrntmYBn1AZ0O7"
    "th49bNawImOQkgbr0qCGUZkAlVSobVtCQisqUiEQqUWtWauhxEFJ9Xt+1zgmaYKbdvOHJD"
    "UOPh7/D+VtE/4="
)
