"""When 304 does: a table after RFC 9110, 13.1."""

import pytest

from chaishots.api.conditional_requests import is_held

ETAG = b'"abc-gzip"'
MODIFIED_S = 1_800_000_000
NOW_S = MODIFIED_S + 60
THEN = b"Fri, 15 Jan 2027 08:00:00 GMT"
BEFORE = b"Fri, 15 Jan 2027 07:59:59 GMT"


@pytest.mark.parametrize(
    ("none_match", "since", "modified_s", "held"),
    [
        (None, None, MODIFIED_S, False),
        (ETAG, None, MODIFIED_S, True),
        (b"W/" + ETAG, None, MODIFIED_S, True),
        (b'"x", ' + ETAG, None, MODIFIED_S, True),
        (b'W/"x",W/' + ETAG + b', "y"', None, MODIFIED_S, True),
        (b"*", None, MODIFIED_S, True),
        (b" * ", None, MODIFIED_S, True),
        (b'"abc"', None, MODIFIED_S, False),
        (b"abc-gzip", None, MODIFIED_S, False),
        (b'"xabc-gzip"', None, MODIFIED_S, False),
        (b"", None, MODIFIED_S, False),
        (None, THEN, MODIFIED_S, True),
        (None, b"Fri, 15 Jan 2027 08:00:01 GMT", MODIFIED_S, True),
        (None, BEFORE, MODIFIED_S, False),
        # By our clock still to come: told by another.
        (None, b"Fri, 15 Jan 2027 10:00:00 GMT", MODIFIED_S, False),
        (None, THEN, None, False),
        (None, b"yesterday", MODIFIED_S, False),
        (None, b"Fri, 15 Jan 20270000000000 08:00:00 GMT", MODIFIED_S, False),
        (None, b"\xff", MODIFIED_S, False),
        # Where there is If-None-Match, the date does not count (13.1.3).
        (b'"abc"', THEN, MODIFIED_S, False),
        (ETAG, BEFORE, MODIFIED_S, True),
    ],
)
def test_304_does_when_the_client_has_it(
    none_match: bytes | None, since: bytes | None, modified_s: int | None, held: bool
) -> None:
    assert is_held(none_match, since, ETAG, modified_s, NOW_S) is held
