"""The rows that somebody acts on as they are now: the screen may be frozen, or a moment old."""

from collections.abc import Sequence
from uuid import UUID

from chaishots.content.queries import terminal_releases, terminal_schedule, terminal_tree
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow
from chaishots.tui.actions.possible_actions import Target
from chaishots.tui.state.session import Session


async def read_newest(session: Session, seen: Sequence[Target]) -> list[Target]:
    """The same rows, in their order, without those that are gone; as they were seen while the database is away."""
    if session.is_away or not seen:
        return list(seen)
    lessons = [target.id for target in seen if isinstance(target, LessonRow)]
    programs = [target.id for target in seen if isinstance(target, ProgramRow)]
    releases = [target.id for target in seen if isinstance(target, ReleaseRow)]
    changes = [target.id for target in seen if isinstance(target, ChangeRow)]
    found: dict[UUID, Target] = {}
    if lessons:
        read = await session.read(lambda connection: terminal_tree.lessons_by_id(connection, lessons))
        found |= {lesson.id: lesson for lesson in read}
    if programs:
        known = await session.read(
            lambda connection: terminal_tree.programs(connection, limit=len(programs), only=programs)
        )
        found |= {program.id: program for program in known}
    if releases:
        current = await session.read(lambda connection: terminal_releases.releases_by_id(connection, releases))
        found |= {release.id: release for release in current}
    if changes:
        waiting = await session.read(lambda connection: terminal_schedule.changes_by_id(connection, changes))
        found |= {change.id: change for change in waiting}
    return [found[target.id] for target in seen if target.id in found]
