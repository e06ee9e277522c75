"""URLs of content that a CDN lets through for a while, for whoever sent a token: signed as bunny.net checks it.

A CDN that is to keep paid content from passers-by refuses what carries no signature, and knows nothing of our tokens.
The scheme is that of https://github.com/BunnyWay/BunnyCDN.TokenAuthentication, version 2: HMAC-SHA256 over path, moment
and parameters. Knows JSON and URLs; must not know who may read what.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import parse_qsl, quote, urlsplit

from chaishots.content.answer_format import compact

_MAPS: Final = ("content_urls_by_language", "subtitle_urls_by_language")


@dataclass(frozen=True)
class UrlSigner:
    """Signs the URLs of one host.

    seconds: how long a URL is good at least; at most twice as long, as it stays the same for so many seconds, and with
        it the answer that it stands in.
    """

    host: str
    seconds: int
    key: str

    @classmethod
    def of(cls, setting: str) -> "UrlSigner":
        """What CHAISHOTS_SIGN_URLS says: host, seconds and key."""
        host, seconds, key = setting.split()
        return cls(host.lower(), int(seconds), key)

    def sign_answer(self, document: str, read_at: datetime) -> str:
        """An answer of the catalog, as JSON, with the URLs of the host signed; `read_at`: the database's clock then."""
        read = json.loads(document)
        expires = (int(read_at.timestamp()) // self.seconds + 2) * self.seconds
        for urls in _maps(read):
            urls |= {tag: self.sign(url, expires) for tag, url in urls.items()}
        return compact(read)

    def sign(self, url: str, expires: int) -> str:
        """The URL, good until then in seconds of Unix time; one of another host, or that cannot be signed, as it is."""
        try:
            parts = urlsplit(url)
            is_ours = parts.hostname == self.host
        except ValueError:
            return url
        named = parse_qsl(parts.query, keep_blank_values=True)
        parameters = dict(sorted(named))
        # The CDN knows no parameter of two values.
        if not is_ours or len(parameters) < len(named):
            return url
        told = "&".join(f"{name}={value}" for name, value in parameters.items())
        digest = hmac.digest(self.key.encode(), f"{parts.path}{expires}{told}".encode(), hashlib.sha256)
        token = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        rest = "".join(f"&{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items())
        query = f"token=HS256-{token}{rest}&expires={expires}"
        return parts._replace(query=query).geturl()


def _maps(value: Any) -> Iterator[dict[str, str]]:  # Any: JSON
    """The maps of URLs by language in an answer, wherever they stand."""
    if isinstance(value, list):
        for each in cast("list[Any]", value):  # cast: of JSON
            yield from _maps(each)
    elif isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():  # cast: of JSON
            if name in _MAPS:
                yield each
            else:
                yield from _maps(each)
