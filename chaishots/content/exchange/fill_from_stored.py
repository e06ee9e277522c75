"""Fills in the keys that a file leaves out of things that exist: a missing key keeps what is stored.

Reads; changes and locks nothing. `diff` reads once more, under the lock, what others may have stored meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange import consistency
from chaishots.content.exchange.diff import LESSONS, PROGRAMS, RELEASES, TERMS, Kind, load_stored
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.file_content import Seed
from chaishots.content.exchange.matching import Placed, Places


async def fill(places: Places, faults: FaultList, transaction: TransactionalDBClient) -> Places:
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
    return [replace(thing, seed=thing.seed.over(there[thing.id])) if thing.id in there else thing for thing in things]


def _with_parts(wholes: Sequence[Placed], parts: Sequence[Placed]) -> list[Placed]:
    # Parts stand in the order of their wholes.
    filled = iter(parts)
    return [replace(whole, seed=replace(whole.seed, parts=_next(whole.seed, filled))) for whole in wholes]


def _next(whole: Seed, parts: Iterator[Placed]) -> tuple[Seed, ...]:
    return tuple(next(parts).seed for _ in whole.parts)
