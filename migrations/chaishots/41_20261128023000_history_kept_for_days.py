"""The history may be kept for so many days only: what is older goes, but for what something still needs.

By this function alone, whose name the trigger looks for among its callers; anything else that deletes is refused.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_PRUNE = r"""
create or replace function chaishots_keep_activity() returns trigger language plpgsql set search_path from current as $$
declare
    callers text;
begin
    get diagnostics callers = pg_context;
    if tg_op = 'DELETE' and callers ~ '\mchaishots_prune_activity\(timestamp' then
        return null;
    end if;
    perform chaishots_refuse('activity_append_only', 'the history is only ever added to');
    return null;
end $$;

-- Of a thing, lines go from its oldest on, and none behind one that stays: so whatever looks for what was done to it
-- since some line finds all of that, or not the line. What stays: lines that the feed has not come to yet, or whose gaps
-- it waits for, and the newest of what stands in it, by which it can be made anew; those that say what was deleted, by
-- which it is restored and its address answers 410; of releases, what is in one, and what its changes were made to, by
-- which it is taken back; of things with a change to come. In steps of so many lines, so that nothing is locked for long:
-- begins behind the line `behind`, and gives the last one that it looked at, null when none was left.
create function chaishots_prune_activity(before timestamptz, behind bigint, most integer, out pruned integer, out looked_to bigint)
    language plpgsql set search_path from current as $$
declare
    oldest constant timestamptz := least(before, now() - interval '1 day');
    ends constant text[] := array['program.delete', 'term.delete', 'lesson.delete', 'release.delete'];
    upto constant bigint := (
        select least(state.line, (select min(first_line) - 1 from feed_gap)) from feed_state state);
    seen bigint[] := array(
        select seq from activity where seq > behind and seq <= upto order by seq limit most);
begin
    looked_to := seen[cardinality(seen)];
    if looked_to is null or (select at >= oldest from activity where seq = seen[1]) then
        pruned := 0;
        looked_to := null;
        return;
    end if;
    delete from activity line
     where line.seq = any(seen) and line.at < oldest and line.object_type <> 'release' and line.action <> all(ends)
       and not exists (select from activity older
                        where older.object_id = line.object_id and older.seq < line.seq
                          and (older.action = any(ends) or older.at >= oldest))
       and (exists (select from activity newer where newer.object_id = line.object_id and newer.seq > line.seq)
            or not exists (select from feed where feed.id = line.object_id))
       and not exists (select from lesson where lesson.id = line.object_id and lesson.release_id is not null)
       and not exists (select from change where change.id = line.object_id
                                            and (change.release_id is not null or change.status = 'scheduled'))
       and not exists (select from change where change.object_id = line.object_id
                                            and (change.release_id is not null or change.status = 'scheduled'));
    get diagnostics pruned = row_count;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _PRUNE


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
drop function chaishots_prune_activity(timestamptz, bigint, integer);
create or replace function chaishots_keep_activity() returns trigger language plpgsql set search_path from current as $$
begin
    perform chaishots_refuse('activity_append_only', 'the history is only ever added to');
    return null;
end $$;
"""
