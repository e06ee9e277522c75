"""Whether the values of a thing fit together, once it is whole: rule by rule, so that all that are broken are told.

Knows the lifecycle. Must not know how values are read or stored.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chaishots.content import lifecycle
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Seed
from chaishots.content.lifecycle import (
    ContentType,
    LessonFacts,
    ProgramFacts,
    ProgramStatus,
    ReleaseStatus,
    Status,
)

_Rule = Callable[[Seed], None]
"""Raises: Fault."""


def check(releases: Iterable[Seed], programs: Iterable[Seed], faults: FaultList) -> None:
    """Note what does not fit together in releases, and in programs with their lessons."""
    check_releases(releases, faults)
    for program in programs:
        check_lessons((lesson for term in program.parts for lesson in term.parts), faults)
        check_programs([program], faults)


def check_releases(releases: Iterable[Seed], faults: FaultList) -> None:
    """Note what does not fit together in releases."""
    _check(releases, _RELEASE_RULES, faults)


def check_programs(programs: Iterable[Seed], faults: FaultList) -> None:
    """Note what does not fit together in programs, and with them in their lessons."""
    _check(programs, _PROGRAM_RULES, faults)


def check_lessons(lessons: Iterable[Seed], faults: FaultList) -> None:
    """Note what does not fit together in lessons."""
    _check(lessons, _LESSON_RULES, faults)


def _check(seeds: Iterable[Seed], rules: Sequence[_Rule], faults: FaultList) -> None:
    for seed in seeds:
        for rule in rules:
            faults.check(rule, seed)


def _release_has_its_time(release: Seed) -> None:
    if release.values["status"] == ReleaseStatus.SCHEDULED and release.values["publish_at"] is None:
        raise release.fault("publish_at", rule_of("release_publish_at"))


def _zones_have_their_times(thing: Seed) -> None:
    for zone, time in (("publish_zone", "publish_at"), ("archive_zone", "archive_at")):
        if thing.values.get(zone) is not None and thing.values[time] is None:
            raise thing.fault(zone, rule_of(f"lesson_{zone}"))


def _release_was_published(release: Seed) -> None:
    if release.values["status"] != ReleaseStatus.PUBLISHED and release.values["published_at"] is not None:
        raise release.fault("published_at", rule_of("release_published_at"))


def _release_has_a_step(release: Seed) -> None:
    if release.values["status"] != ReleaseStatus.SCHEDULED and release.values["publish_error"] is not None:
        raise release.fault("publish_error", rule_of("release_publish_error"))


def _program_translates_others(program: Seed) -> None:
    _require_another(program, program.values["language_primary"], "program_translations")


def _program_has_its_language(program: Seed) -> None:
    language = program.values["language_primary"]
    _require_among(program, "languages_available", language, rule_of("program_languages_available"))


def _program_can_be_public(program: Seed) -> None:
    values = program.values
    is_public = values["status"] == ProgramStatus.PUBLISHED or (
        # The first published lesson publishes a draft.
        values["status"] == ProgramStatus.DRAFT
        and any(lesson.values.get("status") == Status.PUBLISHED for term in program.parts for lesson in term.parts)
    )
    facts = ProgramFacts(ProgramStatus.DRAFT, values["language_primary"], values["posters"])
    if is_public and (obstacle := lifecycle.program_obstacle(facts)):
        raise program.fault("posters", obstacle.text)


def _lesson_translates_others(lesson: Seed) -> None:
    _require_another(lesson, lesson.values["content_language_primary"], "lesson_translations")


def _lesson_has_its_language(lesson: Seed) -> None:
    language = lesson.values["content_language_primary"]
    _require_among(lesson, "content_languages_available", language, rule_of("lesson_content_languages_available"))


def _lesson_has_its_length(lesson: Seed) -> None:
    if lesson.values["content_type"] == ContentType.VIDEO and lesson.values["duration_ms"] is None:
        raise lesson.fault("duration_ms", rule_of("lesson_duration_ms"))


def _lesson_has_its_content(lesson: Seed) -> None:
    urls = lesson.values["content_urls"]
    if urls and lesson.values["content_language_primary"] not in urls:
        raise lesson.fault("content_urls", rule_of("lesson_content_urls"))


def _lesson_has_a_step(lesson: Seed) -> None:
    values = lesson.values
    if values["publish_error"] is None:
        return
    status = values["status"]
    if status != Status.SCHEDULED and not (status == Status.PUBLISHED and values["archive_at"] is not None):
        raise lesson.fault("publish_error", rule_of("lesson_publish_error"))


def _lesson_has_its_time(lesson: Seed) -> None:
    if lesson.values["status"] == Status.SCHEDULED and lesson.values["publish_at"] is None:
        raise lesson.fault("publish_at", rule_of("lesson_publish_at"))


def _lesson_has_content_to_show(lesson: Seed) -> None:
    if not lesson.values["content_urls"]:
        _require_ready(lesson, "content_urls", LessonFacts(*_state(lesson), {}, {}))


def _lesson_has_its_thumbnails(lesson: Seed) -> None:
    _require_ready(lesson, "thumbnails", LessonFacts(*_state(lesson), {}, lesson.values["thumbnails"]))


def _state(lesson: Seed) -> tuple[Status, str]:
    return Status(lesson.values["status"]), lesson.values["content_language_primary"]


def _require_ready(lesson: Seed, field: str, facts: LessonFacts) -> None:
    # One field at a time: what another one lacks is its own fault, or was not read.
    if facts.status in (Status.SCHEDULED, Status.PUBLISHED):
        for obstacle in lifecycle.schedule_obstacles(facts):
            if obstacle.field == field:
                raise lesson.fault(field, obstacle.text)


def _require_among(seed: Seed, key: str, language: str, rule: str) -> None:
    if language not in seed.values[key]:
        raise seed.fault(key, rule)


def _require_another(seed: Seed, language: str, rule: str) -> None:
    if language in seed.values["translations"]:
        raise seed.fault(f"translations.{language}", rule_of(rule))


_RELEASE_RULES: Final = (
    _release_has_its_time,
    _zones_have_their_times,
    _release_was_published,
    _release_has_a_step,
)
_PROGRAM_RULES: Final = (_program_translates_others, _program_has_its_language, _program_can_be_public)
_LESSON_RULES: Final = (
    _lesson_translates_others,
    _lesson_has_its_language,
    _lesson_has_its_length,
    _lesson_has_its_content,
    _lesson_has_a_step,
    _lesson_has_its_time,
    _zones_have_their_times,
    _lesson_has_content_to_show,
    _lesson_has_its_thumbnails,
)
