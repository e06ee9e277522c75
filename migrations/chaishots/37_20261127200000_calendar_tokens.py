"""Tokens of the role calendar, which read the schedule as a calendar and nothing else: they stand in addresses."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_ROLES = "('calendar', 'reader', 'viewer', 'editor', 'admin')"
_ROLES_BEFORE = "('reader', 'viewer', 'editor', 'admin')"



def _allow(roles: str, *, length: int) -> str:
    # The trigger that writes the history looks at the column, and Postgres alters none that one does.
    return f"""
do $$ declare
    made text;
begin
    select pg_get_triggerdef(oid) from pg_trigger
     where tgrelid = 'api_token'::regclass and tgname = 'record_update' into made;
    drop trigger record_update on api_token;
    alter table api_token alter column role type varchar({length}), drop constraint api_token_role,
        add constraint api_token_role check (role in {roles});
    execute made;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    comment = "CALENDAR: calendar\\nREADER: reader\\nVIEWER: viewer\\nEDITOR: editor\\nADMIN: admin"
    return _allow(_ROLES, length=8) + f"""COMMENT ON COLUMN "api_token"."role" IS '{comment}';"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    comment = "READER: reader\\nVIEWER: viewer\\nEDITOR: editor\\nADMIN: admin"
    return (
        "delete from api_token where role = 'calendar';"
        + _allow(_ROLES_BEFORE, length=6)
        + f"""COMMENT ON COLUMN "api_token"."role" IS '{comment}';"""
    )
