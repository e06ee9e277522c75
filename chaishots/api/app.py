"""The application: routes, errors and request ids put together. Start reading the HTTP face here."""

from collections.abc import Collection
from typing import Final

from quart import Quart, request
from quart_schema import QuartSchema
from werkzeug.exceptions import BadRequest, NotFound

from chaishots import __version__
from chaishots.api.auth import authorize
from chaishots.api.contract.openapi import Contract
from chaishots.api.contract.openapi_info import DESCRIPTION, LICENCE
from chaishots.api.contract.route_documentation import SCHEME
from chaishots.api.contract.validation import refuse_unknown_parameters
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.cache_control import Limits
from chaishots.api.delivery.catalog_reads import CATALOG, MOST_PARAMETERS, TOO_MANY_PARAMETERS
from chaishots.api.delivery.picture_delivery import PictureDelivery
from chaishots.api.middleware.cors_and_api_version import CrossOrigin
from chaishots.api.middleware.request_id import RequestIds
from chaishots.api.middleware.request_metrics import Measured
from chaishots.api.pages.page_reads import list_source, page_source
from chaishots.api.pages.page_routes import SOURCE
from chaishots.api.pages.preview_routes import TURNS, PreviewTurns, previews
from chaishots.api.pages.template_rendering import compile_templates
from chaishots.api.pages.urls import SITE, Site
from chaishots.api.pages.viewer_routes import viewer
from chaishots.api.problem_of_error import explain_errors
from chaishots.api.public_url import PUBLIC_URL
from chaishots.api.request_tasks import TASKS, RequestConnection, RequestTasks
from chaishots.api.routes.api_docs import docs
from chaishots.api.routes.catalog import SIGNER, catalog
from chaishots.api.routes.cms.activity import activity
from chaishots.api.routes.cms.calendar import calendar
from chaishots.api.routes.cms.files import files
from chaishots.api.routes.cms.lessons import lessons
from chaishots.api.routes.cms.many_lessons import many_lessons
from chaishots.api.routes.cms.pictures import PICTURES, pictures
from chaishots.api.routes.cms.preview import foresight
from chaishots.api.routes.cms.preview_links import preview_links
from chaishots.api.routes.cms.programs import programs
from chaishots.api.routes.cms.releases import releases
from chaishots.api.routes.cms.schedule import schedule
from chaishots.api.routes.cms.scheduled_changes import changes as scheduled_changes
from chaishots.api.routes.cms.tokens import tokens
from chaishots.api.routes.cms.topics import topics
from chaishots.api.routes.cms.webhooks import REACH, webhooks
from chaishots.api.routes.cms.why import why
from chaishots.api.routes.health_and_pictures import health, picture_files
from chaishots.api.routes.metrics import DELIVERY, metrics
from chaishots.api.signed_urls import UrlSigner
from chaishots.api.uploads import UploadRequest
from chaishots.content.pictures import stored_pictures
from chaishots.content.pictures.upload_and_removal import Pictures
from chaishots.database.connection import reading
from chaishots.database.listener import Listener
from chaishots.database.pool_shares import Share, current_share
from chaishots.outbound.allowed_urls import Reach
from chaishots.storage.folder_or_bucket import Store

BODY_BYTES: Final = 1024 * 1024
CACHE_BYTES: Final = 64 * 1024 * 1024
NOWHERE_PRIVATE: Final = Reach()
LIMITS: Final = Limits(max_age=10, stale_if_error=60)
_LOOK_SECONDS: Final = 1


def create_app(
    *,
    replica: str,
    listener: Listener | None = None,
    cache_bytes: int = CACHE_BYTES,
    limits: Limits = LIMITS,
    store: Store,
    tasks: RequestTasks,
    origin: str | None = None,
    cors_origins: Collection[str] = (),
    reach: Reach = NOWHERE_PRIVATE,
    signer: UrlSigner | None = None,
) -> Delivery:
    """The whole HTTP face of one replica, as an ASGI application; the pool has to be open while it serves.

    Args:
        listener: who hears of changes of content; it has to run while the application serves. None: the database is
            asked instead.
        cache_bytes: the most that rendered answers may take in memory.
        limits: how long downstream caches may keep answers.
        store: where pictures are kept.
        tasks: starts what is done for several requests together; who serves the application ends it.
        origin: scheme and authority at which the public reaches us; None: left out of pages, and elsewhere as the
            request came.
        cors_origins: whose pages may use the CMS from a browser.
        reach: where webhooks may lead.
        signer: of the URLs of content that token holders get; None: they get them as they are.
    """
    compile_templates()
    quart = create_quart(replica, origin=origin)
    site = Site(origin)
    pages = page_source(site)
    quart.config |= {SOURCE: pages, SITE: site, PICTURES: Pictures(store), TASKS: tasks, REACH: reach}
    quart.config[SIGNER] = signer
    delivery = Delivery(
        RequestIds(CrossOrigin(Measured(quart), cors_origins)),
        replica=replica,
        # One that does not run hears nothing, and says so.
        listener=listener or Listener("", application_name=""),
        cache_bytes=cache_bytes,
        limits=limits,
        sources=(CATALOG, pages, list_source(site)),
        # A file is as it is in the store: what is kept here spares reading it, as the operating system would anyway.
        pictures=PictureDelivery(
            store, memory_bytes=cache_bytes // 2, is_known=_is_picture_known, width_of=_width_of_picture, tasks=tasks
        ),
        tasks=tasks,
    )
    quart.config[DELIVERY] = delivery
    return delivery


def create_quart(replica: str, *, origin: str | None = None) -> Quart:
    """The routes and errors."""
    app = Quart(__name__)
    app.request_class = UploadRequest
    app.asgi_http_class = RequestConnection
    app.config["REPLICA"] = replica
    app.config[TURNS] = PreviewTurns()
    app.config[PUBLIC_URL] = origin
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    QuartSchema(
        app,
        info={"title": "Chai Shots", "version": __version__, "description": DESCRIPTION, "license": LICENCE},
        openapi_path=None,
        swagger_ui_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        openapi_provider_class=Contract,
        security_schemes={SCHEME: {"type": "http", "scheme": "bearer"}},
    )
    # After quart-schema, which brings its own provider.
    app.json.sort_keys = False  # pyright: ignore[reportAttributeAccessIssue]  # Quart's default provider has it
    # `//catalog` is no address of ours: it would be redirected, past caches and bounds, to wherever Host says.
    app.url_map.merge_slashes = False
    app.before_request(_require_plain_address)
    app.before_request(authorize)
    app.before_request(refuse_unknown_parameters)
    explain_errors(app)
    app.register_blueprint(catalog)
    app.register_blueprint(health)
    app.register_blueprint(metrics)
    app.register_blueprint(docs)
    app.register_blueprint(viewer)
    app.register_blueprint(previews)
    app.register_blueprint(picture_files)
    for resource in (
        programs,
        lessons,
        many_lessons,
        topics,
        schedule,
        calendar,
        releases,
        scheduled_changes,
        foresight,
        why,
        preview_links,
        pictures,
        files,
        webhooks,
        tokens,
        activity,
    ):
        app.register_blueprint(resource)
    return app


async def _is_picture_known(picture_id: str, width: int | None, form: str) -> bool:
    current_share.set(Share.TOKENS)
    async with reading(_LOOK_SECONDS) as connection:
        return await stored_pictures.has_file(connection, picture_id, width, form)


async def _width_of_picture(picture_id: str) -> int | None:
    current_share.set(Share.TOKENS)
    async with reading(_LOOK_SECONDS) as connection:
        return await stored_pictures.width_of(connection, picture_id)


async def _require_plain_address() -> None:
    """Refuse what no route takes before it is looked at: to list every fault of it would take longer than any read."""
    if request.scope["path"].startswith("//"):
        raise NotFound  # Quart would take the slashes off, and answer past what is held
    if request.query_string.count(b"&") >= MOST_PARAMETERS:
        raise BadRequest(TOO_MANY_PARAMETERS)
