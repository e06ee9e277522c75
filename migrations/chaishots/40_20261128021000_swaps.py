"""Names of topics, and slugs of programs, that change hands within one statement: two may swap theirs.

The unique index over topics' names becomes a constraint that is checked at the end of a statement. No `on conflict` goes
by such a one: who creates topics holds their names first, by `chaishots_hold_topic_names`.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TOPICS = r"""
drop index topic_name_unique;
alter table topic add constraint topic_name_unique
    exclude using btree (lower(name) with =) deferrable initially immediate;

-- Whoever is about to create a topic of one of these names is waited for; what is there by then is seen by the next
-- statement. Of 64 locks, as of thousands the table of locks would run full.
create function chaishots_hold_topic_names(names text[]) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(1130914165, bucket)  -- 0x43686175
       from (select distinct hashtext(lower(name)) & 63 as bucket from unnest(names) as name
              where not exists (select from topic where lower(topic.name) = lower(name.name))
              order by 1) as held;
end $$;
"""
_TOPICS_BEFORE = r"""
drop function chaishots_hold_topic_names(text[]);
alter table topic drop constraint topic_name_unique;
create unique index topic_name_unique on topic (lower(name));
"""
_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "chaishots_set_topics(uuid[], jsonb[])": (
        (
            "begin\n    -- In the order of their names:",
            """begin
    perform chaishots_hold_topic_names(array(
        select name from unnest(patches) as patch cross join jsonb_array_elements_text(patch -> 'topics') as name));
    -- In the order of their names:""",
        ),
        (
            "group by lower(name) order by lower(name) on conflict do nothing;",
            "group by lower(name) order by lower(name);",
        ),
    ),
    "chaishots_hold_slug()": (
        (
            "    free text;\nbegin\n",
            """    free text;
    given_up constant text[] := array(select jsonb_array_elements_text(
        nullif(current_setting('chaishots.slugs_given_up', true), '')::jsonb));
begin
""",
        ),
        (
            "       and new.slug is distinct from old.slug then",
            "       and new.slug is distinct from old.slug and old.slug <> all (given_up) then",
        ),
        (
            "    delete from program_slug where program_id = new.id and slug <> all",
            "    delete from program_slug where program_id <> new.id and slug = new.slug and slug = any (given_up);\n"
            "    delete from program_slug where program_id = new.id and slug <> all",
        ),
    ),
}
_CHANGES = runpy.run_path(str(Path(__file__).with_name("35_20261127160000_changes.py")))
_SEARCH_PATHS = _CHANGES["_SEARCH_PATHS"]


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
    return _TOPICS + _replace(back=False) + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _replace(back=True) + _TOPICS_BEFORE + _SEARCH_PATHS
