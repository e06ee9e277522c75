"""What will be public at a later moment: /cms/preview/programs."""

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError
from quart import Blueprint, Response

from chaishots.api.auth import requires
from chaishots.api.contract.catalog_parameters import CatalogFilter
from chaishots.api.contract.parameters import identifier, said, takes_query
from chaishots.api.contract.responses.schedule_preview_why import Preview, PreviewedProgram
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.values import Moment
from chaishots.content.catalog import preview
from chaishots.content.roles import Role
from chaishots.database.connection import reading

foresight = Blueprint("cms_foresight", __name__, url_prefix="/cms")

_LOST_PLUS: Final = re.compile(r".*:\d\d(\.\d+)? \d\d:?\d\d")


def _with_its_plus(value: object) -> object:
    if isinstance(value, str) and _LOST_PLUS.fullmatch(value):
        raise PydanticCustomError("moment", "In an address, write the + of the offset as %2B, or give UTC with a Z.")
    return value


At = Annotated[
    Moment,
    BeforeValidator(_with_its_plus),
    said("The moment to look at, with its offset; write its + as %2B.", "2030-02-01T03:30:00Z"),
]


class PreviewPage(CatalogFilter):
    """Which programs, of those that will be public at a moment."""

    at: At


class PreviewMoment(BaseModel):
    """The moment to look at."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    at: At


@foresight.get("/preview/programs")
@requires(Role.VIEWER)
@answers(Preview)
@takes_query(PreviewPage)
async def preview_programs(query_args: PreviewPage) -> Response:
    """The catalog as the public will see it at that moment, with `blocked`: what is planned and will not be there."""
    selection = query_args.selection()
    async with reading() as connection:
        return _json(await preview.programs(connection, query_args.at, limit=query_args.limit, selection=selection))


@foresight.get("/preview/programs/<program_id>")
@requires(Role.VIEWER)
@answers(PreviewedProgram)
@takes_query(PreviewMoment)
async def preview_program(program_id: str, query_args: PreviewMoment) -> Response:
    """A program as the public will see it at that moment, with `blocked`: its lessons that will not be there."""
    async with reading() as connection:
        return _json(await preview.program(connection, identifier(program_id), query_args.at))


def _json(document: str) -> Response:
    response = Response(document, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
