"""Posting something to a URL that others name, and looking at the answer, all in bounds.

The address is judged (`connections.py`), redirects are not followed, the connection is kept for nobody, and of an
answer of any length no more than its beginning is read. Must not know what is posted.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpcore2

from chaishots.outbound.allowed_urls import SECONDS, PrivateAddress, Reach
from chaishots.outbound.connections import explain, open_pool

KEPT_BYTES: Final = 1_024
"""What is kept of an answer."""
_READ_BYTES: Final = 4_096
"""What is read of it at most; the rest of a short one lets the receiver end well."""
_BODY_SECONDS: Final = 2
_BODY_SHARE: Final = 0.9
"""How long the beginning of an answer is waited for once its status is known, and how much of what time is left."""
_CONNECT_SECONDS: Final = 5
"""How long each address of a host is tried."""
_LONGEST_RETRY_AFTER: Final = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a post.

    status: None when there was no answer. reason: then a sentence why; else empty. beginning: of the answer's body.
    retry_after_seconds: how long the receiver asks to be left alone, if it does. latency_ms: until the answer's head.
    """

    status: int | None
    reason: str
    beginning: bytes
    retry_after_seconds: float | None
    latency_ms: int


@asynccontextmanager
async def open_poster(
    reach: Reach, *, at_once: int, user_agent: str, seconds: float = SECONDS
) -> AsyncGenerator["Poster"]:
    """What posts, for as long as the block lasts.

    Args:
        at_once: posts at the same time; more wait, and their time goes on.
    """
    async with open_pool(most_connections=at_once, kept=0, allowed=reach.allowed) as pool:
        yield Poster(pool, reach, user_agent, seconds)


class Poster:
    """Posts."""

    def __init__(self, pool: httpcore2.AsyncConnectionPool, reach: Reach, user_agent: str, seconds: float) -> None:
        self._pool = pool
        self._reach = reach
        self._user_agent = user_agent
        self._seconds = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post JSON; whatever the receiver does, there is a reply, in not much more than the time there is."""
        began = time.monotonic()
        if (refusal := self._reach.refusal(url)) is not None:
            return _unanswered(refusal, began)
        sent: list[tuple[bytes | str, bytes | str]] = [
            ("Content-Type", "application/json"),
            ("User-Agent", self._user_agent),
            *headers.items(),
        ]
        waits = dict.fromkeys(("read", "write", "pool"), self._seconds) | {"connect": _CONNECT_SECONDS}
        reply = None
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": waits}) as response,
            ):
                reply = Reply(response.status, "", b"", _retry_after(response), _ms_since(began))
                reply = replace(reply, beginning=await _begin(response, self._seconds - time.monotonic() + began))
        except TimeoutError:
            return reply or _unanswered(f"It does not answer within {self._seconds:g} s.", began)
        except PrivateAddress as error:
            return _unanswered(str(error), began)
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
            httpcore2.UnsupportedProtocol,
            OSError,
            ValueError,
        ) as error:
            return reply or _unanswered(explain(error), began)
        return reply


async def _begin(response: httpcore2.Response, seconds_left: float) -> bytes:
    read = b""
    with suppress(TimeoutError, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException):
        async with asyncio.timeout(min(_BODY_SECONDS, seconds_left * _BODY_SHARE)):
            async for part in response.aiter_stream():
                read += part[:_READ_BYTES]
                if len(read) >= _READ_BYTES:
                    break
    return read[:KEPT_BYTES]


def _retry_after(response: httpcore2.Response) -> float | None:
    text = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"").decode("latin-1")
    if text.isascii() and text.isdecimal():
        return float(text[:_LONGEST_RETRY_AFTER])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _unanswered(reason: str, began: float) -> Reply:
    return Reply(None, reason, b"", None, _ms_since(began))


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
