"""What requests look like: their parameters and their bounds, checked before anything is asked of the content."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar, cast
from uuid import UUID

import quart_schema
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from chaishots.content.errors import InvalidContent
from chaishots.content.lifecycle import LANGUAGE_PATTERN

F = TypeVar("F", bound=Callable[..., Any])  # Any: routes take and give what they like

_LANGUAGE: Final = re.compile(LANGUAGE_PATTERN)


def _language(tag: str) -> str:
    if not _LANGUAGE.fullmatch(tag):
        raise PydanticCustomError("language", "Use a language tag such as te, en or zh-Hant.")
    return tag


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("printable", "Leave out control characters.")
    return text


Language = Annotated[str, AfterValidator(_language), Field(json_schema_extra={"pattern": LANGUAGE_PATTERN})]


class NoParameters(BaseModel):
    """A route that takes nothing in its query."""

    model_config = ConfigDict(extra="forbid")


class CatalogPage(BaseModel):
    """Which public programs, and how many of them at once."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    topic: Annotated[str, AfterValidator(_printable), Field(min_length=1, max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=200)] | None = None


def takes_query(model: type[BaseModel]) -> Callable[[F], F]:
    """Check a route's query against the model, hand it over as `query_args`, and document it."""
    # cast: quart-schema leaves the decorator untyped; the route keeps its own type.
    return cast("Callable[[F], F]", quart_schema.validate_querystring(model))  # pyright: ignore[reportUnknownMemberType]


def identifier(text: str, field: str = "id") -> UUID:
    """The UUID that part of an address stands for, in its usual form. Raises: InvalidContent."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        raise InvalidContent("Use an id as it was given: 8-4-4-4-12 hexadecimal digits.", field=field)
    return found
