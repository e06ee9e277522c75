"""The feed: what is public, in the order in which it changed, numbered after it was committed.

A line of the history gets its `seq` before its transaction commits: who reads on from the highest that he saw steps
over one that is committed later. So a line is passed on when it is seen: what is missing between those that are seen
is a gap, and a gap is looked at again until every transaction that could fill it has ended. One session does it at a
time, so that positions become visible in their order, and no writer waits for it.

The feed has one row for each program and lesson that is public or once was, at the position of its latest change.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLES = """
        CREATE TABLE IF NOT EXISTS "feed" (
    "id" UUID NOT NULL PRIMARY KEY,
    "kind" VARCHAR(7) NOT NULL,
    "position" BIGINT NOT NULL UNIQUE,
    "is_public" BOOL NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL
);
COMMENT ON COLUMN "feed"."kind" IS 'PROGRAM: program\\nLESSON: lesson';
COMMENT ON TABLE "feed" IS 'A program or lesson that is public, or was, at the position of its latest change.';
        CREATE TABLE IF NOT EXISTS "feed_gap" (
    "first_line" BIGINT NOT NULL PRIMARY KEY,
    "last_line" BIGINT NOT NULL,
    "seen_by" BIGINT NOT NULL
);
COMMENT ON TABLE "feed_gap" IS 'Lines of the history that were not there yet when those behind them were numbered.';
        CREATE TABLE IF NOT EXISTS "feed_mark" (
    "position" BIGINT NOT NULL PRIMARY KEY,
    "mark" BIGINT NOT NULL,
    "marked_at" TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE "feed_mark" IS 'The last position of one numbering, with a number by chance: what tells one history from another.';
        CREATE TABLE IF NOT EXISTS "feed_state" (
    "id" INT NOT NULL PRIMARY KEY,
    "position" BIGINT NOT NULL,
    "line" BIGINT NOT NULL,
    "kept_after" BIGINT NOT NULL
);
COMMENT ON TABLE "feed_state" IS 'How far the feed has come: its last position, and the last line of the history that was seen.';
alter table feed add constraint feed_kind check (kind in ('program', 'lesson'));
alter table feed_state add constraint feed_state_one check (id = 1);
"""

# Whoever has an `xid` lower than our own has begun to write before we looked: our own is taken after the look, by the
# first thing that is written. A transaction writes its row before its line, so that it has its `xid` before its `seq`.
_NUMBER = r"""
create function chaishots_number_changes(most integer)
returns table (head bigint, is_full boolean, is_held boolean) language plpgsql as $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    state feed_state;
    late bigint[];
    newer bigint[];
    horizon bigint;
    upto bigint;
    told bigint;
begin
    if pg_current_xact_id_if_assigned() is not null then
        raise exception 'Changes are numbered in a transaction of their own.';
    end if;
    if not pg_try_advisory_xact_lock(1130914162, 'feed'::regclass::oid::bigint::bit(32)::integer) then
        return query select null::bigint, false, true;
        return;
    end if;
    select * from feed_state into state;
    if state.id is null or state.line > (select last_value from activity_seq_seq) then
        -- Somebody has emptied it, or the history begins anew.
        insert into feed_state (id, position, line, kept_after)
        select 1, coalesce(max(position), 0), 0, 0 from feed_mark
            on conflict (id) do update set line = 0;
        insert into feed_mark (position, mark, marked_at)
        select position, chaishots_mark(), moment from feed_state on conflict do nothing;
        return query select position, true, false from feed_state;
        return;
    end if;

    -- One statement, one snapshot: a line that it does not show is not committed yet, or never will be.
    select array(select line.seq from feed_gap cross join lateral (
                    select seq from activity where seq between first_line and last_line order by seq limit most) as line
                  order by line.seq limit most),
           array(select seq from activity where seq > state.line order by seq limit most),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      into late, newer, horizon;
    is_full := most in (cardinality(late), cardinality(newer));
    upto := coalesce(newer[cardinality(newer)], state.line);

    if cardinality(late) < most then
        delete from feed_gap where seen_by <= horizon;
    end if;
    with filled as (
        delete from feed_gap where exists (select from unnest(late) as seq where seq between first_line and last_line)
        returning int8range(first_line, last_line + 1) as lines, seen_by)
    insert into feed_gap (first_line, last_line, seen_by)
    select lower(part), upper(part) - 1, seen_by
      from filled cross join lateral unnest(
        int8multirange(lines) - (select range_agg(int8range(seq, seq + 1)) from unnest(late) as seq)) as part;
    insert into feed_gap (first_line, last_line, seen_by)
    select lower(part), upper(part) - 1, pg_current_xact_id()::text::bigint
      from unnest(int8multirange(int8range(state.line + 1, upto + 1))
                  - coalesce((select range_agg(int8range(seq, seq + 1)) from unnest(newer) as seq), '{}')) as part;

    with line as materialized (
        select seq, action, object_type, object_id, before, after from activity
         where seq = any(late || newer) and object_type in ('program', 'term', 'lesson', 'topic', 'picture')
    ), pictured as materialized (
        select picture.id, min(seq) as seq from line
          join picture on picture.id >= replace(object_id::text, '-', '')
                      and picture.id < replace(object_id::text, '-', '') || 'g'
         where object_type = 'picture' and action = 'picture.change' group by picture.id
    ), emptied as materialized (
        select seq from line where action like '%.truncate' order by seq limit 1
    ), lesson_line as (
        select object_id as id, seq from line where object_type = 'lesson' and object_id is not null
        union all
        select lesson.id, seq from line join lesson on lesson.term_id = line.object_id
         where object_type = 'term' and before ? 'program_id'
        union all
        select lesson.id, seq
          from line join term on term.program_id = line.object_id join lesson on lesson.term_id = term.id
         where object_type = 'program' and before ? 'status'
        union all
        select lesson.id, pictured.seq
          from pictured join lesson on chaishots_picture_ids(lesson.thumbnails) && array[pictured.id::text]
        union all
        select feed.id, emptied.seq from emptied cross join feed where feed.kind = 'lesson' and feed.is_public
    ), lesson_told as materialized (
        select touched.id, touched.seq, term.program_id,
               coalesce(lesson.status = 'published' and program.status = 'published', false) as is_public
          from (select id, min(seq) as seq from lesson_line group by id) as touched
               left join lesson on lesson.id = touched.id
               left join term on term.id = lesson.term_id
               left join program on program.id = term.program_id
               left join feed on feed.id = touched.id
         where feed.is_public or (lesson.status = 'published' and program.status = 'published')
    ), program_line as (
        select object_id as id, seq from line where object_type = 'program' and object_id is not null
        union all
        select its.id, seq
          from line cross join lateral (
            select program_id from term where term.id = line.object_id
            union select (before ->> 'program_id')::uuid union select (after ->> 'program_id')::uuid) as its (id)
         where object_type = 'term'
        union all
        select program_id, seq from lesson_told
        union all
        select term.program_id, line.seq
          from line join lesson_told on lesson_told.id = line.object_id
               join term on term.id = (line.before ->> 'term_id')::uuid
         where line.object_type = 'lesson' and line.before ? 'term_id'
        union all
        select program_topic.program_id, seq from line join program_topic on program_topic.topic_id = line.object_id
         where object_type = 'topic'
        union all
        select program.id, pictured.seq
          from pictured join program on chaishots_picture_ids(program.posters) && array[pictured.id::text]
        union all
        select feed.id, emptied.seq from emptied cross join feed where feed.kind = 'program' and feed.is_public
    ), program_told as (
        select touched.id, touched.seq, seen.is_public
          from (select id, min(seq) as seq from program_line where id is not null group by id) as touched
               cross join lateral (select exists (
                    select from program join term on term.program_id = program.id
                      join lesson on lesson.term_id = term.id and lesson.status = 'published'
                     where program.id = touched.id and program.status = 'published') as is_public offset 0) as seen
               left join feed on feed.id = touched.id
         where seen.is_public or feed.is_public
    )
    insert into feed as known (id, kind, position, is_public, changed_at)
    select id, kind, state.position + row_number() over (order by seq, kind desc, id), is_public, moment
      from (select id, 'program' as kind, seq, is_public from program_told
            union all select id, 'lesson', seq, is_public from lesson_told) as told
        on conflict (id) do update
       set position = excluded.position, is_public = excluded.is_public, changed_at = excluded.changed_at;
    get diagnostics told = row_count;

    head := state.position + told;
    if told > 0 then
        insert into feed_mark (position, mark, marked_at) values (head, chaishots_mark(), moment);
        perform pg_notify('chaishots_feed', head::text);
    end if;
    if told > 0 or upto > state.line then
        update feed_state set position = head, line = upto;
    end if;
    is_held := false;
    return next;
end $$;

-- 48 bits by chance.
create function chaishots_mark() returns bigint language sql as $$
    select ('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint
$$;

-- Takes what went away before a moment out of the feed; who has not followed since begins anew.
create function chaishots_prune_feed(before timestamptz) returns bigint language plpgsql as $$
declare
    upto bigint := (select max(older.position) from feed_mark older
                     where older.marked_at < before and exists (select from feed_mark where position > older.position));
begin
    if upto is null then
        return 0;
    end if;
    delete from feed where not is_public and position <= upto;
    delete from feed_mark where position <= upto;
    update feed_state set kept_after = upto where kept_after < upto;
    return upto;
end $$;
"""

_FILL = """
lock table activity in share mode;
with shown as (
    select program.id, 'program' as kind, program.published_at from program
     where program.status = 'published' and exists (
        select from term join lesson on lesson.term_id = term.id
         where term.program_id = program.id and lesson.status = 'published')
    union all
    select lesson.id, 'lesson', lesson.published_at
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.status = 'published' and program.status = 'published'
), numbered as (
    insert into feed (id, kind, position, is_public, changed_at)
    select id, kind, row_number() over (order by published_at, kind desc, id), true, clock_timestamp() from shown
    returning position)
insert into feed_state (id, position, line, kept_after)
select 1, (select count(*) from numbered), coalesce((select max(seq) from activity), 0), 0;
insert into feed_mark (position, mark, marked_at) select position, chaishots_mark(), clock_timestamp() from feed_state;
"""

_SEARCH_PATHS = r"""
do $$ declare its regprocedure; begin
    for its in
        select oid from pg_proc where pronamespace = current_schema()::regnamespace
           and proname in ('chaishots_number_changes', 'chaishots_prune_feed', 'chaishots_mark')
    loop
        execute format('alter function %s set search_path = %I, pg_temp', its, current_schema());
    end loop;
    execute 'alter function chaishots_number_changes(integer) set jit = off';
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TABLES + _NUMBER + _FILL + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_number_changes(integer);
drop function chaishots_prune_feed(timestamptz);
drop function chaishots_mark();
drop table feed, feed_gap, feed_mark, feed_state;
"""


MODELS_STATE = (
"eJztXe1z2jgT/1c8fGk7w3Xu0lzT0k8koS3PEegQ2t5d0/EIW4AvtkUlOZS5y//+6MUGv4"
    "Jt3gzRlwQkrWx2Je3+VrvSvzVjAiwyQZS8bBrUerDovNbQ/q25wIHsQ1p1XauB6TRSycso"
    "GNqCBIQbDgnFrICVj4BNICsyITGwNaUWcnnrngs11o87hhoaaYh9oxPLHdc1y2WfWCE2Ie"
    "ZfZhPLmGgW1WaAaDNsUQrddxpGM6IBzNq59lyDD6wtME1o1rXhXKPYGo8hJi/5q5jIYO/C"
    "ut7rUz3X+uFBnaIxZP1i9uxv31mx5ZrwJyT867caGv4DDapbJicg8EftO28yvddHFrTNiD"
    "h4LasTFTqdT0XhpTVuu/S9aMx/6FA3kO05bohgOqcT5C4oLJfy0jF0IQYU8mdQ7HHpuJ5t"
    "+4IMBCZ/wrKJfPcQjQlHwLO5jDm1fINlWU3Xu72Bftsa6HotIf+AIiQcv8hALh877FWJYM"
    "GYv8Ivb8/OXr26OPv11es3v59fXPz+5tc3rK1432TVxaN8mSW7ZFeCae0P7e6AvxBiA1SO"
    "XF7wKGgABZJKiGjJf0CT7L9mHKSWA9MFICli/Dd9kpfBh7g0At6vEkdQsJTHcoqtFMjtD/"
    "tafnv+zLCRca/zVyAUONPnL5692EBIK/g9aN+0bgfNm0+8e4eQH7bgXXPQ4jVnonQeK33+"
    "+kVUQItOtK/twUeNf9X+7nVbgsWI0DEWT1y2G/xd4+8EPIp0F810NktDfAqKgyLWNCRqgy"
    "KclPYA/syYaguCmLAZg/Yq3u3Mt1WibP05iEix+6XZv/rY7D+/af75IiLJTq/7IWi+FGP3"
    "qtO7FDMtwm7+hsX47VMohpdguK91BNMKcD1GplhfnvVS4UcZ//lz+3ol4yVRjO2eZ5kvOW"
    "kO5vtK+wh4L9j8SuqA8OoufmiUo0M4QjhlHP/vttdNZ+eSIq6bLYNq/2m2RRI20lFzk7Ni"
    "9UiOD9oY23kHiVV7RGGKksxm+4JAcb0Y1zkkGN2HjFJeMATG/QxgU0/UoDOU1TZZ5Zw58R"
    "LggrFgJP/F/PeFgODUGqB76NYycGJQXV+HE6cWw0VBy7VAsandQwaukMBnVze3dW1m0YkG"
    "GBiz4TuJxCxKtAkgDLAR1npKk8CvdC/rgVwmaCu2zm+8wG8Lt0VgQiBBnb/Jxe5gwto1Px"
    "ubif8FLJmgvTJhSpgwfLokmX01Abjleo5geJu9IHANmGB8QFtlxtf6reZ1q9/QMAQmxHfu"
    "l3brK//+YMEZ/966bg967Ds0LQb77tzm9U2729CA6VhufNXJ8Gg44KduQ3dMJ+zr6xUSDO"
    "QVh8OBIM94TVQ+YmHV+SqW5i9yAZ6nT4ooXUxCwzmFpDoy2sbkuPRV7mJyMJZetrvN/l/p"
    "s+MyRUVf/jVoNWP8N9i4YfzRizuMopSVchx10ey5cg9JAduAUN0jpUQcp92CkI/HIj46SW"
    "P4wBbFMnKOUiopV1nK8OfUYt2VkHKUUkm5alIugJzDmA06U0Sha8x1hhhJihXl9/D+jz60"
    "QYYregmL28sO/4Dz4zWilqX+SH3csbvhPYRmy6U4a196WV9f43AYsZZ5fQ1TjMYYOBrCmg"
    "0JQXxbGFDuEZh6Q9sy6rxmBkhdY6Xcl8BGqsXJ+X4ydyCwIQEJ9TeZ0/wQO3jC0/NRHN4H"
    "ne2PuGc/pixEDmgrDZE/9Xsf+s2bRjCU79xO6/a2x1CwHNBlYPCqLfsABl9kwuCLOAwO5k"
    "waCM4OmghTrY+cqPzw3mfoRGhFIbpcyFJ4j5ANgZuxtoTp4g4IRlidCbAV/0Ov14kYT5ft"
    "uPft881lq//8NzHoWSOLZjBcKoJSLocIZaVcDsqELWjC7sEa+wCmK2wxXpvHEtPHfsO11l"
    "jHciHhVg+3giYWoQjPpbE0gxhqLhL2Efs0h6xoArklhQjUhnDCxhuvc/yWnjNk/82kObab"
    "R2xgj40sTKhus9cqprqidEp5bSnuT3jsiksjQrYdYRx4JT2MLUEgdPXhvBjzQ0SK9YVYXy"
    "11cwPw/Qp9I6pzKRwnaLlW4wyYFuBzN4K5eZS4XN5FpLgfNyBLeNw3t6IM2GDqgQN2aNtE"
    "kATaZISRowGmSZgmSCqgvTxxA32kgFRldFEwjPOLIaBQy2BpDcRZWApbRQgVtFLQaqWuu6"
    "VAwPssZSfrc2k7smi6Vt19RDNWhQX44bQ8+k0zkMNUi3Q0h/RSnWkUAXhkMTdu03ET64Jb"
    "YElVt/OnbdkNnrmspnrBj1ivnf12fnH+5tXr88VKuihZtYCu11hVMR6epOYqgVoVYN2U6T"
    "xsWM8Ijl/F+iidEsCRwtbYZn+6Pk9GBKxU6rGIhLwb2RiyUUDoUk0aAGOLaV3kUYYWDejj"
    "Sq5SgUtmPO2ZamNE69qIb0BPkEhvJtA1Ca8BYybZtP3s3T3o6W1rH1vovT8e80be+82rvL"
    "ld3cB7Oc1KhHbHKVVwd1wCeYO75fIlEJaXEhmWqd0TdKUUfMXCA7cDHhLMnYi8ixTursgt"
    "TFCqJMMNUjslN4fITN13yV5nYoQll5nj4b5KIVEpJKVCzmWuVTETNUyzTUO1utNrjVmaAH"
    "0x/iaZ+x5haI1dhrkSMZiZ0dvhpObjZG0ibpsVYzBbYKbIyGI8MKENZaTZVfP2qnndqj0e"
    "DE53ZDhpOozuLGJNV8LnZUhqvjPJHhjeRjwEG2BqscWBu52BRiF2fBzLfdVTG3Bcyz+KI5"
    "SEt5p/E8739GPHttWxQsVVR8VyyOlyv74ATEjQnZIfcGs4gVo0LQU92+uwIFB+hxJ+B+I5"
    "DsCF3DwhkgOzPLRy3NWePbur7coE3QXn2aNdIjPMCsHhON1GYHhXsvj38Vmj8Q9b7oY7E8"
    "pO0DF7PIVu1vFp+ZJ84n1UeV2qfWlft3oNab3cuc3+oH3VaTUCIyZu6Rwg1cf0sBjrupOW"
    "rLlizy1GeEI+uQNk/IA023Jtvg9ItTH3ne2TjgaqluXjLxo2cMceQ0z6FFtFFfOqPqq8CF"
    "VWRccZSnTwACzJnYRcmhiDDNfpmn5istm76t6LcL59z2Cuh+1C9k+cTtk/W7R/iDcUeKqw"
    "VBKESixbFAudeM7QZUtGMaQQoVIC2eY8ydgjzocQMneK962WTQxGNAUVXPeb7wcNTVTfub"
    "dXH1vXnzut64ZGjAk0PRuad+6nz5ed9u1HXioSu8mEl3LWtr/wQoCNifUgj+YoiiHe5sAQ"
    "bzMxxNvEcQHy/UpsuUUp1SFAVd53W4zC8nJWh3odhaT9paWEnKOUSspVlnKw9kKMi93YkS"
    "AspWWPSLI7wb4qTOW0p5c3NUsKOEqpBFxRAT9ATFKzszJd5iGKw+5N/1Zegtvej8bQhoDA"
    "gvFcUSp1rUvMnQGxUzRAbkmi4uPWxMcxViVZWyY8buD3dJxcXR8atxxT6ZFxKevAdhjbX3"
    "Z2lPN/LWuj61+Eu+wVtO7nTueAgYefLIN6GNbSIw+D2vqa0MNpqF2eo2dlc5lIJ6+XIJo3"
    "tREQN4x6Lr+alGfR3X5s/nL2+2seQChPgJnAOc+fo+9EqODIsqG8pdS/1JTny4twQ/8JKf"
    "ei7v3pW45i5G7VAlGMJd2oh03Wj14bcp7DA/r6PPvikPMXa6IYZ5ZJUzLNMm3DRXsVtZhi"
    "JU6YCpikAKlMdi4JFD9TwyFs5BVy+iwpVKhDCXfPA8AWcGmh/cUwTUV2F480J89OWTpWJE"
    "TaqY4XtaG7SeCncncWW4SOzRvmueJmJmL52KyQwzNGW6V9o6cu4+qcDvNJXpdQy0CVfm19"
    "HaoMtcuBKg1m9BDYEIlm4qRrmWVE6hyf8VNDg5hDnprmMKiWBg7LdbIe430LR7rEdtgZcP"
    "uuMtn24XfNxoAq12qvNnb4NQswPUamcq5UztVJmd6bpDyoVIctzYxNUxxUakP0VHVa8JCj"
    "EIlaXFSgdlwY+QK1jy8kWwXrniQoV561JyRgFUh44gJWgYRltzQLOCej8VubX0x9YrFbxa"
    "6jjt+emc3NngsHiP3JxVPfh3u16PMorYp03kZ93eHT9qaWkTIcb4A7HyD+t0A8Ie9rj/7Y"
    "nce8OciEtp509i9+KObDimm4hdkrR5DkJ8Ji6N6Lo+Qlo/2AucWw9ut8Mr+WTjDyxpNwBQ"
    "0emBrIyMr1BMsfc+5n+KN95a7Gckbk2dvQl5Ny/RbHV34rJ0EOpBMmJL4hARZ3rIvLY/xb"
    "bsUhe/xMeqDxHiFDO8EF7AiLnY3FRexj5LIHBYfzsf+cecl9kb0+eZM73CKDI++mSZSqAp"
    "snh46orq/YKDnJO5ifuom70c5xYvolB0ZgWuTXj6E94mOcdGujwqNrTo7TaDfdku/DkUeA"
    "naG8gtp1aguH2uXQVzJoeuGBw3x73TbFZdMmEpeihPUD0PxYeXknmriE2mI9YIvHWaffyr"
    "KjZzy9o2errHMwE1ixjeIlhdoCKxMCe7xujopGcYsFpgA/F+0Py81fq8NBDCmelzA7w3Rq"
    "e6RqlmfsdE2K7BKnawZUBz5dc6FoK3y4JpgBixKdq9phag7nSl6nUKsTTdczfYx4MIiNUq"
    "8pXcXvKKFi9XpWC4BSyj0RpVTuiQopieoEtgfZ6lkoepHLvgZFL9vlCGznDzI1AmkoHl36"
    "Ufn6IJGvoQVYlQFbKiLVHeRAl6YFuW/e4dPDx8cW0C7+JxidjZiD9govl7k65DRC69BU3v"
    "8VvyzqU6vb0HhlsQNQr5rdq1ZHtDX4D7ftKsXbqSNQT85OUFGVT1jS6nDMg6g+FdN64tNL"
    "xbSeuICPeLPnGGNafbyd4gksFtW6vBX2KBXUhmGtxV03Igo43W8TBAivdNoEZ0nmOuAOYC"
    "pvvfXjPOSJcfK+Ux79trgBN/WAumLUyhdTdV+MOF2z8CW5MSq1rX74K3KruZTuzdZXZwZU"
    "MK1XmW/bWEiqFjle3ZWl/GncmeHBZc6N3iBAuBq83X6IcFUAx7EwfOeIQ2QiZUCOIEtpNe"
    "ZYtMoXbB3kVIlTqcEQef5R1fz5HDhIiSyydDAcs9+pUaQZgKRAkS31qQBK1QGK2ixWVrSy"
    "opUVvWMn6Ib6NmFJbikX+wRzzbKysUM/NZ6PHcpuj2ZjR+3QeD52OFd742zsZQp+1Kx6/D"
    "/XBfDc"
)
