"""Answers of the CMS: one thing with its ETag, a list with its cursor; and the conditions that requests make.

An ETag is the thing's version in quotes; If-Match names the version that a change is meant for (RFC 9110, 13.1.1).
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Final

from quart import Response, request

from chaishots.content.errors import InvalidContent
from chaishots.content.paging import Page
from chaishots.content.queries.resources import Document

_ETAG: Final = re.compile(r'\s*"([0-9]{1,9})"\s*')


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
    named = request.headers.get("If-None-Match")
    etag = response.headers["ETag"]
    if request.method not in ("GET", "HEAD") or not _names(named, etag):
        return response
    return Response(status=304, headers={"ETag": etag, "Cache-Control": "no-store"})


def _names(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in {
        each.strip().removeprefix("W/") for each in if_none_match.split(",")
    }


def answer_deleted() -> Response:
    """What was asked to go is gone."""
    return Response(status=204)


def answer_reordered(version: int) -> Response:
    """What was asked for is in order; the ETag is that of the thing that it is in."""
    return Response(status=204, headers={"ETag": f'"{version}"'})


def if_match() -> int | None:
    """The version that the change is meant for; None when any will do.

    Raises: InvalidContent when If-Match is none of our ETags: to say so helps more than a 412.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.fullmatch(header)
    if match is None:
        raise InvalidContent(
            'Send the ETag of the answer that you edited, such as "3", or leave it out.', field="If-Match"
        )
    return int(match[1])
