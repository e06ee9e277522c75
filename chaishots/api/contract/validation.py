"""Request bodies: JSON, read strictly, checked against a model, and documented with it."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Final, LiteralString, TypeVar, cast

import quart_schema
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError
from quart import current_app, request
from quart_schema import RequestSchemaValidationError
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, QuerystringValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from chaishots.api.contract.parameters import NoParameters
from chaishots.api.contract.route_documentation import is_documented

_EXTRA: Final = "extra_forbidden"
_EXAMPLE: Final = "chaishots_example"
_JSON: Final = frozenset({"application/json", "application/merge-patch+json"})
_DEEPEST: Final = 32
_MOST_KEYS: Final = 1_000
_MOST_DIGITS: Final = 100
_MOST_VALUES: Final = 12_000
"""More than the largest order of lessons (10,000) needs; to read and check so many takes some 50 ms."""

Body = TypeVar("Body", bound=BaseModel)
Route = TypeVar("Route", bound=Callable[..., Awaitable[Any]])  # Any: routes take and give what they like


def takes_body(model: type[BaseModel], *, example: object) -> Callable[[Route], Route]:
    """Check a route's JSON body against the model, hand it over as `body`, and document it with the example.

    Raises: UnsupportedMediaType (415), BadRequest (400) when it is no JSON, RequestSchemaValidationError (422).
    """

    def checked(route: Route) -> Route:
        @wraps(route)
        async def with_body(*args: Any, **kwargs: Any) -> Any:
            if request.mimetype not in _JSON:
                raise UnsupportedMediaType
            document = _parsed(cast("bytes", await request.get_data()))
            return await route(*args, body=read_as(model, document), **kwargs)

        setattr(with_body, _EXAMPLE, example)
        # cast: quart-schema leaves its decorators untyped; the route keeps its own type.
        return cast("Route", quart_schema.document_request(model)(with_body))  # pyright: ignore[reportUnknownMemberType]

    return checked


def read_as(model: type[Body], document: object) -> Body:
    """Part of a body, checked against the model. Raises: RequestSchemaValidationError (422)."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise RequestSchemaValidationError(_with_hints(error, getattr(model, "elsewhere", {}))) from error


def _with_hints(error: ValidationError, elsewhere: Mapping[str, str]) -> ValidationError:
    """The error, saying of each member that is not taken here where it is."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if not any(fault["type"] == _EXTRA and fault["loc"][-1] in elsewhere for fault in faults):
        return error
    told = [
        (fault["loc"], "elsewhere", elsewhere[str(fault["loc"][-1])])
        if fault["type"] == _EXTRA and fault["loc"][-1] in elsewhere
        else (fault["loc"], fault["type"], fault["msg"])
        for fault in faults
    ]
    return ValidationError.from_exception_data(
        error.title,
        [
            {
                "type": PydanticCustomError(cast("LiteralString", kind), "{reason}", {"reason": text}),
                "loc": loc,
                "input": None,
            }
            for loc, kind, text in told
        ],
    )


def example_of(route: object) -> object:
    """The example of the body that the route takes; None when it takes none."""
    return getattr(route, _EXAMPLE, None)


async def refuse_unknown_parameters() -> None:
    """Refuse query parameters of a documented route that declares none. Before each request.

    Pages and files are no such routes: what others append to links to them does no harm.

    Raises: QuerystringValidationError (422).
    """
    if not request.args or request.url_rule is None or request.method == "OPTIONS":
        return
    route = current_app.view_functions[request.url_rule.endpoint]
    if is_documented(route) and not hasattr(route, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE):
        try:
            NoParameters.model_validate(request.args.to_dict())
        except ValidationError as error:
            raise QuerystringValidationError(error) from error


def _parsed(body: bytes) -> Any:
    # Counted in texts too: it bounds the time that what follows takes, whatever is sent.
    if body.count(b",") + body.count(b"[") + body.count(b"{") > _MOST_VALUES:
        raise BadRequest(f"The body has more than {_MOST_VALUES} values, or commas: send less at once.")
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant, parse_int=_whole_number
        )
        # Lone surrogates, which \\u escapes can smuggle in, are no text that anybody could keep.
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except UnicodeError:
        raise BadRequest("The body is not UTF-8 text throughout.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not the JSON that is read here: {error}.") from None
    if _depth(document) > _DEEPEST:
        raise BadRequest("The body is nested too deeply.")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MOST_KEYS:
        raise ValueError(f"an object has more than {_MOST_KEYS} keys")
    document = dict(pairs)
    if len(document) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {name[:80]!r} stands twice")
            seen.add(name)
    return document


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:  # the time that it takes grows with their square
        raise ValueError(f"a number has more than {_MOST_DIGITS} digits")
    return int(digits)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _depth(document: Any) -> int:
    deepest = 0
    level: list[Any] = [document]
    while level:
        deepest += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return deepest


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()
