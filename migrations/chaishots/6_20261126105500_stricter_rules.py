"""Stricter rules, held on every schema path: one spelling of languages, URLs and names, bounds, and tokens that expire.

Rows that an older rule let in are mended here, or named: none is left that its next update would end on.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# Shapes -----------------------------------------------------------------------------------------------------------
# The ones that are asked at each update of a lesson hold no subselect, so that Postgres takes them into the statement:
# calling one costs ten times what it does.
_TAG = "[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}"
_URL = (
    r"^https?://([a-z0-9_]+((-+|[.])[a-z0-9_]+)*|\[[0-9a-f:]{2,39}\])"
    r"(:(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
    r"([/?#]([!#-$&-;=?-\[\]-~]|%[0-9A-Fa-f]{2})*)?$"
)
_URL_IN_JSONPATH = _URL.replace("\\", "\\\\")
# White_Space, Cc and Default_Ignorable_Code_Point of Unicode, and the empty Braille pattern.
_INVISIBLE = (
    r"\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\U0001d173-\U0001d17a"
)
_SHAPES = rf"""
create or replace function chaishots_is_language(tag text) returns boolean language sql immutable parallel safe
return tag ~ '^{_TAG}$';

create function chaishots_are_several_languages(tags text[], includes text) returns boolean language sql immutable parallel safe
return array_ndims(tags) = 1
   and array_position(tags, null) is null
   and tags @> array[includes]
   and cardinality(tags) <= 50
   and (select bool_and(tag ~ '^{_TAG}$') and count(distinct tag) = count(*) from unnest(tags) as tag);

create or replace function chaishots_are_languages(tags text[], includes text) returns boolean language sql immutable parallel safe
return case when tags = array[includes] then chaishots_is_language(includes)
            else chaishots_are_several_languages(tags, includes) end;

create or replace function chaishots_are_urls(urls jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(urls) = 'object'
   and not jsonb_path_exists(urls, 'strict $.keyvalue() ? (
         !(@.key like_regex "^{_TAG}$")
      || @.value.type() != "string"
      || !(@.value like_regex "{_URL_IN_JSONPATH}"))');

create or replace function chaishots_are_assets(assets jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(assets) = 'object'
   and not jsonb_path_exists(assets, 'strict $.keyvalue() ? (
         !(@.key like_regex "^{_TAG}$") || @.value.type() != "object")')
   and not jsonb_path_exists(assets, 'strict $.*.keyvalue() ? (
         !(@.key like_regex "^(portrait|landscape|square|banner)$")
      || @.value.type() != "string"
      || !(@.value like_regex "{_URL_IN_JSONPATH}"))');

-- Of one URL, all of it: its form, and the lengths that no regular expression tells cheaply.
create function chaishots_is_url(url text) returns boolean language plpgsql immutable parallel safe as $$
declare
    host text := substring(url from '//(\[[^\]]*\]|[^/?#:]*)');
begin
    if not coalesce(url ~ '{_URL}', false) or char_length(url) > 2000 then
        return false;
    end if;
    if host like '[%' then
        perform btrim(host, '[]')::inet;
        return true;
    end if;
    return char_length(host) <= 253 and host !~ '[^.]{{64}}';
exception when invalid_text_representation then
    return false;
end $$;

-- Whether a map may hold something that is longer than it may be, or an address of IPv6. It costs next to nothing, and
-- is asked when a map is written, rather than each time when its row is.
create function chaishots_may_be_unbounded(map jsonb) returns boolean language sql immutable parallel safe
return case when octet_length(map::text) > 400 then true
            else map::text ~ '//(\[|[^/?#"]*[a-z0-9_-]{{64}}|[^/?#"]{{254}})' end;
"""

# Read by nobody but this migration.
_MENDERS = r"""
create function pg_temp.mended_tag(tag text) returns text language sql immutable as $$
    select string_agg(
               case when place = 1 then lower(part) when length(part) = 2 then upper(part)
                    when length(part) = 4 then upper(left(part, 1)) || lower(substr(part, 2)) else lower(part) end,
               '-' order by place)
      from regexp_split_to_table(tag, '-') with ordinality as parts (part, place)
$$;

create function pg_temp.mended_tags(tags text[]) returns text[] language sql immutable as $$
    select array_agg(tag order by place)
      from (select pg_temp.mended_tag(tag) as tag, min(place) as place
              from unnest(tags) with ordinality as given (tag, place) group by 1) as mended
$$;

-- Scheme and host in lower case without a last dot, ports without zeros before, IPv4 in IPv6 in hexadecimal, a percent
-- sign that begins no escape as one, and what is beyond ASCII percent-encoded.
create function pg_temp.mended_url(url text) returns text language plpgsql immutable as $$
declare
    parts text[] := regexp_match(url, '^([^/?#]*//[^/?#]*)(.*)$');
    octets text[];
    rest text;
begin
    if url is null or parts is null or chaishots_is_url(url) then
        return url;
    end if;
    parts[1] := lower(parts[1]);
    parts[1] := regexp_replace(parts[1], '[.](:[0-9]+)?$', '\1');
    parts[1] := regexp_replace(parts[1], ':0+([0-9]+)$', ':\1');
    octets := regexp_match(parts[1], '([0-9]+)[.]([0-9]+)[.]([0-9]+)[.]([0-9]+)\]');
    if octets is not null then
        parts[1] := regexp_replace(parts[1], '[0-9]+([.][0-9]+){3}\]',
            to_hex(octets[1]::int * 256 + octets[2]::int) || ':' || to_hex(octets[3]::int * 256 + octets[4]::int) || ']');
    end if;
    parts[2] := regexp_replace(parts[2], '%(?![0-9A-Fa-f]{2})', '%25', 'g');
    select string_agg(
               case when ascii(letter) < 128 then letter
                    else regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end,
               '' order by place)
      into rest from regexp_split_to_table(parts[2], '') with ordinality as letters (letter, place);
    return parts[1] || coalesce(rest, '');
end $$;

-- Of two spellings of one language, the usual one counts.
create function pg_temp.mended_urls(urls jsonb) returns jsonb language sql immutable as $$
    select case when jsonb_typeof(urls) <> 'object' then urls else coalesce((
        select jsonb_object_agg(tag, url) from (
            select distinct on (pg_temp.mended_tag(key)) pg_temp.mended_tag(key) as tag,
                   case jsonb_typeof(value) when 'string' then to_jsonb(pg_temp.mended_url(value #>> '{}')) else value end as url
              from jsonb_each(urls) order by pg_temp.mended_tag(key), key = pg_temp.mended_tag(key) desc, key) as mended), '{}') end
$$;

create function pg_temp.mended_assets(assets jsonb) returns jsonb language sql immutable as $$
    select case when jsonb_typeof(assets) <> 'object' then assets else coalesce((
        select jsonb_object_agg(tag, variants) from (
            select distinct on (pg_temp.mended_tag(key)) pg_temp.mended_tag(key) as tag,
                   case jsonb_typeof(value) when 'object' then (
                       select coalesce(jsonb_object_agg(variant, to_jsonb(pg_temp.mended_url(url))), '{}')
                         from jsonb_each_text(value) as of_variant (variant, url)) else value end as variants
              from jsonb_each(assets) order by pg_temp.mended_tag(key), key = pg_temp.mended_tag(key) desc, key) as mended), '{}') end
$$;

create function pg_temp.mended_moment(moment timestamptz) returns timestamptz language sql stable as $$
    select case when chaishots_is_moment(moment) or moment is null then moment
                when moment < timestamptz '1970-01-01 00:00:00Z' then timestamptz '1970-01-01 00:00:00Z' else now() end
$$;
"""

# What is said of a language, a URL or a title has its line in the history; what only clocks and counters say has none.
_MENDING = r"""
alter table program drop constraint program_title, drop constraint program_language_primary,
    drop constraint program_languages_available, drop constraint program_posters;
alter table term drop constraint term_title;
alter table topic drop constraint topic_name;
alter table release drop constraint release_name;
alter table lesson drop constraint lesson_title, drop constraint lesson_content_language_primary,
    drop constraint lesson_content_languages_available, drop constraint lesson_content_urls,
    drop constraint lesson_subtitle_urls, drop constraint lesson_thumbnails;

-- Before anything else: the triggers count the version of what is mended, and this one counts no further.
do $$
declare
    content text;
begin
    foreach content in array array['program', 'topic', 'term', 'lesson', 'release'] loop
        execute format('alter table %I disable trigger user', content);
        execute format('update %I set version = 1 where version not between 1 and 2000000000', content);
        execute format('alter table %I enable trigger user', content);
    end loop;
end $$;

do $$
begin
    perform set_config('chaishots.actor', 'migration', true);

    -- Two topics that are one in NFC are made one.
    create temporary table chaishots_twins on commit drop as
    select topic.id as gone, first.id as kept
      from topic cross join lateral (
        select other.id from topic other where lower(normalize(other.name, nfc)) = lower(normalize(topic.name, nfc))
         order by other.name is nfc normalized desc, other.id limit 1) as first
     where first.id <> topic.id;
    insert into program_topic (program_id, topic_id)
    select program_id, kept from program_topic join chaishots_twins on topic_id = gone on conflict do nothing;
    delete from topic where id in (select gone from chaishots_twins);
    update topic set name = normalize(name, nfc) where name is not nfc normalized;
    update release set name = normalize(name, nfc) where name is not nfc normalized;
    update term set title = normalize(title, nfc) where title is not nfc normalized;

    with mended as (
        select id, normalize(title, nfc) as title, normalize(description, nfc) as description,
               pg_temp.mended_tag(language_primary) as language_primary,
               pg_temp.mended_tags(languages_available) as languages_available,
               pg_temp.mended_assets(posters) as posters
          from program
    )
    update program
       set title = mended.title, description = mended.description, language_primary = mended.language_primary,
           languages_available = mended.languages_available, posters = mended.posters
      from mended
     where program.id = mended.id
       and (program.title, program.description, program.language_primary, program.languages_available, program.posters)
           is distinct from (mended.title, mended.description, mended.language_primary, mended.languages_available, mended.posters);

    with mended as (
        select id, normalize(title, nfc) as title, pg_temp.mended_tag(content_language_primary) as content_language_primary,
               pg_temp.mended_tags(content_languages_available) as content_languages_available,
               pg_temp.mended_urls(content_urls) as content_urls, pg_temp.mended_urls(subtitle_urls) as subtitle_urls,
               pg_temp.mended_assets(thumbnails) as thumbnails
          from lesson
    )
    update lesson
       set title = mended.title, content_language_primary = mended.content_language_primary,
           content_languages_available = mended.content_languages_available, content_urls = mended.content_urls,
           subtitle_urls = mended.subtitle_urls, thumbnails = mended.thumbnails
      from mended
     where lesson.id = mended.id
       and (lesson.title, lesson.content_language_primary, lesson.content_languages_available, lesson.content_urls,
            lesson.subtitle_urls, lesson.thumbnails)
           is distinct from (mended.title, mended.content_language_primary, mended.content_languages_available,
                             mended.content_urls, mended.subtitle_urls, mended.thumbnails);
end $$;

-- Nothing of a deferred trigger is to come when the triggers are put aside.
set constraints all immediate;
do $$
begin
    alter table activity disable trigger user;
    update activity set at = pg_temp.mended_moment(at) where not chaishots_is_moment(at);
    alter table activity enable trigger user;
    update api_token
       set created_at = pg_temp.mended_moment(created_at), last_used_at = pg_temp.mended_moment(last_used_at),
           revoked_at = pg_temp.mended_moment(revoked_at)
     where not (chaishots_is_moment(created_at) and chaishots_is_moment(coalesce(last_used_at, now()))
                and chaishots_is_moment(coalesce(revoked_at, now())));
    update idempotency_key set created_at = pg_temp.mended_moment(created_at) where not chaishots_is_moment(created_at);
end $$;

drop function pg_temp.mended_moment(timestamptz), pg_temp.mended_assets(jsonb), pg_temp.mended_urls(jsonb),
    pg_temp.mended_url(text), pg_temp.mended_tags(text[]), pg_temp.mended_tag(text);
"""

_CHECKS = rf"""
alter table program
    add constraint program_title check (title ~ '[^{_INVISIBLE}]' and char_length(title) <= 300) not valid,
    add constraint program_language_primary check (chaishots_is_language(language_primary)) not valid,
    add constraint program_languages_available check (chaishots_are_languages(languages_available, language_primary)) not valid,
    add constraint program_posters check (chaishots_are_assets(posters)) not valid,
    add constraint program_version check (version between 1 and 2000000000) not valid;
alter table topic
    add constraint topic_name check (
        btrim(name) = name and name ~ '[^{_INVISIBLE}]' and name is nfc normalized and char_length(name) <= 100) not valid,
    add constraint topic_version check (version between 1 and 2000000000) not valid;
alter table term
    add constraint term_title check (
        title is null or (title ~ '[^{_INVISIBLE}]' and char_length(title) <= 300)) not valid,
    add constraint term_version check (version between 1 and 2000000000) not valid;
alter table release
    add constraint release_name check (name ~ '[^{_INVISIBLE}]' and char_length(name) <= 300) not valid,
    add constraint release_version check (version between 1 and 2000000000) not valid;
alter table lesson
    add constraint lesson_title check (title ~ '[^{_INVISIBLE}]' and char_length(title) <= 300) not valid,
    add constraint lesson_content_language_primary check (chaishots_is_language(content_language_primary)) not valid,
    add constraint lesson_content_languages_available check (
        chaishots_are_languages(content_languages_available, content_language_primary)) not valid,
    add constraint lesson_content_urls check (
        chaishots_are_urls(content_urls)
        and (content_urls ? content_language_primary
             or (content_urls = '{{}}' and status in ('draft', 'archived')))) not valid,
    add constraint lesson_subtitle_urls check (chaishots_are_urls(subtitle_urls)) not valid,
    add constraint lesson_thumbnails check (chaishots_are_assets(thumbnails)) not valid,
    add constraint lesson_version check (version between 1 and 2000000000) not valid;
alter table activity
    add constraint activity_at check (chaishots_is_moment(at)) not valid;
alter table api_token
    add constraint api_token_created_at check (chaishots_is_moment(created_at)) not valid,
    add constraint api_token_last_used_at check (last_used_at is null or chaishots_is_moment(last_used_at)) not valid,
    add constraint api_token_revoked_at check (revoked_at is null or chaishots_is_moment(revoked_at)) not valid,
    add constraint api_token_expires_at check (expires_at is null or chaishots_is_moment(expires_at)) not valid;
alter table idempotency_key
    add constraint idempotency_key_created_at check (chaishots_is_moment(created_at)) not valid;

-- Every rule of every table, those of older migrations too: a row that an older version took is named, not left behind.
do $$
declare
    rule record;
    broken text;
begin
    set constraints all immediate;
    for rule in
        select conname, conrelid::regclass as content, pg_get_expr(conbin, conrelid) as condition, convalidated
          from pg_constraint
         where contype = 'c' and connamespace = current_schema()::regnamespace
           and conrelid in ('program'::regclass, 'topic'::regclass, 'term'::regclass, 'lesson'::regclass, 'release'::regclass,
                            'activity'::regclass, 'api_token'::regclass, 'idempotency_key'::regclass)
         order by conrelid, conname
    loop
        execute format($find$
            select string_agg(key, ', ') from (
                select coalesce(to_jsonb(it) ->> 'id', to_jsonb(it) ->> 'seq') as key from %s it
                 where not (%s) limit 10) as found $find$, rule.content, rule.condition) into broken;
        if broken is not null then
            raise exception using errcode = 'check_violation', constraint = rule.conname,
                message = format('the rule %s is broken by the %s %s: mend or delete it, then migrate again',
                                 rule.conname, rule.content, broken);
        end if;
        if not rule.convalidated then
            execute format('alter table %s validate constraint %I', rule.content, rule.conname);
        end if;
    end loop;
end $$;
"""

# Triggers ---------------------------------------------------------------------------------------------------------
_TRIGGERS = r"""
-- Two spellings that look the same are the same. Asked when the text is written, not each time when its row is.
create function chaishots_normalise() returns trigger language plpgsql as $$
begin
    if tg_table_name in ('topic', 'release') then
        new.name := normalize(new.name, nfc);
        return new;
    end if;
    new.title := normalize(new.title, nfc);
    if tg_table_name = 'program' then
        new.description := normalize(new.description, nfc);
    end if;
    return new;
end $$;
create trigger normalise before insert or update of title, description on program for each row
    when (new.title is not nfc normalized or new.description is not nfc normalized) execute function chaishots_normalise();
create trigger normalise before insert or update of name on topic for each row
    when (new.name is not nfc normalized) execute function chaishots_normalise();
create trigger normalise before insert or update of name on release for each row
    when (new.name is not nfc normalized) execute function chaishots_normalise();
create trigger normalise before insert or update of title on term for each row
    when (new.title is not nfc normalized) execute function chaishots_normalise();
create trigger normalise before insert or update of title on lesson for each row
    when (new.title is not nfc normalized) execute function chaishots_normalise();

-- A version that has gone through its range begins anew: it only has to differ from the one before.
create function chaishots_wrap_version() returns trigger language plpgsql as $$
begin
    new.version := 1;
    return new;
end $$;
do $$
declare
    content text;
begin
    foreach content in array array['program', 'topic', 'term', 'lesson', 'release'] loop
        execute format('create trigger zz_wrap_version before update on %I for each row
                        when (new.version > 2000000000) execute function chaishots_wrap_version()', content);
    end loop;
end $$;

-- What the checks of maps do not see: how long their parts are.
create function chaishots_bound_maps() returns trigger language plpgsql as $$
declare
    maps jsonb := case tg_table_name
        when 'program' then jsonb_build_object('program_posters', to_jsonb(new) -> 'posters')
        else jsonb_build_object('lesson_content_urls', to_jsonb(new) -> 'content_urls',
                                'lesson_subtitle_urls', to_jsonb(new) -> 'subtitle_urls',
                                'lesson_thumbnails', to_jsonb(new) -> 'thumbnails') end;
    rule text;
    map jsonb;
begin
    for rule, map in select * from jsonb_each(maps) loop
        continue when jsonb_typeof(map) <> 'object';  -- its check refuses it
        if octet_length(map::text) > 100000 or (select count(*) > 50 from jsonb_object_keys(map))
           or exists (select from jsonb_path_query(map, 'strict $.** ? (@.type() == "string")') as url
                       where not chaishots_is_url(url #>> '{}')) then
            perform chaishots_refuse(rule, 'a map holds 50 languages at most and 100,000 bytes, a URL 2,000 characters');
        end if;
    end loop;
    return new;
end $$;
create trigger bound_maps before insert or update of posters on program for each row
    when (chaishots_may_be_unbounded(new.posters)) execute function chaishots_bound_maps();
create trigger bound_maps before insert or update of content_urls, subtitle_urls, thumbnails on lesson for each row
    when (chaishots_may_be_unbounded(new.content_urls) or chaishots_may_be_unbounded(new.subtitle_urls)
          or chaishots_may_be_unbounded(new.thumbnails)) execute function chaishots_bound_maps();

-- Whoever reads a program has all of it. Counted once a statement; two that write at once may together go a little beyond.
create function chaishots_bound_programs(programs uuid[]) returns void language plpgsql as $$
begin
    if exists (select from term where program_id = any(programs) group by program_id having count(*) > 200) then
        perform chaishots_refuse('program_terms', 'a program has 200 terms at most');
    end if;
    if exists (select from lesson join term on term.id = lesson.term_id
                where term.program_id = any(programs) group by term.program_id having count(*) > 10000) then
        perform chaishots_refuse('program_lessons', 'a program has 10,000 lessons at most');
    end if;
end $$;

create function chaishots_bound_terms() returns trigger language plpgsql as $$
begin
    perform chaishots_bound_programs(array(select distinct program_id from new_rows));
    return null;
end $$;
create trigger bound_terms after insert on term referencing new table as new_rows
    for each statement execute function chaishots_bound_terms();

create function chaishots_bound_lessons() returns trigger language plpgsql as $$
begin
    perform chaishots_bound_programs(array(
        select distinct term.program_id from new_rows join term on term.id = new_rows.term_id));
    return null;
end $$;
create trigger bound_lessons after insert on lesson referencing new table as new_rows
    for each statement execute function chaishots_bound_lessons();

create function chaishots_bound_moved() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'term' then
        perform chaishots_bound_programs(array[new.program_id]);
        return null;
    end if;
    -- Within one program nothing becomes more.
    perform chaishots_bound_programs(array(
        select program_id from term where id = new.term_id
        except select program_id from term where id = old.term_id));
    return null;
end $$;
create trigger bound_moved after update on term for each row
    when (new.program_id <> old.program_id) execute function chaishots_bound_moved();
create trigger bound_moved after update on lesson for each row
    when (new.term_id <> old.term_id) execute function chaishots_bound_moved();

create function chaishots_bound_topics() returns trigger language plpgsql as $$
begin
    if exists (select from program_topic where program_id in (select program_id from new_rows)
                group by program_id having count(*) > 50) then
        perform chaishots_refuse('program_topics', 'a program has 50 topics at most');
    end if;
    return null;
end $$;
create trigger bound_topics after insert on program_topic referencing new table as new_rows
    for each statement execute function chaishots_bound_topics();

-- Who made and revoked which key. The key itself, of which only a hash is kept, has no place in it, nor has its use.
create function chaishots_record_tokens() returns trigger language plpgsql as $$
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
end $$;
create trigger record after insert or delete on api_token for each row execute function chaishots_record_tokens();
create trigger record_update after update on api_token for each row
    when ((new.name, new.role, new.token_hash, new.revoked_at, new.expires_at)
          is distinct from (old.name, old.role, old.token_hash, old.revoked_at, old.expires_at))
    execute function chaishots_record_tokens();
"""

# A session may have any search_path: pg_restore and logical replication have an empty one. What is written in SQL alone
# has been looked up when it was made.
_SEARCH_PATHS = r"""
do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', ours.signature, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    tokens = 'ALTER TABLE "api_token" ADD "expires_at" TIMESTAMPTZ;'
    return tokens + _SHAPES + _MENDERS + _MENDING + _CHECKS + _TRIGGERS + _SEARCH_PATHS


# As they were made by the rules' migration, and the one after it.
_FORMER_TAG = "[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"
_FORMER_URL = (
    r"^https?://([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\\[[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}\\])"
    r"(:[0-9]{1,5})?([/?#][^\\u0001-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
    r"<>\"\\\\]*)?$"
)


async def downgrade(db: BaseDBAsyncClient) -> str:
    return rf"""
drop function chaishots_normalise() cascade;
drop function chaishots_wrap_version() cascade;
drop function chaishots_bound_maps() cascade;
drop function chaishots_may_be_unbounded(jsonb);
drop function chaishots_is_url(text);
drop function chaishots_bound_terms() cascade;
drop function chaishots_bound_lessons() cascade;
drop function chaishots_bound_moved() cascade;
drop function chaishots_bound_topics() cascade;
drop function chaishots_bound_programs(uuid[]);
drop function chaishots_record_tokens() cascade;

create or replace function chaishots_is_language(tag text) returns boolean language sql immutable parallel safe
return tag ~ '^{_FORMER_TAG}$';

create or replace function chaishots_are_languages(tags text[], includes text) returns boolean language sql immutable parallel safe
return array_ndims(tags) = 1
   and array_position(tags, null) is null
   and tags @> array[includes]
   and (select bool_and(tag ~ '^{_FORMER_TAG}$') and count(distinct tag) = count(*)
          from unnest(tags) as tag);
drop function chaishots_are_several_languages(text[], text);

create or replace function chaishots_are_urls(urls jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(urls) = 'object'
   and not jsonb_path_exists(urls, 'strict $.keyvalue() ? (
         !(@.key like_regex "^{_FORMER_TAG}$")
      || @.value.type() != "string"
      || !(@.value like_regex "{_FORMER_URL}"))');

create or replace function chaishots_are_assets(assets jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(assets) = 'object'
   and not jsonb_path_exists(assets, 'strict $.keyvalue() ? (
         !(@.key like_regex "^{_FORMER_TAG}$") || @.value.type() != "object")')
   and not jsonb_path_exists(assets, 'strict $.*.keyvalue() ? (
         !(@.key like_regex "^(portrait|landscape|square|banner)$")
      || @.value.type() != "string"
      || !(@.value like_regex "{_FORMER_URL}"))');

alter table program drop constraint program_title, drop constraint program_version,
    add constraint program_title check (btrim(title) <> '' and char_length(title) <= 300);
alter table topic drop constraint topic_name, drop constraint topic_version,
    add constraint topic_name check (btrim(name) = name and name <> '' and char_length(name) <= 100);
alter table term drop constraint term_title, drop constraint term_version,
    add constraint term_title check (title is null or (btrim(title) <> '' and char_length(title) <= 300));
alter table release drop constraint release_name, drop constraint release_version,
    add constraint release_name check (btrim(name) <> '' and char_length(name) <= 300);
alter table lesson drop constraint lesson_title, drop constraint lesson_version,
    add constraint lesson_title check (btrim(title) <> '' and char_length(title) <= 300);
alter table activity drop constraint activity_at;
alter table api_token drop constraint api_token_created_at, drop constraint api_token_last_used_at,
    drop constraint api_token_revoked_at, drop constraint api_token_expires_at;
alter table idempotency_key drop constraint idempotency_key_created_at;
ALTER TABLE "api_token" DROP COLUMN "expires_at";

do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s reset search_path', ours.signature);
    end loop;
end $$;
"""


MODELS_STATE = (
    "eJztXW1z2jgX/SsavjSdydNpk7Zp6ScS6JZnCekkpN3dpuMRtgLe2JIryaFMN/99JdkGvw"
    "I2LzFZfWmDpCubc2RJ99xr8athjqHNxoSzFy2T2/c2nzaa4FcDQxeJP/KqD0EDel6iUpZx"
    "OHSUCYw3HDJORYEov4UOQ6LIQsyktsdtgmXrC4yA6AePECC3gIhPfGzj0SGwsfhLFFILUf"
    "lhMrbNMbA5mEAGJtTmHOEPgJIJA5CKdtiZAnQv2kLLQtYhGE4Bp/ZohCh7IW/FIqa4F9H1"
    "Tq/qY/uHjwxORkj0S8W1v30XxTa20E/E5MdvDTL8G5ncsC1pwNCPxnfZxLszbm3kWAk6ZK"
    "2oUxUGn3qq8NQedTH/qBrLLzo0TOL4Lo4ZeFM+JnhmYWMuS0cIIwo5ktfg1JfsYN9xQiIj"
    "woKvMG8S3HvMxkK30Hckx9I6uIN5WcMw+hcD46ozMIxGhv/IIkZOWGQSLMeOuFWmIBjJW/"
    "jf+6Oj4+OTo5fHb9+9eX1y8ubdy3eirbrfbNXJQ3Azc7iCrhRo3d+6/YG8ISIGaDByZcGD"
    "soEcBlaKojn+kGfhbwsEue2ifAICixT+VmjyIvojzUaE/SI6ooI5H/NHbCEhVz+cdvDp4J"
    "npEPPOkLfAOHS9g+fPnq9B0gK8B93zztWgdf5Zdu8y9sNR2LUGHVlzpEqnqdKDt8+TBM06"
    "AV+7g09AfgR/XfQ7CmLC+IiqK87bDf5qyHuCPicGJhNDPKUxnKLiqEg0jVFtckKzbA/Qz4"
    "JHbWaQIlsAtFN6N/O8LaKy88cgwWL/S+vy7FPr8uC89cfzBJO9i/5vUfM5jf2z3sWpetIS"
    "cMs7LId3aKEBrwB4uOoo0EqgnjLT0FeHPljwk8BfX3fbC4EPjFKw+75tvZCmK4AfLtp7gL"
    "2C+ThYA+Kzu/qiSUSH6JbQnHH8/6uLfj6cc4v02mybHPwDHJtl9kh7jaaEYvFITg/aFOyy"
    "g8ysfctRziJZDPvMQKNeDnXpEtzexTalsmAIzbsJpJaRqSFHpKhttso9ctMlEMORAlJ+Y/"
    "n9Yo6gZw/IHcKNAj8xqj5c5id6tvCLopZLHcUWuEPCuSLKPzs7vzoEE5uPARTOmIM+BJ6Y"
    "zRkYQyYcNiZaezzr+FXuZbkjV+i0lZvn157gN+W3JdyEiEFD3snJ9tyEpXN+sW+m/i+xk4"
    "na6y1MhS2MfFyyYJ+NIe1g31WAd8UNQmyiDPCRbZ2Bb3zpdr52Lpvg3kYTRG9wp90dXIjP"
    "yLKFm3eDW+3zbr8JoOXaOD3LFCgYLvxpOAiP+Fh8fLuAsYiftPsbEXcka5J8qInUkLNWnj"
    "6EIZ3mPwRJuxQjwylHrD6cbOJhOA2X2NnDICA97fZbl3/mPw2nOUvy6Z+DTiuFv0mRxMco"
    "LxAlLWslFPXJ5EDLQQHBDmTc8FklitO2GyB5f3bAe8c0RfdiUqzCc9JSs1xnltFPzxbdVW"
    "A5aalZrhvLJTzluI+GXI9whM2pITxElrOLCnv4+PslcmCB9Dx3g7vzDn9H0/3dRM1Lw5H6"
    "sGV5IQVcvsiQRXeh1JBid1XBgSLBBOOAj2EQADYhpTayAPE5IMK1CdUDqSVAzCYyZMzBiP"
    "BDcEsomIyJCg0zhC0ma+BI4JinSWzvQlq2qLtsEY7HVVWLsHmdfef6ihbBY1bBTU5bakc5"
    "zcCqjnIwfRmMQ+7nrLKFiSwZu+UpLfXfaoVJLUevXp+8fnf89vUsl2VWsiiFJUpXyYA7Rt"
    "BCNAfdBXGZjKUO0KwRFgvQHBIrZ25fNM+kDCtOM/uDvpbjtBxXyX0PdOtyW9S4zSY3qvV9"
    "vJZsSzOecgrfLLgfCUX2CAufKxPiKfSE4wHh/YQ24wOLYgonM58pMbIEBhZyEA8CYq2rs1"
    "a703h4tGh9DzFGimL1YeXhEvfZmTdbKZ/7XvjbBAjHFFJui8lB5lhDwBF1Qz9WRtg9B0q/"
    "Vv6p0k+FY2upT3KLh/JTtjfVsfaK6+4VB0POwL47zEswKnQTMnaV3IS6zUOb9hO4zfPC98"
    "Wqw8xA6w4VdAdxeY5wUa7takkT6T7qTETjS7fduWgG0/UNbl0Oume9TjOatdNT+yrpEovG"
    "d8TQSWG6xEk6XcLyqZLwDTdP6V/wPk3K8AmJEDt5sya2jjLDg3mL6SkhDoK4YD2dW6V9Y2"
    "G2yycgf/uzEZ/44qKXmIJOu+k55vr8tHN58EqNd9HI5gUgR5OGA/HIF1tEw6O2C2kpwXlR"
    "H3WehGq/GkSAMgPeQztAJ8NLi1JYoBUt6SfFzYrC3Z6R8+17Abg+dUrpn2m7tdTPzYEY27"
    "bfNJ79enjWbP4t9rfDm8aWtuxbkUOZP1QbyNKsZAw1LRukhY+Fl4TFlFGKk6SVJmSTz0lB"
    "UGw1D6EwNLbrZdmi8JbneAXty9bHQROo6ht8dfap077uddpNwMwxsnwHWTf48/Vpr3v1SZ"
    "Z6/lCMo7EsldB2v8hCSM2xfY+sKj7E+xV8iPeFPsT7tA8R3l+FGEPSUmeQ1TnQMBuF1XnW"
    "GaF7wXQ4tVTgOWmpWa4zy9Hciygtd7xDxrDSKrtHzG7F99Vx+af9ePmeVZHgpKUmuKYE3y"
    "PKcg9qKZTMYxaPG4x7VZ3BTQfgKHIQZKhkAkvSSp8BkpIzEHXLZgTNTXRC0JKEIAFVFtoq"
    "+UCDsKf9RHV5LtB8TOWnAuXMA5sB9nLe2V4+/0uhTc5/CXTFLYD+da/3iJlWnykZUeg28l"
    "OtotrDJblWXqzdCq8omcSnDDVVDhST6VBBAgxTJ1nKcy2j6JDMmnLFoMp7/ahaJ6scbRnT"
    "JFNaiOCw+JhLnWS1kyQrnQa0U+c3fpslQE+ZPTL0yUjLs60FWLbCwDp5EDr/YcMkVM170P"
    "kOcTlTzPglX/WKmejorY7eVove7l+cVkfwnrw2qaMLT5xgHV144gTr6ELV6EKlU4+U4JMF"
    "u+RRR09M0F33gKP4S7Sebebgew7xdEDkvyVUc9nXDrWsrSu7LrGQY2SF0tkXpXLsiSl7to"
    "8LlNEAT0IVF3fqhKgA6FAWnvEU1oVmYS0fU+KPxvEKHl0wV64X5UYG8odlWnAkxedrwTGh"
    "fqEWHIsOrKIFywtZgCEek3CDI6VGBLFgn26CSK89BJArcdclLsK5R2Wv36F+0bbuGrA+NX"
    "uH0tcTkQiIF5zmkH71/3On3wSyslx291mrf9bpqbam/OKOUyfdQOd3P2mPQ6tD/zGmdeav"
    "zvzV0o3W5jTBWpurszYX+ttrq3PzM772coHa+fnjSs3M120ioXOhaBMlyq6i2HiQ8uAMs1"
    "CM+qAOKgtOr5I/PzY7zyxPnilprbWYumsxKnW49JFnKSt94NnjH3hWz6l0Z3t9vVPYxJhN"
    "Bi5WnXyTVvqtlsVvtcSy7dd//yKW4r+f2C59ASM5uMqedPuIe9t9AXzrm1sV6yzY3UZx0M"
    "Xb21mrpfvbrzJSGEVtAaQIwCHxebhLFdeXe9SAEXV6r/yxG4pG4nvKH+g1IcvZ9W6oT70X"
    "rvteWMcl9YZtDzZsJaSdjaUVJRJh1k4sWmPXsm+pRbGvmk4uiqVqJVOLkluedHJRPPFo7d"
    "Si2QZg0QreQtQ2xwVLeFi5bA2H82bLFvFiOja8hBbONLkraM4kE3Jf2/G6GfeweMEsnMNl"
    "cknZSXw/l81kOsjRmzcrJISIVoUpIaou9ctO4rkqgXDY/Ami++rlyxXQFa0K0VV1uaf3Zh"
    "FeenBvXuTwkd5m25+fLNvd5iVnVXv4F+VwwTY="
)
