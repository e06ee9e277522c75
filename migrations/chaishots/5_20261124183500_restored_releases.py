"""Releases that an import restores: what was public with one comes back with it, and stays what it was."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- As in the releases' migration, but for new lessons: one that is or was public is let into a release that is public
-- itself, so that both can be restored; and a draft keeps the time that it comes with, as drafts do elsewhere.
create or replace function chaishots_join_release() returns trigger language plpgsql as $$
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
    if tg_op = 'INSERT' and joined.status = 'published'
       and new.status in ('published', 'archived') and new.published_at is not null then
        return new;
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
    elsif tg_op = 'UPDATE' or new.status = 'scheduled' then
        new.status := 'draft';
        new.publish_at := null;
    end if;
    return new;
end $$;

-- As there, but a lesson that is archived already stays in its release whatever else is changed of it.
create or replace function chaishots_stay_in_release() returns trigger language plpgsql as $$
declare
    its release;
begin
    if new.status = 'archived' then
        if old.status not in ('published', 'archived') then
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
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
create or replace function chaishots_join_release() returns trigger language plpgsql as $$
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

create or replace function chaishots_stay_in_release() returns trigger language plpgsql as $$
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
