"""The comments of a text to be edited: what the thing is, what keeps it from being published, what each key may be.

Must not read: it is given the values.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from chaishots.content.exchange.file_content import Values
from chaishots.content.field_kinds import Writer
from chaishots.content.fields import TABLES
from chaishots.content.lifecycle import LessonFacts, ProgramFacts, ProgramStatus, Status, publish_obstacles
from chaishots.times import tell_time

ADVICE: Final = (
    "Save and close the editor to see what would change; as it is, or empty, nothing does.",
    "A key that is left out stays as it is; null clears it. An item without an id is new.",
)
KEYS_NOT_SHOWN: Final = frozenset({"former_slugs"})
"""Keys that editors may write and are not shown: the product keeps them itself."""
_CHANGE_RULES: Final = (
    "apply_at: an ISO 8601 time with its offset that is yet to come, or +2h; not of one in a release.",
    "publish_zone: the IANA time zone in which that was written, such as Asia/Kolkata.",
    "release_id: the id of the release that it goes with, in place of apply_at.",
    "patch: what changes, by the names of the thing's fields; null clears one (JSON Merge Patch).",
)


def describe_thing(kind: str, values: Values, program: Values | None = None) -> list[str]:
    """Lines that say what a thing is and how it stands. kind: a table's name. program: of a lesson, its own."""
    if kind == "lesson":
        assert program is not None
        told = f"The lesson “{values['title']}” is {values['status']}{_moment(values)}."
        return [told, *_blockers(values, program)]
    if kind == "program":
        return [f"The program “{values['title']}” is {values['status']}."]
    if kind == "term":
        return [f"Term {values['term_number']}: {values['title'] or 'without a title'}."]
    if kind == "change":
        return [f"A scheduled change of a {values['object_type']}, made by {values['scheduled_by'] or 'nobody known'}."]
    return [f"The {kind} “{values['name']}”{_moment(values)}."]


def describe_keys(kinds: Iterable[str]) -> Iterator[str]:
    """Comments, with their number signs, that say what each key of these kinds may be."""
    for kind in sorted(kinds, key=[*TABLES, "change"].index):
        yield f"\n# What the keys of a {kind} may be:\n"
        if kind == "change":
            yield from (f"#   {line}\n" for line in _CHANGE_RULES)
            continue
        for one in TABLES[kind]:
            if one.writer is Writer.EDITOR and one.name not in KEYS_NOT_SHOWN:
                yield f"#   {one.name}: {one.rule}\n"
            if one.name == "languages_available":
                yield "#   topics: List the topics by name; one that there is not is made.\n"


def _blockers(lesson: Values, program: Values) -> Iterator[str]:
    status, language = Status(lesson["status"]), lesson["content_language_primary"]
    if status is Status.PUBLISHED:
        return
    of_lesson = LessonFacts(status, language, lesson["content_urls"], lesson["thumbnails"])
    of_program = ProgramFacts(ProgramStatus(program["status"]), program["language_primary"], program["posters"])
    for obstacle in publish_obstacles(of_lesson, of_program):
        yield f"It cannot be published yet: {obstacle.field}: {obstacle.text}"


def _moment(values: Mapping[str, Any]) -> str:
    if values.get("status") != Status.SCHEDULED or not values.get("publish_at"):
        return ""
    return f" and goes out {tell_time(values['publish_at'], written_in=values['publish_zone'])}"
