"""Numbering asks of a program whether it shows a lesson by its terms, whatever Postgres thinks of how many are public.

In the midst of a backlog it thinks that hardly any is, for that was so when it last counted: then it read all terms for
each lesson that was public by then, up to 400 ms for a thousand lines of the history. Now it is 10. The function is made
anew, and no table is touched.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_BEFORE = """
                    select from program join term on term.program_id = program.id
                      join lesson on lesson.term_id = term.id and lesson.status = 'published'
                     where program.id = touched.id and program.status = 'published')"""
# A status that is worked out is found in no index of those with that status: what is left is the one of the term.
_AFTER = """
                    select from program join term on term.program_id = program.id
                     where program.id = touched.id and program.status = 'published'
                       and (select true from lesson
                             where lesson.term_id = term.id and lesson.status || '' = 'published' limit 1))"""


def _replace(before: str, after: str) -> str:
    function = "chaishots_number_changes(integer)"
    return f"""
do $do$ declare
    body text := pg_get_functiondef('{function}'::regprocedure);
begin
    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then
        raise exception '% is not what it should be: %', '{function}', $is${before}$is$;
    end if;
    execute replace(body, $is${before}$is$, $is${after}$is$);
end $do$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _replace(_BEFORE, _AFTER)


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _replace(_AFTER, _BEFORE)
