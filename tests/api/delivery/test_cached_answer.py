"""Rendered answers as they are kept: for how long caches may have them, and how much memory they take."""

import gzip
import re
import time
import tracemalloc

import brotli  # pyright: ignore[reportMissingTypeStubs]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaishots.api.delivery.answer_store import Store
from chaishots.api.delivery.cache_control import Limits
from chaishots.api.delivery.cached_answer import CachedAnswer
from chaishots.api.delivery.encodings import ENCODED_AT_ONCE

LIMITS = Limits(max_age=10, stale_if_error=60)
NOW = 1_000.0

in_seconds = st.one_of(st.just(float("inf")), st.floats(-20, 200))


def held(*, key: str = "key", body: bytes = b"{}", changes_in: float = 1e9, ends_in: float = 1e9) -> CachedAnswer:
    """An answer rendered at NOW."""
    answer = CachedAnswer(key)
    answer.changes_at, answer.ends_at = NOW + min(changes_in, ends_in), NOW + ends_in
    answer.take(body, read_s=time.time() - 5, clock_ahead_s=time.time() - NOW, now=NOW)
    return answer


def told(answer: CachedAnswer, now: float) -> tuple[int, int, int]:
    """max-age, stale-while-revalidate and stale-if-error, as they are sent at a moment."""
    variant = answer.variants["identity"]
    if now >= variant.renewed_at:
        variant.renew(answer, LIMITS, now)
    directives = dict(variant.headers)[b"cache-control"].decode()
    match = re.fullmatch(r"public, max-age=(\d+), stale-while-revalidate=(\d+), stale-if-error=(\d+)", directives)
    assert match
    return int(match[1]), int(match[2]), int(match[3])


@pytest.mark.parametrize(("behind_s", "is_told"), [(0, True), (3_600, False), (-3_600, True)])
def test_last_modified_is_never_later_than_the_date_of_the_answer_by_a_clock_behind_that_of_postgres(
    behind_s: float, *, is_told: bool
) -> None:
    answer = CachedAnswer("key")
    read_s = time.time() + behind_s - 5
    answer.take(b"{}", read_s=read_s, clock_ahead_s=read_s - NOW, now=NOW)

    variant = answer.variants["identity"]
    variant.renew(answer, LIMITS, NOW + 10)

    assert (b"last-modified" in dict(variant.headers)) is is_told


@pytest.mark.parametrize(
    ("changes_in", "ends_in", "directives"),
    [
        (1e9, 1e9, (8, 2, 60)),
        (11.0, 1e9, (8, 2, 60)),
        (10.99, 1e9, (8, 1, 60)),
        (6.5, 1e9, (4, 1, 60)),
        (2.2, 1e9, (1, 0, 60)),
        (1.9, 1e9, (0, 0, 60)),
        (0.5, 1e9, (0, 0, 60)),
        (-3.0, 1e9, (0, 0, 60)),
        (1e9, 69.0, (8, 2, 60)),
        (1e9, 68.0, (8, 2, 0)),
        (1e9, 4.5, (3, 0, 0)),
        (1e9, -1.0, (0, 0, 0)),
    ],
)
def test_caches_may_keep_it_until_something_scheduled_changes_it(
    changes_in: float, ends_in: float, directives: tuple[int, int, int]
) -> None:
    assert told(held(changes_in=changes_in, ends_in=ends_in), NOW) == directives


@given(changes_in=in_seconds, ends_in=in_seconds, looks=st.lists(st.floats(0, 250), max_size=8))
def test_whenever_it_is_served_nobody_may_keep_it_past_its_moments(
    changes_in: float, ends_in: float, looks: list[float]
) -> None:
    answer = held(changes_in=changes_in, ends_in=ends_in)
    for later in sorted(looks):
        fresh, revalidate, error = told(answer, NOW + later)
        together = fresh + revalidate
        assert together <= 10
        assert together == 0 or NOW + later + together + 1 <= answer.changes_at
        assert error == 0 or NOW + later + fresh + error + 1 <= answer.ends_at
        # Made when it is asked for, or kept from before, it says the same.
        assert told(held(changes_in=answer.changes_at - NOW, ends_in=ends_in), NOW + later) == (
            fresh,
            revalidate,
            error,
        )


def test_the_same_bytes_keep_their_encodings_and_their_date_and_others_do_not() -> None:
    answer = held(body=b"one")
    first, modified_s = answer.variants["identity"], answer.modified_s
    answer.take(b"one", read_s=time.time() + 60, clock_ahead_s=0, now=NOW)
    assert answer.variants["identity"] is first
    assert answer.modified_s == modified_s

    answer.take(b"two", read_s=time.time() + 60, clock_ahead_s=0, now=NOW)
    assert answer.variants["identity"].etag != first.etag
    assert answer.modified_s > modified_s


def test_what_is_small_is_encoded_at_once_and_what_is_large_beside_the_loop() -> None:
    small, large = held(body=b"x" * ENCODED_AT_ONCE), held(body=b"x" * (ENCODED_AT_ONCE + 1))
    for encoding, decode in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        variant = small.encode_at_once(encoding)
        assert variant is not None
        assert decode(variant.body) == b"x" * ENCODED_AT_ONCE
        assert variant is small.variants[encoding]
        assert large.encode_at_once(encoding) is None
    assert len({variant.etag for variant in small.variants.values()}) == 3


async def test_gzip_of_the_same_bytes_is_the_same_on_every_replica() -> None:
    one, other = [await held(body=b"x" * 5_000).encode("gzip") for _ in range(2)]
    assert one.body == other.body
    assert gzip.decompress(one.body) == b"x" * 5_000


def test_what_was_asked_for_least_lately_goes_first() -> None:
    size = held().size_bytes
    store = Store(3 * size + 10)
    for key in ("aaa", "bbb", "ccc"):
        store.put(held(key=key))
    store.get("aaa")
    store.put(held(key="ddd"))

    assert [store.get(key) is not None for key in ("aaa", "bbb", "ccc", "ddd")] == [True, False, True, True]
    assert (len(store), store.evictions, store.bytes_held) == (3, 1, 3 * size)


def test_what_is_larger_than_the_whole_store_is_not_put_there() -> None:
    store = Store(10_000)
    store.put(held(key="small"))
    store.put(held(key="large", body=b"x" * 20_000))
    assert (len(store), store.get("large")) == (1, None)


def test_twenty_thousand_different_answers_take_no_more_memory_than_the_bound() -> None:
    bound = 4_000_000
    tracemalloc.start()
    try:
        store = Store(bound)
        before, _ = tracemalloc.get_traced_memory()
        for number in range(20_000):
            store.put(_served(f"/catalog/programs?20&None&None&*&&Topic {number}"))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert store.bytes_held <= bound
    assert len(store) > 500
    assert taken <= bound


def _served(key: str) -> CachedAnswer:
    answer = held(key=key, body=b'{"programs":[],"next_cursor":null}')
    answer.variants["identity"].renew(answer, LIMITS, NOW)
    return answer


def test_a_date_is_told_to_nobody_before_date_has_come_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where our clock was put back after the answer was rendered, or is behind Postgres'."""
    answer = held(body=b"one")
    later = answer.modified_told_at + 5
    monkeypatch.setattr(time, "time", lambda: answer.modified_s - 3600)
    variant = answer.variants["identity"]
    variant.renew(answer, LIMITS, later)
    assert variant.modified_s is None
    assert variant.renewed_at > later
    monkeypatch.setattr(time, "time", lambda: answer.modified_s + 1)
    variant.renew(answer, LIMITS, later + 2)
    assert variant.modified_s == answer.modified_s


def test_whoever_asks_for_ever_other_things_pushes_out_nothing_that_others_come_for() -> None:
    size = held(key="hot00").size_bytes
    store = Store(20 * size)
    hot = [f"hot{number:02}" for number in range(10)]
    for key in hot:
        store.put(held(key=key))
        store.get(key)
    for number in range(1_000):
        store.put(held(key=f"x{number:04}"))
        assert store.bytes_held <= 20 * size
    assert all(store.get(key) for key in hot)
    for key in hot:
        store.remove(key)
    assert store.bytes_held == size * len(store)
    assert store._once_bytes == size * len(store._once)
