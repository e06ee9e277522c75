"""The decorator with which a route describes its answers. `openapi.py` makes the document from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from chaishots.api.contract.responses.answer import Answer

Route = TypeVar("Route", bound=Callable[..., Awaitable[Any]])  # Any: routes take and give what they like

SCHEME: Final = "token"
"""The name of the security scheme."""
_ATTRIBUTE: Final = "chaishots_documented"
_IDEMPOTENT: Final = "chaishots_idempotent"


@dataclass(frozen=True)
class Documented:
    """What a route answers when all goes well; `answers` has what the members mean."""

    answer: type[Answer] | None = None
    status: int = 200
    heeds_if_match: bool = False
    takes_token: bool = False
    others: Mapping[int, type[Answer]] = field(default_factory=dict[int, type[Answer]])
    text: str | None = None
    text_type: str = "text/plain"
    is_held: bool = False
    files: tuple[str, ...] = ()
    takes_files: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()
    document_types: tuple[str, ...] = ()
    takes_documents: tuple[str, ...] = ()


def answers(
    answer: type[Answer] | None,
    status: int = 200,
    *,
    heeds_if_match: bool = False,
    takes_token: bool = False,
    others: Mapping[int, type[Answer]] | None = None,
    text: str | None = None,
    text_type: str = "text/plain",
    is_held: bool = False,
    files: tuple[str, ...] = (),
    takes_files: tuple[str, ...] = (),
    problems: tuple[int, ...] = (),
    document_types: tuple[str, ...] = (),
    takes_documents: tuple[str, ...] = (),
) -> Callable[[Route], Route]:
    """Say what the route answers when all goes well.

    Args:
        answer: None when there is no body, or `text`.
        heeds_if_match: whether it refuses a change that was meant for another version.
        takes_token: whether it answers more to who has a token, and everybody else too.
        others: more answers that are no problem documents, by status.
        text: an example of its answer, when that is text, of this type.
        is_held: whether it is answered out of the delivery layer, with headers for caches.
        files: the types of the files that it answers with.
        takes_files: the types of the files that it takes, as its body or in a form.
        problems: statuses of problems that no other route of its kind answers.
        document_types: the types of text that it answers with, other than JSON of a schema.
        takes_documents: the types of text that it takes likewise.
    """
    told = Documented(
        answer,
        status,
        heeds_if_match,
        takes_token,
        others or {},
        text,
        text_type,
        is_held,
        files,
        takes_files,
        problems,
        document_types,
        takes_documents,
    )

    def tell(route: Route) -> Route:
        setattr(route, _ATTRIBUTE, told)
        return route

    return tell


def documented(route: object) -> Documented:
    """What `answers` says of the route. Raises: LookupError when it says nothing."""
    told = getattr(route, _ATTRIBUTE, None)
    if told is None:
        raise LookupError(f"{route} has no @answers(…): say what it answers.")
    return cast("Documented", told)


def is_documented(route: object) -> bool:
    """Whether /openapi.json has the route; pages and files it leaves out."""
    return hasattr(route, _ATTRIBUTE)


def mark_idempotent(route: object) -> None:
    """Say that the route heeds Idempotency-Key."""
    setattr(route, _IDEMPOTENT, True)


def is_idempotent(route: object) -> bool:
    """Whether the route heeds Idempotency-Key."""
    return hasattr(route, _IDEMPOTENT)
