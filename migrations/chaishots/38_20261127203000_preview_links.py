"""Links that show the catalog as of a moment to whoever has one, until it expires or is revoked; only hashes are kept.

Plain SQL revokes one too: `update preview_link set revoked_at = now() where id = …`.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLE = r"""
        CREATE TABLE IF NOT EXISTS "preview_link" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "token_hash" BYTEA NOT NULL,
    "at" TIMESTAMPTZ,
    "created_by" TEXT NOT NULL DEFAULT chaishots_actor(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ NOT NULL,
    "revoked_at" TIMESTAMPTZ,
    "program_id" UUID REFERENCES "program" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "preview_link" IS 'A look at the catalog as of a moment, without a login, for whoever has the link; only its hash is kept.';
"""

_RULES = r"""
alter table preview_link
    add constraint preview_link_hash check (octet_length(token_hash) = 32),
    add constraint preview_link_hash_unique unique (token_hash),
    add constraint preview_link_at check (at is null or chaishots_is_moment(at)),
    add constraint preview_link_created_at check (chaishots_is_moment(created_at)),
    add constraint preview_link_revoked_at check (revoked_at is null or chaishots_is_moment(revoked_at)),
    add constraint preview_link_expires_at
        check (chaishots_is_moment(expires_at) and expires_at > created_at and expires_at <= created_at + interval '90 days');
create index preview_link_of_program on preview_link (program_id) where program_id is not null;

-- What a link shows never becomes more: it is made anew instead.
create function chaishots_keep_preview_link() returns trigger language plpgsql as $$
begin
    if (new.id, new.token_hash, new.at, new.program_id, new.created_by, new.created_at)
       is distinct from (old.id, old.token_hash, old.at, old.program_id, old.created_by, old.created_at)
       or new.expires_at > old.expires_at or old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
        perform chaishots_refuse('preview_link_immutable', 'a preview link shows what it showed: make another one');
    end if;
    return new;
end $$;
create trigger keep before update on preview_link for each row execute function chaishots_keep_preview_link();

-- Who made and revoked which. The link itself, of which only a hash is kept, has no place in it.
create function chaishots_record_preview_links() returns trigger language plpgsql as $$
declare
    kept constant text[] := array['id', 'token_hash', 'created_by'];
    earlier jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - kept end;
    later jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - kept end;
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    select chaishots_actor(),
           'preview_link.' || case when tg_op = 'INSERT' then 'create' when tg_op = 'DELETE' then 'delete'
                                   when old.revoked_at is null and new.revoked_at is not null then 'revoke' else 'change' end,
           'preview_link', case tg_op when 'DELETE' then old.id else new.id end,
           jsonb_strip_nulls(earlier), jsonb_strip_nulls(later);
    return null;
end $$;
create trigger record after insert or update or delete on preview_link
    for each row execute function chaishots_record_preview_links();
"""
_BEFORE = runpy.run_path(str(Path(__file__).with_name("36_20261127193000_changes_in_releases.py")))
_SEARCH_PATHS = _BEFORE["_SEARCH_PATHS"]


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TABLE + _RULES + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_record_preview_links() cascade;
drop function chaishots_keep_preview_link() cascade;
        DROP TABLE IF EXISTS "preview_link";"""
