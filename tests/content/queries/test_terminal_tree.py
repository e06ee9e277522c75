"""The hierarchy in windows: what is counted, what is in its order, what is left out."""

from chaishots.content.queries import terminal_tree
from chaishots.content.queries.search_filter import read_search
from chaishots.database.connection import Connection
from tests import builders
from tests.builders import AN_HOUR


async def test_programs_come_newest_first_with_what_is_in_them_counted(sql: Connection) -> None:
    older, newer = sorted([await builders.a_program(sql), await builders.a_program(sql)])
    term = await builders.a_term(sql, newer)
    await builders.a_term(sql, newer)
    await builders.a_lesson(sql, term)
    await builders.a_lesson(sql, term, status="archived")
    soonest = await builders.a_lesson(sql, term, due_in=AN_HOUR)
    late = await builders.a_lesson(sql, term, due_in=2 * AN_HOUR)
    await sql.execute("update lesson set publish_error = 'No.' where id = $1", late)

    first, second = await terminal_tree.programs(sql, limit=10)
    assert (first.id, second.id) == (newer, older)
    assert (first.terms, first.tally.lessons) == (2, 4)
    tally = first.tally
    assert (tally.draft, tally.scheduled, tally.published, tally.archived, tally.refused) == (1, 2, 0, 1, 1)
    assert tally.next_publish_at == (await builders.row(sql, "lesson", soonest))["publish_at"]
    assert (second.terms, second.tally.lessons, second.tally.next_publish_at) == (0, 0, None)


async def test_programs_go_on_after_the_last_window_and_by_id(sql: Connection) -> None:
    # Ids made within one millisecond are in no order.
    ids = sorted([await builders.a_program(sql) for _ in range(5)])
    window = await terminal_tree.programs(sql, limit=2)
    rest = await terminal_tree.programs(sql, limit=10, after=window[-1].id)
    assert [program.id for program in (*window, *rest)] == ids[::-1]
    assert [program.id for program in await terminal_tree.programs(sql, limit=5, only=[ids[1], ids[3]])] == [
        ids[3],
        ids[1],
    ]


async def test_terms_and_lessons_of_several_in_one_read_each_within_its_window(sql: Connection) -> None:
    program = await builders.a_program(sql, title="Chai")
    second = await builders.a_term(sql, program, term_number=2)
    first = await builders.a_term(sql, program, term_number=1, title="Start")
    for number in (3, 1, 2):
        await builders.a_lesson(sql, first, lesson_number=number)
        await builders.a_lesson(sql, second, lesson_number=number)

    terms = await terminal_tree.terms(sql, [program])
    assert [(term.id, term.title, term.tally.draft) for term in terms] == [(first, "Start", 3), (second, None, 3)]
    lessons = await terminal_tree.lessons(sql, [(first, 2), (second, 10)])
    numbers = {term: [one.lesson_number for one in lessons if one.term_id == term] for term in (first, second)}
    assert numbers == {first: [1, 2], second: [1, 2, 3]}
    assert {(one.program_id, one.program_title) for one in lessons} == {(program, "Chai")}


async def test_what_is_gone_is_left_out(sql: Connection) -> None:
    kept = await builders.a_lesson(sql)
    gone = await builders.a_lesson(sql)
    await sql.execute("delete from lesson where id = $1", gone)
    assert [one.id for one in await terminal_tree.lessons_by_id(sql, [gone, kept])] == [kept]


async def test_what_is_planned_comes_soonest_first_overdue_before_all(sql: Connection) -> None:
    later = await builders.a_lesson(sql, due_in=2 * AN_HOUR)
    sooner = await builders.a_lesson(sql, title="Ginger", due_in=AN_HOUR)
    overdue = await builders.a_lesson(sql, due_in=-AN_HOUR)
    await builders.a_lesson(sql)
    assert [one.id for one in await terminal_tree.planned(sql, limit=10)] == [overdue, sooner, later]
    assert [one.id for one in await terminal_tree.planned(sql, limit=10, search=read_search("ging"))] == [sooner]
    assert [one.id for one in await terminal_tree.planned(sql, limit=1)] == [overdue]


async def test_programs_are_found_by_their_own_line(sql: Connection) -> None:
    chai = await builders.a_program(sql, title="A Proper Cup of Chai")
    await builders.a_program(sql, title="Coffee")
    assert [one.id for one in await terminal_tree.find_programs(sql, read_search("cup"), limit=5)] == [chai]
