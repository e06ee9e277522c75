"""Releases: named sets of lessons that go public together, each held whole by the database, whoever writes."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "release" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "name" TEXT NOT NULL,
    "status" VARCHAR(9) NOT NULL DEFAULT 'open',
    "publish_at" TIMESTAMPTZ,
    "published_at" TIMESTAMPTZ,
    "publish_error" TEXT,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INT NOT NULL DEFAULT 1
);
COMMENT ON COLUMN "release"."status" IS 'OPEN: open\nSCHEDULED: scheduled\nPUBLISHED: published\nCANCELLED: cancelled';
COMMENT ON TABLE "release" IS 'A named set of lessons that goes public together, at one moment.';
        ALTER TABLE "lesson" ADD "release_id" UUID;

alter table lesson add constraint lesson_release_id_fkey foreign key (release_id) references release (id) on delete set null;
create index lesson_of_release on lesson (release_id) where release_id is not null;

alter table release
    add constraint release_name check (btrim(name) <> '' and char_length(name) <= 300),
    add constraint release_status check (status in ('open', 'scheduled', 'published', 'cancelled')),
    add constraint release_publish_at check (
        (status <> 'scheduled' or publish_at is not null) and (publish_at is null or chaishots_is_moment(publish_at))),
    add constraint release_published_at check (
        (status = 'published') = (published_at is not null)
        and (published_at is null or chaishots_is_moment(published_at))),
    add constraint release_publish_error check (publish_error is null or status = 'scheduled'),
    add constraint release_created_at check (chaishots_is_moment(created_at)),
    add constraint release_updated_at check (chaishots_is_moment(updated_at));

-- For the publisher: what is due, and when the next is.
create index release_due on release (publish_at, id) where status = 'scheduled';

create function chaishots_release_insert() returns trigger language plpgsql as $$
begin
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    end if;
    return new;
end $$;

create function chaishots_release_update() returns trigger language plpgsql as $$
declare
    edited release := new;
begin
    if new.status <> old.status and (old.status, new.status) not in (
        ('open', 'scheduled'), ('open', 'cancelled'),
        ('scheduled', 'open'), ('scheduled', 'published'), ('scheduled', 'cancelled')
    ) then
        perform chaishots_refuse('release_transition', format('a release that is %s cannot become %s', old.status, new.status));
    end if;
    if new.publish_at is distinct from old.publish_at and old.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_transition', format('a release that is %s keeps its time', old.status));
    end if;
    if new.id <> old.id then
        perform chaishots_refuse('release_id_immutable', 'a release keeps its id');
    end if;
    if new.status = 'published' and old.status <> 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    elsif new.published_at is distinct from old.published_at then
        perform chaishots_refuse('release_published_at_once', 'published_at is set by the publish and never changes');
    end if;

    -- As with lessons: what the publisher notes is no edit; any edit asks for another try.
    edited.publish_error := old.publish_error;
    if edited is distinct from old then
        if new.publish_error is not distinct from old.publish_error then
            new.publish_error := null;
        end if;
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $$;

create function chaishots_release_delete() returns trigger language plpgsql as $$
begin
    if old.status in ('scheduled', 'published') then
        perform chaishots_refuse('release_delete', format('a release that is %s is not deleted', old.status));
    end if;
    return old;
end $$;

create trigger release_insert before insert on release for each row execute function chaishots_release_insert();
create trigger release_update before update on release for each row execute function chaishots_release_update();
create trigger release_delete before delete on release for each row execute function chaishots_release_delete();

-- The lessons of a release follow it, in the same statement: all of them, or it does not take the step either.
create function chaishots_carry_out_releases() returns trigger language plpgsql as $$
declare
    changed release;
begin
    for changed in
        select later.* from new_rows later join old_rows earlier on earlier.id = later.id
         where later.status <> earlier.status or later.publish_at is distinct from earlier.publish_at
         order by later.id
    loop
        -- In the order in which editors lock many: two cannot lock each other out.
        perform from lesson where release_id = changed.id order by id for no key update;
        if changed.status = 'scheduled' then
            update lesson set status = 'scheduled', publish_at = changed.publish_at
             where release_id = changed.id and status in ('draft', 'scheduled');
        elsif changed.status = 'published' then
            update lesson set status = 'published', published_at = coalesce(published_at, changed.published_at)
             where release_id = changed.id and status = 'scheduled';
        elsif changed.status = 'cancelled' then
            update lesson set status = 'draft', publish_at = null, release_id = null
             where release_id = changed.id and status in ('draft', 'scheduled');
        else
            update lesson set status = 'draft', publish_at = null
             where release_id = changed.id and status = 'scheduled';
        end if;
    end loop;
    return null;
end $$;

-- Named to fire after the history's trigger: the release's line comes before its lessons'.
create trigger zz_carry_out_releases after update on release referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_carry_out_releases();

-- What joins a release takes its state and its time. The share lock keeps the release from being scheduled or published
-- past a lesson that is about to join.
create function chaishots_join_release() returns trigger language plpgsql as $$
declare
    joined release;
begin
    select * into joined from release where id = new.release_id for share;
    if not found then
        return new;  -- the foreign key refuses it
    end if;
    if tg_op = 'UPDATE' and old.release_id is not null then
        perform chaishots_refuse('lesson_in_release', 'take the lesson out of the release that it is in first');
    end if;
    if joined.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_closed', format('a release that is %s takes no lessons', joined.status));
    end if;
    if new.status not in ('draft', 'scheduled') then
        perform chaishots_refuse('lesson_release_status', format('a lesson that is %s joins no release', new.status));
    end if;
    if joined.status = 'scheduled' then
        new.status := 'scheduled';
        new.publish_at := joined.publish_at;
    else
        new.status := 'draft';
        new.publish_at := null;
    end if;
    return new;
end $$;

create function chaishots_leave_release() returns trigger language plpgsql as $$
begin
    if old.status = 'published' and exists (select from release where id = old.release_id) then
        perform chaishots_refuse('release_closed', 'what was published with a release stays in it');
    end if;
    if new.status = 'scheduled' then
        new.status := 'draft';
        new.publish_at := null;
    end if;
    return new;
end $$;

-- A step that a lesson takes while it is in a release has to be the release's own. To archive it takes it out; one that
-- was published with a release and is restored has a new life before it.
create function chaishots_stay_in_release() returns trigger language plpgsql as $$
declare
    its release;
begin
    if new.status = 'archived' then
        if old.status <> 'published' then
            new.release_id := null;
        end if;
        return new;
    end if;
    if old.status = 'archived' then
        new.release_id := null;
        return new;
    end if;
    select * into its from release where id = new.release_id;
    if its.status = 'open' and new.status = 'draft'
       or its.status = 'scheduled' and new.status = 'scheduled' and new.publish_at = its.publish_at
       or its.status = 'published' and new.status = 'published' then
        return new;
    end if;
    perform chaishots_refuse('lesson_in_release', 'the lesson goes with its release: take it out, or change the release');
    return null;
end $$;

-- Named to fire before lesson_update, which judges the step that these make of it. Lessons of no release pay nothing.
create trigger lesson_join before update on lesson for each row
    when (new.release_id is not null and new.release_id is distinct from old.release_id)
    execute function chaishots_join_release();
create trigger lesson_join_insert before insert on lesson for each row
    when (new.release_id is not null) execute function chaishots_join_release();
create trigger lesson_leave before update on lesson for each row
    when (new.release_id is null and old.release_id is not null)
    execute function chaishots_leave_release();
create trigger lesson_stay before update on lesson for each row
    when (new.release_id = old.release_id
          and (new.status <> old.status or new.publish_at is distinct from old.publish_at))
    execute function chaishots_stay_in_release();

-- Which lessons are in it is part of what a release's ETag stands for, and of its history. A release that somebody holds
-- locked is being changed, and gets its version by that; to wait for it could hold up a publish. Once in a transaction
-- is enough.
create function chaishots_record_release_lessons() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.release_id is not null then
        insert into activity (actor, action, object_type, object_id, before)
        values (chaishots_actor(), 'release.remove_lesson', 'release', old.release_id, jsonb_build_object('lesson_id', old.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = old.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    if tg_op <> 'DELETE' and new.release_id is not null then
        insert into activity (actor, action, object_type, object_id, after)
        values (chaishots_actor(), 'release.add_lesson', 'release', new.release_id, jsonb_build_object('lesson_id', new.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = new.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    perform pg_notify('chaishots_content', 'release');
    return null;
end $$;

create trigger record_release_insert after insert on lesson for each row
    when (new.release_id is not null) execute function chaishots_record_release_lessons();
create trigger record_release_update after update on lesson for each row
    when (new.release_id is distinct from old.release_id) execute function chaishots_record_release_lessons();
create trigger record_release_delete after delete on lesson for each row
    when (old.release_id is not null) execute function chaishots_record_release_lessons();

-- A release that was refused is tried again after one of its lessons changed, or is to be tried again itself.
create function chaishots_retry_release() returns trigger language plpgsql as $$
begin
    update release set publish_error = null
     where id = (select id from release where id = new.release_id and publish_error is not null
                    for no key update skip locked);
    return null;
end $$;

create trigger zz_retry_release after update on lesson for each row
    when (new.release_id is not null and new.status = 'scheduled'
          and (new.version <> old.version or (old.publish_error is not null and new.publish_error is null)))
    execute function chaishots_retry_release();

create or replace function chaishots_action(before jsonb, after jsonb) returns text language sql immutable parallel safe
return case
    when after ->> 'status' is distinct from before ->> 'status' then case
        when after ->> 'status' = 'scheduled' then 'schedule'
        when after ->> 'status' = 'archived' then 'archive'
        when after ->> 'status' = 'cancelled' then 'cancel'
        when before ->> 'status' = 'archived' then 'restore'
        when after ->> 'status' = 'published' then 'publish'
        else 'unschedule' end
    when after ->> 'publish_error' is distinct from before ->> 'publish_error'
         and after ->> 'version' is not distinct from before ->> 'version'
        then case when after ->> 'publish_error' is null then 'retry' else 'refuse' end
    when after ->> 'status' = 'scheduled'
         and (after ->> 'publish_at' is distinct from before ->> 'publish_at'
              or after ->> 'release_id' is distinct from before ->> 'release_id') then 'reschedule'
    else 'change' end;

create trigger record_insert after insert on release referencing new table as new_rows
    for each statement execute function chaishots_record();
create trigger record_update after update on release referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_record();
create trigger record_delete after delete on release referencing old table as old_rows
    for each statement execute function chaishots_record();
create trigger record_truncate after truncate on release
    for each statement execute function chaishots_record_truncate();
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
-- A lesson keeps the state and the time that its release gave it.
drop trigger lesson_join on lesson;
drop trigger lesson_join_insert on lesson;
drop trigger lesson_leave on lesson;
drop trigger lesson_stay on lesson;
drop trigger record_release_insert on lesson;
drop trigger record_release_update on lesson;
drop trigger record_release_delete on lesson;
drop trigger zz_retry_release on lesson;
        ALTER TABLE "lesson" DROP COLUMN "release_id";
        DROP TABLE IF EXISTS "release";
drop function chaishots_release_insert();
drop function chaishots_release_update();
drop function chaishots_release_delete();
drop function chaishots_carry_out_releases();
drop function chaishots_join_release();
drop function chaishots_leave_release();
drop function chaishots_stay_in_release();
drop function chaishots_record_release_lessons();
drop function chaishots_retry_release();
create or replace function chaishots_action(before jsonb, after jsonb) returns text language sql immutable parallel safe
return case
    when after ->> 'status' is distinct from before ->> 'status' then case
        when after ->> 'status' = 'scheduled' then 'schedule'
        when after ->> 'status' = 'archived' then 'archive'
        when before ->> 'status' = 'archived' then 'restore'
        when after ->> 'status' = 'published' then 'publish'
        else 'unschedule' end
    when after ->> 'publish_error' is distinct from before ->> 'publish_error'
         and after ->> 'version' is not distinct from before ->> 'version'
        then case when after ->> 'publish_error' is null then 'retry' else 'refuse' end
    when after ->> 'status' = 'scheduled' and after ->> 'publish_at' is distinct from before ->> 'publish_at' then 'reschedule'
    else 'change' end;
"""


MODELS_STATE = (
    "eJztXVtz2jgb/isebprO5Ou0Sdu09AoC3fItgU5C2t1tOh5hK+CNLbmSHMp0899Xkm3wEb"
    "A5xM7qpg2SXtk8j/zqPVn8ahhTYNEpZvRFy2DWvcXmjab2q4GAA/kfWd3HWgO4bqxTtDEw"
    "tqUIiA4cU0Z4A2+/BTaFvMmE1CCWyyyMxOghghqfB02ghm81zD+xqYUmx5qF+F+8kZiQiA"
    "+zqWVMNYtpM0C1GbEYg+iDRvCMaoDwcciea/CejwWmCc1jbTzXGLEmE0joC3ErJjb4vfCp"
    "D3pVD1k/PKgzPIF8XsKv/e07b7aQCX9CKj5+a+Dx39BgumUKAQp/NL6LIe6dfmtB24zRIX"
    "p5n+zQ2dyVjW1r0kPsoxwsvuhYN7DtOSgi4M7ZFKOFhIWYaJ1ABAlgUFyDEU+wgzzbDogM"
    "CfO/wnKIf+8RGRPeAs8WHAtp/w6WbQ1dHwxH+lV3pOuNFP+hRIScoMnASKwdfqtUQjARt/"
    "C/9ycnp6dnJy9P37578/rs7M27l+/4WHm/6a6zB/9mlnD5U0nQer/1BiNxQ5gvUH/lioYH"
    "KQMY8KUkRUv8AUvD3+EIMsuB2QT4Egn8zUDkRfhHko0Q+1V0hA1LPpaP2EpCrn7YHf/T0T"
    "PDxsadLm6BMuC4R8+fPd+CpBV4j3oX3atR6+KzmN6h9IctsWuNuqLnRLbOE61Hb5/HCVpM"
    "on3tjT5p4qP213DQlRBjyiZEXnE5bvRXQ9wT8BjWEZ7p/CmN4BQ2h018aIRqg2GSZnsEf+"
    "Y8aguBBNkcoIPSu5vnbRWV3T9GMRYHX1qX559al0cXrT+ex5jsDwe/hcOXNA7O+8O2fNJi"
    "cIs7LIZ3IKEALwF4sOtI0AqgnhBT0JeH3t/w48BfX/c6K4H3hRKwe55lvhCiG4AfbNo1wF"
    "7CfOrvAVHtLr9oHNExvMUkYx3//2o4yIZzKZHcmy2Daf9otkVTNlKt0RRQrF7JyUWbgF1M"
    "kNLatwxmbJL5sC8EFOrFUBcuwe1dxCgVDWNg3M0AMfVUDz7BeWPTXc6Jk2wBCEwkkOIbi+"
    "8XcQRda4TvIGrk+Ilh9/E6P9G1uF8UjlzrKLa0O8idKyz9s/OLq2NtZrGpBrgzZsMPvidm"
    "MapNAeUOG+WjXZZ2/ErPst6Ry3Xaiun5rRX8rvy2mJsQMqiLOznbn5uwVufn+2by/wKWTD"
    "hemTAlTBjxuKTBPp8C0kWeIwHv8RsEyIAp4EPZKgPf+NLrfu1eNrV7C84guUHdTm805J+h"
    "aXE37wa1Ohe9QVMDpmOhpJbJiWA44KduQzRhU/7x7QrGQn6S7m9I3InoifMhFakutFZWfA"
    "gBMs9+COJyCUbGcwZpdTjZxcPQDrbYxcPAIW33Bq3LP7OfhnbGltz+c9RtJfA3CBT46MUD"
    "RHHJSgWKBnh2pMJBPsE2oEz3aCmKk7I7ILk+FnDtmCbwnivFMjzHJRXLVWO5gA8Vtd6h42"
    "IGkTHXue9AM/bXYIaPv19CG+QEJZcOUm854e9wXt/tddkarNSHPTueCeCy3c80uiud0AS7"
    "m7qiBHImKONeJPBTgwYgxIKmhj3GnUgDBn6l8DIBojORTGTaBLNj7RYTbTbFMmlIITKp6A"
    "ETjmOWt7q/CymHtuoObbAeN/Vng+FV9qqq6876j1kJByopqVyoJAObulC++tIpA8zL2GVz"
    "SxxScuuLHapvagXlDievXp+9fnf69vWiymHRsqq4ISxkSIE7hcCEJAPdFRH7lKQK3W+RMP"
    "HRHGMzQ7ev0jMJwZJqpj7oq0CNCtSUct/9iGYxEzUqs0tDtbqP1xqzNOUpJ/BNg/sRE2hN"
    "EPe5UsH/XE84miqsJ7QpH5g3EzBb+EyxlcUxMKENmZ8qaV2dtzrdxsOj5XH7kFKcl8UNOo"
    "/XuM/2cthGlb733N/GGndMAWEWVw6i+hZoDBIn8GNF7tW1gfBrxZ+yMJE7tqb8JEw8mF3M"
    "u6uJlVdcda/YX3I68pxxVulJrpuQkivlJlRND+3aT2AWy0rs5kcdFgIq7lAi7sAvzyDKq8"
    "LcLJ2enKPKRDS+9DrdYdNX1zeodTnqnfe7zVBrJ1X7Jon0Ves7ZOgsN5F+lkykmx6RIXzd"
    "yYr0r3jTIiH4hIIQB3nnIrKPUt0FWZtpG2MbApSzny6lkr4xFzvkE5Bt/uzEJx4O+zEV1O"
    "4ldcz1Rbt7efRKrnc+yGI5IIdKwwZo4nETUXeJ5QBSKOC8ao4qK6HK7wYhoFQH98Dy0Unx"
    "0iIE5MSK1syT4GbDwF3NyPn2PQdcj9iF4p9Jua2in3t5ieum8ezXw7Nm829u345vGnsy2f"
    "cSDqXeWBqQhVlJCSpadkgLm3IvCXGVUYiTuJQiZJfPSU5SbDMPITc1duht2STglmV4BZ3L"
    "1sdRU5PdN+jq/FO3c93vdpoaNabQ9Gxo3qDP1+1+7+qTaHW9MV9HU9EqoO19EY2AGFPrHp"
    "plfIj3G/gQ73N9iPdJHyK4vxI5hrikqiCrcqJhsQrL86xqBWvBdKBaSvAcl1QsV5nlUPdC"
    "Qoq9+J8SLLXL1ojZvfi+Ki//tB8vzzVLEhyXVARXlOB7SGjmER65IfOIxOMm416VZ3DXCT"
    "gCbQgoLFjAEpdSp0MkwhmQOEUrgpYiqiBoTUEQhyoNbZl6oFEwUz1RXV8LtFxT2aVAGXpg"
    "N8BeLier5fO/Ftq4/ouhy29BG1z3+49YafWZ4AkBTiO71CrsPV5Ta+VGxm3wipKBPUJhU9"
    "ZAUVEO5RfAUHnGoTjxMMwOiaophy+qrNePyk2yyaGHkZhkIhbCOcw/AFEVWR2kyEqVAR3U"
    "+Y3eZgHQE2KPDH080/JsbwmWvTCwTR2Eqn/YMQll6x5UvUM0nMk1fsFXvSIiKnursrflsr"
    "f1y9OqDN6Tj02q7MITJ1hlF544wSq7UDa7UOrUIxnwSYNd8KijJxbQ3faAo+hLtK5lZOB7"
    "AdB8hMW/BaLmYq4DxrL2Htl1sAltPR0oXXxRItYeV9kLO86PjPp4YiK5uJMnRPlAB2HhBU"
    "9BXyAW9LIpwd5kGu1g4QUzw/W8XU9B/rAuFhyG4rNjwZFA/cpYcCQ7sEksWFzI1ChkkRCu"
    "f6TUBEPq2+mGFsZrjzXAZHDXwQ5EmYcobz+hetG26jFgdZ7yAUNfTyREgF3/NIfkq/+fu4"
    "OmJjqLVXeftwbn3b4ca4gvbttVihuo+u4n7XGo6NB/jGlV+asqf1XoRsXmFMEqNlfl2Fzg"
    "b28dnVue8VXLDerg54/LaGZ23CYMdK4M2oSFsptEbFxAmH+GWRCM+iAPKvNPrxI/TLU4zy"
    "wrPFNQWsViqh6LkaXDhY88S0ipA88e/8CzaqrSg9n6ylLYxZqNJy42Vb5xKfVWy+q3WiLV"
    "9tu/fxEp8a8ntmtfwIgvrqIn3T6ibVsXwPdu3MpcZ451G+ZBV5u3i1Fr7duvIlMYZm01QK"
    "AGxthjgZXKry9sVJ8ReXqv+LEbAif8e4qfbjUAzbB6dzSnsoWrbgurvKQy2GpgsBUI7eys"
    "rChWCLN1YdEWVkvdSosiXzVZXBQp1YqXFsVNnmRxUbTwaOvSooUBsPJ32SGxjGnOFh50rt"
    "vDwXLYuk08n44db6G5miZzB81QMgH3lV2vu3EP8zfMXB0uikuKKvF6bpvxcpCTN282KAjh"
    "o3JLQmRf4ped+HNVAOFg+BNE99XLlxugy0floiv7Mk/vTSO89uDerMzhI73NVp+fLDuc8Z"
    "Kxqz38C6ArJkE="
)
