"""What every answer is: an object with an example; and the types that answers of several subjects share."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Json = dict[str, Any]  # Any: JSON
Count = Annotated[int, Field(ge=0)]
Version = Annotated[int, Field(ge=1, description="Goes up with every change; the ETag is this in quotes.")]
Cursor = Annotated[str | None, Field(description="Send it as `cursor` for the next page; null on the last.")]


class Answer(BaseModel):
    """A JSON object with these members and no others.

    example: one such answer.
    identifies: the parameter of an address that takes the id of what is answered, and where in the answer that id
        stands, as a JSON pointer; None when nothing can be done with it. From there /openapi.json links on.
    """

    model_config = ConfigDict(extra="forbid")

    example: ClassVar[Json]
    identifies: ClassVar[tuple[str, str] | None] = None


class Fault(Answer):
    """A field that is at fault, and what to do about it."""

    field: str
    message: str

    example = {"field": "limit", "message": "Input should be greater than or equal to 1."}


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is what programs should look at; texts may be reworded."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    code: str
    errors: list[Fault] = Field(default_factory=list[Fault], description="Each field at fault, where fields are.")
    current_version: Version = Field(default=1, description="Of a version conflict: the version it is at now.")


class Versioned(Answer):
    """A thing of the CMS; its ETag is its version in quotes."""

    id: UUID
    version: Version
