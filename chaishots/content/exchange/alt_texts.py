"""Sets the alt texts of pictures that a file gives.

A picture is named by its id, or by its URL, which ends in that. One that is not known here keeps nothing else from
being stored: it is told, as its files come by another way than content does. Must not know how a picture is kept.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.file_content import Seed
from chaishots.content.exchange.import_report import Told
from chaishots.database.orm import query

_OURS: Final = re.compile(r".*/pictures/([0-9a-f]{64})(?:-[0-9]{1,5})?\.(?:webp|avif)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Alts:
    """What became of the pictures of a file: those whose alt texts changed or did not; a line for each not known."""

    changed: tuple[Told, ...] = ()
    same: tuple[Told, ...] = ()
    unknown: tuple[str, ...] = ()


# picture_pkey (id)
_STORED: Final = "select id, alt from picture where id = any($1)"
_LOCK: Final = "select id from picture where id = any($1) order by id for no key update"
_CHANGE: Final = """
    update picture set alt = wanted.alt from jsonb_to_recordset($1) as wanted (id text, alt jsonb)
     where picture.id = wanted.id
"""


def by_id(pictures: Iterable[Seed], faults: FaultList) -> dict[str, Seed]:
    """The pictures of a file by their ids; whatever names none of ours, or one a second time, is a fault."""
    found: dict[str, Seed] = {}

    def add(seed: Seed) -> None:
        if found.setdefault(picture_id := _id_of(seed), seed) is not seed:
            raise seed.fault("id", f"The file has this picture already: {found[picture_id].path}. Name it once.")

    for seed in pictures:
        faults.check(add, seed)
    return found


async def set_alts(
    by_id: Mapping[str, Seed],
    transaction: TransactionalDBClient,
    *,
    uploaded: frozenset[str] = frozenset(),
    only_missing: bool = False,
) -> Alts:
    """Have pictures say what a file has them say. The last thing of a transaction: whoever edits locks pictures last.

    Args:
        by_id: the pictures of a file by their ids.
        uploaded: URLs of pictures that count as known; of a dry run, those that would be uploaded.
        only_missing: leave those alone that have any alt text.
    """
    if not by_id:
        return Alts()
    stored: dict[str, dict[str, str]] = {
        row["id"]: json.loads(row["alt"]) for row in await query(transaction, _STORED, [*by_id])
    }
    known: dict[str, dict[str, str]] = {
        key: stored.get(key, {}) for key, seed in by_id.items() if key in stored or seed.values["url"] in uploaded
    }
    wanted = {
        picture_id: seed.values["alt"]
        for picture_id, seed in by_id.items()
        if picture_id in known and known[picture_id] != seed.values["alt"] and not (only_missing and known[picture_id])
    }
    await query(transaction, _LOCK, [*wanted])
    await query(transaction, _CHANGE, json.dumps([{"id": key, "alt": alt} for key, alt in wanted.items()]))
    return Alts(
        tuple(Told("picture", key, None, by_id[key].path, ("alt",)) for key in by_id if key in wanted),
        tuple(Told("picture", key, None, by_id[key].path) for key in by_id if key in known and key not in wanted),
        tuple(
            f"There is no picture {key} here: its alt text is left out. Send the picture, then the file again. "
            f"({seed.path}, line {seed.line}.)"
            for key, seed in by_id.items()
            if key not in known
        ),
    )


def _id_of(seed: Seed) -> str:
    if seed.values["id"] is not None:
        return seed.values["id"]
    if (found := _OURS.fullmatch(seed.values["url"])) is None:
        raise seed.fault("url", "Give the URL of a picture of ours, or its path beside the file.")
    return found[1]
