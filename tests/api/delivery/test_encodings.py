"""Which encoding is answered: a table after RFC 9110, 12.5.3."""

import pytest

from chaishots.api.delivery.encodings import encoding


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (b"", "identity"),
        (b"gzip", "gzip"),
        (b"GZIP", "gzip"),
        (b"x-gzip", "gzip"),
        (b"br", "br"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip;q=1.0, br;q=0.5", "gzip"),
        (b"gzip;q=0.5,br;q=0.500", "br"),
        (b"gzip ; q=0.2 , identity ; q=0.9", "identity"),
        (b"gzip;q=0", "identity"),
        (b"br;q=0, gzip", "gzip"),
        (b"*", "br"),
        (b"*;q=0", "identity"),
        (b"br;q=0, *;q=0.1", "gzip"),
        (b"identity", "identity"),
        (b"gzip, identity", "gzip"),
        (b"identity;q=0", "identity"),
        (b"identity;q=0, gzip;q=0.1", "gzip"),
        (b"gzip;q=2", "identity"),
        (b"gzip;q=x", "identity"),
        (b"gzip;q=1.0001", "identity"),
        (b"deflate, zstd", "identity"),
        (b",,gzip,,", "gzip"),
        (b"\xff\xfe;q=\xff", "identity"),
        (b"gzip, " * 200, "gzip"),
    ],
)
def test_the_encoding_that_the_client_likes_best_is_chosen(accept: bytes, chosen: str) -> None:
    assert encoding(accept) == chosen
