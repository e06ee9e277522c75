"""What was refused, or left undone, without a word is told; hosts of URLs that end in a number are addresses of IPv4.

A row whose maps have such a host already stays as it is, and can be published: only what is written anew is asked.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_FAILURE = r"""
-- An error, as it is told. is_raised: a function says it of these values in so many words (`raise`), whatever its code;
-- the others are Postgres' own. The name of the statement is the same in every language of Postgres' messages. A
-- transaction that is read-only no more, once the step was taken back, was made so by a trigger on its way.
create or replace function chaishots_failure(key uuid, errcode text, rule text, message text, context text) returns jsonb
    language sql stable parallel safe
return jsonb_build_object('id', key, 'errcode', errcode, 'rule', rule, 'message', message,
                          'is_raised', split_part(context, E'\n', 1) like '%RAISE%'
                                       or (errcode = '25006' and current_setting('transaction_read_only') = 'off'));
"""
_FAILURE_BEFORE = r"""
create or replace function chaishots_failure(key uuid, errcode text, rule text, message text, context text) returns jsonb
    language sql stable parallel safe
return jsonb_build_object('id', key, 'errcode', errcode, 'rule', rule, 'message', message,
                          'is_raised', split_part(context, E'\n', 1) like '%RAISE%');
"""
_PROGRAMS = r"""
create or replace function chaishots_publish_programs() returns trigger language plpgsql as $$
begin
    -- A statement that changed no row fires its triggers too; without this the two would call each other for ever.
    if not exists (select from new_rows) then
        return null;
    end if;
    update program
       set status = 'published', published_at = coalesce(program.published_at, first.published_at)
      from (select term.program_id, min(later.published_at) as published_at
              from new_rows later join term on term.id = later.term_id
             where later.status = 'published' group by term.program_id) as first
     where program.id = first.program_id and program.status = 'draft';
    -- A trigger may leave a row as it is, without an error; its lessons would be published, and seen by nobody.
    if exists (select from new_rows later join term on term.id = later.term_id
                 join program on program.id = term.program_id
                where later.status = 'published' and program.status = 'draft') then
        raise exception using errcode = '27000', message = 'a trigger left the program as it was';
    end if;
    return null;
end $$;
"""
_PROGRAMS_BEFORE = (
    _PROGRAMS[: _PROGRAMS.index("    -- A trigger may leave")] + _PROGRAMS[_PROGRAMS.rindex("    return null;") :]
)
_URLS = r"""
-- The form of a URL, as each was asked for before; what a webhook that stands has.
do $do$ begin
    execute replace(
        pg_get_functiondef('chaishots_is_url(text)'::regprocedure), 'chaishots_is_url', 'chaishots_has_url_form');
end $do$;
alter table webhook drop constraint webhook_url;
alter table webhook add constraint webhook_url check (chaishots_has_url_form(url));

-- Clients take a host that ends in a number for an address of IPv4 (WHATWG's URL Standard, 3.5), in one way or another.
create or replace function chaishots_is_url(url text) returns boolean language plpgsql immutable parallel safe as $$
declare
    host text := substring(url from '//([^/?#:\[]*)');
begin
    return chaishots_has_url_form(url)
       and (host !~ '(^|[.])([0-9]+|0x[0-9a-f]*)$'
            or host ~ '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.]|$)){4}$');
end $$;

create or replace function chaishots_may_be_unbounded(map jsonb) returns boolean language sql immutable parallel safe
return case when octet_length(map::text) > 400 then true
            else map::text ~ '//(\[|[^/?#"]*[a-z0-9_-]{64}|[^/?#"]{254}|([^/?#":]*[.])?([0-9]+|0x[0-9a-f]*)[:/?#"])' end;
"""
_URLS_BEFORE = r"""
alter table webhook drop constraint webhook_url;
do $do$ begin
    execute replace(
        pg_get_functiondef('chaishots_has_url_form(text)'::regprocedure), 'chaishots_has_url_form', 'chaishots_is_url');
end $do$;
alter table webhook add constraint webhook_url check (chaishots_is_url(url));
drop function chaishots_has_url_form(text);
create or replace function chaishots_may_be_unbounded(map jsonb) returns boolean language sql immutable parallel safe
return case when octet_length(map::text) > 400 then true
            else map::text ~ '//(\[|[^/?#"]*[a-z0-9_-]{64}|[^/?#"]{254})' end;
"""
_SEARCH_PATHS = runpy.run_path(str(Path(__file__).with_name("10_20261126143000_refusals_retried.py")))["_SEARCH_PATHS"]


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _FAILURE + _PROGRAMS + _URLS + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _URLS_BEFORE + _PROGRAMS_BEFORE + _FAILURE_BEFORE + _SEARCH_PATHS
