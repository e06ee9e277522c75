"""Links to the catalog as of a moment, without a login: /cms/preview/links. `preview_routes.py` has what they open."""

from dataclasses import asdict

from quart import Blueprint, Response
from werkzeug.exceptions import Forbidden

from chaishots.api.auth import actor, current_token, requires
from chaishots.api.contract.examples import MOMENT
from chaishots.api.contract.parameters import ListPage, identifier, takes_query
from chaishots.api.contract.requests import NewPreviewLink
from chaishots.api.contract.responses.schedule_preview_why import CreatedPreviewLink, PreviewLinks
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import hold_secret, idempotent, retried
from chaishots.api.public_url import PREVIEWS, public_url
from chaishots.api.routes.cms.representations import answer_deleted, answer_made, answer_page
from chaishots.content import preview_links as content
from chaishots.content.answer_format import plain
from chaishots.content.roles import Role
from chaishots.database.connection import reading

preview_links = Blueprint("cms_preview_links", __name__, url_prefix="/cms/preview/links")


@preview_links.get("")
@requires(Role.VIEWER)
@answers(PreviewLinks)
@takes_query(ListPage)
async def list_preview_links(query_args: ListPage) -> Response:
    """Every link, the newest first, expired and revoked ones too; never what opens it."""
    async with reading() as connection:
        return answer_page("links", await content.page_of_preview_links(connection, query_args.window))


@preview_links.post("")
@requires(Role.VIEWER)
@idempotent
@answers(CreatedPreviewLink, 201)
@takes_body(NewPreviewLink, example={"at": MOMENT})
async def create_preview_link(body: NewPreviewLink) -> Response:
    """Create a link that shows the catalog as of a moment to whoever has it; its addresses are told this once.

    It ends with the token that made it: once that is revoked, or has expired, the link opens nothing any more.
    """
    async with reading() as connection:
        link, text = await content.create_preview_link(
            connection,
            at=body.at,
            expires_at=body.expires_at,
            program_id=body.program_id,
            token_id=current_token().id,
            actor=actor(),
        )
    hold_secret()
    base = f"{public_url()}{PREVIEWS}/{text}"
    return answer_made({**plain(asdict(link)), "url": f"{base}/", "catalog_url": f"{base}/catalog"}, 201)


@preview_links.delete("/<link_id>")
@requires(Role.VIEWER)
@retried
@answers(None, 204)
async def revoke_preview_link(link_id: str) -> Response:
    """Revoke a link, at once on every replica: a viewer one that its token made, an editor any."""
    token = current_token()
    made_by = None if token.role.includes(Role.EDITOR) else token.id
    async with reading() as connection:
        if not await content.revoke_preview_link(connection, identifier(link_id), made_by=made_by, actor=actor()):
            raise Forbidden("Another token made this link: an editor may revoke it.")
    return answer_deleted()
