"""Answers of the CMS: one thing with its ETag, which is its version in quotes; a list with its cursor."""

import hashlib
import json
from collections.abc import Iterable

from quart import Response, request

from chaishots.api.preconditions import is_held
from chaishots.content.paging import Page
from chaishots.content.queries.resources import Document


def answer_one(document: Document, status: int = 200, *, location: str | None = None) -> Response:
    """One thing, with its ETag; for one that was just made, status 201 and where it is."""
    response = Response(document.text, status, content_type="application/json")
    response.headers["ETag"] = f'"{document.version}"'
    response.headers["Cache-Control"] = "no-store"
    if location is not None:
        response.headers["Location"] = location
    return _or_not_modified(response)


def answer_page(name: str, page: Page) -> Response:
    """Part of a list: `{name: […], "next_cursor": …}`."""
    body = f'{{"{name}":[{",".join(page.documents)}],"next_cursor":{json.dumps(page.next_cursor)}}}'
    response = Response(body, content_type="application/json")
    response.headers["ETag"] = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    response.headers["Cache-Control"] = "no-store"
    return _or_not_modified(response)


def answer_list(name: str, documents: Iterable[str], status: int = 200) -> Response:
    """Several things that were just made or changed: `{name: […]}`."""
    response = Response(f'{{"{name}":[{",".join(documents)}]}}', status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _or_not_modified(response: Response) -> Response:
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
