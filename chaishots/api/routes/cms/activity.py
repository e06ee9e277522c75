"""The history, and taking one change of it back: /cms/activity."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.contract.parameters import ActivityPage, TakingBack, takes_query
from chaishots.api.contract.responses.history_tokens_health import Activity, Reverted
from chaishots.api.contract.route_documentation import answers
from chaishots.api.idempotent_requests import idempotent
from chaishots.api.routes.cms.representations import answer_made, answer_page
from chaishots.content.answer_format import moment, plain
from chaishots.content.editing.revert_change import Before, revert_change
from chaishots.content.errors import InvalidContent
from chaishots.content.queries.history import page_of_history
from chaishots.content.roles import Role
from chaishots.database.connection import reading

activity = Blueprint("cms_activity", __name__, url_prefix="/cms/activity")


@activity.get("")
@requires(Role.VIEWER)
@answers(Activity)
@takes_query(ActivityPage)
async def list_activity(query_args: ActivityPage) -> Response:
    """Who changed what, when, what it was before and after; the newest first."""
    async with reading() as connection:
        return answer_page(
            "activity",
            await page_of_history(
                connection,
                query_args.window,
                object_id=query_args.object_id,
                actor=query_args.actor,
                action=query_args.action,
            ),
        )


@activity.post("/<seq>/revert")
@requires(Role.EDITOR)
@idempotent
@answers(Reverted)
@takes_query(TakingBack)
async def revert_activity(seq: str, query_args: TakingBack) -> Response:
    """Take one change back: what it changed is as it was, as far as the rules allow.

    `dry_run=true` tells what would change, or what refuses it, and does nothing. Refused where something else has
    changed the same since, unless `force=true`. What it made public is archived.
    """
    if not re.fullmatch("[1-9][0-9]{0,17}", seq):
        raise InvalidContent("Give the seq of a line of the history, a whole number.", field="seq")
    is_dry_run = bool(query_args.dry_run)
    reverted = await revert_change(int(seq), force=bool(query_args.force), dry_run=is_dry_run, actor=actor())
    lines = [
        {"action": line.action, "before": _shown(line.before), "after": _shown(line.after)} for line in reverted.lines
    ]
    return answer_made({**plain(asdict(reverted)), "lines": lines, "dry_run": is_dry_run})


def _shown(columns: Before) -> dict[str, Any]:  # Any: JSON
    # Triggers write moments as Postgres does.
    return {
        name: moment(datetime.fromisoformat(value)) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in columns.items()
    }
