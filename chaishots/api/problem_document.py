"""Problem documents (RFC 9457): what one is made of, and those that are always the same.

Which error becomes which of them, `problem_of_error.py` knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any, Final

from quart import Response

from chaishots.content.answer_format import compact

CODES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    500: "internal_error",
    503: "database_unavailable",
}
"""The codes of errors that no content error stands for, by status."""

OVERLOADED: Final = 429
RETRY_AFTER_SECONDS: Final = 2
BUSY_SECONDS: Final = 1
PROBLEM_TYPE: Final = "application/problem+json"
MOST_FAULTS: Final = 20
"""How many faults of a request are listed; how many more there are is told."""
NAME_LENGTH: Final = 100
_MESSAGE_LENGTH: Final = 500
_DETAIL_LENGTH: Final = 1_000


@dataclass(frozen=True)
class Problem:
    """An error as it is answered: a problem document, as text, and what else its headers say."""

    status: int
    text: str
    headers: Mapping[str, str]

    @cached_property
    def body(self) -> bytes:
        """The document, as it is sent."""
        return self.text.encode()

    @cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, as they are sent."""
        return [
            (b"content-type", PROBLEM_TYPE.encode()),
            (b"content-length", b"%d" % len(self.body)),
            *((name.lower().encode(), value.encode()) for name, value in self.headers.items()),
        ]

    def response(self) -> Response:
        """The answer that Quart sends."""
        return Response(self.text, self.status, headers=dict(self.headers), content_type=PROBLEM_TYPE)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Iterable[Mapping[str, str]] = (),
    most_errors: int = MOST_FAULTS,
    more_errors: int = 0,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,  # Any: extension members, as JSON takes them
) -> Problem:
    """A problem document: type, title, status, detail, code, `errors: [{field, message}]` where fields are named.

    Args:
        most_errors: how many of them are listed; the rest is counted.
        more_errors: how many more there are than these.
    """
    document: dict[str, Any] = {
        "type": f"urn:chaishots:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": cut(detail, _DETAIL_LENGTH),
        "code": code,
        **(members or {}),
    }
    if listed := list(errors):
        document["errors"] = [
            {"field": cut(fault["field"], NAME_LENGTH), "message": cut(fault["message"], _MESSAGE_LENGTH)}
            for fault in listed[:most_errors]
        ]
        if more := max(0, len(listed) - most_errors) + more_errors:
            document["more_errors"] = more
    # What was sent may hold half of a character; nobody could read the answer then.
    text = compact(document).encode(errors="replace").decode()
    return Problem(status, text, {"Cache-Control": "no-store", **(headers or {})})


def cut(text: str, length: int) -> str:
    """The beginning of a text that is longer, with an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


@lru_cache(16)  # whoever overloads us is answered thousands of times a second
def overloaded(reason: str) -> Problem:
    """What is answered when more is asked of us than we can do.

    No 503: what stands before us would ask the next replica, to no less of a load.
    """
    headers = {"Retry-After": str(BUSY_SECONDS)}
    return problem(OVERLOADED, "overloaded", f"{reason} Try again shortly.", headers=headers)


UNAVAILABLE: Final = problem(
    503,
    CODES[503],
    "The database is not reached at the moment: try again shortly.",
    headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
)


PRECONDITION_FAILED: Final = problem(
    412,
    "precondition_failed",
    "It is not, or no longer, what If-Match or If-Unmodified-Since names: read it without them.",
)
