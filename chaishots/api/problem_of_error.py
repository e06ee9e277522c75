"""Every error as a problem document (`problem_document.py`). The one place that knows which error is which status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pydantic import ValidationError
from quart import Quart, Response, request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from chaishots.api.log_limits import Seldom
from chaishots.api.problem_document import (
    BUSY_SECONDS,
    CODES,
    MOST_FAULTS,
    NAME_LENGTH,
    RETRY_AFTER_SECONDS,
    UNAVAILABLE,
    Problem,
    cut,
    overloaded,
    problem,
)
from chaishots.content.errors import (
    BadFile,
    ChangedSince,
    Conflict,
    ContentError,
    CursorExpired,
    Gone,
    InvalidContent,
    InvalidTransition,
    Moved,
    NotFound,
    NotPublishable,
    PictureInUse,
    PictureRefused,
    RefusedByDatabase,
    RowFault,
    RowsRefused,
    UnsupportedPicture,
    VersionConflict,
)
from chaishots.database.errors import (
    DatabaseBusy,
    DatabaseRefuses,
    DatabaseTrouble,
    Kind,
    Overloaded,
    Trouble,
    exception_for,
    trouble_of,
)
from chaishots.logs import named_logger
from chaishots.storage.folder_or_bucket import StoreAway

STATUS: Final[Mapping[type[ContentError], int]] = {
    Moved: 308,
    NotFound: 404,
    Gone: 410,
    CursorExpired: 410,
    Conflict: 409,
    ChangedSince: 409,
    InvalidTransition: 409,
    NotPublishable: 409,
    PictureInUse: 409,
    RefusedByDatabase: 409,
    VersionConflict: 412,
    UnsupportedPicture: 415,
    InvalidContent: 422,
    PictureRefused: 422,
    RowsRefused: 422,
    BadFile: 422,
}
PROBLEM_CODES: Final = tuple(
    dict.fromkeys(
        (
            *CODES.values(),
            *(error.code for error in STATUS),
            *("precondition_failed", "overloaded", "range_not_satisfiable", "request_timeout"),
            *("store_unavailable", "database_busy", "database_refuses"),
            # What is no request that the server reads, and what the proxy of docker-compose.yml says of its own.
            *("header_too_large", "not_implemented", "http_version"),
            *("too_many_requests", "unavailable", "uri_too_long"),
        )
    )
)
"""Every code that a problem document may have; docs/ERRORS.md says what each means. New ones may come."""

_MOVED_FOR: Final = "public, max-age=60"
"""Without it, browsers would keep a 308 for ever; and a slug may be given up."""
_log = named_logger("api")
_seldom = Seldom(seconds=1)
_troubles = Seldom(seconds=60)  # the first is told at once; while one lasts, every request meets it


def problem_of(error: Exception, *, to_editors: bool = False) -> Problem:
    """What is answered for an error of content, of the database, or what nobody foresaw; the last two are logged.

    Args:
        to_editors: whether to say what Postgres said, and what to do: the public learns the cause in a word.
    """
    if isinstance(error, ContentError):
        return _of_content(error)
    if isinstance(error, StoreAway):
        if (more := _troubles.again("store.away")) is not None:
            _log.error("store.away", reason=str(error), action=error.action, more_since=more)
        cause = "The store of pictures is not reached at the moment."
        detail = f"{error} {error.action}" if to_editors else f"{cause} Try again shortly."
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem(503, "store_unavailable", detail, headers=headers)
    trouble = error if isinstance(error, DatabaseTrouble) else exception_for(error)
    if trouble is not None:
        return _of_database(trouble, to_editors=to_editors)
    rule = trouble_of(error)
    if rule.kind is Kind.RULE and rule.sqlstate is not None:
        _tell("database.rule", rule)
        detail = (
            f"A rule of the database refuses it: {rule.reason}" if to_editors else "A rule of the database refuses it."
        )
        return problem(409, "refused_by_database", detail)
    if (more := _seldom.again("request.failed")) is not None:
        _log.error("request.failed", exc_info=error, more_since=more)
    return problem(500, CODES[500], "Something went wrong here; tell the operator the X-Request-ID of this answer.")


def explain_errors(app: Quart) -> None:
    """Make every error of the app a problem document; what nobody foresaw is logged, once, and told as a 500."""
    app.register_error_handler(ContentError, _answer_error)
    app.register_error_handler(RequestSchemaValidationError, _invalid_request)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _answer_error)


async def _answer_error(error: Exception) -> Response:
    return problem_of(error, to_editors=request.path.startswith("/cms/")).response()


def _of_content(error: ContentError) -> Problem:
    if isinstance(error, BadFile):
        return _of_file(error)
    if isinstance(error, NotPublishable):
        named = [{"field": obstacle.field, "message": obstacle.text} for obstacle in error.obstacles]
    elif isinstance(error, PictureInUse):
        named = [{"field": f"{use.kind}s/{use.id}", "message": use.title} for use in error.uses]
    elif isinstance(error, RowsRefused):
        named = [{"field": _place(fault), "message": fault.text} for fault in error.faults]
    else:
        named = [{"field": error.field, "message": str(error)}] if error.field else []
    members = {"current_version": error.current} if isinstance(error, VersionConflict) else {}
    headers = {"Location": error.location, "Cache-Control": _MOVED_FOR} if isinstance(error, Moved) else None
    return problem(STATUS[type(error)], error.code, str(error), errors=named, members=members, headers=headers)


def _of_file(error: BadFile) -> Problem:
    named = [{"field": fault.place or "file", "message": fault.sentence} for fault in error.faults]
    listed = len(named)
    return problem(
        STATUS[BadFile], error.code, str(error), errors=named, most_errors=listed, more_errors=error.total - listed
    )


def _place(fault: RowFault) -> str:
    return f"{fault.row}.{fault.field}" if fault.field else str(fault.row)


async def _invalid_request(error: RequestSchemaValidationError) -> Response:
    cause = error.validation_error
    if not isinstance(cause, ValidationError):
        return problem(400, CODES[400], "The request could not be read: check its JSON.").response()
    return invalid(cause).response()


def invalid(cause: ValidationError) -> Problem:
    """What is answered when parameters or a body have the wrong form."""
    named = [
        {
            "field": ".".join(str(part) for part in fault["loc"]) or "body",
            "message": _sentence(fault["type"], fault["msg"]),
        }
        for fault in cause.errors(include_url=False, include_context=False, include_input=False)
    ]
    fields = ", ".join(dict.fromkeys(cut(fault["field"], NAME_LENGTH) for fault in named[:MOST_FAULTS]))
    return problem(422, CODES[422], f"Check what was sent as {fields}.", errors=named)


async def _http_error(error: HTTPException) -> Response:
    return problem_of_http(error).response()


def problem_of_http(error: HTTPException) -> Problem:
    """What is answered for an error of HTTP, such as an address that is none."""
    status = error.code or 500
    if error.response is not None:
        status = error.response.status_code
    headers = {
        name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After", "WWW-Authenticate"}
    }
    code = CODES.get(status, HTTPStatus(status).name.lower())
    return problem(status, code, _detail(error, status), headers=headers)


def _detail(error: HTTPException, status: int) -> str:
    """What was said where the error was raised; else ours, which says more than the library's own words."""
    said = error.description if error.description != type(error).description else None
    return said or _DETAILS.get(status) or error.description or HTTPStatus(status).phrase


def _of_database(error: DatabaseTrouble, *, to_editors: bool) -> Problem:
    if isinstance(error, DatabaseBusy):
        if isinstance(error, Overloaded):
            return overloaded(str(error))
        _tell("database.busy", error.trouble)
        headers = {"Retry-After": str(BUSY_SECONDS)}
        detail = str(error.trouble) if to_editors else _BUSY[error.trouble.kind is Kind.SLOW]
        return problem(503, "database_busy", detail, headers=headers)
    if isinstance(error, DatabaseRefuses):
        _tell("database.refuses", error.trouble)
        cause = error.trouble.of_writes if to_editors else "The database refuses what was asked, until it is mended."
        detail = f"{cause} {error.trouble.action}" if to_editors else cause
        return problem(503, "database_refuses", detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    _tell("database.away", error.trouble)
    return UNAVAILABLE


# For the public: whose session it is that is in the way, editors and the log are told.
_BUSY: Final = (
    "Somebody else has what was asked for locked at this moment. Try again shortly.",
    "The database took too long. Try again shortly.",
)


def _tell(event: str, trouble: Trouble) -> None:
    """A line of log, once a minute for each cause: a trouble of all requests would be thousands."""
    # Of what a function of somebody's raises there may be any number of codes.
    cause = trouble.sqlstate if trouble.kind is not Kind.RULE else None
    if (more := _troubles.again(f"{event} {trouble.kind} {cause}")) is not None:
        _log.warning(event, reason=trouble.text, action=trouble.action, sqlstate=trouble.sqlstate, more_since=more)


def _sentence(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "There is no such parameter here: leave it out."
    if kind == "model_type":  # pydantic names our class
        return "Send a JSON object."
    if kind == "too_long":  # it names Python's kind of list
        message = f"Send at most {message.partition(' at most ')[2].replace(' after validation', '')}"
    return message if message.endswith(".") else f"{message}."


_DETAILS: Final[Mapping[int, str]] = {
    404: "There is nothing at this address.",
    405: "This address does not take this method; Allow lists those it does.",
    413: "The body is larger than 1 MiB: send less at once.",
    415: "Send the body as application/json.",
}
