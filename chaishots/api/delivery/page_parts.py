"""A list's answer in parts: where each of its programs stands, so that one of them is rendered anew without the others.

Of a list that a change has made old, most is as it was: the change names the programs that it concerns. Knows bytes and
places in them. Must not know how a list is read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chaishots.api.delivery.invalidation import Beginning
from chaishots.content.catalog.statements import Parts

PLACE_BYTES: Final = 250
"""What it takes to know where a program stands."""


@dataclass(frozen=True, slots=True)
class PageParts:
    """Where each program stands in the bytes of an answer.

    began: what went on when the statement began that it was read by: it is as it was while nothing is heard of it.
    """

    began: Beginning
    places: Mapping[UUID, tuple[int, int]]

    def unchanged(self, changed: Collection[UUID] | None) -> frozenset[UUID]:
        """The programs that are as they were. changed: those that are not; None: any may have changed."""
        return frozenset[UUID]() if changed is None else frozenset(self.places).difference(changed)


def compose(parts: Parts, before: Mapping[UUID, bytes | memoryview]) -> tuple[bytes, dict[UUID, tuple[int, int]]]:
    """Put an answer together; what was not read anew is as it was before. Gives its bytes, and where each stands."""
    pieces: list[bytes | memoryview] = [parts.before.encode()]
    places: dict[UUID, tuple[int, int]] = {}
    length = len(pieces[0])
    for number, (program, document) in enumerate(parts.programs):
        piece = before[program] if document is None else document.encode()
        if number:
            pieces.append(b",")
            length += 1
        pieces.append(piece)
        places[program] = (length, length + len(piece))
        length += len(piece)
    pieces.append(parts.behind.encode())
    return b"".join(pieces), places


def pieces_of(body: bytes, parts: PageParts) -> dict[UUID, memoryview]:
    """The bytes of each program."""
    view = memoryview(body)
    return {program: view[begin:end] for program, (begin, end) in parts.places.items()}
