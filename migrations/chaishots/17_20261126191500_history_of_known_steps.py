"""A step's line of the history is written without comparing two documents, and its version without comparing two rows.

Of a batch of publishes, a third of the time went into these two triggers. What a step changes is known: its status,
its version and when, and published_at the first time; what else changes is compared and recorded as before.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_STEPS = runpy.run_path(str(Path(__file__).with_name("13_20261126151500_history_of_steps.py")))
_LIFECYCLE = r"""
create or replace function chaishots_lesson_update() returns trigger language plpgsql as $$
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
end $$;
"""
_HISTORY = r"""
create or replace function chaishots_write_history_of_lessons() returns void language plpgsql as $outer$
declare
    step constant text[] := array['status', 'published_at', 'publish_error', 'version', 'updated_at'];
    columns text[] := array(
        select quote_ident(attname) from pg_attribute
         where attrelid = 'lesson'::regclass and attnum > 0 and not attisdropped and attname <> all(step)
         order by attname);
begin
    execute format($function$
create or replace function chaishots_record_lessons() returns trigger language plpgsql
    set enable_nestloop = off set jit = off set search_path = %3$I, pg_temp as $body$
declare
    is_current constant boolean := (
        select count(*) = %1$s from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped);
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    with pair as (
        select later.id, later.publish_at,
               earlier.status as status_0, later.status as status_1,
               earlier.published_at as published_at_0, later.published_at as published_at_1,
               earlier.publish_error as publish_error_0, later.publish_error as publish_error_1,
               earlier.version as version_0, later.version as version_1,
               earlier.updated_at as updated_at_0, later.updated_at as updated_at_1,
               case when is_current and (%2$s) then null
                    else array[to_jsonb(earlier), to_jsonb(later)] end as whole
          from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later
        offset 0  -- computed once, and not for each mention
    ), kind as (
        select *, whole is null and status_0 <> status_1 and publish_error_0 is not distinct from publish_error_1
                  and version_0 <> version_1 and updated_at_0 <> updated_at_1 as is_step
          from pair offset 0
    ), change as materialized (
        select id, publish_at, is_step,
               case when is_step and published_at_0 is not distinct from published_at_1 then
                        jsonb_build_object('status', status_0, 'version', version_0, 'updated_at', updated_at_0)
                    when is_step then
                        jsonb_build_object('status', status_0, 'published_at', published_at_0,
                                           'version', version_0, 'updated_at', updated_at_0)
                    when whole is null then
                        jsonb_build_object('status', status_0, 'published_at', published_at_0,
                                           'publish_error', publish_error_0,
                                           'version', version_0, 'updated_at', updated_at_0)
                    else whole[1] end as before,
               case when is_step and published_at_0 is not distinct from published_at_1 then
                        jsonb_build_object('status', status_1, 'version', version_1, 'updated_at', updated_at_1)
                    when is_step then
                        jsonb_build_object('status', status_1, 'published_at', published_at_1,
                                           'version', version_1, 'updated_at', updated_at_1)
                    when whole is null then
                        jsonb_build_object('status', status_1, 'published_at', published_at_1,
                                           'publish_error', publish_error_1,
                                           'version', version_1, 'updated_at', updated_at_1)
                    else whole[2] end as after
          from kind
    ), compared as materialized (
        select *, case when is_step then null
                       else array(select key from jsonb_each(after) where value = before -> key) end as unchanged
          from change
    )
    select chaishots_actor(), 'lesson.' || chaishots_action(before, after), 'lesson', id,
           case when is_step then before else before - unchanged end,
           case when is_step then after else after - unchanged end
      from compared
     where is_step or after - unchanged - array['version', 'updated_at'] <> '{}'
     order by publish_at, id;
    if found then
        perform pg_notify('chaishots_content', 'lesson');
    end if;
    return null;
end $body$;
$function$,
        cardinality(columns || step),
        (select format('(%s) is not distinct from (%s)', string_agg('later.' || name, ', '),
                       string_agg('earlier.' || name, ', ')) from unnest(columns) as name),
        current_schema());
end $outer$;

select chaishots_write_history_of_lessons();
"""
_LIFECYCLE_BEFORE = r"""
create or replace function chaishots_lesson_update() returns trigger language plpgsql as $$
declare
    edited lesson := new;
begin
    if new.status <> old.status and (old.status, new.status) not in (
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
    if new.status = 'published' and old.status <> 'published' then
        new.published_at := coalesce(old.published_at, new.published_at, clock_timestamp());
    elsif new.published_at is distinct from old.published_at then
        perform chaishots_refuse('lesson_published_at_once', 'published_at is set by the first publish and never changes');
    end if;

    -- What the publisher notes is no edit; any edit, and any step in the lifecycle, asks for another try.
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
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _LIFECYCLE + _HISTORY + _STEPS["_SEARCH_PATHS"]


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        _LIFECYCLE_BEFORE
        + "drop function chaishots_write_history_of_lessons();"
        + _STEPS["_HISTORY"]
        + _STEPS["_SEARCH_PATHS"]
    )


MODELS_STATE = (
    "eJztXW1z0zgQ/iuafKHM5BgohUL5lLbhyF2bMm0Kd0cZj2Iria+2FCS5IcP1v58k2/F7Ej"
    "svdVp9gUbSyvaztrTParX61TBH0GYjwtmLlsntO5tPG0fgVwNDF4k/8qqboAHH40SlLOOw"
    "7ygRGG/YZ5yKAlE+gA5DoshCzKT2mNsEy9YXGAHRDx4iQAaAiF98ZONhE9hY/CUKqYWo/D"
    "EZ2eYI2BxMIAMTanOO8AdAyYQBSEU77EwBuhNtoWUhqwn6U8CpPRwiyl7IW7GIKe5FdL3V"
    "q3rY/uEhg5MhEv1Sce1v30WxjS30EzH581uD9P9FJjdsSwow9KPxXTYZ3xoDGzlWQh2yVt"
    "SpCoNPx6rw2B52MP+oGssH7RsmcTwXxwTGUz4ieCZhYy5LhwgjCjmS1+DUk9rBnuMEigwV"
    "5j9C1MS/95iMhQbQc6SOpbR/B1FZwzC6Fz3jqt0zjEZG/6FETDlBkUmwfHfErTIFwVDewm"
    "/v9/dfvz7cf/n67bs3B4eHb969fCfaqvvNVh3e+zcTweV3pUDr/N7p9uQNEfGC+m+uLLhX"
    "MpBDX0qpKMIf8iz8pwJBbrsoXwG+RAp/KxB5Ef6R1kaI/Tx1hAWRPqJPbK5Crn44p/6vvW"
    "emQ8xbQ94C49Ad7z1/9nwFJc3Bu9c5b1/1WuefZfcuYz8chV2r15Y1+6p0mirde/s8qaBZ"
    "J+Brp/cJyJ/gn4tuW0FMGB9SdcWoXe+fhrwn6HFiYDIxxFcawyksDotE05iqTU5oVts99L"
    "PgU5sJpJQtANqqetfzvc1TZfuvXkKL3S+ty5NPrcu989ZfzxOaPLvo/h42j9TYPTm7OFZf"
    "WgJueYfl8A4kNOAVAA9mHQVaCdRTYhr66tD7E34S+Ovrzulc4H2hFOyeZ1svpOgS4AeT9g"
    "5gr2B+7c8B8dFdPWgS0T4aEJrzHv9xddHNhzOSSM/NtsnBf8CxWcZG2mk0JRTz3+T0S5uC"
    "XXaQGbUHHOVMksWwzwQ06uVQl5RgcBszSmVBH5q3E0gtI1ND9klR22yVu++mSyCGQwWkfG"
    "L5fDEiOLZ75BbhRgFPDKubi3ji2Ba8KGy5kCi2wC0S5IoofnZyftUEE5uPABRkzEEffCZm"
    "cwZGkAnCxkTrMc8Sv8q9LCZyhaSt3Di/8gC/Lt6WoAmhBg15J4ebowkLx/xibqb+L2HJhO"
    "21CVPBhJGfSxbskxGkbey5CvCOuEGITZQBPpStM/CNL5321/blEbiz0QTRG9w+7fQuxG9k"
    "2YLm3eDW6XmnewSg5do4PcoUeDBc+NNwEB7ykfj5do7GQv2k6W+ouH1Zk9SHGkgNOWrl+Y"
    "cwpNP8jyApl9JIf8oRq49O1vExHAdT7OxjEJAed7qty7/zv4bjnCn5+O9eu5XC36RI4mOU"
    "dxAlJWvlKOqSyZ52B/kKdiDjhscqqTgtuwYl744FvHOapuhODIpV9JyU1Fqus5bRz7Etuq"
    "ug5aSk1nLdtFyCKcc5GnLHhCNsTg3BEFmOFRX08PHPS+TAAtdzRIM7UYd/ounuGlFRafCm"
    "3m/YvZACLt/JkEV3rqshpd1lHQ4UCU0wDvgI+gvAJqTURhYgHgdEUJvAeyB9CRCziVwy5m"
    "BIeBMMCAWTEVFLwwxhi8kaOBQ45vkkNnch7baou9sieB+X9VoEzevMnevrtPA/swo0OS2p"
    "iXJaA8sSZX/4MhiH3MuZZQsDWTJyi0Na6m9qBUEt+68ODg/evX57MItlmZXMC2EJw1Uy4I"
    "4QtBDNQXfOukxGUi/QrLAs5qPZJ1bO2D5vnEkJVhxmdgd97Y7T7rhK9N33W5czUeMy6zRU"
    "6/t5LTBLM0w5hW8W3I+EInuIBefKLPEUMuH4gvBuQpvhwKKYwsmMMyXeLIGBhRzE/QWx1t"
    "VJ67TduH+w1fozxBgpWqsPKpsL6LMTNVsqnvtO8G0CBDGFlNticJAx1hBwRN2Ax8oV9rED"
    "Ja+Vf6rwU0FsLfVLmngoP2R7XR1rVlx3Vuy/cgb23H5egFEhTcjIVaIJdRuH1s0TuM3zlu"
    "+LvQ4zAe13qOB3YJ7rCpO/DOAxkQeGPDZy3DSePbtpbMoE3QTy4tKY+d76UnQ4LbcSGd6U"
    "Ln7dPzs6+lcMd/2NKWUj7FhcniNcFHq+XAxRuo86j0uNL53T9sWRb73c4NZlr3Ny1j4KjZ"
    "i0pbNM9NC84T7U0GFh9NBhOnrI8qh61w03b+FrzvaylOAj8sltZaNZzKxkxhjm2ZbHhDgI"
    "4gLzMpJKu4qE2Da/gHw2sBYX0cXFWWIIOu6kB/7r8+P25d4r9b6LRjYvADkcNByIh55gTM"
    "aY2mUn5nl91HkQqu0UnQaUGfAO2j46Gb20KIUFrtMF/aR0s/WpeyvK+fa9AFyPOqXsn7Sc"
    "tn/WaP8wr6/4VGmtZAS1WtaoFj7y3D4WQ0Y5ppCQ0gpZ53dSsEa8HEMoXCne9rRsUTjgOa"
    "zg9LL1sXcEVPUNvjr51D69PmufHgFmjpDlOci6wZ+vj886V59k6djri/doJEsltJ0vshBS"
    "c2TfIasKh3i/BId4X8gh3qc5RHB/FZbckpI6oLLO626zt7C6nnWA9E5oOhhaKug5Kam1XG"
    "cth2MvorRctpOMYKVZdoc0uxHuq8NUHvfn5Y2tigpOSmoF11TBd4iy3LxFhS7zmMTDrk2/"
    "qq7Bda9HU+QgyFDJeK6klE6Jk3JnIOqWDZCLRHR83IL4OAFVFtoq4XG9oKfdRHVxaFz0Tu"
    "VHxuWMA+sB9jLqbCe//4XQJse/BLriFkD3+uzsAQMPP9sm9yhq5EcehrXNBaGH41i7JXbs"
    "Bc39jXR+qg4GvLFDoMrO6mGZ1lXuorv61Ppt/81bGUA4kW1F2VTun+MfVKjgwHaQn+E1SA"
    "jLRE8q3DC4Qk5O2a1ffc1RjNKtWiKKsaIb9WGTyCZTsBwsk4PloDgJy8HzBVGME9viOTvN"
    "Cm3DWXsdtZhjJY7EFDDKIVKFcEYCGs/ccAiHeKWcPpGEDnWo4O65g9SGmJdaX4zL1GR1cU"
    "f35Dk5Q8ecDZFOruNFL+iuEvip3Z3lBqFd84Z5WGW5YnbAzUo5PFOydVo3euo6LpFSZ9Os"
    "kpIhhW6jgFUGtc1FrDLWbglWaQqjh6EjtdGMSRrm7zJi6rgQeXhIGHMot6a5gqrlkcNqnS"
    "xzfkgs0iW1wi6IW/FZInon21Z2sum9Vlu1seO3WQL0lJjec6X3XD0q03uVLQ96q8OavoxV"
    "tzjorQ3xyCXxxpdMchQT0YOLDtROK2O5QO3dC8nWwbqPkpRrz9oTUrAOJHzkCtaBhFWXNE"
    "s4J5PxW6sn+X5ksVurpvaOp48b22YOvucQT3tE/lsiQE72tUUH48aDuFxiIcfIeq9nD0rl"
    "uyeG7Jkd57urfTwJVbq4VbnRfaCDCLCZnoK6QCyo5SNKvOEoXsHDC+ZG5olyIwP5/SIH/S"
    "UaeAw6jXwHfVjbXOCgp7F2Cx30X4MQqpk9TqWz3bEAJhxYRKVIh4G7XSWPA0HkXFOlhpuM"
    "EJZJ04U+ZdRVfo72DV3j6SWie+iY3uYcV70whVk5t3EkoR1iVQJidtfoqWlMlxpgSuA5a/"
    "+waL6sD4IUcTqtdPhTJKedJXWmWjYTE65TIddWKPXAubZmE22NU23BCbQ5M+RU28/d0TEX"
    "6xxpnd9sMejKaq54ct1gvecTaifRukau+sRehRuqiqjdbLvVAmoXtVsi9kpeyAIM8VjIlL"
    "/BZkgElVJ0zAQhgRJsi6tgKpe4COee/716h0+PtO1azJU+Cnyb2a0fx+ovGftHVKTPM/jc"
    "7h4BWVkuR9dJq3vSPlNtTfngjlOnJWGdpevR2Ql64f8Ja1rnb3qQqU+HXTzyz0uHXTxyBe"
    "/wCsQuhl0EfDvHHVgu8CI6uGwnJ6itH6quAlXy/TZhDMtcp02Y7mipHCyQcv9gtiDOwE9q"
    "4h/JBWwWHdKWm0OlnLT2xdTdF6MSQJU+xy0lpdd6H/4Ut3oOpXpb21PeeaLNt3UMJMlAwW"
    "VnxKSUThg5P2FkLOVAEuAqqQ1jeQ52E9uFuQ2TL1fZM5UfkHDsCuAbZxwqtriAcoRxx/M5"
    "x6zVchHAYZS0SpwI+8QLsinK60vi4GtEnRMt6gBFQ/GcgBNgQpZDRdbUpyYodScoerFYW9"
    "HaitZW9IadoGvbW5XYDbTy7qoVTMk67AAps78q9qjpHVax/WrJ/VVJOzS9wyq++2rl/VUz"
    "qyxlVt3/D7WbFYo="
)
