"""Releases as editors see them: in pages, and one with its lessons and what was edited since it was scheduled."""

import json
from typing import Any, Final
from uuid import UUID

from chaishots.content import answer_format, paging
from chaishots.content.answer_format import moments_sql
from chaishots.content.errors import NotFound
from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.queries.cms_content import Document
from chaishots.content.queries.scheduled_changes import CLASHES, EDITED_SINCE, TITLE
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection

_COLUMNS: Final = f"""
    release.id, release.name, release.status, {moments_sql("release", "publish_at")}, release.publish_zone,
    {moments_sql("release", "published_at", "reverted_at")}, release.reverted_by,
    {reason("release")} as publish_error, {moments_sql("release", "created_at", "updated_at")}, release.version
"""
# release_pkey, backwards; the lessons by lesson_of_release (release_id), the changes by change_of_release (release_id).
_RELEASES: Final = f"""
    select row_to_json(shown)::text as document, shown.id from (
        select {_COLUMNS}, (select count(*) from lesson where release_id = release.id) as lesson_count,
               (select count(*) from change where release_id = release.id) as change_count
          from release where {{condition}} order by release.id desc limit $1) as shown
"""
# lesson_of_release (release_id); the history by idx_activity_object_… (object_id, seq). Whoever schedules a lesson
# holds its row: of each lesson, the lines after that one are what was edited since. The same goes for the release.
EDITED: Final = f"""
    wanted as materialized (select * from release where id = $1),
    part as materialized (select * from lesson where release_id = $1),
    story as materialized (
        select id as object_id, 'release' as object_type, null as title from wanted
         union all
        select id, 'lesson', title from part
    ),
    edit as (
        select line.seq, {moments_sql("line", "at")}, line.actor, line.action, line.object_id,
               case story.object_type when 'lesson' then line.object_id
                    else (coalesce(line.after, line.before) ->> 'lesson_id')::uuid end as lesson_id,
               array(select jsonb_object_keys(coalesce(line.after, line.before))
                     except values ('version'), ('updated_at'), ('publish_error') order by 1) as fields
          from wanted cross join story cross join lateral (
            select coalesce(max(seq), 0) as seq from activity
             where object_id = story.object_id
               and action = any(array[story.object_type || '.create', story.object_type || '.schedule',
                                      story.object_type || '.reschedule'])
               and (wanted.published_at is null or at <= wanted.published_at)
          ) as scheduled
          join activity line on line.object_id = story.object_id and line.seq > scheduled.seq
         where wanted.status in ('scheduled', 'published')
           and (wanted.published_at is null or line.at < wanted.published_at)
           and line.action !~ '[.](publish|refuse|retry)$'
         order by line.seq desc limit $2
    )
"""
"""A release ($1), its lessons (`part`), and what was edited since it was scheduled (`edit`), the newest $2 lines."""
_RELEASE: Final = f"""
    with {EDITED}
    select row_to_json(shown)::text as document, shown.version,
           exists (select from change where release_id = $1) as has_changes from (
        select {_COLUMNS.replace("release.", "wanted.")},
               array(select row_to_json(lesson) from (
                   select part.id, part.title, part.status, part.version, {reason("part")} as publish_error,
                          program.id as program_id, program.title as program_title
                     from part join term on term.id = part.term_id join program on program.id = term.program_id
                    order by program.title, program.id, term.term_number, part.lesson_number, part.id) as lesson
               ) as lessons,
               array(select row_to_json(change) from (
                   select change.id, change.object_type, change.object_id, {TITLE} as title, change.patch,
                          change.status,
                          case change.status when 'scheduled' then {reason("change")} else change.error end as error,
                          change.scheduled_by, {EDITED_SINCE} as edited_since,
                          {CLASHES} as clashes, change.version
                     from change where change.release_id = $1 order by change.id) as change
               ) as changes,
               array(select row_to_json(edit) from edit order by seq desc) as edits
          from wanted) as shown
"""
EDITS: Final = 200
"""Edits that a release tells at most, the newest."""


async def releases(
    connection: Connection, window: paging.Window, *, status: ReleaseStatus | None = None
) -> paging.Page:
    """Releases in any state, the newest made first, each with the number of its lessons."""
    conditions: list[tuple[str, Any]] = [
        ("release.id < {}", window.place(UUID)),
        ("release.status = {}", status and status.value),
    ]
    return await paging.page(connection, _RELEASES, conditions, window, sorted_by=("id",))


async def release(connection: Connection, release_id: UUID) -> Document:
    """A release with its lessons, its changes, and `edits`: what was edited since it was scheduled, the newest first.

    A lesson that joined later counts from then on; what was edited after the release went public does not count.

    Raises: NotFound.
    """
    row = await connection.fetchrow(_RELEASE, release_id, EDITS)
    if row is None:
        raise NotFound("There is no release with this id.", field="id")
    # Postgres writes patches with spaces, and what writes them without leaves out their nulls, which say what goes. Of
    # lessons alone, thousands perhaps, no Python reads a thing.
    if not row["has_changes"]:
        return Document(row["document"], row["version"])
    return Document(answer_format.compact(json.loads(row["document"])), row["version"])
