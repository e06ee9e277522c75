"""Changes and ends in releases: a relaunch (new lessons, new titles, old lessons down) is one moment, one transaction.

A change that joins a release takes its moment from it, as a lesson does, and is applied before the release's lessons
are published. An end is a change too: its patch is `{"status": "archived"}`. Plain SQL makes one by `insert into change
(object_type, object_id, release_id, patch) values …`. Functions of earlier migrations get their part put between, as in
the migration before this one.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLE = r"""
        ALTER TABLE "change" ADD "release_id" UUID;
        ALTER TABLE "change" ALTER COLUMN "apply_at" DROP NOT NULL;
"""

_RULES = r"""
alter table change
    add constraint change_release_id_fkey foreign key (release_id) references release (id) on delete set null,
    add constraint change_has_moment check (apply_at is not null or release_id is not null or status = 'cancelled');
create index change_of_release on change (release_id) where release_id is not null;

-- The release that a change joins. The share lock keeps it from being scheduled or published meanwhile.
create function chaishots_joined(release_id uuid) returns release language plpgsql as $$
declare
    joined release;
begin
    select * into joined from release where id = chaishots_joined.release_id for share;
    if joined.status in ('published', 'cancelled') then
        perform chaishots_refuse('release_closed', format('a release that is %s takes no changes', joined.status));
    end if;
    return joined;
end $$;

-- As with its lessons: which changes are in it is part of what a release's ETag stands for, and of its history.
create function chaishots_record_release_changes() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.release_id is not null then
        insert into activity (actor, action, object_type, object_id, before)
        values (chaishots_actor(), 'release.remove_change', 'release', old.release_id, jsonb_build_object('change_id', old.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = old.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    if tg_op <> 'DELETE' and new.release_id is not null then
        insert into activity (actor, action, object_type, object_id, after)
        values (chaishots_actor(), 'release.add_change', 'release', new.release_id, jsonb_build_object('change_id', new.id));
        update release set updated_at = clock_timestamp()
         where id = (select id from release where id = new.release_id and xmin <> pg_current_xact_id()::xid
                        for no key update skip locked);
    end if;
    perform pg_notify('chaishots_content', 'release:');
    return null;
end $$;
create trigger record_release_insert after insert on change for each row
    when (new.release_id is not null) execute function chaishots_record_release_changes();
create trigger record_release_update after update on change for each row
    when (new.release_id is distinct from old.release_id) execute function chaishots_record_release_changes();
create trigger record_release_delete after delete on change for each row
    when (old.release_id is not null) execute function chaishots_record_release_changes();
create trigger zz_retry_release after update on change for each row
    when (new.release_id is not null and old.error is not null and (new.error is null or new.status <> 'scheduled'))
    execute function chaishots_retry_release();
"""

_DUE = "change.status = 'scheduled' and change.error is null and change.apply_at <= now()"
_DUE_ALONE = "change.status = 'scheduled' and change.error is null and change.release_id is null and change.apply_at <= now()"

_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "chaishots_prepare_change()": (
        ("    edited change := new;\n", "    edited change := new;\n    joined release;\n"),
        (
            "        if (select count(*) from change where object_id = new.object_id",
            """        if new.release_id is not null then
            joined := chaishots_joined(new.release_id);
            new.apply_at := joined.publish_at;
            new.publish_zone := joined.publish_zone;
        end if;
        if (select count(*) from change where object_id = new.object_id""",
        ),
        # A release that was cancelled may be deleted: what was in it stays as it is.
        (
            "    if old.status <> 'scheduled' and new is distinct from old then",
            "    edited.release_id := old.release_id;\n"
            "    if old.status <> 'scheduled' and (edited is distinct from old or new.release_id is not null\n"
            "                                      and new.release_id is distinct from old.release_id) then",
        ),
        (
            "    if new.status = 'applied' then\n",
            """    edited := new;
    if old.status <> 'scheduled' then
        null;
    elsif old.release_id is null and new.release_id is not null then
        joined := chaishots_joined(new.release_id);
        new.apply_at := joined.publish_at;
        new.publish_zone := joined.publish_zone;
        edited := new;
    elsif new.release_id is null and old.release_id is not null then
        if new.apply_at is null and not exists (select from release where id = old.release_id) then
            new.status := 'cancelled';
            new.error := 'Its release was deleted.';
        end if;
    elsif new.release_id is distinct from old.release_id then
        perform chaishots_refuse('change_in_release', 'take the change out of the release that it is in first');
    elsif new.release_id is not null then
        select * into joined from release where id = new.release_id;
        if new.status = 'applied' and joined.status <> 'published'
           or new.status = 'scheduled' and (new.apply_at, new.publish_zone) is distinct from (old.apply_at, old.publish_zone)
              and (new.apply_at, new.publish_zone) is distinct from (joined.publish_at, joined.publish_zone) then
            perform chaishots_refuse('change_in_release', 'the change goes with its release');
        end if;
    end if;
    if new.status = 'applied' then
""",
        ),
        (
            "if (new.patch, new.apply_at) is distinct from (old.patch, old.apply_at) and",
            "if (new.patch, case when new.release_id is null then new.apply_at end)\n"
            "           is distinct from (old.patch, case when new.release_id is null then old.apply_at end) and",
        ),
    ),
    # One of a release is tried with it.
    "chaishots_keep_refusal_of_change()": (
        (
            "values (new.id, new.error, new.version, clock_timestamp() + chaishots_pause(0))",
            "values (new.id, new.error, new.version,\n"
            "                case when new.release_id is null then clock_timestamp() + chaishots_pause(0) end)",
        ),
    ),
    # The changes go first: a program's posters may come with its lessons. They lock as editors do, programs first.
    "chaishots_carry_out_releases()": (
        ("    outcome record;\n", "    outcome record;\n    kind text;\n"),
        (
            "        -- In the order in which editors lock many:",
            """        if changed.status = 'published' then
            foreach kind in array array['program', 'term', 'lesson'] loop
                outcome := chaishots_isolate(
                    array(select id from change where release_id = changed.id and status = 'scheduled'
                             and object_type = kind order by id),
                    'change', changed.published_at, clock_timestamp() + interval '300 ms');
                exit when outcome.cause is not null;
            end loop;
            if outcome.cause is not null then
                raise exception using
                    errcode = coalesce(outcome.failed -> 0, outcome.cause) ->> 'errcode',
                    constraint = coalesce(outcome.failed -> 0, outcome.cause) ->> 'rule',
                    message = coalesce(outcome.failed -> 0, outcome.cause) ->> 'message',
                    detail = 'chaishots: ' || outcome.failed::text;
            end if;
        elsif changed.status = 'cancelled' then
            update change set status = 'cancelled', error = 'Its release was cancelled.'
             where release_id = changed.id and status = 'scheduled';
        else
            update change set apply_at = changed.publish_at, publish_zone = changed.publish_zone
             where release_id = changed.id and status = 'scheduled';
        end if;
        -- In the order in which editors lock many:""",
        ),
    ),
    "chaishots_try_release(uuid, integer)": (
        ("    parts uuid[];\n", "    parts uuid[];\n    changes uuid[];\n    whole integer;\n"),
        (
            "    sorted := chaishots_sort_out(parts);\n",
            """    changes := array(
        select id from change where release_id = key and status = 'scheduled' order by id for update skip locked);
    whole := cardinality(parts) + cardinality(changes);
    sorted := chaishots_sort_out(parts);
""",
        ),
        (
            "       or cardinality(sorted.ready) + cardinality(sorted.blocked) < cardinality(parts) then",
            """       or cardinality(changes) < (select count(*) from change where release_id = key and status = 'scheduled')
       or cardinality(chaishots_sort_out_changes(changes)) < cardinality(changes)
       or cardinality(sorted.ready) + cardinality(sorted.blocked) < cardinality(parts) then""",
        ),
        # What a change of its own opens is not shut.
        (
            "    if cardinality(sorted.blocked) > 0 then",
            """    if cardinality(sorted.blocked) > 0 and not exists (
        select from change where id = any(changes) and object_type = 'program'
           and (patch ? 'posters' or patch ? 'language_primary')) then""",
        ),
        ("    if cardinality(parts) > room then", "    if whole > room then"),
        (
            "                        'key', key, 'lessons', cardinality(parts),",
            "                        'key', key, 'lessons', whole,",
        ),
        (
            "          from lesson where lesson.id = any(parts) order by lesson.id;\n        return;\n    end if;\n"
            "    -- What its lessons",
            """          from lesson where lesson.id = any(parts) order by lesson.id;
        return query select 'applied', named.*, null::jsonb from chaishots_named_changes(changes) as named;
        return;
    end if;
    -- What its lessons""",
        ),
        (
            "          join lesson on lesson.id = (culprit ->> 'id')::uuid order by lesson.id;",
            """          join lesson on lesson.id = (culprit ->> 'id')::uuid order by lesson.id;
        return query
        select 'unapplied', named.id, named.title, named.apply_at, named.version,
               culprit || jsonb_build_object('release', key)
          from jsonb_array_elements(substr(culprits, 12)::jsonb) as culprit
         cross join chaishots_named_changes(array[(culprit ->> 'id')::uuid]) as named order by named.id;""",
        ),
    ),
    "chaishots_publish_due(text, integer)": (
        (f"wanted := array(select id from change where {_DUE}", f"wanted := array(select id from change where {_DUE_ALONE}"),
        (f"exists (select from change where {_DUE}\n", f"exists (select from change where {_DUE_ALONE}\n"),
        (
            "in ('released', 'published', 'failed', 'blocked', 'release')",
            "in ('released', 'published', 'applied', 'failed', 'blocked', 'unapplied', 'release')",
        ),
    ),
    "chaishots_try_again(uuid[])": (
        (
            "select id from change where id = any(claims) and status = 'scheduled' and apply_at <= now()",
            "select id from change where id = any(claims) and status = 'scheduled' and release_id is null"
            " and apply_at <= now()",
        ),
        (
            "and (change.status <> 'scheduled' or change.error is null and change.apply_at > now());",
            "and (change.status <> 'scheduled' or change.error is null and (change.apply_at > now()) is not false);",
        ),
    ),
    "chaishots_tell_refused(text, uuid[], integer[], text[], uuid[])": (
        (
            "            update release set publish_error = wanted.reason from",
            "            update change set error = null where release_id = key and error is not null and id <> all(ids);\n"
            "            update release set publish_error = wanted.reason from",
        ),
    ),
}
_NAMED = r"""
-- Changes with the kind and the title of what each is of, as the publisher tells them.
create function chaishots_named_changes(ids uuid[], out id uuid, out title text, out apply_at timestamptz, out version integer)
    returns setof record language sql stable begin atomic
    select change.id, change.object_type || ' ' || coalesce(lesson.title, program.title, term.title,
                                                          'Term ' || term.term_number),
           change.apply_at, change.version
      from change left join lesson on lesson.id = object_id left join program on program.id = object_id
      left join term on term.id = object_id
     where change.id = any(ids);
end;
"""

# An end is a change of a lesson's state, and of no other; the rule is what Postgres has of it, with this between.
_ENDS = r"""
create or replace function chaishots_patchable(object_type text) returns text[] language sql immutable parallel safe
return case object_type
    when 'program' then array['title', 'description', 'translations', 'slug', 'former_slugs', 'language_primary',
                              'languages_available', 'posters', 'position', 'shows_coming_soon', 'topics']
    when 'term' then array['program_id', 'term_number', 'title', 'translations']
    when 'lesson' then array['term_id', 'lesson_number', 'title', 'summary', 'translations', 'content_type',
                             'duration_ms', 'is_paid', 'content_language_primary', 'content_languages_available',
                             'content_urls', 'subtitle_urls', 'thumbnails', 'archive_at', 'archive_zone'ENDS] end;
"""
_END = r"""
alter table change add constraint change_end
    check (object_type <> 'lesson' or not patch ? 'status' or patch -> 'status' = '"archived"');
"""
_BEFORE = runpy.run_path(str(Path(__file__).with_name("35_20261127160000_changes.py")))
_SEARCH_PATHS = _BEFORE["_SEARCH_PATHS"]


def _replace(*, back: bool) -> str:
    made = ""
    for signature, changes in _REPLACED.items():
        made += f"do $do$ declare\n    body text := pg_get_functiondef('{signature}'::regprocedure);\nbegin\n"
        for one in reversed(changes) if back else changes:
            before, after = reversed(one) if back else one
            made += (
                f"    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then\n"
                f"        raise exception '% is not what it should be: %', '{signature}', $is${before}$is$;\n    end if;\n"
                f"    body := replace(body, $is${before}$is$, $is${after}$is$);\n"
            )
        made += "    execute body;\nend $do$;\n"
    return made


async def upgrade(db: BaseDBAsyncClient) -> str:
    ends = _ENDS.replace("ENDS", ", 'status'")
    return _TABLE + _RULES + ends + _END + _NAMED + _replace(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        """
delete from change where apply_at is null or patch ? 'status';
"""
        + _replace(back=True)
        + _ENDS.replace("ENDS", "")
        + """
alter table change drop constraint change_end;
drop trigger record_release_insert on change;
drop trigger record_release_update on change;
drop trigger record_release_delete on change;
drop trigger zz_retry_release on change;
drop function chaishots_named_changes(uuid[]);
drop function chaishots_record_release_changes();
drop function chaishots_joined(uuid);
        ALTER TABLE "change" DROP COLUMN "release_id";
        ALTER TABLE "change" ALTER COLUMN "apply_at" SET NOT NULL;
"""
        + _SEARCH_PATHS
    )


MODELS_STATE = (
    "eJztPdly2zi2v8LSS5IqT8pxFifOk2wriW57SdlKembiFBsiYYltilCDkNW6ffPvFwB3Eq"
    "S4SQJlvCQWiQNK54BnX/7pGVNguVNE3Jd9g1iPFln1TrR/eg6YQfqH6PaB1gPzeeImu0bA"
    "2OYgIL5w7BJML9Dr98B2Ib1kQtfA1pxYyGGrrx2o0X2cCdTQvYboJzK1nMmBZjn0L3oRmx"
    "CzD8upZUw1i2hL4GpLbBECnY8aRktXA5iuc+yVBh/pWmCa0DzQxiuNYGsygdh9yb6KiQz6"
    "XejWW33qwrH+WkCdoAmk+2L67B8/6WXLMeHf0GUff/TQ+E9oEN0yGYAL/+r9ZEvmD/q9BW"
    "0zQQ52l97jN3SymvOLp9Zk6JBPfDH7oWPdQPZi5sQA5isyRU4IYTmEXZ1AB2JAIHsGwQtG"
    "HWdh2z4hA4J5PyFa4n33GIwJ78HCZjRm0N43iK71dP3qeqTfDka63svQP4CIEce/ZCCHnR"
    "36VV2Oggn7Cv/6cHT0+vXx0eHrd+/fvjk+fvv+8D1dy79v9tbxL+/LROjytuJIG34eXo3Y"
    "F0L0gHonl134xWEAAR4UJ1GEf0Cy6D+nGCTWDIoJ4EGk8G/6IC+DP9LUCHBfRI7gQkSP6B"
    "UrJMjtX/a59+n5M8NGxoPOvoJLwGz+/MWzFw2IVIDv0fBycDvqX35l289c9y+b464/GrA7"
    "R/zqKnX1+bsXSQKFm2i/D0dfNPZR++/11YCjGLlkgvkTo3Wj//bYdwILgnQHLXX6lsbwFF"
    "wOLtGlMVIbBOEstUfw75xXLQRIEZsiaKvkbed9KyLl4N+jBBWvvvdvzr70b55f9v/9IkHJ"
    "i+urz8HyiIxXZxfXp/xNS6CbfcNq+PYhFMJrINyXOhxpFbCeAlOor496T+AnEf/t2/C8EP"
    "EeUArti4VlvmSgJZDvC+0O4J6j+bUnA+Lcnf/QJEbH8B5hwTn+n9vrKzE6I4i0bLYMov2f"
    "ZltuRkfqNDYZKopPcvrQptDONshw7XsCBUIyH+0hgMJ6fawbAGMLmjpaEH28qsK9s5C1GH"
    "h38N8a/2Ym2f1DzChgF8bAeFgCbOqZO+gI5a3N3podzdJXgAMmHJHsF7PfFzPE59YIPUCn"
    "l2OnB7cP1tnpc4vapcHKtYZ6X3uA1LhF3D4+u7w90JYWmWqAGsM2/OhZwhZxtSlwqcHs0t"
    "VzkjW8a++y3pDONZqrydnGArYtuzlhpgUU1Nk3Od6cmbZW5ubbxvz/CrwoWK9UyBoqJHtd"
    "ssg+mwI8cBYzjvAh/YLAMWAG8QGszIjv3Qz654ObEw1DYEJ853wfDn5nnx8tuGSfB+fD0T"
    "X9DE2Lmt13Tv/8cnh1ogFzZjlprpPjUZqBv3UbOhMypR/fFVAwoFfaHREQ8ojdSdKHM1ad"
    "cTGRv84BeCV+KZJwKQqNVwS68tCojZfj1Fd5wpeDovR0eNW/+Y/47TgVqEin/xkN+mkViZ"
    "4bih+9usMuCSmV4+4KLZ8r95xHYBu4RF+4tUichm2ByB3SiLtGaQwfKVOsQ+ckpKKyzFSG"
    "f88tul0NKichFZVlo3IFyzlus8HZHBHoGCudWoyuQIvyd/j02w20QU4oIDKLh9GGv8FVd5"
    "Wo6Kp/Un9t2N2QQpzY6ZDFbqHrIUXdsg4IDCklXKKRKfAC8r47S0MLoiFq6vjeBOZbAI67"
    "ZCF8ok0QOdDuEdaWU8RD9S50TJfdAROKR5GPYnMPUm4M2d0Y/nks68Xwl8tsS8vrxPBesx"
    "pmchpSGcppCpQ1lD32pbsEkIVAyuYmFmXg1qcYya9q+UlGR6/eHL95//rdmzC3KLxSlFIU"
    "pA9lkDvlPiwBdgviZBlIFTBrEKb0sDlGpoC3F/GZFGBNNtMd7Ct3nHLH1TLfPb91NRU1Dt"
    "Omoirv67VGLc1Yyin8ZpH7CWFoTRxqc2VCPrmWcDxA3E3UZmxgehmDZWgzJU4WxYEJbUi8"
    "AFn/9qx/Puj92ln0/gK6LsqL3fs3D9aYz3a0rFR+/SO1t5FGDVOAiUWZA8t5BxqBeObbsS"
    "ziPrcBs2vZnzwdmBq2Jv/EVDwoTqFva2NlFctuFXtHTncWs7Eo4SvXTMjA1TITZONDbdsJ"
    "xCKicH6+1yEEUH6HGn4HdzGbUZW/CsJjIDtGeYxz3PWePbvrbUoF3QTm6aMd1/PWVzKH03"
    "CNjOFN0eKfX89OTv6k7G68MaJsJp0UOQQ6eaUA5XKK0nvIzJd634fng+sTT3u5c/o3o+HZ"
    "xeAkUGLSmk6Z7KEidh9Q6Dg3e+g4nT1kLjA/6/pMFPgqKPdLAe6RT24rhX8xtdLV50CkW5"
    "4iZEPg5KiXEVTaVUTBtvkGiK2BVlxE19cXCRZ0Okwz/m+Xp4Ob56/4eaeLLJKD5IBp2MCZ"
    "LKjFpM+xVVUwF+0hMxOSVkSnEerq4BFYHnYydOljDHJcp2v2SdFm66J7K8T58TMHuQtsV9"
    "J/0nBK/2lR/3EXY25PVaZKBlCRpUWykOliNnYoy6hmKSSgFEHafE9yYsTlLITcSPG2xbKJ"
    "wT0RWAXnN/1PoxON375zbs++DM6/XQzOTzTXmEJzYUPzzvn67fRiePuFXZ0vxvQcTdlVht"
    "rhd3YRYGNqPUKzjg3xoYQN8SHXhviQtiH871cj5JaEVAmVMsfdAlr9L3IqORDTcKoMtLqm"
    "HHKA+u+YSk7vxFvms/UadE5CKip3gcpVeWkaTvHS2rxUhxhX67qUAVTYr+HzUelZ+83aFn"
    "OzJoGTkIrAkhL4EWJX2D8tN1QUg9htTsar+hRsOw8DQxsCF1bMY0xCqdZcKTcexLOqiaER"
    "iMoLXZMXSlGVRW2dtNCRv1M3sbo+JTQ6U+KMUAEfaAexN9FmnXz/16I2yf8S2KVfQbv6dn"
    "HRWsJtRKMlwmZBWfC1A0eI/lOqONjLu/092HE/yPSrbnKyh4eiDOUQUyXSlPWQUOuTlUdT"
    "qPHlXuUt0LwtWCOwe7RwTG28ijXf9ttxx3tua8CmRng2WbnNjRskK/sYqSYNE0ASpC7vWh"
    "oeaPlpyjlMYXT7HbLuzGIEh0B7ny9y+31wNrq+4VaGixbYgCnmQPe6t2J7L6m0m/J9/Qsu"
    "xWL0m5p1RUy/F1m6BUy8vLCNKii6+DasFbUJXlCisqVptcpXyyALDHOEQXB3nSCYx9aVaP"
    "PgL/dYtdffzdUWcxsBPmKBsmuIeeuF2y/9fx29fceqTpZsLb22Yk0XyEdeX3Jv2dBj6P5U"
    "B3542Wr/CYLBEFt/esulLywWX6H0pSaL2+0kiGTfvjclwubv3uR37nvzYp1MsUwiaE+Q61"
    "gJ16tSF4GLZcolSgV0RgAKn8IcWpsK8ioRkwhi7/WdTcRKHgG2gEMqJaXFYSRJSetoIwdb"
    "wDoKumjYwqiFygJsQgJXpxrestqolhiMis+q+KwK36Xjsw5vR+tavn1bKUKbgpUpyeip07"
    "iRf6RdSx6jCQazXo4l7989WGfJx9aVsOQNqmi68IR3hHCZ6ev5L1w+Z5FNXQyKg1gPiRk1"
    "j0UGeb1NygxejKWkp9IxqbGcP4RRtZzYii9XNUXYqo4R/5oVkJ4CU80RVHOEvTJ3XHsxqf"
    "I+BOsVD6rxBtwjPGNNRSkOBW9AQbFxGnDX1cWCs0/okfnxc6McKVNu3KSwXhXUt3SomxbS"
    "qwL6eJ0AZdcVW+nGQJRkbFEy0vuWWFvMjeXEQfaoN01rwRzmJHUpvmb0obqLRLgt7D8jhF"
    "edaNZ3onlSpe3dK2JXJbZ76R1VIY4nRGBVgrbnBFYlaHVVwApRoqRjqvlYND/wc+t7rbpp"
    "PWZLH9IFaM0RtWflUdWmxiVChs5E4L+oVXbjH76zcM9Oql/Fp6/NMiUfX/tfpxSfezG3DA"
    "H+LoGzGiH2b4UKR7ZXnXdY1tKAGTKhrWej+eEPxexUUc0pNKe8A+ThE2H+pj/woY4eov3C"
    "gpAL+Pd8MP8umWK0mEzjN0jwQGFJAr2uZ1D+q2TCgs8cCtMWIgZSJnlBj3jY+hyG36fQ0V"
    "w0g2RKicQyDoDm76OxMdKat5nJx12w6ZBAYzvCk6jGDGGeuuAVFFiuNkEOfVAwJoP+z5CX"
    "TXzY6pMbVCEkD0fZrIgklATZETJXtfmUrmMbJyCV6SSR6dRS6VwsI6tp7VwsCayLL93a4r"
    "kkz9lG9VzMuCoUYIH5VUp8BRkGZRLw2FqP/dsQsOpnFEkRbySTFzlneXQulTGGvTChKS6F"
    "BkExNMvB+8Pf5I+8iustP7uBABNneOQX0rWb4SFRKd37wxLO+/eHud57dqtYkMmmK8hhEd"
    "XQFgo6wuQKhDq9SxqIBDlw275Q2EHSdlFDjrRPoJQIadKSI7BB2u/J0WRnZcDsmiUV8X3V"
    "lqOTbTmUbSGvbXED7xcusHOkQnB3nUDAsXUlfGFel4swawSz2hzb1BxENBMxdT7hewKa3x"
    "nsgI98XTKHlkUY92aNMSYUmyKv10ae8fQGzMosDjAlWLUqkwhi74XBRnoWdDc0L2mmJmcw"
    "FfAZrt8tNg/lwSCGBK9quLTjcCqlTzavdmqGJkF2jRmaAdSOM5dDQStx4jJYAou4OhO1Y2"
    "HH2kJcC6BVtvh6pE8QK8axhWNCCvGdBFSoXo9qbqDUCn0mIVXoUyIhIU9XjKA3d54VHXbu"
    "XmNFR+tKBOXYg0zNhSTWzMLzgTL+4Fm+hhbYqtSwJbzNxQzNoENEkbbmGz49+7hr3TD4/x"
    "lE51vMwXplL9ewl/ekHAzNoZPFeu/66+DqRGM3q405PetfnQ0u+FqD/XDblqlGTA063Ts9"
    "QQ06lYMdqirMp/aWqTGMu3jPVA3snr9eqgZ2zwnc4UBbF2tgfV+HwAtbrbiz9NQYOQVUcQ"
    "WiVwPSHEm3gX24d/WaG3YyphEndjYK0FvodKxWxeYVgBGkjWFYOIbu4wn5vFIM4SC3hmdk"
    "eh5CVlHGGkBplxBPoPYVEGOqPb/5dKYdv/7w7kVOEs9GH6f8lbL7K9H4T2gQD2UZfJfzo6"
    "W2kNmT2ft6c/35pn95EhzwO2c0uLn0mlbfOReDW3qgT7RozllVn1mRAA0sj+Ncn9lx2mfm"
    "o7bau5AAUmUYaScJ41NZdBb0JQwAJOlK2NGJMPO5XSeNKA6nfFIy21TK86sCYQ2RH4a2BJ"
    "JbHAHrf/16MeTNECmfsCSOflX21CoPbZP3ITgh+rhSM+00nDxjEmLGBGC1WJszJjZCEP/1"
    "rKkAWCos1QkVQAVG9pzAKjCy5wRWgZF2amZ4omlFv00SqoHjpjsSrn77jFgubxK/ddpnxB"
    "KIO4natWXPyaOVKHumX0G7+nZxscP2GbxnqzjaErRzLQyxkGBRiaTuOcAkEeL4yFscURt5"
    "DDELhrBPcxsYwl5JFaFV+EP28Ac7OrpHvgoyLwWlKm9FlbfbHQspJ2Pemn2tZhJKGPNQyn"
    "QbjES2vk/ychbVjE7WLkKy5MV1BeGbTvXyOq/nmBxBk/RimyNcVS6rK2jpznvkgTFaEN90"
    "oM9nhoNHkbBJOIYT+jtZZpZB7bac1K3meyoDRXYDRdWTKi1aadFKi95wrn5DeZvRJFsaBb"
    "OH7SjzhsHEfmp6HExsuE5yGExSD02Pg4mPimk8DCaaAFSgVn2C0Bw4BK9yVKvo/jr16h56"
    "WTulXLp+P+IoSz0YpOJ11Dhgd5bA5Q01eM9Kf7wx8+QyfYlhOxzUInT7tv+Ep6d57dr8Ld"
    "KyHuiPySK1XPZcACuzxiXIe5cu1z1/TvmpNdncqHK5jrcv9j8cHb1+fXx0+Prd+7dvjo/f"
    "vj8M5X/2VhEdToefmS6QoEHWxWa5usfIBLhf0wMwgttxm7TN85cW26Xt5aQolQ8nTIk3dN"
    "fy5UYFtpaC3KcQ4xaY2/YsnzIq8WcwL1CI2d0y6rA+8ReuVYkvLDapiaqeTBWdWmzowMrT"
    "WJcQQ96inemcUFtB4rVip4fLhdoYTunJYPdm/koe4oZmVifezCMaKMX3FnaJblvCXp8FL1"
    "oSTmkQlTSIfIWaTb6sQY0EmOJ5tRU6F0JHWPpQhPwYkEJ9h8XNJcAPBfKG3y4lcGbBylLT"
    "p/iw27jjg/Uu9dg7pdIBD0NpIMiVG6+4N4TNwV3yWSLQtl0OEkiTe4xmGqCShEoC8VSqjT"
    "+xybQqZc3KIouCY1yeDAGEYoO1JRBDYS0DNwGo7Fvp7Fu5ZN0tAdzHkifsvPulpJ0bLl0r"
    "7r6gJb2FufHDYLUpcDUDzaho8bz9MbnkDbwigbhiyq3YbqJbMA0sK+o2/rSWYxG5bFUYiu"
    "iwXGuY4lgwf1cS5eFJSq4aVqsyWJsi/QHOiQ7uiagMowj1SThFgI6arX0bYpIjxr1760Q4"
    "CFeVy8ec0t3ouTC9cffxqL5LJesYmSsuZtldg43hOOAjLZdwPEXowT3RIDCm9LJB97ccLl"
    "8RNr2597wGzOfFOZmb23y6MmK78j4WqQR7n6Hg5SPoN4NP325Z8x7vpXjpj4eKJmDo198H"
    "N+ffBlEboJfoEWJzAevkMLx6VyKJ4VXaxoqyGNitlPrAv3fFapUEkCpWURVAW0CqPONYOo"
    "TgTrhokq0oOjvDOZm+/mxjWeubaXhVvdGVfK9ToljGRsaDzr4C1TJm8w32H+vCKyaP6fS7"
    "ZxT0xMZTcHed+bSMrSthQLHMDfgIKTF57ZlL/zrQXGvCTBoedWNWiAsNDMlHbTm1bBhmTG"
    "PE/KymH53jPk2EZ8x2cegihEQW06Yf9/SSsbtWBrfAdhUZ5i+X2eCRVnJ5L1oW232MwUqM"
    "7ggkhfFdl7z5RmQ43OzAv+Bn0R6ERuaM2pDmgW8yxNYHVwKA4HMAkbRSD9ImKSu5I/SU/v"
    "i5Ue3lx89M/g/jhVXemAhCHq0vxpl8+aR7X7NjzU89iaNXJ0oGULXGaYh9feEQSyBKilXz"
    "nC1UM1rZ1PI97IlONXHrEQocpv2z0fD74ETzFtw5X/ue43QOmCiq4wwt4wvNd4VmPKHeF9"
    "HzPBDl6JDZRGIW2Ovf/sZ70bsPzGP9qT+8GF59ZntbNqXCnfOZHvUTbeIPOthxvR2Gcxus"
    "auVopUAVH5SZD6qm3HtOYNWUe88JrDqgbHVaKSAEzuYiF0jFtmy+87Xv7ddd11PD9mwRZk"
    "1oU1UVi+qSfNBrB44Q/acKfs9ju3ZSzRDjt1YYIDhrhdGA2IEsExTQQWz92uDANfOrszRj"
    "xPz0JhsXCl2Xfm8vNZmX3hisQR3PVcp6+2vAr3ff/wh/i+eBp//+VC793br0fbJWzOpIQq"
    "msjmwnD9ZpSMBg1/TxCKB23MVDzFTaQGKL3TtUbP/JqN55TsT8Iuo8v2E5xVsyBaX9wTgq"
    "G2ndK7KJGAjrP+cYK13Ul7GgGUMcaJ9qK1o7z8Bxl6KSlfzzHEGo81z/PCe1+bK6YxJK6Y"
    "7FMwFiKWFJBNeZCRDLQ+smbtfOBEgerqozAbaTJBh6SgrdA3F/Sin/QNytU754GgT1TGE9"
    "c1S87Ft5fhYfT+QbQ0olnvr3kYJSmk0mXsHTH/42f2gz8AC9EVwYLfPrqLfx4AYZhbLxtj"
    "1s9ypLXZsc2tAOOoNUQ7xqx9IY6WF5bHmshyAK7bXRTr8TrGJyhet3i/PDxnhuzcLyc2fy"
    "eqiuydtLA6tMFZmdbRgSvKqVjhTBKQrLTOEdx3y6Q9kKIZ8AO6xrRBVPVBpO4sRKaf1QAQ"
    "5rtLlLQCqu1QWuVc9sFEHvUWxo29ajj80aVmQKUtGgKQ1qGJUZUEWF2rYldElFRSoGorSo"
    "hv3PSgRKgmTGrYRJZHDTth8kadxYDmLLmPZyOst5Nw/WtZaLlq0LbuQjTLYeqz51pD1Rm2"
    "6xmptTz8rSqibVd7OxQLK67Ojt2xL1ZXRVboUZv5dyO8/nVTDsL99D7L46PCyBXboqv9Mc"
    "u5eaIoYcAh2BBpY/qTgGIsmQ4o0rAa0NJd5pz59f/w9xjrUl"
)
