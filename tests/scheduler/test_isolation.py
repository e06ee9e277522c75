"""What fails for one lesson, end or release, for whatever reason, is told, and holds up nobody."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from chaishots.content.limits import LAST_VERSION
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseRefuses
from chaishots.scheduler.publisher import Batch, Refusal, publish_due
from tests.builders import A_MOMENT_AGO, a_lesson, a_program, a_term, database_now, history, lessons_due, row
from tests.conftest import Database

# One of every class that a function of a user's own may raise, those of connections, shutdowns and cancels among them.
SQLSTATES = """
    01000 02000 08006 0A000 21000 22P02 22003 23505 23514 25006 25P02 26000 28000 2BP01 38000 39000 3D000 3F000
    40001 40P01 42501 42P01 42703 44000 53100 53200 53300 54001 55006 55P03 57014 57P01 57P05 58030 72000 F0000 HV000
    P0001 P0002 P0004 XX000 XX001
""".split()  # noqa: SIM905  # forty in three lines
GOOD = 200

# A title such as `bad 40001 published` is refused with that code at that step.
POISON = """
    create function poison() returns trigger language plpgsql as $$
    begin
        if new.title = format('bad %s %s', split_part(new.title, ' ', 2), new.status) then
            raise exception 'the user''s own trigger says no' using errcode = split_part(new.title, ' ', 2);
        end if;
        return new;
    end $$;
    create trigger poison before update on lesson for each row execute function poison();
"""


@pytest.fixture
async def poisoned(sql: Connection) -> Connection:
    """A database with a user's own trigger."""
    await sql.execute(POISON)
    return sql


async def everything_due(sql: Connection, *, limit: int = 1_000) -> list[Batch]:
    """All batches until nothing more can be had, as the leader takes them."""
    batches = [await publish_due(sql, actor="replica-1", limit=limit)]
    while batches[-1].is_full:
        batches.append(await publish_due(sql, actor="replica-1", limit=limit))
    return batches


async def errors(sql: Connection, table: str, keys: Sequence[UUID]) -> list[str]:
    """The publish_errors of these things, in their order."""
    return [(await row(sql, table, key))["publish_error"] for key in keys]


async def tried_again(sql: Connection) -> None:
    """Have the pause of all that was refused be over."""
    await sql.execute("update refusal set retry_at = now() where retry_at is not null")


def told(codes: Sequence[str], *, of: str = "") -> list[str]:
    """What is told of each."""
    return [f"{of.format(code)}The database refused it: the user's own trigger says no ({code})." for code in codes]


async def test_lessons_that_a_users_trigger_refuses_are_told_whatever_it_raises_and_200_others_go_out(
    poisoned: Connection,
) -> None:
    term = await a_term(poisoned)
    bad = [await a_lesson(poisoned, term, title=f"bad {code} published", due_in=A_MOMENT_AGO) for code in SQLSTATES]
    await lessons_due(poisoned, GOOD, due_in=timedelta(seconds=-2))

    batches = await everything_due(poisoned)

    assert sum(len(batch.published) for batch in batches) == GOOD
    assert sorted(lesson.lesson_id for batch in batches for lesson in batch.refused) == sorted(bad)
    assert await errors(poisoned, "lesson", bad) == told(SQLSTATES)


async def test_ends_that_a_users_trigger_refuses_are_told_whatever_it_raises_and_200_others_are_taken_down(
    poisoned: Connection,
) -> None:
    over = await database_now(poisoned) - timedelta(seconds=1)
    term = await a_term(poisoned)
    ends = {"status": "published", "archive_at": over}
    bad = [await a_lesson(poisoned, term, title=f"bad {code} archived", **ends) for code in SQLSTATES]
    for _ in range(GOOD):
        await a_lesson(poisoned, term, **ends)

    batches = await everything_due(poisoned)

    assert sum(len(batch.archived) for batch in batches) == GOOD
    assert await errors(poisoned, "lesson", bad) == told(SQLSTATES)


async def test_releases_that_a_users_trigger_refuses_are_told_whatever_it_raises_with_the_lesson_and_200_others_go_out(
    poisoned: Connection,
) -> None:
    due = await database_now(poisoned) - timedelta(seconds=1)
    releases: list[UUID] = []
    term = await a_term(poisoned)
    for code in SQLSTATES:
        statement = "insert into release (name, status, publish_at) values ($1, 'scheduled', $2) returning id"
        releases.append(await poisoned.fetchval(statement, f"Release {code}", due))
        await a_lesson(poisoned, term, release_id=releases[-1])
        await a_lesson(poisoned, term, title=f"bad {code} published", release_id=releases[-1])
    await lessons_due(poisoned, GOOD)

    batches = await everything_due(poisoned)

    assert sum(len(batch.published) for batch in batches) == GOOD
    assert await errors(poisoned, "release", releases) == told(SQLSTATES, of="bad {} published: ")


@pytest.mark.parametrize("answer", ["return null", "new.status := old.status; return new"])
async def test_what_a_trigger_leaves_as_it_was_without_a_word_is_told_too(sql: Connection, answer: str) -> None:
    await sql.execute(
        f"""
        create function silent() returns trigger language plpgsql as $$ begin {answer}; end $$;
        create trigger silent before update on lesson for each row
            when (new.title = 'X' and new.status = 'published') execute function silent();
        """
    )
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', now()) returning id"
    )
    await a_lesson(sql, title="X", release_id=release)
    bad, good = await a_lesson(sql, title="X", due_in=A_MOMENT_AGO), await a_lesson(sql, due_in=A_MOMENT_AGO)

    batches = await everything_due(sql)

    reason = "The database refused it: a trigger left the lesson as it was (27000)."
    assert [lesson.lesson_id for batch in batches for lesson in batch.published] == [good]
    assert await errors(sql, "lesson", [bad]) == [reason]
    assert await errors(sql, "release", [release]) == [f"X: {reason}"]


async def test_a_trigger_that_makes_the_transaction_read_only_is_told_and_holds_up_nobody(sql: Connection) -> None:
    await sql.execute(
        """
        create function close() returns trigger language plpgsql as $$
            begin set local transaction_read_only = on; return new; end $$;
        create trigger close before update on lesson for each row
            when (new.title = 'X' and new.status = 'published') execute function close();
        """
    )
    bad = await a_lesson(sql, title="X", due_in=A_MOMENT_AGO)
    alone = await everything_due(sql)
    good = await a_lesson(sql, due_in=A_MOMENT_AGO)
    await tried_again(sql)
    with_another = await everything_due(sql)

    assert [lesson.lesson_id for batch in [*alone, *with_another] for lesson in batch.published] == [good]
    assert [batch.trouble for batch in alone] == [None] * len(alone)
    [told_of] = await errors(sql, "lesson", [bad])
    assert "(25006)" in told_of


@pytest.mark.parametrize("answer", ["return null", "new.status := old.status; return new"])
async def test_no_lesson_is_published_in_a_program_that_a_trigger_leaves_a_draft(sql: Connection, answer: str) -> None:
    await sql.execute(
        f"""
        create function silent() returns trigger language plpgsql as $$ begin {answer}; end $$;
        create trigger silent before update on program for each row
            when (new.title = 'X' and new.status = 'published') execute function silent();
        """
    )
    bad = await a_lesson(sql, await a_term(sql, await a_program(sql, title="X")), due_in=A_MOMENT_AGO)
    good = await a_lesson(sql, due_in=A_MOMENT_AGO)

    batches = await everything_due(sql)

    assert [lesson.lesson_id for batch in batches for lesson in batch.published] == [good]
    reason = "The database refused it: a trigger left the program as it was (27000)."
    assert await errors(sql, "lesson", [bad]) == [reason]


@pytest.mark.parametrize("is_put_off_again", [False, True])
async def test_what_a_deferred_trigger_refuses_is_told_too(sql: Connection, *, is_put_off_again: bool) -> None:
    await sql.execute(
        POISON.replace("create trigger poison before", "create constraint trigger poison after").replace(
            "on lesson for", "on lesson deferrable initially deferred for"
        )
    )
    if is_put_off_again:
        await sql.execute(
            """
            create function put_off() returns trigger language plpgsql as $$
                begin set constraints all deferred; return new; end $$;
            create trigger put_off before update on lesson for each row execute function put_off();
            """
        )
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', now()) returning id"
    )
    await a_lesson(sql, title="bad P0001 published", release_id=release)
    bad = await a_lesson(sql, title="bad P0001 published", due_in=A_MOMENT_AGO)
    ended = await a_lesson(sql, title="bad P0001 archived", status="published")
    await sql.execute("update lesson set archive_at = now() where id = $1", ended)
    good = await a_lesson(sql, due_in=A_MOMENT_AGO)

    batches = await everything_due(sql)

    assert [lesson.lesson_id for batch in batches for lesson in batch.published] == [good]
    assert await errors(sql, "lesson", [bad, ended]) == told(["P0001", "P0001"])
    assert await errors(sql, "release", [release]) == told(["P0001"], of="bad {} published: ")


async def test_what_is_refused_is_tried_again_by_itself_after_a_pause_that_grows(poisoned: Connection) -> None:
    bad = await a_lesson(poisoned, title="bad P0001 published", due_in=A_MOMENT_AGO)
    await publish_due(poisoned, actor="replica-1")
    pauses: list[float] = []
    for _ in range(9):
        await tried_again(poisoned)
        await publish_due(poisoned, actor="replica-1")
        pauses.append(await poisoned.fetchval("select extract(epoch from retry_at - now())::float8 from refusal"))
    await poisoned.execute("drop trigger poison on lesson")
    await tried_again(poisoned)

    (published,) = (await publish_due(poisoned, actor="replica-1")).published

    assert published.lesson_id == bad
    assert [round(pause / 30) for pause in pauses[:3]] == pytest.approx([2, 4, 8], rel=0.13)
    assert 3_590 < pauses[-1] < 3_970
    assert await poisoned.fetchval("select count(*) from refusal") == 0


async def test_a_try_in_vain_leaves_no_trace_but_the_next_ones_time(
    poisoned: Connection, fresh_database: Database
) -> None:
    bad = await a_lesson(poisoned, title="bad 40001 published", due_in=A_MOMENT_AGO)
    await publish_due(poisoned, actor="replica-1")
    before, lines = await row(poisoned, "lesson", bad), await history(poisoned, bad)
    heard: list[object] = []
    listener = await asyncpg.connect(fresh_database.dsn)
    await listener.add_listener("chaishots_content", lambda *_: heard.append(1))
    await tried_again(poisoned)

    batch = await publish_due(poisoned, actor="replica-1")
    await listener.execute("select 1")
    await listener.close()

    assert batch.is_empty
    assert await poisoned.fetchval("select retry_at > now() + interval '50 s' from refusal")
    assert (await row(poisoned, "lesson", bad), await history(poisoned, bad)) == (before, lines)
    assert (lines, heard) == (["lesson.create", "lesson.refuse"], [])


async def test_a_row_that_refuses_every_update_is_known_as_refused_and_holds_up_nobody(sql: Connection) -> None:
    # What a rule does that was tightened under a row that breaks it.
    bad = await a_lesson(sql, title="X", due_in=A_MOMENT_AGO)
    await sql.execute("alter table lesson add constraint no_x check (title <> 'X') not valid")
    good = await a_lesson(sql, due_in=A_MOMENT_AGO)

    first = await publish_due(sql, actor="replica-1")
    second = await publish_due(sql, actor="replica-1")

    assert [lesson.lesson_id for lesson in first.published] == [good]
    assert [lesson.lesson_id for lesson in first.refused] == [bad]
    assert second.is_empty
    assert not second.is_held
    assert "no_x" in await sql.fetchval("select reason from refusal where id = $1", bad)


async def test_a_row_that_refused_every_update_is_tried_at_once_when_it_was_mended(sql: Connection) -> None:
    bad = await a_lesson(sql, title="X", due_in=A_MOMENT_AGO)
    await sql.execute("alter table lesson add constraint no_x check (title <> 'X') not valid")
    await publish_due(sql, actor="replica-1")
    await sql.execute("update lesson set title = 'Y' where id = $1", bad)

    batch = await publish_due(sql, actor="replica-1")

    assert [lesson.lesson_id for lesson in batch.published] == [bad]


async def test_a_lesson_of_the_last_version_there_is_begins_anew(sql: Connection) -> None:
    last = await a_lesson(sql, version=LAST_VERSION, due_in=A_MOMENT_AGO)
    good = await a_lesson(sql, due_in=A_MOMENT_AGO)

    batch = await publish_due(sql, actor="replica-1")

    assert {lesson.lesson_id for lesson in batch.published} == {last, good}
    assert (await row(sql, "lesson", last))["version"] == 1


async def test_a_lesson_that_was_refused_is_taken_down_at_its_end_all_the_same(poisoned: Connection) -> None:
    now = await database_now(poisoned)
    times = {"publish_at": now - timedelta(seconds=2), "archive_at": now + timedelta(seconds=0.5)}
    bad = await a_lesson(poisoned, title="bad P0001 published", status="scheduled", **times)
    refused = await publish_due(poisoned, actor="replica-1")
    await poisoned.execute("select pg_sleep(0.5)")

    batch = await publish_due(poisoned, actor="replica-1")

    assert refused.seconds_to_next is not None
    assert [lesson.lesson_id for lesson in batch.archived] == [bad]
    assert (await row(poisoned, "lesson", bad))["publish_error"] is None


async def test_postgres_that_refuses_every_write_is_no_fault_of_a_lesson(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)
    await sql.execute("set default_transaction_read_only = on")

    with pytest.raises(DatabaseRefuses, match="read-only"):
        await publish_due(sql, actor="replica-1")

    await sql.execute("set default_transaction_read_only = off")
    assert await errors(sql, "lesson", [lesson]) == [None]


async def test_ten_that_are_refused_among_a_thousand_cost_the_others_little(sql: Connection) -> None:
    await sql.execute("alter table lesson add constraint no_x check (title <> 'X' or status <> 'published')")
    await lessons_due(sql, 1_000)
    await sql.execute("update lesson set title = 'X' where lesson_number % 100 = 50")
    # What is rolled back counts too: a sequence never goes back.
    await sql.execute(
        """
        create sequence statements;
        create function counted() returns trigger language plpgsql as $$
        begin
            perform nextval('statements');
            return null;
        end $$;
        create trigger counted before update on lesson for each statement execute function counted();
        """
    )

    batches = await everything_due(sql)

    assert sum(len(batch.published) for batch in batches) == 990
    assert sum(len(batch.refused) for batch in batches) == 10
    assert await sql.fetchval("select last_value from statements") < 200


async def test_all_of_a_thousand_that_are_refused_are_each_tried_once(poisoned: Connection) -> None:
    await lessons_due(poisoned, 1_000)
    await poisoned.execute("update lesson set title = 'bad P0001 published'")
    await poisoned.execute("create sequence tries")
    await poisoned.execute(
        POISON.split("create trigger")[0]
        .replace("begin", "begin perform nextval('tries');", 1)
        .replace("create", "create or replace", 1)
    )

    batches = await everything_due(poisoned)

    assert sum(len(batch.refused) for batch in batches) == 1_000
    assert await poisoned.fetchval("select last_value from tries") < 4_000


async def test_those_that_can_be_published_go_out_before_thousands_of_others_are_told(poisoned: Connection) -> None:
    await lessons_due(poisoned, 3_000, due_in=timedelta(minutes=-1))
    await poisoned.execute("update lesson set title = 'bad P0001 published'")
    good = await a_lesson(poisoned, due_in=A_MOMENT_AGO)
    untold: dict[UUID, Refusal] = {}

    batches = [await publish_due(poisoned, actor="replica-1", untold=untold)]
    while batches[-1].is_full:
        batches.append(await publish_due(poisoned, actor="replica-1", untold=untold))

    first = next(place for place, batch in enumerate(batches) if batch.published)
    assert [lesson.lesson_id for lesson in batches[first].published] == [good]
    assert sum(len(batch.refused) for batch in batches[:first]) == 0
    assert sum(len(batch.refused) for batch in batches) == 3_000
    assert await poisoned.fetchval("select count(*) from lesson where publish_error is not null") == 3_000


async def test_what_a_leader_left_untold_is_known_and_tried_again_by_the_next(poisoned: Connection) -> None:
    await lessons_due(poisoned, 2, due_in=timedelta(minutes=-1))
    await poisoned.execute("update lesson set title = 'bad P0001 published'")
    await publish_due(poisoned, actor="replica-1", limit=1, untold={})
    reason = await poisoned.fetchval("select reason from refusal where not is_told")
    await tried_again(poisoned)

    batches = [*await everything_due(poisoned), *await everything_due(poisoned)]

    assert reason == "the user's own trigger says no (P0001)"
    assert sum(len(batch.refused) for batch in batches) == 2
    assert await poisoned.fetchval("select count(*) from lesson where publish_error is not null") == 2


# Nothing that a lesson says: an error of Postgres' own, for some lessons alone.
_AUDITED = """
    create function audit() returns trigger language plpgsql as
        $$ begin insert into audit values (new.id); return new; end $$;
    create trigger audit before update on lesson for each row
        when (new.title = 'X' and new.status = 'published') execute function audit();
"""


async def test_what_postgres_itself_refuses_follows_as_soon_as_one_of_it_goes_through(sql: Connection) -> None:
    await sql.execute(_AUDITED)
    term = await a_term(sql)
    bad = [await a_lesson(sql, term, title="X", due_in=A_MOMENT_AGO) for _ in range(100)]
    good = await a_lesson(sql, term, due_in=A_MOMENT_AGO)
    first = await everything_due(sql)
    again = await publish_due(sql, actor="replica-1")
    await sql.execute("create table audit (id uuid); update refusal set refused_at = now() - interval '1 s'")

    batches = await everything_due(sql)

    assert [lesson.lesson_id for batch in first for lesson in batch.published] == [good]
    assert sorted(lesson.lesson_id for batch in first for lesson in batch.refused) == sorted(bad)
    assert (again.is_full, again.is_empty) == (False, True)
    assert again.seconds_to_next is not None
    assert again.seconds_to_next <= 0.5
    assert sorted(lesson.lesson_id for batch in batches for lesson in batch.published) == sorted(bad)


async def test_one_that_waits_for_postgres_is_tried_alone_and_keeps_to_its_pace(sql: Connection) -> None:
    await sql.execute(_AUDITED)
    term = await a_term(sql)
    for _ in range(100):
        await a_lesson(sql, term, title="X", due_in=A_MOMENT_AGO)
    await a_lesson(sql, term, due_in=A_MOMENT_AGO)
    await everything_due(sql)
    await sql.execute("update refusal set refused_at = now() - interval '1 s'")

    batch = await publish_due(sql, actor="replica-1")

    assert batch.is_empty
    assert await sql.fetchval("select count(*) from refusal where tries > 1") == 1


async def test_a_release_that_postgres_itself_refuses_follows_too(sql: Connection) -> None:
    await sql.execute(_AUDITED)
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', now()) returning id"
    )
    term = await a_term(sql)
    await a_lesson(sql, term, title="X", release_id=release)
    await a_lesson(sql, term, release_id=release)
    await everything_due(sql)
    error = (await row(sql, "release", release))["publish_error"]
    await sql.execute("create table audit (id uuid); update refusal set refused_at = now() - interval '1 s'")

    batches = await everything_due(sql)

    assert error.startswith("X: The database refused it: relation")
    assert sum(len(batch.published) for batch in batches) == 2


async def test_what_a_trigger_puts_off_or_takes_away_is_no_refusal(sql: Connection) -> None:
    await sql.execute(
        """
        create function interfere() returns trigger language plpgsql as $$
        begin
            if new.title = 'later' then
                new.status := 'scheduled';
                new.publish_at := now() + interval '1 hour';
                new.published_at := old.published_at;
                return new;
            end if;
            delete from lesson where id = new.id;
            return null;
        end $$;
        create trigger interfere before update on lesson for each row
            when (new.title in ('later', 'never') and new.status = 'published') execute function interfere();
        """
    )
    term = await a_term(sql)
    later = await a_lesson(sql, term, title="later", due_in=A_MOMENT_AGO)
    await a_lesson(sql, term, title="never", due_in=A_MOMENT_AGO)
    good = await a_lesson(sql, term, due_in=A_MOMENT_AGO)

    batches = await everything_due(sql)

    assert [lesson.lesson_id for batch in batches for lesson in batch.published] == [good]
    assert [lesson for batch in batches for lesson in batch.refused] == []
    assert (await row(sql, "lesson", later))["publish_error"] is None
    assert 3_500 < (batches[-1].seconds_to_next or 0) < 3_601
    assert await sql.fetchval("select count(*) from lesson") == 2


async def test_one_that_a_trigger_refuses_the_second_time_is_told_as_of_then(sql: Connection) -> None:
    # It lets the whole batch fail, and then one less each time.
    await sql.execute(
        """
        create sequence calls;
        create function moody() returns trigger language plpgsql as $$
        begin
            if nextval('calls') % 2 = 1 then raise exception 'not now'; end if;
            return new;
        end $$;
        create trigger moody before update on lesson for each row
            when (new.title like 'Lesson %' and new.status = 'published') execute function moody();
        """
    )
    await lessons_due(sql, 50)

    for _ in range(20):
        await everything_due(sql)
        await tried_again(sql)

    assert await sql.fetchval("select count(*) from lesson where status = 'published'") == 50


async def test_a_thousand_of_a_draft_program_that_somebody_holds_starve_nobody(
    sql: Connection, fresh_database: Database
) -> None:
    program = await a_program(sql)
    await lessons_due(sql, 1_500, term=await a_term(sql, program), due_in=timedelta(minutes=-1))
    good = await a_lesson(sql, due_in=A_MOMENT_AGO)
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute("update program set description = 'New' where id = $1", program)
        batch = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert [lesson.lesson_id for lesson in batch.published] == [good]
    assert (batch.is_full, batch.is_held) == (False, True)


async def test_releases_that_somebody_holds_starve_nobody(sql: Connection, fresh_database: Database) -> None:
    await sql.execute(
        "insert into release (name, status, publish_at) "
        "select 'Release ' || n, 'scheduled', now() - interval '1 minute' from generate_series(1, 150) n"
    )
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Last', 'scheduled', now()) returning id"
    )
    good = await a_lesson(sql, release_id=release)
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute("select from release where name <> 'Last' for update")
        batch = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert [lesson.lesson_id for lesson in batch.published] == [good]
    assert (batch.is_full, batch.is_held) == (False, True)


async def test_one_that_fell_due_just_now_need_not_wait_for_all_that_were_due_before_it(sql: Connection) -> None:
    await lessons_due(sql, 300, due_in=timedelta(minutes=-1))
    new = await a_lesson(sql, due_in=timedelta(milliseconds=-1))

    batch = await publish_due(sql, actor="replica-1", limit=200)

    assert new in [lesson.lesson_id for lesson in batch.published]
    assert len(batch.published) == 201


async def test_a_batch_is_small_while_something_else_is_about_to_fall_due(sql: Connection) -> None:
    await lessons_due(sql, 1_000)
    await a_lesson(sql, due_in=timedelta(milliseconds=190))

    batch = await publish_due(sql, actor="replica-1")

    assert len(batch.published) <= 250
    assert batch.is_full


async def test_a_rule_that_swallows_the_publishing_update_is_told_and_makes_no_endless_loop(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)
    await sql.execute("create rule swallow as on update to lesson where new.status = 'published' do instead nothing")

    (batch,) = await everything_due(sql)

    assert [refused.lesson_id for refused in batch.refused] == [lesson]
    assert not batch.is_held
    assert "cannot perform UPDATE RETURNING" in await sql.fetchval("select reason from refusal where id = $1", lesson)


async def test_a_trigger_that_sets_a_search_path_for_the_session_holds_up_nobody(sql: Connection) -> None:
    await sql.execute(
        """
        create function astray() returns trigger language plpgsql as $$
        begin perform set_config('search_path', '', false); return null; end $$;
        create trigger astray after update on lesson for each row when (new.status in ('published', 'archived'))
            execute function astray();
        """
    )
    await lessons_due(sql, 3, due_in=A_MOMENT_AGO)

    batch = await publish_due(sql, actor="replica-1")

    assert len(batch.published) == 3
    assert not batch.refused
