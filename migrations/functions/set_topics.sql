-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 40_20261128021000_swaps.py
CREATE OR REPLACE FUNCTION chaishots_set_topics(programs uuid[], patches jsonb[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
    perform chaishots_hold_topic_names(array(
        select name from unnest(patches) as patch cross join jsonb_array_elements_text(patch -> 'topics') as name));
    -- In the order of their names: two that make the same new topics would lock each other out otherwise.
    insert into topic (name)
    select min(name) from unnest(patches) as patch cross join jsonb_array_elements_text(patch -> 'topics') as name
     where not exists (select from topic where lower(topic.name) = lower(name.name))
     group by lower(name) order by lower(name);
    delete from program_topic using unnest(programs, patches) as wanted (id, patch)
     where program_topic.program_id = wanted.id and wanted.patch ? 'topics' and not exists (
        select from topic join jsonb_array_elements_text(wanted.patch -> 'topics') as name
                       on lower(topic.name) = lower(name.name)
         where topic.id = program_topic.topic_id);
    insert into program_topic (program_id, topic_id)
    select distinct wanted.id, topic.id
      from unnest(programs, patches) as wanted (id, patch)
     cross join jsonb_array_elements_text(wanted.patch -> 'topics') as name
      join topic on lower(topic.name) = lower(name.name)
     order by 1, 2 on conflict do nothing;
end $function$;
