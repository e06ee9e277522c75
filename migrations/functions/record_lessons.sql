-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 47_20261128104500_cheaper_edits.py
CREATE OR REPLACE FUNCTION chaishots_record_lessons()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_nestloop TO 'off'
 SET jit TO 'off'
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
    is_current constant boolean := (
        select count(*) = 25 from pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped);
    scheduled constant jsonb := nullif(current_setting('chaishots.scheduled_by', true), '');
begin
    insert into activity (actor, carried_out_by, action, object_type, object_id, before, after)
    with pair as (
        select later.id, later.publish_at,
               earlier.status as status_0, later.status as status_1,
               earlier.published_at as published_at_0, later.published_at as published_at_1,
               earlier.publish_error as publish_error_0, later.publish_error as publish_error_1,
               earlier.version as version_0, later.version as version_1,
               earlier.updated_at as updated_at_0, later.updated_at as updated_at_1,
               case when is_current and ((later.archive_at, later.archive_zone, later.content_language_primary, later.content_languages_available, later.content_type, later.content_urls, later.created_at, later.duration_ms, later.id, later.is_paid, later.lesson_number, later.publish_at, later.publish_zone, later.release_id, later.subtitle_urls, later.summary, later.term_id, later.thumbnails, later.title, later.translations) is not distinct from (earlier.archive_at, earlier.archive_zone, earlier.content_language_primary, earlier.content_languages_available, earlier.content_type, earlier.content_urls, earlier.created_at, earlier.duration_ms, earlier.id, earlier.is_paid, earlier.lesson_number, earlier.publish_at, earlier.publish_zone, earlier.release_id, earlier.subtitle_urls, earlier.summary, earlier.term_id, earlier.thumbnails, earlier.title, earlier.translations)) then null
                    when is_current then array[jsonb_build_object('status', earlier.status) || case when (later.archive_at, later.archive_zone, later.content_language_primary, later.content_languages_available, later.content_type) is distinct from (earlier.archive_at, earlier.archive_zone, earlier.content_language_primary, earlier.content_languages_available, earlier.content_type) then '{}' || case when later.archive_at is distinct from earlier.archive_at then jsonb_build_object('archive_at', earlier.archive_at) else '{}' end || case when later.archive_zone is distinct from earlier.archive_zone then jsonb_build_object('archive_zone', earlier.archive_zone) else '{}' end || case when later.content_language_primary is distinct from earlier.content_language_primary then jsonb_build_object('content_language_primary', earlier.content_language_primary) else '{}' end || case when later.content_languages_available is distinct from earlier.content_languages_available then jsonb_build_object('content_languages_available', earlier.content_languages_available) else '{}' end || case when later.content_type is distinct from earlier.content_type then jsonb_build_object('content_type', earlier.content_type) else '{}' end else '{}' end || case when (later.content_urls, later.created_at, later.duration_ms, later.id, later.is_paid) is distinct from (earlier.content_urls, earlier.created_at, earlier.duration_ms, earlier.id, earlier.is_paid) then '{}' || case when later.content_urls is distinct from earlier.content_urls then jsonb_build_object('content_urls', earlier.content_urls) else '{}' end || case when later.created_at is distinct from earlier.created_at then jsonb_build_object('created_at', earlier.created_at) else '{}' end || case when later.duration_ms is distinct from earlier.duration_ms then jsonb_build_object('duration_ms', earlier.duration_ms) else '{}' end || case when later.id is distinct from earlier.id then jsonb_build_object('id', earlier.id) else '{}' end || case when later.is_paid is distinct from earlier.is_paid then jsonb_build_object('is_paid', earlier.is_paid) else '{}' end else '{}' end || case when (later.lesson_number, later.publish_at, later.publish_zone, later.release_id, later.subtitle_urls) is distinct from (earlier.lesson_number, earlier.publish_at, earlier.publish_zone, earlier.release_id, earlier.subtitle_urls) then '{}' || case when later.lesson_number is distinct from earlier.lesson_number then jsonb_build_object('lesson_number', earlier.lesson_number) else '{}' end || case when later.publish_at is distinct from earlier.publish_at then jsonb_build_object('publish_at', earlier.publish_at) else '{}' end || case when later.publish_zone is distinct from earlier.publish_zone then jsonb_build_object('publish_zone', earlier.publish_zone) else '{}' end || case when later.release_id is distinct from earlier.release_id then jsonb_build_object('release_id', earlier.release_id) else '{}' end || case when later.subtitle_urls is distinct from earlier.subtitle_urls then jsonb_build_object('subtitle_urls', earlier.subtitle_urls) else '{}' end else '{}' end || case when (later.summary, later.term_id, later.thumbnails, later.title, later.translations) is distinct from (earlier.summary, earlier.term_id, earlier.thumbnails, earlier.title, earlier.translations) then '{}' || case when later.summary is distinct from earlier.summary then jsonb_build_object('summary', earlier.summary) else '{}' end || case when later.term_id is distinct from earlier.term_id then jsonb_build_object('term_id', earlier.term_id) else '{}' end || case when later.thumbnails is distinct from earlier.thumbnails then jsonb_build_object('thumbnails', earlier.thumbnails) else '{}' end || case when later.title is distinct from earlier.title then jsonb_build_object('title', earlier.title) else '{}' end || case when later.translations is distinct from earlier.translations then jsonb_build_object('translations', earlier.translations) else '{}' end else '{}' end || case when (later.published_at, later.publish_error, later.version, later.updated_at) is distinct from (earlier.published_at, earlier.publish_error, earlier.version, earlier.updated_at) then '{}' || case when later.published_at is distinct from earlier.published_at then jsonb_build_object('published_at', earlier.published_at) else '{}' end || case when later.publish_error is distinct from earlier.publish_error then jsonb_build_object('publish_error', earlier.publish_error) else '{}' end || case when later.version is distinct from earlier.version then jsonb_build_object('version', earlier.version) else '{}' end || case when later.updated_at is distinct from earlier.updated_at then jsonb_build_object('updated_at', earlier.updated_at) else '{}' end else '{}' end, jsonb_build_object('status', later.status) || case when (later.archive_at, later.archive_zone, later.content_language_primary, later.content_languages_available, later.content_type) is distinct from (earlier.archive_at, earlier.archive_zone, earlier.content_language_primary, earlier.content_languages_available, earlier.content_type) then '{}' || case when later.archive_at is distinct from earlier.archive_at then jsonb_build_object('archive_at', later.archive_at) else '{}' end || case when later.archive_zone is distinct from earlier.archive_zone then jsonb_build_object('archive_zone', later.archive_zone) else '{}' end || case when later.content_language_primary is distinct from earlier.content_language_primary then jsonb_build_object('content_language_primary', later.content_language_primary) else '{}' end || case when later.content_languages_available is distinct from earlier.content_languages_available then jsonb_build_object('content_languages_available', later.content_languages_available) else '{}' end || case when later.content_type is distinct from earlier.content_type then jsonb_build_object('content_type', later.content_type) else '{}' end else '{}' end || case when (later.content_urls, later.created_at, later.duration_ms, later.id, later.is_paid) is distinct from (earlier.content_urls, earlier.created_at, earlier.duration_ms, earlier.id, earlier.is_paid) then '{}' || case when later.content_urls is distinct from earlier.content_urls then jsonb_build_object('content_urls', later.content_urls) else '{}' end || case when later.created_at is distinct from earlier.created_at then jsonb_build_object('created_at', later.created_at) else '{}' end || case when later.duration_ms is distinct from earlier.duration_ms then jsonb_build_object('duration_ms', later.duration_ms) else '{}' end || case when later.id is distinct from earlier.id then jsonb_build_object('id', later.id) else '{}' end || case when later.is_paid is distinct from earlier.is_paid then jsonb_build_object('is_paid', later.is_paid) else '{}' end else '{}' end || case when (later.lesson_number, later.publish_at, later.publish_zone, later.release_id, later.subtitle_urls) is distinct from (earlier.lesson_number, earlier.publish_at, earlier.publish_zone, earlier.release_id, earlier.subtitle_urls) then '{}' || case when later.lesson_number is distinct from earlier.lesson_number then jsonb_build_object('lesson_number', later.lesson_number) else '{}' end || case when later.publish_at is distinct from earlier.publish_at then jsonb_build_object('publish_at', later.publish_at) else '{}' end || case when later.publish_zone is distinct from earlier.publish_zone then jsonb_build_object('publish_zone', later.publish_zone) else '{}' end || case when later.release_id is distinct from earlier.release_id then jsonb_build_object('release_id', later.release_id) else '{}' end || case when later.subtitle_urls is distinct from earlier.subtitle_urls then jsonb_build_object('subtitle_urls', later.subtitle_urls) else '{}' end else '{}' end || case when (later.summary, later.term_id, later.thumbnails, later.title, later.translations) is distinct from (earlier.summary, earlier.term_id, earlier.thumbnails, earlier.title, earlier.translations) then '{}' || case when later.summary is distinct from earlier.summary then jsonb_build_object('summary', later.summary) else '{}' end || case when later.term_id is distinct from earlier.term_id then jsonb_build_object('term_id', later.term_id) else '{}' end || case when later.thumbnails is distinct from earlier.thumbnails then jsonb_build_object('thumbnails', later.thumbnails) else '{}' end || case when later.title is distinct from earlier.title then jsonb_build_object('title', later.title) else '{}' end || case when later.translations is distinct from earlier.translations then jsonb_build_object('translations', later.translations) else '{}' end else '{}' end || case when (later.published_at, later.publish_error, later.version, later.updated_at) is distinct from (earlier.published_at, earlier.publish_error, earlier.version, earlier.updated_at) then '{}' || case when later.published_at is distinct from earlier.published_at then jsonb_build_object('published_at', later.published_at) else '{}' end || case when later.publish_error is distinct from earlier.publish_error then jsonb_build_object('publish_error', later.publish_error) else '{}' end || case when later.version is distinct from earlier.version then jsonb_build_object('version', later.version) else '{}' end || case when later.updated_at is distinct from earlier.updated_at then jsonb_build_object('updated_at', later.updated_at) else '{}' end else '{}' end]
                    else array[to_jsonb(earlier), to_jsonb(later)] end as whole
          from new_rows later join old_rows earlier on earlier.id = later.id
         where earlier is distinct from later
        offset 0  -- computed once, and not for each mention
    ), kind as (
        select *, whole is null and status_0 <> status_1 and publish_error_0 is not distinct from publish_error_1
                  and version_0 <> version_1 and updated_at_0 <> updated_at_1 as is_step
          from pair offset 0
    ), change as materialized (
        select id, publish_at, is_step, is_current and whole is not null as is_edit, status_0 <> status_1 as is_moved,
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
                       when is_edit and is_moved then '{}'
                       when is_edit then array['status']
                       else array(select key from jsonb_each(after) where value = before -> key) end as unchanged
          from change
    )
    select coalesce(scheduled ->> id::text, chaishots_actor()),
           case when scheduled ? id::text then chaishots_actor() end, 'lesson.' || chaishots_action(before, after), 'lesson', id,
           case when is_step then before else before - unchanged end,
           case when is_step then after else after - unchanged end
      from compared
     where is_step or after - unchanged - array['version', 'updated_at'] <> '{}'
     order by publish_at, id;
    if found then
        perform pg_notify('chaishots_content', 'lesson:');
    end if;
    return null;
end $function$;

CREATE TRIGGER record_update AFTER UPDATE ON lesson REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION chaishots_record_lessons();
