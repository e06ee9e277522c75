"""Keys that a file leaves out of things that exist: each keeps what is stored, as does each entry of a map.

Of a new thing an absent key says its default, which `seed_format` fills in. Reads; changes and locks nothing. `diff`
reads once more, under the lock, what others may have stored meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange import consistency
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.file_content import Entries, Seed, Values
from chaishots.content.exchange.match_to_stored import Placed, Places
from chaishots.content.exchange.stored_rows import LESSONS, PROGRAMS, RELEASES, TERMS, Kind, load_stored


def kept_values(seed: Seed, stored: Values) -> Values:
    """What a thing that exists keeps: what is stored for the keys that are absent, and in maps for absent entries."""
    maps = {key: _merge(entries, stored[key]) for key, entries in seed.entries.items() if key in stored}
    return {key: stored[key] for key in seed.absent & stored.keys()} | maps


async def fill_in(places: Places, faults: FaultList, transaction: TransactionalDBClient) -> Places:
    """The things of a file, each with what is stored for the keys that the file leaves out.

    Args:
        faults: gets what does not fit together in a thing, what was filled in included.
    """
    releases = await _fill(RELEASES, places.releases, transaction)
    lessons = await _fill(LESSONS, places.lessons, transaction)
    terms = _with_parts(await _fill(TERMS, places.terms, transaction), lessons)
    programs = _with_parts(await _fill(PROGRAMS, places.programs, transaction), terms)
    consistency.check_releases((thing.seed for thing in releases), faults)
    consistency.check_lessons((thing.seed for thing in lessons), faults)
    consistency.check_programs((thing.seed for thing in programs), faults)
    return Places(releases, programs, terms, lessons)


async def _fill(kind: Kind, things: Sequence[Placed], transaction: TransactionalDBClient) -> list[Placed]:
    ids = [it.id for it in things if not it.is_new and (it.seed.entries or it.seed.absent & {*kind.columns})]
    there = await load_stored(kind, ids, transaction)
    return [replace(thing, seed=_over(there[thing.id], thing.seed)) if thing.id in there else thing for thing in things]


def _over(stored: Values, seed: Seed) -> Seed:
    kept = kept_values(seed, stored)
    if "published_at" in seed.absent:
        # When it was first published stays as it is, whatever becomes of it.
        kept.pop("published_at", None)
    return replace(seed, values=seed.values | kept)


def _merge(entries: Entries, stored: Values) -> Values:
    merged = _merged(stored, entries.given)
    for way in entries.taken_out:
        _take_out(merged, way)
    return merged


def _merged(stored: Values, given: Values) -> Values:
    # Copied all the way down, as entries are taken out of it.
    merged = {key: _merged(cast("Values", it), {}) if isinstance(it, dict) else it for key, it in stored.items()}
    for key, value in given.items():
        merged[key] = _merged(merged.get(key, {}), cast("Values", value)) if isinstance(value, dict) else value
    return merged


def _take_out(values: Values, way: tuple[str, ...]) -> None:
    # With what has nothing left in it.
    first, *rest = way
    if rest and first in values:
        _take_out(values[first], tuple(rest))
    if not rest or not values.get(first, ...):
        values.pop(first, None)


def _with_parts(wholes: Sequence[Placed], parts: Sequence[Placed]) -> list[Placed]:
    # Parts stand in the order of their wholes.
    filled = iter(parts)
    return [replace(whole, seed=replace(whole.seed, parts=_next(whole.seed, filled))) for whole in wholes]


def _next(whole: Seed, parts: Iterator[Placed]) -> tuple[Seed, ...]:
    return tuple(next(parts).seed for _ in whole.parts)
