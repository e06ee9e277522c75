"""Scheduled changes: make one, give it another moment or patch, cancel it. Each command is one transaction.

What a patch may say of a thing is looked at by whoever takes it, as for a change at once. Here it is tried, as the
publisher will apply it, and taken back again: so what the rules refuse today is told today. The publisher tries anew.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import lifecycle
from chaishots.content.answer_format import compact
from chaishots.content.editing.load_and_save import Values, database_now, insert, save
from chaishots.content.editing.scheduled_change_trial import require_fit
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import InvalidContent, InvalidTransition
from chaishots.content.lifecycle import ChangeStatus, ObjectType
from chaishots.content.limits import LARGEST_PATCH_BYTES
from chaishots.content.models import Release, ScheduledChange

Patch = Mapping[str, Any]  # Any: JSON


async def schedule_change(
    object_type: ObjectType,
    object_id: UUID,
    patch: Patch,
    apply_at: datetime | None = None,
    publish_zone: str | None = None,
    *,
    release_id: UUID | None = None,
    actor: str,
) -> ScheduledChange:
    """Schedule a change of a program, term or lesson, which stays as it is until then.

    Args:
        patch: as a change at once takes it, in JSON, topics by name; a program's slug stays, unless it says one.
        apply_at: with its offset, and yet to come by the database's clock; None of one that joins a release.
        publish_zone: the IANA zone in which that was written, where one was named.
        release_id: the release that it joins, whose moment it takes; open or scheduled.
    Raises: NotFound when there is no such thing, InvalidContent, Conflict, InvalidTransition: what the rules refuse.
    """
    _require_patch(patch)
    async with changing(actor) as transaction:
        await _require_moment(apply_at, publish_zone, release_id, object_type, transaction)
        if release_id is not None:
            await _lock_release(release_id, transaction)
        made = await insert(
            ScheduledChange,
            {
                "object_type": object_type,
                "object_id": object_id,
                "patch": dict(patch),
                "apply_at": apply_at,
                "publish_zone": publish_zone,
                "release_id": release_id,
                "scheduled_by": actor,
            },
            transaction,
        )
        await require_fit(made.id, transaction)
        return made


async def change_change(change_id: UUID, values: Values, *, version: int | None = None, actor: str) -> ScheduledChange:
    """Give a scheduled change another moment or patch.

    Args:
        values: `patch`, in place of the one before; `apply_at`; `publish_zone`, which without it is null for a moment
            that is new; `release_id`, of the release that it joins, or None to take it out: it keeps its moment then,
            or gets the one that is given.
    Raises: NotFound, VersionConflict, InvalidTransition when it was applied or cancelled, and as `schedule_change`.
    """
    if "patch" in values:
        _require_patch(values["patch"])
    async with changing(actor) as transaction:
        found = await lock(ScheduledChange, change_id, transaction, version=version)
        _require_scheduled(found)
        release_id = values.get("release_id", found.release_id)
        if "apply_at" in values:
            moment = values["apply_at"], values.get("publish_zone")
            await _require_moment(*moment, release_id, found.object_type, transaction)
            values = {"publish_zone": None, **values}
        if not values:
            return found
        if release_id != found.release_id and release_id is not None:
            await _lock_release(release_id, transaction)
        for name, value in values.items():
            setattr(found, name, value)
        changed = await save(found, list(values), transaction)
        await require_fit(changed.id, transaction)
        return changed


async def cancel_change(change_id: UUID, *, version: int | None = None, actor: str) -> ScheduledChange:
    """Call a scheduled change off for good. Raises: NotFound, VersionConflict, InvalidTransition if it was applied."""
    async with changing(actor) as transaction:
        found = await lock(ScheduledChange, change_id, transaction, version=version)
        if found.status == ChangeStatus.CANCELLED:
            return found
        _require_scheduled(found)
        found.status, found.error = ChangeStatus.CANCELLED, None
        return await save(found, ["status", "error"], transaction)


def _require_scheduled(found: ScheduledChange) -> None:
    if found.status != ChangeStatus.SCHEDULED:
        raise InvalidTransition(f"The change was {found.status} already: schedule another one.", field="status")


def _require_patch(patch: Patch) -> None:
    if not patch:
        raise InvalidContent("Say what to change: the patch is empty.", field="patch")
    if len(compact(patch).encode()) > LARGEST_PATCH_BYTES:
        raise InvalidContent(
            f"A patch has {LARGEST_PATCH_BYTES:,} bytes at most: make several changes of it, at the same moment.",
            field="patch",
        )


async def _lock_release(release_id: UUID, transaction: TransactionalDBClient) -> None:
    # The release before what is in it, as whoever schedules one locks them.
    if not lifecycle.RELEASE_TRANSITIONS[(found := await lock(Release, release_id, transaction)).status]:
        raise InvalidTransition(f"The release is {found.status}: make another one for this change.", field="release_id")


async def _require_moment(
    apply_at: datetime | None,
    publish_zone: str | None,
    release_id: UUID | None,
    object_type: ObjectType,
    transaction: TransactionalDBClient,
) -> None:
    if release_id is not None:
        if apply_at is not None or publish_zone is not None:
            text = "A change of a release has the release's moment: leave this out, or take the change out of it."
            raise InvalidContent(text, field="publish_zone" if apply_at is None else "apply_at")
        return
    if apply_at is None:
        raise InvalidContent("Say when: a moment (apply_at), or a release that has one (release_id).", field="apply_at")
    if apply_at <= await database_now(transaction):
        raise InvalidContent(
            f"This time has passed: choose a later one, or change the {object_type} now, by PATCH.", field="apply_at"
        )
