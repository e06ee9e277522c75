"""The rules of publishing as tables of cases, and as laws that hold whatever the content is. No database."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaishots.content.lifecycle import (
    LESSON_TRANSITIONS,
    PROGRAM_TRANSITIONS,
    REQUIRED_VARIANTS,
    VARIANTS,
    Assets,
    LessonFacts,
    Obstacle,
    ProgramFacts,
    ProgramStatus,
    Status,
    may_become,
    program_obstacle,
    publish_obstacles,
    restored,
    schedule_obstacles,
)

# As the design tells them, letter by letter: not derived from what is tested.
LESSON_MAY = {
    ("draft", "scheduled"),
    ("draft", "published"),
    ("draft", "archived"),
    ("scheduled", "draft"),
    ("scheduled", "scheduled"),
    ("scheduled", "published"),
    ("scheduled", "archived"),
    ("published", "archived"),
    ("archived", "draft"),
}
PROGRAM_MAY = {
    ("draft", "published"),
    ("draft", "archived"),
    ("published", "archived"),
    ("archived", "draft"),
    ("archived", "published"),
}

BOTH = {"portrait": "https://cdn.example.com/p.jpg", "landscape": "https://cdn.example.com/l.jpg"}
PORTRAIT = {"portrait": BOTH["portrait"]}
LANDSCAPE = {"landscape": BOTH["landscape"]}
URL = "https://cdn.example.com/en.mp4"

ARCHIVED = Obstacle("program", "Restore the program first: it is archived.")
NO_POSTERS = Obstacle("program.posters", "Add these posters to the program in en: portrait, landscape.")
NO_THUMBNAILS = Obstacle("thumbnails", "Add these thumbnails in en: portrait, landscape.")
NO_CONTENT = Obstacle("content_urls", "Add the content's URL in en, the lesson's language.")


def a_lesson(
    *,
    status: Status = Status.DRAFT,
    urls: Mapping[str, str] | None = None,
    thumbnails: Assets | None = None,
    language: str = "en",
) -> LessonFacts:
    """A lesson that has all it needs, but for what is said."""
    return LessonFacts(
        status, language, {"en": URL} if urls is None else urls, {"en": BOTH} if thumbnails is None else thumbnails
    )


def a_program(
    *, status: ProgramStatus = ProgramStatus.DRAFT, posters: Assets | None = None, language: str = "en"
) -> ProgramFacts:
    """A program that has its posters, but for what is said."""
    return ProgramFacts(status, language, {"en": BOTH} if posters is None else posters)


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)), ids=lambda status: status.value)
def test_a_lesson_goes_where_the_table_lets_it_and_nowhere_else(old: Status, new: Status) -> None:
    assert may_become(old, new) is ((old.value, new.value) in LESSON_MAY)


@pytest.mark.parametrize(("old", "new"), list(product(ProgramStatus, ProgramStatus)), ids=lambda status: status.value)
def test_a_program_goes_where_the_table_lets_it_and_nowhere_else(old: ProgramStatus, new: ProgramStatus) -> None:
    assert (new in PROGRAM_TRANSITIONS[old]) is ((old.value, new.value) in PROGRAM_MAY)


@pytest.mark.parametrize("status", Status, ids=lambda status: status.value)
def test_a_lesson_can_leave_every_state_and_get_back_to_draft(status: Status) -> None:
    reached, border = {status}, {status}
    while border := {step for place in border for step in LESSON_TRANSITIONS[place]} - reached:
        reached |= border

    assert Status.DRAFT in reached


@pytest.mark.parametrize(
    ("lesson", "obstacles"),
    [
        pytest.param(a_lesson(), [], id="nothing lacks"),
        pytest.param(a_lesson(status=Status.SCHEDULED), [], id="scheduled already"),
        pytest.param(a_lesson(language="te", urls={"te": URL}, thumbnails={"te": BOTH}), [], id="another language"),
        pytest.param(a_lesson(thumbnails={"en": BOTH | {"square": URL}}), [], id="more variants than it needs"),
        pytest.param(a_lesson(thumbnails={}), [NO_THUMBNAILS], id="no thumbnails"),
        pytest.param(a_lesson(thumbnails={"en": {}}), [NO_THUMBNAILS], id="an empty language"),
        pytest.param(a_lesson(thumbnails={"te": BOTH}), [NO_THUMBNAILS], id="thumbnails in another language only"),
        pytest.param(
            a_lesson(thumbnails={"en": PORTRAIT}),
            [Obstacle("thumbnails", "Add these thumbnails in en: landscape.")],
            id="no landscape",
        ),
        pytest.param(
            a_lesson(thumbnails={"en": LANDSCAPE, "te": BOTH}),
            [Obstacle("thumbnails", "Add these thumbnails in en: portrait.")],
            id="no portrait",
        ),
        pytest.param(a_lesson(urls={}), [NO_CONTENT], id="no content"),
        pytest.param(a_lesson(urls={"te": URL}), [NO_CONTENT], id="content in another language only"),
        pytest.param(a_lesson(urls={}, thumbnails={}), [NO_THUMBNAILS, NO_CONTENT], id="neither"),
    ],
)
def test_what_a_lesson_lacks_keeps_it_from_being_scheduled(lesson: LessonFacts, obstacles: list[Obstacle]) -> None:
    assert schedule_obstacles(lesson) == obstacles


@pytest.mark.parametrize(
    ("program", "obstacle"),
    [
        pytest.param(a_program(), None, id="a draft with its posters"),
        pytest.param(a_program(language="te", posters={"te": BOTH}), None, id="in another language"),
        pytest.param(a_program(posters={}), NO_POSTERS, id="a draft without posters"),
        pytest.param(a_program(posters={"te": BOTH}), NO_POSTERS, id="posters in another language only"),
        pytest.param(
            a_program(posters={"en": PORTRAIT}),
            Obstacle("program.posters", "Add these posters to the program in en: landscape."),
            id="a draft without landscape",
        ),
        pytest.param(a_program(status=ProgramStatus.PUBLISHED), None, id="published"),
        pytest.param(a_program(status=ProgramStatus.ARCHIVED), ARCHIVED, id="archived"),
        pytest.param(
            a_program(status=ProgramStatus.ARCHIVED, posters={}), ARCHIVED, id="archived comes before what it lacks"
        ),
    ],
)
def test_a_program_keeps_its_lessons_back_for_one_reason_at_a_time(
    program: ProgramFacts, obstacle: Obstacle | None
) -> None:
    assert program_obstacle(program) == obstacle


@pytest.mark.parametrize(
    ("program", "gravest"),
    [
        pytest.param(a_program(status=ProgramStatus.ARCHIVED), [ARCHIVED], id="archived"),
        pytest.param(a_program(posters={}), [NO_POSTERS], id="without posters"),
        pytest.param(a_program(), [], id="fine"),
    ],
)
def test_every_obstacle_is_told_at_once_the_programs_before_the_lessons(
    program: ProgramFacts, gravest: list[Obstacle]
) -> None:
    lacking = a_lesson(urls={}, thumbnails={})

    assert publish_obstacles(lacking, program) == [*gravest, NO_THUMBNAILS, NO_CONTENT]


@pytest.mark.parametrize(
    ("has_published_lessons", "status"),
    [
        pytest.param(True, ProgramStatus.PUBLISHED, id="it has public lessons"),
        pytest.param(False, ProgramStatus.DRAFT, id="it has none"),
    ],
)
def test_an_archived_program_comes_back_public_when_it_has_public_lessons(
    has_published_lessons: bool, status: ProgramStatus
) -> None:
    assert restored(has_published_lessons=has_published_lessons) is status


@pytest.mark.parametrize("has_published_lessons", [True, False])
def test_what_an_archived_program_becomes_is_a_step_that_it_may_take(has_published_lessons: bool) -> None:
    assert restored(has_published_lessons=has_published_lessons) in PROGRAM_TRANSITIONS[ProgramStatus.ARCHIVED]


languages = st.sampled_from(["en", "te", "hi", "zh-Hant"])
assets = st.dictionaries(languages, st.dictionaries(st.sampled_from(VARIANTS), st.just(URL)))
lessons = st.builds(
    LessonFacts, st.sampled_from(Status), languages, st.dictionaries(languages, st.just(URL)), thumbnails=assets
)
programs = st.builds(ProgramFacts, st.sampled_from(ProgramStatus), languages, assets)


@given(lessons)
def test_a_lesson_is_ready_exactly_when_its_own_language_has_content_and_both_thumbnails(lesson: LessonFacts) -> None:
    language = lesson.content_language_primary
    is_whole = language in lesson.content_urls and lesson.thumbnails.get(language, {}).keys() >= set(REQUIRED_VARIANTS)

    assert (schedule_obstacles(lesson) == []) is is_whole


@given(lessons, programs)
def test_what_can_be_published_can_be_scheduled(lesson: LessonFacts, program: ProgramFacts) -> None:
    in_the_way = publish_obstacles(lesson, program)

    assert [obstacle for obstacle in schedule_obstacles(lesson) if obstacle not in in_the_way] == []


@given(lessons, programs)
def test_obstacles_come_the_gravest_first_and_each_field_once(lesson: LessonFacts, program: ProgramFacts) -> None:
    order = ["program", "program.posters", "thumbnails", "content_urls"]
    fields = [obstacle.field for obstacle in publish_obstacles(lesson, program)]

    assert fields == sorted(set(fields), key=order.index)


@given(lessons, programs)
def test_nothing_is_published_in_an_archived_program(lesson: LessonFacts, program: ProgramFacts) -> None:
    archived = ProgramFacts(ProgramStatus.ARCHIVED, program.language_primary, program.posters)

    assert ARCHIVED in publish_obstacles(lesson, archived)


@given(lessons, programs)
def test_what_an_obstacle_asks_for_takes_it_out_of_the_way(lesson: LessonFacts, program: ProgramFacts) -> None:
    language, of_program = lesson.content_language_primary, program.language_primary
    mended = LessonFacts(
        lesson.status, language, {**lesson.content_urls, language: URL}, {**lesson.thumbnails, language: BOTH}
    )
    status = ProgramStatus.DRAFT if program.status is ProgramStatus.ARCHIVED else program.status
    whole = ProgramFacts(status, of_program, {**program.posters, of_program: BOTH})

    assert publish_obstacles(mended, whole) == []
