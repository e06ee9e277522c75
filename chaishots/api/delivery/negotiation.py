"""What the headers of a request ask for: an encoding, and whether the client has the answer already (RFC 9110).

Pure: values in, values out.
"""

import re
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

IDENTITY: Final = "identity"
_ENCODINGS: Final = ("br", "gzip", IDENTITY)
"""Ours, the best first: what is chosen when the client likes several as much."""
_MEMORABLE_BYTES: Final = 300
_QUALITY: Final = re.compile(r"(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")
_ETAG: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_STRONG_ETAG: Final = re.compile(rb'(?:^|,)\s*("[\x21\x23-\x7e\x80-\xff]*")')


def encoding(accept: bytes) -> str:
    """The encoding to answer in: br, gzip or identity (RFC 9110, 12.5.3). Nothing acceptable: identity.

    Args:
        accept: the Accept-Encoding header, empty when there is none.
    """
    # Clients of one kind all send the same; what is long is no such client, and is not to be kept.
    return _remembered(accept) if len(accept) <= _MEMORABLE_BYTES else _encoding(accept)


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
    since_s = _seconds(if_modified_since[:_MEMORABLE_BYTES])
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
    since_s = _seconds(if_unmodified_since[:_MEMORABLE_BYTES])
    return since_s is not None and modified_s > since_s


def _encoding(accept: bytes) -> str:
    weights: dict[str, float] = {}
    for part in accept.decode("latin1").lower().split(","):
        name, _, parameter = (piece.strip() for piece in part.partition(";"))
        key, _, value = (piece.strip() for piece in parameter.partition("="))
        quality = _QUALITY.fullmatch(value) if key == "q" else None
        # What cannot be read says no: identity is never wrong.
        weights[{"x-gzip": "gzip"}.get(name, name)] = float(quality[0]) if quality else float(not parameter)
    others = weights.get("*", 0.0)
    liked = {name: weights.get(name, others) for name in _ENCODINGS[:-1]}
    # Not named, identity is acceptable, and the last resort.
    liked[IDENTITY] = weights.get(IDENTITY, 0.0001)
    best = max(_ENCODINGS, key=lambda name: liked[name])
    return best if liked[best] > 0 else IDENTITY


_remembered = lru_cache(256)(_encoding)


@lru_cache(256)
def _seconds(date: bytes) -> int | None:
    try:
        return int(parsedate_to_datetime(date.decode("ascii")).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
