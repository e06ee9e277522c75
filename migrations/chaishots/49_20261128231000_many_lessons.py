"""A statement that publishes many lessons says so, so that nobody waits for renders as a backlog begins.

Replicas take ten changes within a second for a burst, in which what they held is served for a moment more while it is
rendered anew. A backlog begins with batches of fifty and more; until ten of them were out, each reader waited for a
render, just while Postgres has the most to do (`many`, in `database/listener.py`).
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TELL_LESSONS = (
    ("    is_timed boolean;\n", "    is_timed boolean;\n    many constant integer := 50;\n    number integer := 0;\n"),
    (
        """               is_timed or bool_or(status = 'scheduled' or archive_at is not null)
          from new_rows into shown, others, is_timed;
""",
        """               is_timed or bool_or(status = 'scheduled' or archive_at is not null), count(*)
          from new_rows into shown, others, is_timed, number;
""",
    ),
    (
        "case when tg_op = 'UPDATE' and not is_timed then 'edited' else '' end);\n",
        """case when tg_op = 'UPDATE' and not is_timed then 'edited'
                                          when number >= many then 'many' else '' end);
""",
    ),
)


def _replace(*, back: bool) -> str:
    made = "do $do$ declare\n    body text := pg_get_functiondef('chaishots_tell_lessons()'::regprocedure);\nbegin\n"
    for one in _TELL_LESSONS:
        before, after = reversed(one) if back else one
        made += (
            f"    if cardinality(string_to_array(body, $is${before}$is$)) <> 2 then\n"
            f"        raise exception 'chaishots_tell_lessons is not what it should be: %', $is${before}$is$;\n    end if;\n"
            f"    body := replace(body, $is${before}$is$, $is${after}$is$);\n"
        )
    return made + "    execute body;\nend $do$;\n"


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _replace(back=False)


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _replace(back=True)
