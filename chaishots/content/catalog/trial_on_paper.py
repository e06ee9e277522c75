"""A scheduled change tried on paper: the statement that finds which rule of the database it will break at its moment.

What the change makes of its row is held against the CHECK constraints of the table, read from the database itself, and
the rules of triggers that others' edits can break. Reads, locks and writes nothing. Who has a number or slug by then is
`claimed_places.py`'s; here it is who has it now.
"""

from collections.abc import Iterable
from typing import Final

import asyncpg

from chaishots.content.catalog.tables_at_a_moment import FREE, changed_tables, coming, stuck
from chaishots.content.stored_refusals import is_refused
from chaishots.database.connection import Connection

# What a patch says of one column alone was tried when it was stored, and stays as true as it was; not so of a map, with
# whose other keys it is merged.
_CHECKS: Final = """
    select class.relname as kind, rule.conname as name, pg_get_expr(rule.conbin, rule.conrelid) as condition
      from pg_constraint rule join pg_class class on class.oid = rule.conrelid
     where rule.contype = 'c' and rule.conrelid in ('program'::regclass, 'term'::regclass, 'lesson'::regclass)
       and (cardinality(rule.conkey) > 1 or exists (
            select from pg_attribute where attrelid = rule.conrelid and attnum = rule.conkey[1]
               and atttypid = 'jsonb'::regtype))
     order by rule.conname
"""
_GOING: Final = f"lesson.status = 'scheduled' and not {is_refused('lesson')} and {FREE}"
# Of a lesson or program, what it is at the moment of its change: one that is due before is public by then.
_THEN: Final = {
    "lesson": f"""
        case when before ->> 'status' in ('scheduled', 'published')
                  and (before ->> 'archive_at')::timestamptz <= apply_at
             then jsonb_build_object('status', 'archived', 'publish_error', null)
             when before ->> 'status' = 'scheduled' and (before ->> 'publish_at')::timestamptz < apply_at
                  and exists (select from lesson where lesson.id = object_id and {_GOING})
             then jsonb_build_object('status', 'published', 'publish_error', null, 'published_at',
                      coalesce(before ->> 'published_at', before ->> 'publish_at'))
             else jsonb_build_object('publish_error', null) end""",
    "program": f"""
        case when before ->> 'status' = 'draft'
                  and chaishots_has_required_variants(before -> 'posters', before ->> 'language_primary')
                  and exists (
                    select from term join lesson on lesson.term_id = term.id
                     where term.program_id = object_id and {_GOING}
                       and (lesson.archive_at is null or lesson.archive_at > lesson.publish_at)
                       and (lesson.publish_at < apply_at or staged.release_id is not null
                                and lesson.release_id is null and lesson.publish_at = apply_at))
             then jsonb_build_object('status', 'published', 'published_at',
                      coalesce(before ->> 'published_at', apply_at::text))
             else '{{}}' end""",
    "term": "'{}'::jsonb",
}
# What triggers make of a row before its constraints are asked.
_SETTLED: Final = {
    "lesson": "case when patched ->> 'archive_at' is null then jsonb_build_object('archive_zone', null) else '{}' end",
    "program": """case when coalesce(patched ->> 'slug', '~') like '~%'
                       then jsonb_build_object('slug', known -> 'slug') else '{}' end""",
    "term": "'{}'::jsonb",
}
_OWN_LANGUAGE: Final = {
    "lesson": "case when made -> 'translations' ? (made ->> 'content_language_primary') then 'lesson_translations' end",
    "program": "case when made -> 'translations' ? (made ->> 'language_primary') then 'program_translations' end",
    "term": "null",
}
_IS_OPEN: Final = f"""
    (program.status = 'published' or program.status = 'draft' and exists (
        select from term as its join lesson on lesson.term_id = its.id
         where its.program_id = program.id and {_GOING} and lesson.publish_at < apply_at
           and chaishots_has_required_variants(program.posters, program.language_primary)))
"""
# lesson_number_unique (term_id, lesson_number); term_number_unique (program_id, term_number); program_slug_pkey (slug).
_PLACED: Final = """
    (known ->> '{place}')::uuid as place_before, (known ->> '{kind}_number')::integer as number_before,
    (made ->> '{place}')::uuid as place,
    case when patch ? '{kind}_number' or made ->> '{place}' = known ->> '{place}'
         then (made ->> '{kind}_number')::integer end as number,
    (select other.id from {kind} as other
      where other.{place} = (made ->> '{place}')::uuid and other.id <> object_id
        and other.{kind}_number = (made ->> '{kind}_number')::integer) as place_holder
"""
_WANTED: Final = {
    "lesson": f"""{_PLACED.format(kind="lesson", place="term_id")},
        case when not exists (select from term where term.id = (made ->> 'term_id')::uuid) then 'lesson_term_id_fkey'
        end as missing,
        known ->> 'status' = 'published' and patch ? 'term_id' and exists (
            select from term join program_then as program on program.id = term.program_id
             where term.id = (made ->> 'term_id')::uuid and not {_IS_OPEN} and program.id <> (
                    select program_id from term as home where home.id = (known ->> 'term_id')::uuid)) as is_hidden""",
    "term": f"""{_PLACED.format(kind="term", place="program_id")},
        case when not exists (select from program where program.id = (made ->> 'program_id')::uuid)
             then 'term_program_id_fkey' end as missing,
        patch ? 'program_id' and made ->> 'program_id' <> known ->> 'program_id' and exists (
            select from program_then as program
             where program.id = (made ->> 'program_id')::uuid and not {_IS_OPEN}) and exists (
            select from lesson where lesson.term_id = object_id and (lesson.status = 'published'
               or lesson.publish_at < apply_at and {_GOING})) as is_hidden""",
    "program": """
        (select jsonb_object_agg(slug, program_id)::text from program_slug
          where slug = any(wanted.slugs) and program_id <> object_id) as slug_holders, wanted.slugs,
        case when known ->> 'published_at' is null and made ->> 'slug' <> known ->> 'slug'
             then known ->> 'slug' end as gives_up,
        null::text as missing, false as is_hidden""",
}
_SLUGS: Final = """
    cross join lateral (
        select case when patch ?| array['slug', 'former_slugs']
                    then array(select jsonb_array_elements_text(made -> 'former_slugs') union select made ->> 'slug')
                    else '{}' end as slugs
    ) as wanted
"""
# change_of_object (object_id, apply_at, id).
_TRIED: Final = """
    with {changed}, {stuck}, waiting as (
        select change.id, object_id, apply_at, release_id, patch, coalesce(jsonb_agg(patch) over (
                   partition by object_id order by apply_at, change.id
                   rows between unbounded preceding and 1 preceding), '[]') as earlier
          from change
         where object_type = '{kind}' and {coming} and change.id = any($3)
           and (release_id is null or release_id not in (select id from stuck))
    ), staged as (
        select waiting.*, chaishots_patched(to_jsonb({kind}), earlier) as before
          from waiting join {kind} on {kind}.id = waiting.object_id
    ), standing as (
        select staged.*, before || {then} as known from staged
    ), patched as (
        select standing.*, chaishots_patched(known, jsonb_build_array(patch)) as patched from standing
    ), tried as materialized (
        select patched.*, patched || {settled} as made from patched
    )
    select tried.id, coalesce({own_language}, (
               select (array_remove(array[{checks}]::text[], null))[1]
                 from jsonb_populate_record(null::{kind}, made) as {kind})) as broken, {wanted}
      from tried {slugs}
"""


async def load_checks(connection: Connection) -> list[asyncpg.Record]:
    """The CHECK constraints of programs, terms and lessons that can come to be broken."""
    return await connection.fetch(_CHECKS)


def trial(kind: str, checks: Iterable[asyncpg.Record]) -> str:
    """The statement that tries changes of a kind, each after those of its thing that come before it.

    Its values: until when; ids of changes that are refused, and leave their thing as it is; ids of those to try. Its
    rows: a change's `id`, the first rule that is `broken` or `missing` (null: none), whether what is public would be
    hidden, and what it wants.
    """
    broken = ", ".join(
        f"case when ({check['condition']}) is false then {_quoted(check['name'])} end"
        for check in checks
        if check["kind"] == kind
    )
    parts = {
        "kind": kind,
        "changed": changed_tables("$1", "$2::uuid[]"),
        "stuck": stuck("$2::uuid[]"),
        "coming": coming("$1", "$2::uuid[]"),
        "then": _THEN[kind],
        "settled": _SETTLED[kind],
        "own_language": _OWN_LANGUAGE[kind],
        "checks": broken or "null",
        "wanted": _WANTED[kind],
        "slugs": _SLUGS if kind == "program" else "",
    }
    return _TRIED.format(**parts)


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
