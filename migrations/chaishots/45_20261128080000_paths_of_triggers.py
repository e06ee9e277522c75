"""A trigger that sets a search path for its session hides no table of ours; moments of webhooks are ones that are read.

The batch of the publisher went on by the path that a user's own trigger had left, found no table, and was given up
whole, with all that was good in it. A year that Python does not know, in the standing of a webhook, was an error of
every look at the metrics.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_DECLARED = "    width integer;\n    suspect integer := 0;\n"
_PATH = "    path constant text := current_setting('search_path');\n"
_TAKEN = "                moved := chaishots_take_step(ids[first:first + width - 1], step, moment);\n"
_RESTORED = """                -- A trigger may have set another for the session, by which we would find nothing of ours.
                if current_setting('search_path') <> path then
                    perform set_config('search_path', path, false);
                end if;
"""
_ISOLATE = "chaishots_isolate(uuid[], text, timestamptz, timestamptz)"
_MOMENTS = (("webhook_delivery", "failing_since"), ("webhook_attempt", "at"), ("alert", "at"), ("alert", "publish_at"))
_MENDED = """
update webhook_delivery set failing_since = clock_timestamp() where not chaishots_is_moment(failing_since);
delete from webhook_attempt where not chaishots_is_moment(at);
delete from alert where not chaishots_is_moment(at) or not chaishots_is_moment(publish_at);
"""


def _replaced(old: str, new: str) -> str:
    return f"""
do $do$
declare
    before constant text := pg_get_functiondef('{_ISOLATE}'::regprocedure);
    later constant text := replace(before, $old${old}$old$, $new${new}$new$);
begin
    assert later <> before, 'chaishots_isolate is not what it was';
    execute later;
end $do$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    rules = "".join(
        f"alter table {table} add constraint {table}_{column} check (chaishots_is_moment({column}));\n"
        for table, column in _MOMENTS
    )
    return _replaced(_DECLARED, _PATH + _DECLARED) + _replaced(_TAKEN, _TAKEN + _RESTORED) + _MENDED + rules


async def downgrade(db: BaseDBAsyncClient) -> str:
    rules = "".join(f"alter table {table} drop constraint {table}_{column};\n" for table, column in _MOMENTS)
    return _replaced(_PATH, "") + _replaced(_RESTORED, "") + rules
