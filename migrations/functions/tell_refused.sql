-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 36_20261127193000_changes_in_releases.py
CREATE OR REPLACE FUNCTION chaishots_tell_refused(actor text, ids uuid[], versions integer[], reasons text[], waiting uuid[] DEFAULT '{}'::uuid[])
 RETURNS TABLE(id uuid, is_news boolean, is_told boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
    lessons uuid[];
    releases uuid[];
    changes uuid[];
    known uuid[];
    key uuid;
    errcode text;
    context text;
begin
    perform set_config('chaishots.actor', actor, true);
    set constraints all immediate;
    lessons := array(
        select lesson.id from lesson join unnest(ids, versions) as wanted (id, version)
                on wanted.id = lesson.id and wanted.version = lesson.version
         where lesson.status in ('scheduled', 'published') order by lesson.id for update of lesson skip locked);
    releases := array(
        select release.id from release join unnest(ids, versions) as wanted (id, version)
                on wanted.id = release.id and wanted.version = release.version
         where release.status = 'scheduled' order by release.id for update of release skip locked);
    changes := array(
        select change.id from change join unnest(ids, versions) as wanted (id, version)
                on wanted.id = change.id and wanted.version = change.version
         where change.status = 'scheduled' order by change.id for update of change skip locked);
    known := array(
        select refusal.id from refusal join unnest(ids, versions, reasons) as wanted (id, version, reason)
                on wanted.id = refusal.id and wanted.version = refusal.version and wanted.reason = refusal.reason);

    begin
        update lesson set publish_error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
         where lesson.id = wanted.id and lesson.id = any(lessons)
           and lesson.publish_error is distinct from wanted.reason;
    exception when query_canceled or assert_failure or others then
            get stacked diagnostics errcode = returned_sqlstate, context = pg_exception_context;
            if chaishots_gave_up(errcode, context) then
                raise;
            end if;
        foreach key in array lessons loop
            begin
                update lesson set publish_error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
                 where lesson.id = key and wanted.id = key and lesson.publish_error is distinct from wanted.reason;
            exception when query_canceled or assert_failure or others then
            get stacked diagnostics errcode = returned_sqlstate, context = pg_exception_context;
            if chaishots_gave_up(errcode, context) then
                raise;
            end if;
                null;  -- the row refuses every update: then refusal alone knows
            end;
        end loop;
    end;
    foreach key in array releases loop
        begin
            -- The lessons first: one that is to be tried again takes its release's error away. Those that block nothing
            -- have none.
            update lesson set publish_error = null
             where release_id = key and publish_error is not null and id <> all(ids);
            update change set error = null where release_id = key and error is not null and id <> all(ids);
            update release set publish_error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
             where release.id = key and wanted.id = key and release.publish_error is distinct from wanted.reason;
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics errcode = returned_sqlstate, context = pg_exception_context;
            if chaishots_gave_up(errcode, context) then
                raise;
            end if;
            null;
        end;
    end loop;

    foreach key in array changes loop
        begin
            update change set error = wanted.reason from unnest(ids, reasons) as wanted (id, reason)
             where change.id = key and wanted.id = key and change.error is distinct from wanted.reason;
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics errcode = returned_sqlstate, context = pg_exception_context;
            if chaishots_gave_up(errcode, context) then
                raise;
            end if;
            null;
        end;
    end loop;

    return query
    with noted as (
        insert into refusal as kept (id, reason, version, tries, retry_at, is_told, awaits_database)
        select wanted.id, wanted.reason, wanted.version, 1, clock_timestamp() + chaishots_pause(0),
               exists (select from lesson where lesson.id = wanted.id and lesson.publish_error is not null)
               or exists (select from release where release.id = wanted.id and release.publish_error is not null)
               or exists (select from change where change.id = wanted.id and change.error is not null),
               wanted.id = any(waiting)
          from unnest(ids, versions, reasons) as wanted (id, version, reason)
         where wanted.id = any(lessons || releases || changes)
        on conflict (id) do update
           set reason = excluded.reason, version = excluded.version, is_told = excluded.is_told,
               awaits_database = excluded.awaits_database, refused_at = clock_timestamp(),
               tries = case when kept.version = excluded.version then kept.tries + 1 else 1 end,
               retry_at = clock_timestamp() + chaishots_pause(
                   case when kept.version = excluded.version then kept.tries else 0 end)
        returning kept.id, kept.is_told
    )
    select noted.id, noted.id <> all(known), noted.is_told from noted;
    -- One of a release is tried with it; an end comes when it comes.
    update refusal set retry_at = case
               when lesson.release_id is not null and (lesson.archive_at > now()) is not false then lesson.archive_at
               else least(refusal.retry_at, case when lesson.archive_at > now() then lesson.archive_at end) end
      from lesson
     where lesson.id = refusal.id and lesson.id = any(lessons)
       and (lesson.release_id is not null or lesson.archive_at > now());
end $function$;
