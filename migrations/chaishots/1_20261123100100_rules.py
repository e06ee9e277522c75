"""What the models cannot say: the rules of content, held for every writer, psql included.

Python explains each constraint by its name: chaishots/content/errors.py.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# Shapes -----------------------------------------------------------------------------------------------------------
# A language is a tag such as te, en or zh-Hant-TW (the part of BCP 47 that content needs).
# A URL is http or https with a host; no user name, no control character or space, nothing that could leave an HTML
# attribute. The characters are named one by one: what \s means depends on the database's locale.
_SHAPES = r"""
create function chaishots_is_language(tag text) returns boolean language sql immutable parallel safe
return tag ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$';

create function chaishots_are_languages(tags text[], includes text) returns boolean language sql immutable parallel safe
return array_ndims(tags) = 1
   and array_position(tags, null) is null
   and tags @> array[includes]
   and (select bool_and(tag ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$') and count(distinct tag) = count(*)
          from unnest(tags) as tag);

-- {language: url}
create function chaishots_are_urls(urls jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(urls) = 'object'
   and not jsonb_path_exists(urls, 'strict $.keyvalue() ? (
         !(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")
      || @.value.type() != "string"
      || !(@.value like_regex "^https?://([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?#][^\\u0001-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000<>\"\\\\]*)?$"))');

-- {language: {portrait | landscape | square | banner: url}}
create function chaishots_are_assets(assets jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(assets) = 'object'
   and not jsonb_path_exists(assets, 'strict $.keyvalue() ? (
         !(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$") || @.value.type() != "object")')
   and not jsonb_path_exists(assets, 'strict $.*.keyvalue() ? (
         !(@.key like_regex "^(portrait|landscape|square|banner)$")
      || @.value.type() != "string"
      || !(@.value like_regex "^https?://([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?([/?#][^\\u0001-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000<>\"\\\\]*)?$"))');

create function chaishots_has_required_variants(assets jsonb, language text) returns boolean language sql immutable parallel safe
return coalesce((assets -> language) ?& array['portrait', 'landscape'], false);

-- A moment that every client can read: finite, and in years of four digits.
create function chaishots_is_moment(moment timestamptz) returns boolean language sql immutable parallel safe
return moment >= timestamptz '1970-01-01 00:00:00Z' and moment < timestamptz '9000-01-01 00:00:00Z';
"""

_CHECKS = r"""
alter table program
    add constraint program_title check (btrim(title) <> '' and char_length(title) <= 300),
    add constraint program_description check (char_length(description) <= 10000),
    add constraint program_language_primary check (chaishots_is_language(language_primary)),
    add constraint program_languages_available check (chaishots_are_languages(languages_available, language_primary)),
    add constraint program_posters check (chaishots_are_assets(posters)),
    add constraint program_status check (status in ('draft', 'published', 'archived')),
    add constraint program_published_at check (
        (status <> 'published' or published_at is not null) and (published_at is null or chaishots_is_moment(published_at))),
    add constraint program_created_at check (chaishots_is_moment(created_at)),
    add constraint program_updated_at check (chaishots_is_moment(updated_at)),
    add constraint program_published_posters check (
        status <> 'published' or chaishots_has_required_variants(posters, language_primary));

alter table topic
    add constraint topic_name check (btrim(name) = name and name <> '' and char_length(name) <= 100);
create unique index topic_name_unique on topic (lower(name));

-- The primary key takes the place of the index that Aerich wrote.
drop index uidx_program_top_program_4ff953;
alter table program_topic
    add constraint program_topic_pkey primary key (program_id, topic_id);
create index program_topic_of_topic on program_topic (topic_id, program_id);

-- Deferrable, so that one statement can renumber a whole program or term.
alter table term
    add constraint term_number check (term_number > 0),
    add constraint term_title check (title is null or (btrim(title) <> '' and char_length(title) <= 300)),
    add constraint term_number_unique unique (program_id, term_number) deferrable initially immediate;

alter table lesson
    add constraint lesson_number check (lesson_number > 0),
    add constraint lesson_title check (btrim(title) <> '' and char_length(title) <= 300),
    add constraint lesson_content_type check (content_type in ('video', 'article')),
    add constraint lesson_duration_ms check (
        (duration_ms is null or duration_ms > 0) and (content_type <> 'video' or duration_ms is not null)),
    add constraint lesson_content_language_primary check (chaishots_is_language(content_language_primary)),
    add constraint lesson_content_languages_available check (
        chaishots_are_languages(content_languages_available, content_language_primary)),
    -- A draft may still be without content; once it has some, the primary language is among it.
    add constraint lesson_content_urls check (
        chaishots_are_urls(content_urls)
        and (content_urls ? content_language_primary
             or (content_urls = '{}' and status in ('draft', 'archived')))),
    add constraint lesson_subtitle_urls check (chaishots_are_urls(subtitle_urls)),
    add constraint lesson_thumbnails check (chaishots_are_assets(thumbnails)),
    add constraint lesson_required_thumbnails check (
        status not in ('scheduled', 'published')
        or chaishots_has_required_variants(thumbnails, content_language_primary)),
    add constraint lesson_status check (status in ('draft', 'scheduled', 'published', 'archived')),
    add constraint lesson_publish_at check (
        (status <> 'scheduled' or publish_at is not null) and (publish_at is null or chaishots_is_moment(publish_at))),
    add constraint lesson_published_at check (
        (status <> 'published' or published_at is not null) and (published_at is null or chaishots_is_moment(published_at))),
    add constraint lesson_archive_at check (
        archive_at is null or (chaishots_is_moment(archive_at) and (publish_at is null or archive_at > publish_at))),
    add constraint lesson_created_at check (chaishots_is_moment(created_at)),
    add constraint lesson_updated_at check (chaishots_is_moment(updated_at)),
    add constraint lesson_publish_error check (publish_error is null or status = 'scheduled'),
    add constraint lesson_number_unique unique (term_id, lesson_number) deferrable initially immediate;

-- Each for the queries named: the publisher's and the agenda's (due, next, overdue), scheduled ends, refused lessons.
create index lesson_due on lesson (publish_at, id) where status = 'scheduled';
create index lesson_end on lesson (archive_at, id) where archive_at is not null and status in ('scheduled', 'published');
create index lesson_refused on lesson (term_id) where publish_error is not null;
"""

# Lifecycle ---------------------------------------------------------------------------------------------------------
_LIFECYCLE = r"""
create function chaishots_refuse(rule text, explanation text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = rule, message = explanation;
end $$;

create function chaishots_lesson_insert() returns trigger language plpgsql as $$
begin
    new.content_languages_available := coalesce(new.content_languages_available, array[new.content_language_primary]);
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    end if;
    return new;
end $$;

create function chaishots_lesson_update() returns trigger language plpgsql as $$
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

create trigger lesson_insert before insert on lesson for each row execute function chaishots_lesson_insert();
create trigger lesson_update before update on lesson for each row execute function chaishots_lesson_update();

create function chaishots_program_insert() returns trigger language plpgsql as $$
begin
    new.languages_available := coalesce(new.languages_available, array[new.language_primary]);
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, clock_timestamp());
    end if;
    return new;
end $$;

create function chaishots_program_update() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and (old.status, new.status) not in (
        ('draft', 'published'), ('draft', 'archived'),
        ('published', 'archived'),
        ('archived', 'draft'), ('archived', 'published')
    ) then
        perform chaishots_refuse('program_transition', format('a program that is %s cannot become %s', old.status, new.status));
    end if;
    if old.status = 'archived' and new.status = 'draft' and exists (
        select from term join lesson on lesson.term_id = term.id
         where term.program_id = new.id and lesson.status = 'published'
    ) then
        perform chaishots_refuse('program_transition', 'a program with published lessons is restored to published');
    end if;

    if new.id <> old.id then
        perform chaishots_refuse('program_id_immutable', 'a program keeps its id');
    end if;
    if new.status = 'published' and old.status <> 'published' then
        new.published_at := coalesce(old.published_at, new.published_at, clock_timestamp());
    elsif new.published_at is distinct from old.published_at then
        perform chaishots_refuse('program_published_at_once', 'published_at is set by the first publish and never changes');
    end if;

    if new is distinct from old then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $$;

create trigger program_insert before insert on program for each row execute function chaishots_program_insert();
create trigger program_update before update on program for each row execute function chaishots_program_update();

-- In an archived program nothing is published; what was published before is still edited. In two steps: before and
-- after are joined only where there is such a program at all.
create function chaishots_refuse_archived_programs() returns trigger language plpgsql as $$
declare
    hidden uuid[] := array(
        select later.id from new_rows later
          join term on term.id = later.term_id
          join program on program.id = term.program_id and program.status = 'archived'
         where later.status = 'published');
begin
    if cardinality(hidden) > 0 and exists (
        select from old_rows earlier where earlier.id = any(hidden) and earlier.status <> 'published'
    ) then
        perform chaishots_refuse('lesson_program_archived', 'the lesson''s program is archived');
    end if;
    return null;
end $$;

create trigger refuse_archived_programs after update on lesson referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_refuse_archived_programs();

-- A program becomes published when its first lesson does.
create function chaishots_publish_programs() returns trigger language plpgsql as $$
begin
    -- A statement that changed no row fires its triggers too; without this the two would call each other for ever.
    if not exists (select from new_rows) then
        return null;
    end if;
    update program
       set status = 'published', published_at = coalesce(program.published_at, first.published_at)
      from (select term.program_id, min(later.published_at) as published_at
              from new_rows later join term on term.id = later.term_id
             where later.status = 'published' group by term.program_id) as first
     where program.id = first.program_id and program.status = 'draft';
    return null;
end $$;

-- Named to fire after the history's triggers: the lesson's line comes before its program's.
create trigger zz_publish_programs_insert after insert on lesson referencing new table as new_rows
    for each statement execute function chaishots_publish_programs();
create trigger zz_publish_programs_update after update on lesson referencing new table as new_rows
    for each statement execute function chaishots_publish_programs();

-- A lesson that was refused is tried again after its program changed, or its term went to another program. A lesson that
-- somebody holds locked is being edited, which asks for the try by itself; to wait for it would hold up a publish.
create function chaishots_retry_refused() returns trigger language plpgsql as $$
declare
    changed uuid[] := array(
        select later.id from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later);
begin
    if cardinality(changed) = 0 then
        return null;
    end if;
    update lesson set publish_error = null
     where id in (
        select lesson.id from lesson join term on term.id = lesson.term_id
         where lesson.publish_error is not null
           and case tg_table_name when 'program' then term.program_id else term.id end = any(changed)
           for update of lesson skip locked);
    return null;
end $$;

create trigger zz_retry_refused after update on program referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_retry_refused();
create trigger zz_retry_refused after update on term referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_retry_refused();
"""

# History and notifications -----------------------------------------------------------------------------------------
_HISTORY = r"""
create function chaishots_actor() returns text language sql stable parallel safe
return coalesce(nullif(current_setting('chaishots.actor', true), ''), session_user);

create function chaishots_action(before jsonb, after jsonb) returns text language sql immutable parallel safe
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

-- before and after of a change hold what changed; of a creation or deletion, the whole row.
-- Joins of transition tables are planned once, for the number of rows of the first time; hashing suits any number.
create function chaishots_record() returns trigger language plpgsql
    set enable_nestloop = off set jit = off as $$
declare
    recorded bigint;
begin
    if tg_op = 'INSERT' then
        insert into activity (actor, action, object_type, object_id, after)
        select chaishots_actor(), tg_table_name || '.create', tg_table_name, later.id, to_jsonb(later)
          from new_rows later order by later.id;
    elsif tg_op = 'DELETE' then
        insert into activity (actor, action, object_type, object_id, before)
        select chaishots_actor(), tg_table_name || '.delete', tg_table_name, earlier.id, to_jsonb(earlier)
          from old_rows earlier order by earlier.id;
    else
        insert into activity (actor, action, object_type, object_id, before, after)
        with change as materialized (
            select later.id, to_jsonb(earlier) as before, to_jsonb(later) as after
              from new_rows later join old_rows earlier on earlier.id = later.id
             where earlier is distinct from later
        ), compared as materialized (
            select *, array(select key from jsonb_each(after) where value = before -> key) as unchanged from change
        )
        select chaishots_actor(), tg_table_name || '.' || chaishots_action(before, after), tg_table_name, id,
               before - unchanged, after - unchanged
          from compared
         where after - unchanged - array['version', 'updated_at'] <> '{}'
         order by (after ->> 'publish_at')::timestamptz, id;
    end if;
    get diagnostics recorded = row_count;
    if recorded > 0 then
        perform pg_notify('chaishots_content', tg_table_name);
    end if;
    return null;
end $$;

create function chaishots_record_topics() returns trigger language plpgsql as $$
declare
    recorded bigint;
begin
    if tg_op = 'INSERT' then
        insert into activity (actor, action, object_type, object_id, after)
        select chaishots_actor(), 'program.add_topic', 'program', later.program_id, jsonb_build_object('topic_id', later.topic_id)
          from new_rows later order by later.program_id, later.topic_id;
    else
        insert into activity (actor, action, object_type, object_id, before)
        select chaishots_actor(), 'program.remove_topic', 'program', earlier.program_id, jsonb_build_object('topic_id', earlier.topic_id)
          from old_rows earlier order by earlier.program_id, earlier.topic_id;
    end if;
    get diagnostics recorded = row_count;
    if recorded > 0 then
        perform pg_notify('chaishots_content', tg_table_name);
    end if;
    return null;
end $$;

create function chaishots_record_truncate() returns trigger language plpgsql as $$
begin
    insert into activity (actor, action, object_type) values (chaishots_actor(), tg_table_name || '.truncate', tg_table_name);
    perform pg_notify('chaishots_content', tg_table_name);
    return null;
end $$;

create function chaishots_keep_activity() returns trigger language plpgsql as $$
begin
    perform chaishots_refuse('activity_append_only', 'the history is only ever added to');
    return null;
end $$;

create trigger activity_append_only before update or delete or truncate on activity
    for each statement execute function chaishots_keep_activity();

do $$
declare
    content text;
begin
    foreach content in array array['program', 'topic', 'term', 'lesson'] loop
        execute format('create trigger record_insert after insert on %I referencing new table as new_rows
                        for each statement execute function chaishots_record()', content);
        execute format('create trigger record_update after update on %I referencing old table as old_rows new table as new_rows
                        for each statement execute function chaishots_record()', content);
        execute format('create trigger record_delete after delete on %I referencing old table as old_rows
                        for each statement execute function chaishots_record()', content);
        execute format('create trigger record_truncate after truncate on %I
                        for each statement execute function chaishots_record_truncate()', content);
    end loop;
end $$;
create trigger record_insert after insert on program_topic referencing new table as new_rows
    for each statement execute function chaishots_record_topics();
create trigger record_delete after delete on program_topic referencing old table as old_rows
    for each statement execute function chaishots_record_topics();
create trigger record_truncate after truncate on program_topic
    for each statement execute function chaishots_record_truncate();

-- A link of program and topic has nothing to change: it is taken away and another is made.
create function chaishots_keep_links() returns trigger language plpgsql as $$
begin
    perform chaishots_refuse('program_topic_immutable', 'delete the link of program and topic and insert another');
    return null;
end $$;

create trigger program_topic_immutable before update on program_topic
    for each statement execute function chaishots_keep_links();
"""

# Election ----------------------------------------------------------------------------------------------------------
# A standby's turn of waiting. It ends by itself, so that no snapshot grows old behind it; the lock, once had, is the
# session's and is freed only by the session's end.
_ELECTION = r"""
create function chaishots_campaign(lock bigint, turn_ms integer) returns boolean language plpgsql as $$
begin
    perform set_config('lock_timeout', turn_ms::text, true);
    perform pg_advisory_lock(lock);
    return true;
exception when lock_not_available then
    return false;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _SHAPES + _CHECKS + _LIFECYCLE + _HISTORY + _ELECTION


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
do $$
declare
    named record;
begin
    for named in select oid::regprocedure as signature from pg_proc
                  where proname like 'chaishots\_%' and proname <> 'chaishots_uuid7'
                    and pronamespace = current_schema()::regnamespace
    loop
        execute format('drop function if exists %s cascade', named.signature);
    end loop;
    for named in select conname, conrelid::regclass as on_table from pg_constraint
                  where conrelid in ('program'::regclass, 'topic'::regclass, 'term'::regclass, 'lesson'::regclass)
                    and (contype = 'c' or condeferrable)
    loop
        execute format('alter table %s drop constraint %I', named.on_table, named.conname);
    end loop;
end $$;
alter table program_topic drop constraint program_topic_pkey;
create unique index uidx_program_top_program_4ff953 on program_topic (program_id, topic_id);
drop index topic_name_unique, program_topic_of_topic, lesson_due, lesson_end, lesson_refused;
"""


MODELS_STATE = (
    "eJztXNtS2zoU/RVPXoAZDgMBCqRPgYSSU0g6ENpOS8ej2MJWcaQgy6SZHv79SPL9lsS5kT"
    "B+gVjSluW15K19kfy3opkA2SZh9l5dY+gFsVGlpvytYNCH/EdW9a5SAYNBrFKUMdCzpAiI"
    "NuzZjPICXv4ILBvyIh3aGkUDhggWrTsYKrwfbECFPCqEXzETYWNXQZj/4oVUh1RcDE2kmQ"
    "piyhDYypAixiD+qFAytBVAeTtsjRT4wtsCXYf6rtIbKYwiw4DU3hND0YnGx8K7XuldHYye"
    "HagyYkDeL+X3/vmLFyOswz/QFpc/K6T3G2pMRboQsOFz5ZdoMnhSHxG09BgdopbXyQqVjQ"
    "ay8BwZLcwuZWPxoD1VI5bTxxGBwYiZBAcSCDNRakAMKWBQ3INRR7CDHcvyiPQJcx8hbOKO"
    "PSKjw0fgWIJjIe2OICyrqGq701Xvml1VraT49yUi5HhFGsFi7vCh2hICQwzhn7Nq9fDwpL"
    "p/+OH0+Ojk5Ph0/5S3leNNV528uoMJ4XK7kqC1PrXaXTEgwieoO3NFwauUAQy4UpKiEH/A"
    "0vA3OIIM9WE2Aa5EAn/dE9nzfyTZ8LEfR4dfEPIRvmJjCbl7thru1faWZhHtSRVDsBnoD7"
    "Z3tnbmIGkM3t3WTfOuW7/5Irrv2/azJbGrd5uipipLR4nS7Q87cYKCTpRvre6VIi6VH512"
    "U0JMbGZQecewXfdHRYwJOIyomAxV/pZGcPKL/SLeNEK1xghNs92Ff3JetUAgQTYHaKX0Lu"
    "Z9G0dl83s3xmL7a/324qp+u31T/74TY/K60/7kNw9pbF9cd87lmxaDW4ywGN6eRAn4DIB7"
    "q44ErQDqCbES+tmhdxf8OPD3963GWOBdoQTsjoP0PSE6Bfjeor0B2EuYD901IKrd5YPGEe"
    "3BR0Iz5vG/d512NpyhRHJtRhpT/lMsZKdspI1GU0AxfiYnJ20CdtFBSms/MpixSObDHgiU"
    "qBdDXbgEj08Ro1QU9ID2NARUV1M1pEry2qar+tV+sgRgYEggxROL5wsdwWto2xKfLC/Rq9"
    "yd4CNaYbOpPMQXpEPCvTLudDHE4RJeG1D4VOrvKkPEhIdmKwMLaFxe/JQGrQKwLq+4actg"
    "thO4qI4n+3m5Pl2xZWBu/b8oty7mRfgkq2IkJ8vzIiYuCfmumzvlVOz0e1kqK9eDTslN9q"
    "U3wOTx3OnqwdHJ0enhh6PAiw5KxjnPvqMcossQswrZkYFAaUHOYEHy2zOI86z3CxPQJp+w"
    "EvkWHyjAGkwxkOxjnYmofG01mp2aq64fcP2227q4btZ8rZ1U7Tlzvg/+qBbEBjP55bj57T"
    "N0klyhvYqqqIkzojscJT5YtW8Xi9AlBGfSLmtmD60yVhdZR211ALIW03NCLAhwznoaSiWg"
    "73GxVb4B2ebPIlTQeadzHVNB562kjrm/OW/ebh/I+c4bIZYDsq80LIANh5uI6oCiPqCjIq"
    "p/XB/rrITWfjXwAbVV8AKQi06KlzqlYDQdMYl+EtxM6attGDk/f+WA61ArQ7Pne7pJubkc"
    "3qUE/x8qW39ft2q139y+7T1UlmSyLyXuYDs9aUAWZiUlWNKyQFqYyb0kzFVGIU7iUiUhi3"
    "xPGGBOBhnTeQih9BsvyzoFjyzDK2jc1i+7NUVWP+C7i6tm4/662agptmZC3bGg/oC/3J9f"
    "t+6uROnA6fF5ZIpSAW3rqygEVDPRC9Rn8SHOpvAhznJ9iLOkD+GNTy2eZY5LLiDbvGYexX"
    "tKLAezcHaeA9mS6XVm2lMtM/AclyxZXmeWfd0LKS22YSQlONMqu0HMLsX3pVBgM8M7Fpdc"
    "qx1abTLcLvdhuQQ7A31GguOSJcFrSvALpHbm1q/ckHlE4m2TcQezM7jwBByk/YI7iiIii8"
    "wnr+8CNCF7nNpiEUc3De0loRAZ+DMcpfzoBKDhBomu19NmohqWhpYHBcNgV0N0TvHH16EF"
    "3UzCRf3uot5oVl7fbNvKF0oMCvqV7H0rfu3uhI0rg0i7iTtX6opGHGrDmtxQYou9Je5uAl"
    "seNBDHDvxQu9iC0ufTKb1LZdZOpjl5EAnwJBxLTmH+KYRyx8pKdqyUeypW6klEh1kA9ITY"
    "G0MfD1tvLS1avRQG5kkql8nkBZMwaxK5TB5HY0Nc43NnpUg2LCJSpsLKVNhsqbDNS3qV6Z"
    "B3H+gpQ7XvnOAyVPvOCS5DtbOGagsc34pHHbN2k3til59voQVyHM93G3F8nTNOGIGXDJCW"
    "ge8NwKMuEX8LhHVFXyuMZS09qtsnOrTUdKA0eFAq5h5X2YEd50ZGXTwJlVw8wVEAtBcVDn"
    "jy6jwxr5aZlDiGGa1g/g0z48m8XE1B/jopFixfiexAsP+2jI0C++mAaULAA0CZe6rQe6KP"
    "8uige55MQXZ4wjAr9ltQujyGuPZBXZEgKXwIMSFVHkF8+yOIG+QoLiNMGNfb06qNuFSZdR"
    "6fdY4kG+dPPEcynJuJ7cTcc3xyFU0/J0+Kz294h99CeCeAz2t6TzTLpKmXY5f5ZuB4wyxo"
    "NdEy+2YC5htV7sf8QI84zLOv+P2FdeUyIr8EwesUCg3+nAojigbsDHttQX2WVty6W3Hyfw"
    "FTw29fZiSnNDVW97mb1HK7oIjAHOvtpsUEIo+ajApEYizxmEB8sU5GBaIRg7ljAsHSNW7t"
    "qUOKNDNn8fEqJ60+IGw2afnJp2PByj/XpczU/Zv7Ydg53ch8VZ8b8xaJ46JB781U+PH8b/"
    "X4eIoMMG+VmwOWdYkPyfH3qgDCXvN3iO7B/v4U6PJWuejKusxvGKQRnvj5gqx03BttQym/"
    "1TeVR/X6P2BjLSw="
)
