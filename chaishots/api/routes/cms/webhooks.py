"""Webhooks, for admins: /cms/webhooks."""

import json
from typing import Any, Final, cast
from uuid import UUID

from quart import Blueprint, Response, current_app

from chaishots.api.auth import actor, requires
from chaishots.api.conditional_requests import if_match
from chaishots.api.contract.parameters import ListPage, identifier, takes_query
from chaishots.api.contract.requests import NewWebhook, Replay, WebhookPatch
from chaishots.api.contract.responses.webhooks import (
    Attempts,
    RequestedTest,
    Webhook,
    Webhooks,
    WebhookWithSecret,
)
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import hold_secret, idempotent, retried
from chaishots.api.routes.cms.representations import answer_changing, answer_deleted, answer_page
from chaishots.content.answer_format import compact
from chaishots.content.errors import InvalidContent
from chaishots.content.roles import Role
from chaishots.content.webhooks import endpoints
from chaishots.content.webhooks.messages import name_of
from chaishots.database.connection import reading
from chaishots.outbound.allowed_urls import Reach

webhooks = Blueprint("cms_webhooks", __name__, url_prefix="/cms/webhooks")

REACH: Final = "WEBHOOKS_REACH"
"""Where the application's configuration has where may be posted to."""


@webhooks.get("")
@requires(Role.ADMIN)
@answers(Webhooks)
@takes_query(ListPage)
async def list_webhooks(query_args: ListPage) -> Response:
    """Every webhook, the newest first, with how far it has come; never the secret."""
    async with reading() as connection:
        return answer_page("webhooks", await endpoints.webhooks(connection, query_args.window))


@webhooks.post("")
@requires(Role.ADMIN)
@idempotent
@answers(WebhookWithSecret, 201)
@takes_body(
    NewWebhook, example={"url": "https://receiver.example/hook", "events": ["lesson.published", "lesson.removed"]}
)
async def create_webhook(body: NewWebhook) -> Response:
    """Create a webhook; it is sent what happens from now on. `secret` is told this once."""
    _require_reachable(body.url)
    key, secret = await endpoints.create_webhook(body.values(), actor=actor())
    response = await _answer_with_secret(key, secret, 201)
    response.headers["Location"] = f"/cms/webhooks/{key}"
    return response


@webhooks.get("/<webhook_id>")
@requires(Role.ADMIN)
@answers(Webhook)
async def get_webhook(webhook_id: str) -> Response:
    """A webhook, with how far it has come."""
    return await answer_changing(endpoints.webhook, identifier(webhook_id))


@webhooks.patch("/<webhook_id>")
@requires(Role.ADMIN)
@retried
@answers(Webhook, heeds_if_match=True)
@takes_body(WebhookPatch, example={"status": "paused"})
async def change_webhook(webhook_id: str, body: WebhookPatch) -> Response:
    """Change where a webhook leads or what it is told, pause or resume it: a JSON Merge Patch (RFC 7396)."""
    key, values = identifier(webhook_id), body.values()
    if "url" in values:
        _require_reachable(body.url)
    await endpoints.change_webhook(key, values, version=if_match(), actor=actor())
    return await answer_changing(endpoints.webhook, key)


@webhooks.delete("/<webhook_id>")
@requires(Role.ADMIN)
@retried
@answers(None, 204, heeds_if_match=True)
async def delete_webhook(webhook_id: str) -> Response:
    """Delete a webhook with its attempts: nothing more is sent to it."""
    await endpoints.delete_webhook(identifier(webhook_id), version=if_match(), actor=actor())
    return answer_deleted()


@webhooks.post("/<webhook_id>/rotate")
@requires(Role.ADMIN)
@idempotent
@answers(WebhookWithSecret, heeds_if_match=True)
async def rotate_secret(webhook_id: str) -> Response:
    """Give a webhook another secret, told this once; for 24 h the former one signs too."""
    key = identifier(webhook_id)
    secret = await endpoints.rotate_secret(key, version=if_match(), actor=actor())
    return await _answer_with_secret(key, secret)


@webhooks.post("/<webhook_id>/test")
@requires(Role.ADMIN)
@idempotent
@answers(RequestedTest, 202)
async def test_webhook(webhook_id: str) -> tuple[Response, int]:
    """Have a test sent, once, also to one that is paused; its attempts tell what came of it."""
    message_id = await endpoints.request_test(identifier(webhook_id), actor=actor())
    told = compact({"message_id": name_of(message_id)})
    return Response(told, content_type="application/json", headers={"Cache-Control": "no-store"}), 202


@webhooks.post("/<webhook_id>/replay")
@requires(Role.ADMIN)
@idempotent
@answers(Webhook, heeds_if_match=True, problems=(410,))
@takes_body(Replay, example={"since": "2026-01-05T09:00:00+05:30"})
async def replay(webhook_id: str, body: Replay) -> Response:
    """Send a webhook again what came after a cursor or a moment: each thing once, as it is now."""
    key = identifier(webhook_id)
    await endpoints.replay(key, cursor=body.cursor, since=body.since, version=if_match(), actor=actor())
    return await answer_changing(endpoints.webhook, key)


@webhooks.get("/<webhook_id>/attempts")
@requires(Role.ADMIN)
@answers(Attempts)
@takes_query(ListPage)
async def list_attempts(webhook_id: str, query_args: ListPage) -> Response:
    """The tries of the last 30 days to send it something, the newest first."""
    async with reading() as connection:
        page = await endpoints.attempts(connection, identifier(webhook_id), query_args.window)
    return answer_page("attempts", page)


def _require_reachable(url: str) -> None:
    reach: Reach = cast("dict[str, Any]", current_app.config)[REACH]  # Quart's config is untyped
    if (refusal := reach.refusal(url)) is not None:
        raise InvalidContent(refusal, field="url")


async def _answer_with_secret(key: UUID, secret: str, status: int = 200) -> Response:
    hold_secret()
    async with reading() as connection:
        document = await endpoints.webhook(connection, key)
    told = compact({**json.loads(document.text), "secret": secret})
    headers = {"ETag": f'"{document.version}"', "Cache-Control": "no-store"}
    return Response(told, status, content_type="application/json", headers=headers)
