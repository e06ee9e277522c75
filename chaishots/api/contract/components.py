"""What the operations of /openapi.json share: parameters, headers and errors, each described once, with an example."""

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from chaishots import API_VERSION
from chaishots.api.contract.examples import (
    CHANGE_ID,
    LESSON_ID,
    PICTURE_ID,
    PREVIEW_LINK_ID,
    PROGRAM_ID,
    RELEASE_ID,
    TERM_ID,
    TOPIC_ID,
    WEBHOOK_ID,
)
from chaishots.api.contract.responses.answer import Fault, Json, Problem
from chaishots.api.contract.values import ID
from chaishots.api.problem_document import CODES, OVERLOADED, PRECONDITION_FAILED, RETRY_AFTER_SECONDS
from chaishots.content import slug_spelling
from chaishots.content.errors import CursorExpired, Moved
from chaishots.content.text_normalisation import TOKEN_NAME

IN_ADDRESSES: Final[Mapping[str, tuple[str, object]]] = {
    "program_id": ("The program's id.", PROGRAM_ID),
    "term_id": ("The term's id.", TERM_ID),
    "lesson_id": ("The lesson's id.", LESSON_ID),
    "topic_id": ("The topic's id.", TOPIC_ID),
    "release_id": ("The release's id.", RELEASE_ID),
    "change_id": ("The scheduled change's id.", CHANGE_ID),
    "link_id": ("The preview link's id.", PREVIEW_LINK_ID),
    "webhook_id": ("The webhook's id.", WEBHOOK_ID),
    "picture_id": ("The picture's id: the SHA-256 of what was sent.", PICTURE_ID),
    "seq": ("The line's number in the history.", "1841"),
    "file": (
        "`{id}.webp` at its widest, `{id}-{width}.webp` in one of its widths; `.avif` where the picture lists it.",
        f"{PICTURE_ID}-640.webp",
    ),
    "name": ("The name that the token was given.", "ravi"),
}
IN_PUBLIC_ADDRESSES: Final[Mapping[str, tuple[str, object, str]]] = {
    "program_id": (
        "The program's id, or its slug; a former one redirects.",
        PROGRAM_ID,
        f"^({slug_spelling.PATTERN}|{ID})$",
    ),
}
PATTERNS: Final = {
    "picture_id": "^[0-9a-f]{64}$",
    "file": r"^[0-9a-f]{64}(-[1-9][0-9]{0,4})?\.(webp|avif)$",
    "name": TOKEN_NAME,
    "seq": "^[1-9][0-9]{0,17}$",
}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that the change is meant for; any version will do when it is left out.",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,10}")$', "examples": ["*"]},
}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same key within a day, the request is done once and answered as it was.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
        "examples": ["5b1c8e1e-6c0c-4b0e-9d59-0f1c5f1f6a53"],
    },
}
IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that you have: 304, without a body, when it still is the same.",
    "schema": {"type": "string", "maxLength": 1_000, "pattern": "^[ -~]*$", "examples": ['"5b1c8e1e6c0c4b0e9d590f1c"']},
}
IF_MODIFIED_SINCE: Final = {
    "name": "If-Modified-Since",
    "in": "header",
    "description": "The Last-Modified of the answer that you have; not looked at beside If-None-Match.",
    "schema": {
        "type": "string",
        "maxLength": 100,
        "pattern": "^[ -~]*$",
        "examples": ["Thu, 31 Jan 2030 03:30:00 GMT"],
    },
}
_HEADERS: Final[Mapping[str, Json]] = {
    "X-Request-ID": {
        "description": "The request's name in the log: yours, or one that was made for it.",
        "schema": {"type": "string"},
        "example": "0f1c5f1f6a535b1c8e1e6c0c4b0e9d59",
    },
    "API-Version": {
        "description": "What the API promises to stay compatible with (docs/API.md).",
        "schema": {"type": "string"},
        "example": API_VERSION,
    },
    "ETag": {
        "description": "The version, for If-Match.",
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "example": '"5"',
    },
    "EntityTag": {
        "description": "What the answer is told by, for If-None-Match; 304 follows when it still is the same.",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]+(-[a-z]+)?"$'},
        "example": '"5b1c8e1e6c0c4b0e9d590f1c-gzip"',
        "required": False,
    },
    "Last-Modified": {
        "description": "When the answer was first seen like this, for If-Modified-Since; not told within that second.",
        "schema": {"type": "string"},
        "example": "Thu, 31 Jan 2030 03:30:00 GMT",
        "required": False,
    },
    "Cache-Control": {
        "description": "For how long caches may keep it: never past what is scheduled to change it.",
        "schema": {"type": "string"},
        "example": "public, max-age=8, stale-while-revalidate=2, stale-if-error=60",
    },
    "Cache-Status": {
        "description": "Where it comes from (RFC 9211); `detail=stale` while the database is away.",
        "schema": {"type": "string"},
        "example": "chaishots; hit",
        "required": False,
    },
    "Vary": {
        "description": "What of the request it depends on.",
        "schema": {"type": "string"},
        "example": "Accept-Encoding, Authorization",
    },
    "Location": {
        "description": "Where the new thing is, or where what was asked for is now.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"/cms/programs/{PROGRAM_ID}",
    },
    "WWW-Authenticate": {
        "description": "What to authenticate with.",
        "schema": {"type": "string"},
        "example": 'Bearer realm="chaishots"',
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": RETRY_AFTER_SECONDS,
    },
}
_ERRORS: Final[Mapping[int, tuple[str, str, str]]] = {
    308: ("It has another address now.", Moved.code, str(Moved(""))),
    400: (
        "The body is not the JSON that is read here, or there are more than 32 query parameters.",
        CODES[400],
        "The body is not UTF-8 text throughout.",
    ),
    401: ("No token, or one that is not valid.", CODES[401], "This needs a token: send it as Authorization: Bearer …"),
    403: (
        "The token's role does not allow it.",
        CODES[403],
        "This needs a token with the role editor; yours is viewer.",
    ),
    404: ("There is no such thing, or it is not public.", CODES[404], "There is no lesson with this id."),
    408: (
        "The body did not come in time.",
        "request_timeout",
        "The picture did not come within 120 s: send it again.",
    ),
    409: (
        "Something unique is there already, or the thing is not in a state from which this can be done.",
        "invalid_transition",
        "A published lesson cannot become scheduled.",
    ),
    410: (
        "The cursor is too old, or of another history.",
        CursorExpired.code,
        "This cursor is older than what the feed still tells: begin anew, without a cursor.",
    ),
    412: (
        "It was changed since you read it.",
        "version_conflict",
        "It has changed since you read it: read it again (it is at version 6 now) and retry.",
    ),
    413: ("The body is larger than 1 MiB.", CODES[413], "The body is larger than 1 MiB: send less at once."),
    415: ("The body is of a type that is not read here.", CODES[415], "Send the body as application/json."),
    416: (
        "The file ends before the part that Range asks for.",
        "range_not_satisfiable",
        "The picture has 40960 bytes: ask for some of them.",
    ),
    422: ("A parameter or a field is at fault; `errors` says which.", CODES[422], "Check what was sent as limit."),
    OVERLOADED: (
        "More is asked at this moment than is answered in time.",
        "overloaded",
        "Too much is asked for that nobody asked for lately. Try again shortly.",
    ),
    500: ("A fault of ours.", CODES[500], "Something went wrong here; tell the operator the X-Request-ID."),
    503: (
        "Postgres is not reached, is held up by somebody else, or refuses what was asked.",
        CODES[503],
        "The database is not reached: try again shortly.",
    ),
}
_MORE_HEADERS: Final[Mapping[int, str]] = {
    308: "Location",
    401: "WWW-Authenticate",
    OVERLOADED: "Retry-After",
    503: "Retry-After",
}
ALWAYS: Final = ("X-Request-ID", "API-Version")
"""The headers of every answer."""
NOT_AS_NAMED: Final = "NotAsNamed"
"""The 412 of a read of the catalog, which is none of a version."""


def shared() -> Json:
    """The headers and the responses that operations refer to, as /openapi.json has them under `components`."""
    errors = {_name(status): _error(status) for status in _ERRORS}
    errors[NOT_AS_NAMED] = _problem(
        "The answer is not, or no longer, what If-Match or If-Unmodified-Since names.",
        json.loads(PRECONDITION_FAILED.text),
    )
    return {"headers": {name: {"required": True, **header} for name, header in _HEADERS.items()}, "responses": errors}


def headers_named(names: Iterable[str]) -> Json:
    """References to these headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def response_named(name: str) -> Json:
    """A reference to this response."""
    return {"$ref": f"#/components/responses/{name}"}


def error_with(status: int) -> Json:
    """A reference to the problem document with this status."""
    return response_named(_name(status))


def _error(status: int) -> Json:
    description, code, detail = _ERRORS[status]
    example: Json = {
        "type": f"urn:chaishots:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [Fault.example]
    if status == HTTPStatus.PRECONDITION_FAILED:
        example["current_version"] = 6
    return _problem(description, example, *([_MORE_HEADERS[status]] if status in _MORE_HEADERS else []))


def _problem(description: str, example: Json, *more_headers: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {"application/problem+json": {"schema": schema, "example": example}}
    return {"description": description, "headers": headers_named((*ALWAYS, *more_headers)), "content": content}


def _name(status: int) -> str:
    return re.sub(r"\W", "", HTTPStatus(status).phrase.title())
