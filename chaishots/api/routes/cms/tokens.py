"""Tokens, for admins: /cms/tokens."""

import re
from dataclasses import asdict
from typing import Final

from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.contract.parameters import ListPage, takes_query
from chaishots.api.contract.requests import NewToken
from chaishots.api.contract.responses.history_tokens_health import CreatedToken, Tokens
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import hold_secret, idempotent, retried
from chaishots.api.routes.cms.representations import answer_deleted, answer_page
from chaishots.content import tokens as content
from chaishots.content.answer_format import compact, plain
from chaishots.content.errors import InvalidContent
from chaishots.content.roles import Role
from chaishots.content.text_normalisation import TOKEN_NAME, normalised
from chaishots.database.connection import reading

tokens = Blueprint("cms_tokens", __name__, url_prefix="/cms/tokens")

_NAME: Final = re.compile(TOKEN_NAME)


@tokens.get("")
@requires(Role.ADMIN)
@answers(Tokens)
@takes_query(ListPage)
async def list_tokens(query_args: ListPage) -> Response:
    """Every token by name, revoked ones too; never the secret."""
    async with reading() as connection:
        page = await content.page_of_tokens(connection, query_args.window)
    return answer_page("tokens", page)


@tokens.post("")
@requires(Role.ADMIN)
@idempotent
@answers(CreatedToken, 201)
@takes_body(NewToken, example={"name": "ravi", "role": "viewer"})
async def create_token(body: NewToken) -> tuple[Response, int]:
    """Create a token; `token` is told this once."""
    async with reading() as connection:
        token, text = await content.create_token(
            connection, body.name, body.role, expires_at=body.expires_at, actor=actor()
        )
    hold_secret()
    response = Response(compact({**plain(asdict(token)), "token": text}), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response, 201


@tokens.delete("/<name>")
@requires(Role.ADMIN)
@retried
@answers(None, 204)
async def revoke_token(name: str) -> Response:
    """Revoke the active token of this name, at once on every replica."""
    name = normalised(name)
    if not _NAME.fullmatch(name):
        raise InvalidContent("Use a name as the list of tokens shows it.", field="name")
    async with reading() as connection:
        await content.revoke_token(connection, name, actor=actor())
    return answer_deleted()
