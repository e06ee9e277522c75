"""What there will be at a later moment: what scheduled changes will have made of it, and what keeps lessons back. SQL.

Supposes that each change is applied that was not refused yet. Where none waits, the tables are read as they are, by the
same keys: what will be otherwise stands apart, and each name is both together.
"""

from typing import Final

from chaishots.content.stored_refusals import is_refused

# Programs in which the publisher refuses to publish; lifecycle.program_obstacle says the same, with what to do.
SHUT: Final = """
    shut as materialized (
        select id from program_then as program
         where status = 'archived'
            or status = 'draft' and not chaishots_has_required_variants(posters, language_primary)
    )
"""

# Releases that the publisher refuses as a whole, for what one of their lessons lacks. lesson_of_release (release_id).
STUCK: Final = f"""
    stuck as materialized (
        select release.id from release
         where release.status = 'scheduled' and ({is_refused("release")} or exists (
            select from lesson join term on term.id = lesson.term_id
              join program_then as program on program.id = term.program_id
             where lesson.release_id = release.id and lesson.status = 'scheduled'
               and ({is_refused("lesson")} or program.status = 'archived'
                    or program.status = 'draft'
                       and not chaishots_has_required_variants(program.posters, program.language_primary)))
             or exists (select from change where change.release_id = release.id and change.status = 'scheduled'
                           and {is_refused("change")}))
    )
"""
FREE: Final = "(lesson.release_id is null or lesson.release_id not in (select id from stuck))"

# Of a release that is refused, or another of whose changes is, none comes.
_COMING: Final = f"""
    change.status = 'scheduled' and change.apply_at <= {{at}} and not {is_refused("change")}
    and (change.release_id is null or not exists (
        select from release where release.id = change.release_id and ({is_refused("release")} or exists (
            select from change as other where other.release_id = release.id and other.status = 'scheduled'
               and {is_refused("change", named="other")}))))
"""
# change_of_object (object_id, apply_at, id); all that waits by change_due.
_CHANGED: Final = f"""
    changed_{{table}} as materialized (
        select shown.* from (
            select object_id, jsonb_agg(patch order by apply_at, id) as patches, max(apply_at) as at from change
             where object_type = '{{table}}' and {_COMING} group by object_id) as coming
          join {{table}} on {{table}}.id = coming.object_id cross join lateral jsonb_populate_record(
            {{table}}, chaishots_patched(to_jsonb({{table}}), patches) {{touched}}) as shown
    ), {{table}}_then as not materialized (
        select * from {{table}} where id not in (select id from changed_{{table}})
         union all select * from changed_{{table}}
    )
"""
_TOUCHED: Final = "|| jsonb_build_object('updated_at', greatest({table}.updated_at, coming.at))"
_TOPICS: Final = f"""
    topics_set as materialized (
        select distinct on (object_id) object_id as program_id, patch -> 'topics' as names from change
         where object_type = 'program' and patch ? 'topics' and {_COMING} order by object_id, apply_at desc, id desc
    ), new_topic as materialized (
        select chaishots_uuid7() as id, min(name) as name, '{{}}'::jsonb as translations, 1 as version
          from topics_set cross join jsonb_array_elements_text(names) as name
         where not exists (select from topic where lower(topic.name) = lower(name.name)) group by lower(name)
    ), topic_then as not materialized (
        select id, name, translations, version from topic
         union all select id, name, translations, version from new_topic
    ), program_topic_then as not materialized (
        select program_id, topic_id from program_topic where program_id not in (select program_id from topics_set)
         union all
        select topics_set.program_id, topic_then.id from topics_set cross join jsonb_array_elements_text(names) as name
          join topic_then on lower(topic_then.name) = lower(name.name)
    )
"""


def changed_tables(at: str) -> str:
    """Expressions of WITH: `program_then`, `term_then`, `lesson_then`, as of a moment, `at` in SQL."""
    return ", ".join(
        _CHANGED.format(table=table, at=at, touched="" if table == "term" else _TOUCHED.format(table=table))
        for table in ("program", "term", "lesson")
    )


def changed_topics(at: str) -> str:
    """The same of `topic_then` and `program_topic_then`."""
    return _TOPICS.replace("{at}", at)
