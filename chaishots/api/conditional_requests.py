"""The conditions that a request makes with If-Match, If-None-Match and the two dates (RFC 9110, 13.1).

For a read, `is_held` decides on 304 and `is_refused` on 412; both are pure. For a change of the CMS, `if_match` gives
the version that it is meant for: an ETag of the CMS is the version in quotes.
"""

import re
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

from quart import request

from chaishots.content.errors import InvalidContent

_LONGEST_DATE: Final = 300
"""Bytes of a date that are read; what is longer is none."""
_ETAG: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_STRONG_ETAG: Final = re.compile(rb'(?:^|,)\s*("[\x21\x23-\x7e\x80-\xff]*")')
_VERSION: Final = re.compile(r'\s*"([0-9]{1,10})"\s*')


def is_held(
    if_none_match: bytes | None, if_modified_since: bytes | None, etag: bytes, modified_s: int | None, now_s: float
) -> bool:
    """Whether the client has this answer, so that 304 does (RFC 9110, 13.1.2, 13.1.3 and 13.2.2).

    Args:
        etag: the answer's own, in quotes.
        modified_s: its Last-Modified, in seconds since 1970; None when it has none.
        now_s: the time, as Date tells it.
    """
    if if_none_match is not None:
        return if_none_match == etag or if_none_match.strip() == b"*" or etag in _ETAG.findall(if_none_match)
    if if_modified_since is None or modified_s is None:
        return False
    since_s = _seconds(if_modified_since[:_LONGEST_DATE])
    # A date that is still to come was told by another clock than ours, and says nothing about ours.
    return since_s is not None and modified_s <= since_s <= now_s


def is_refused(if_match: bytes | None, if_unmodified_since: bytes | None, etag: bytes, modified_s: int | None) -> bool:
    """Whether the client wants no other answer than one that this is not (RFC 9110, 13.1.1, 13.1.4 and 13.2.2).

    Args:
        etag: the answer's own, in quotes; a strong one.
        modified_s: its Last-Modified, in seconds since 1970; None when it has none.
    """
    if if_match is not None:
        return if_match.strip() != b"*" and etag not in _STRONG_ETAG.findall(if_match)
    if if_unmodified_since is None or modified_s is None:
        return False
    since_s = _seconds(if_unmodified_since[:_LONGEST_DATE])
    return since_s is not None and modified_s > since_s


def if_match() -> int | None:
    """The version that this request's change is meant for; None when any will do.

    Raises: InvalidContent when If-Match is none of our ETags: to say so helps more than a 412.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    match = _VERSION.fullmatch(header)
    if match is None:
        raise InvalidContent(
            'Send the ETag of the answer that you edited, such as "3", or leave it out.', field="If-Match"
        )
    return int(match[1])


@lru_cache(256)
def _seconds(date: bytes) -> int | None:
    try:
        return int(parsedate_to_datetime(date.decode("ascii")).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
