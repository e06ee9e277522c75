"""Releases: lessons that go public together, with changes and ends: /cms/releases."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.conditional_requests import if_match
from chaishots.api.contract.examples import DRAFT_LESSON_ID, LESSON_ID, MOMENT, ZONE
from chaishots.api.contract.parameters import ListPage, identifier, said, takes_query
from chaishots.api.contract.requests import ScheduleRequest
from chaishots.api.contract.responses.releases import Release, Releases, RevertedRelease
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.contract.values import Id, ReleaseName, TrueOrFalse
from chaishots.api.idempotent_requests import idempotent, retried
from chaishots.api.routes.cms.representations import (
    answer_deleted,
    answer_made,
    answer_new,
    answer_one,
    answer_page,
    answer_step,
)
from chaishots.content.answer_format import plain
from chaishots.content.editing import releases as editing
from chaishots.content.editing import revert_release as reverting
from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.queries import releases as queries
from chaishots.content.roles import Role
from chaishots.database.connection import reading

releases = Blueprint("cms_releases", __name__, url_prefix="/cms/releases")


class ReleaseBody(BaseModel):
    """A release's name."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: ReleaseName


class ReleaseLessons(BaseModel):
    """Up to 500 lessons to add to a release; all or none."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    lesson_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class ReleaseEnds(BaseModel):
    """Up to 500 public lessons that go down with a release; all or none."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    lesson_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class RevertMode(BaseModel):
    """How a release is taken back."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    dry_run: Annotated[TrueOrFalse | None, said("Take nothing back; answer what would go.", True)] = None
    force: Annotated[
        TrueOrFalse | None, said("Also what somebody has changed since, of what the release has changed.", True)
    ] = None


class ReleasesPage(ListPage):
    """Which releases."""

    status: Annotated[ReleaseStatus | None, said("Only those in this state.", "open")] = None


@releases.get("")
@requires(Role.VIEWER)
@answers(Releases)
@takes_query(ReleasesPage)
async def list_releases(query_args: ReleasesPage) -> Response:
    """Releases in any state, the newest made first, each with the numbers of its lessons and changes."""
    async with reading() as connection:
        page = await queries.releases(connection, query_args.window, status=query_args.status)
    return answer_page("releases", page)


@releases.post("")
@requires(Role.EDITOR)
@idempotent
@answers(Release, 201)
@takes_body(ReleaseBody, example={"name": "Ugadi"})
async def create_release(body: ReleaseBody) -> Response:
    """Create an open release, without lessons yet."""
    release = await editing.create_release(body.name, actor=actor())
    return await answer_new(queries.release, release.id, "/cms/releases")


@releases.get("/<release_id>")
@requires(Role.VIEWER)
@answers(Release)
async def get_release(release_id: str) -> Response:
    """A release with its lessons and changes, and what was edited in it since it was scheduled, and by whom."""
    return await answer_one(queries.release, identifier(release_id))


@releases.patch("/<release_id>")
@requires(Role.EDITOR)
@retried
@answers(Release, heeds_if_match=True)
@takes_body(ReleaseBody, example={"name": "Ugadi"})
async def rename_release(release_id: str, body: ReleaseBody) -> Response:
    """Give a release another name."""
    key = identifier(release_id)
    await editing.rename_release(key, body.name, version=if_match(), actor=actor())
    return await answer_one(queries.release, key)


@releases.delete("/<release_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
async def delete_release(release_id: str) -> Response:
    """Delete an open or cancelled release; its lessons stay as drafts."""
    await editing.delete_release(identifier(release_id), version=if_match(), actor=actor())
    return answer_deleted()


@releases.post("/<release_id>/lessons")
@requires(Role.EDITOR)
@idempotent
@answers(Release, heeds_if_match=True)
@takes_body(ReleaseLessons, example={"lesson_ids": [DRAFT_LESSON_ID]})
async def add_lessons(release_id: str, body: ReleaseLessons) -> Response:
    """Add lessons, all or none; they take the state and the time of the release."""
    key = identifier(release_id)
    await editing.add_lessons(key, body.lesson_ids, version=if_match(), actor=actor())
    return await answer_one(queries.release, key)


@releases.post("/<release_id>/ends")
@requires(Role.EDITOR)
@idempotent
@answers(Release, heeds_if_match=True)
@takes_body(ReleaseEnds, example={"lesson_ids": [LESSON_ID]})
async def end_lessons(release_id: str, body: ReleaseEnds) -> Response:
    """Have public lessons go down with the release, all or none; each is a change of it, cancelled by /cms/changes."""
    key = identifier(release_id)
    await editing.end_lessons(key, body.lesson_ids, version=if_match(), actor=actor())
    return await answer_one(queries.release, key)


@releases.delete("/<release_id>/lessons/<lesson_id>")
@requires(Role.EDITOR)
@retried
@answers(Release, heeds_if_match=True)
async def take_out_lesson(release_id: str, lesson_id: str) -> Response:
    """Take a lesson out of a release; if it was scheduled, it is a draft again."""
    key, lesson = identifier(release_id), identifier(lesson_id, "lesson_id")
    await editing.take_out_lesson(key, lesson, version=if_match(), actor=actor())
    return await answer_one(queries.release, key)


@releases.post("/<release_id>/schedule")
@requires(Role.EDITOR)
@idempotent
@answers(Release, heeds_if_match=True)
@takes_body(ScheduleRequest, example={"publish_at": MOMENT, "publish_zone": ZONE})
async def schedule_release(release_id: str, body: ScheduleRequest) -> Response:
    """Schedule a release with all that is in it; again to give them another time. The answer tells the time in UTC."""
    key = identifier(release_id)
    await editing.schedule_release(key, body.publish_at, body.publish_zone, version=if_match(), actor=actor())
    return await answer_one(queries.release, key)


@releases.post("/<release_id>/unschedule")
@requires(Role.EDITOR)
@idempotent
@answers(Release, heeds_if_match=True)
async def unschedule_release(release_id: str) -> Response:
    """Open a scheduled release again; its lessons become drafts, its changes wait for the next moment."""
    return await answer_step(editing.unschedule_release, queries.release, identifier(release_id))


@releases.post("/<release_id>/cancel")
@requires(Role.EDITOR)
@idempotent
@answers(Release, heeds_if_match=True)
async def cancel_release(release_id: str) -> Response:
    """Call a release off for good; its lessons become drafts of no release, its changes are cancelled."""
    return await answer_step(editing.cancel_release, queries.release, identifier(release_id))


@releases.post("/<release_id>/revert")
@requires(Role.EDITOR)
@idempotent
@answers(RevertedRelease, heeds_if_match=True)
@takes_query(RevertMode)
async def revert_release(release_id: str, query_args: RevertMode) -> Response:
    """Take a published release back in one transaction: what it published goes down, what it changed is as it was.

    With `dry_run=true`, only told: what goes down, which changes are taken back, and what the catalog shows then of the
    programs concerned. Where somebody has changed the same since, 409, unless `force=true`.
    """
    key, is_dry_run, force = identifier(release_id), bool(query_args.dry_run), bool(query_args.force)
    reverted = await reverting.revert_release(key, dry_run=is_dry_run, force=force, version=if_match(), actor=actor())
    told = {name: [plain(row) for row in rows] for name, rows in asdict(reverted).items()}
    return answer_made({"release_id": str(key), **told, "dry_run": is_dry_run})
