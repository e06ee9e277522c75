"""What every answer is: an object with an example; and the types that answers of several subjects share."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from chaishots.api.problem_of_error import PROBLEM_CODES
from chaishots.content.answer_format import MOMENT
from chaishots.content.lifecycle import ContentType

Json = dict[str, Any]  # Any: JSON
INT64: Final[JsonDict] = {"format": "int64"}
"""Of numbers that may need more than 32 bits, which generators take for a type of their own."""
Count = Annotated[int, Field(ge=0, json_schema_extra=INT64)]
Version = Annotated[
    int, Field(ge=1, description="Goes up with every change; the ETag is this in quotes.", json_schema_extra=INT64)
]
ShownDuration = Annotated[int, Field(ge=1, json_schema_extra=INT64)]
Seq = Annotated[int, Field(ge=1, description="The one order of everything that happened.", json_schema_extra=INT64)]


def open_enum(values: Iterable[str]) -> FieldInfo:
    """A text that is one of these today; others may come, and clients have to make do with them."""
    return Field(json_schema_extra={"x-extensible-enum": list(values)})


def _written(value: object) -> object:
    if not isinstance(value, str) or not re.search(MOMENT, value):
        raise ValueError(f"No moment as answers have them: {value!r}")
    return value


ShownContentType = Annotated[str, open_enum(ContentType)]
ShownMoment = Annotated[
    datetime,
    BeforeValidator(_written),
    Field(json_schema_extra={"pattern": MOMENT}),
]
ShownZone = Annotated[str, Field(description="The IANA time zone in which the moment before it was written.")]
Cursor = Annotated[str | None, Field(description="Send it as `cursor` for the next page; null on the last.")]


class Answer(BaseModel):
    """A JSON object with these members: here none is more, while the contract tells clients that others may come.

    example: one such answer.
    identifies: the parameter of an address that takes the id of what is answered, and where in the answer that id
        stands, as a JSON pointer; None when nothing can be done with it. From there /openapi.json links on.
    """

    # What checks an answer is made when something asks for it: that is the contract, and it takes time at the start.
    model_config = ConfigDict(extra="forbid", defer_build=True)

    example: ClassVar[Json]
    identifies: ClassVar[tuple[str, str] | None] = None


class Fault(Answer):
    """A field that is at fault, and what to do about it."""

    field: str
    message: str

    example = {"field": "limit", "message": "Input should be greater than or equal to 1."}


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is what programs should look at; texts may be reworded."""

    model_config = ConfigDict(defer_build=True)

    type: str
    title: str
    status: Annotated[int, Field(ge=300, le=599)]
    detail: str
    code: Annotated[str, open_enum(PROBLEM_CODES)]
    errors: list[Fault] = Field(default_factory=list[Fault], description="Each field at fault, where fields are.")
    more_errors: Count = Field(default=0, description="How many more faults there are than `errors` lists.")
    current_version: Version = Field(default=1, description="Of a version conflict: the version it is at now.")


class Versioned(Answer):
    """A thing of the CMS; its ETag is its version in quotes."""

    id: UUID
    version: Version
