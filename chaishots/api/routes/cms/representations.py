"""Answers of the CMS: one thing with its ETag, which is its version in quotes; a list with its cursor."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol
from uuid import UUID

from quart import Response, request

from chaishots.api.auth import actor
from chaishots.api.conditional_requests import if_match, is_held
from chaishots.content.answer_format import compact
from chaishots.content.paging import Page
from chaishots.content.queries.cms_content import Document
from chaishots.database.connection import Connection, reading

Read = Callable[[Connection, UUID], Awaitable[Document]]
"""Reads one thing by its id. Raises: NotFound."""


async def answer_one(read: Read, key: UUID) -> Response:
    """One thing, with its ETag. Raises: what `read` raises."""
    async with reading() as connection:
        return or_not_modified(_represented(await read(connection, key)))


async def answer_changing(read: Read, key: UUID) -> Response:
    """One thing that also shows what no version tells, and so is never the same as before. Raises: as `answer_one`."""
    async with reading() as connection:
        return _represented(await read(connection, key))


async def answer_new(read: Read, key: UUID, folder: str) -> Response:
    """A thing that was just made: 201, and its address, which is its id in `folder`."""
    async with reading() as connection:
        response = _represented(await read(connection, key), 201)
    response.headers["Location"] = f"{folder}/{key}"
    return response


class Step(Protocol):
    """A command of `content/editing` that needs nothing but the thing, the version it is meant for, and who asks."""

    def __call__(self, key: UUID, /, *, version: int | None, actor: str) -> Awaitable[object]:
        """Take the step. Raises: NotFound, VersionConflict, InvalidTransition, and what keeps it from it."""
        ...


async def answer_step(take: Step, read: Read, key: UUID) -> Response:
    """Have a thing take a step, and answer it as it is then. Raises: what the two raise."""
    await take(key, version=if_match(), actor=actor())
    return await answer_one(read, key)


def _represented(document: Document, status: int = 200) -> Response:
    response = Response(document.text, status, content_type="application/json")
    response.headers["ETag"] = f'"{document.version}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def answer_page(name: str, page: Page, **more: int) -> Response:
    """Part of a list: `{name: […], "next_cursor": …}`, and what more is told of the whole."""
    told = "".join(f',"{key}":{value}' for key, value in more.items())
    body = f'{{"{name}":[{",".join(page.documents)}],"next_cursor":{json.dumps(page.next_cursor)}{told}}}'
    response = Response(body, content_type="application/json")
    response.headers["ETag"] = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    response.headers["Cache-Control"] = "no-store"
    return or_not_modified(response)


def answer_made(document: object, status: int = 200) -> Response:
    """What was just made or found out, as JSON."""
    response = Response(compact(document), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def answer_list(name: str, documents: Iterable[str], status: int = 200) -> Response:
    """Several things that were just made or changed: `{name: […]}`."""
    response = Response(f'{{"{name}":[{",".join(documents)}]}}', status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def or_not_modified(response: Response) -> Response:
    """The answer; 304 without it when a read's If-None-Match names it (RFC 9110, 13.1.2)."""
    named, etag = request.headers.get("If-None-Match"), response.headers["ETag"]
    is_read = request.method in ("GET", "HEAD")
    if not is_read or named is None or not is_held(named.encode(), None, etag.encode(), None, 0):
        return response
    return Response(status=304, headers={"ETag": etag, "Cache-Control": "no-store"})


def answer_deleted() -> Response:
    """What was asked to go is gone."""
    return Response(status=204)


def answer_reordered(version: int) -> Response:
    """What was asked for is in order; the ETag is that of the thing that it is in."""
    return Response(status=204, headers={"ETag": f'"{version}"'})
