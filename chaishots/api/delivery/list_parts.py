"""A list's answer in parts: where each of its programs stands, so that one of them is rendered anew without the others.

Of a list that a change has made old, most is as it was: the change names the programs that it concerns, and Postgres
tells whether the others are in the state in which they were, as it is to be one moment of the catalog that an answer
shows. Knows bytes and places in them. Must not know how a list is read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from chaishots.api.delivery.invalidation import Beginning
from chaishots.content.catalog.program_states import Parts

PLACE_BYTES: Final = 400
"""What it takes to know where a program stands."""

Places: TypeAlias = Mapping[str, tuple[int, int]]
"""Where the JSON of programs begins and ends, by the state in which each is (`program_states.py`)."""


@dataclass(frozen=True, slots=True)
class ListParts:
    """Where each program stands in the bytes of an answer.

    began: what went on when the statement began that it was read by.
    """

    began: Beginning
    places: Places

    def unchanged(self, changed: Collection[UUID] | None) -> list[str]:
        """The states of the programs that are as they were. changed: those that are not; None: any may have changed."""
        if changed is None:
            return []
        ids = {str(program) for program in changed}
        return [state for state in self.places if state.partition(" ")[0] not in ids]


def compose(parts: Parts, before: Mapping[str, bytes | memoryview]) -> tuple[bytes, Places]:
    """Put an answer together; what was not read anew is as it was before. Gives its bytes, and where each stands."""
    pieces: list[bytes | memoryview] = [parts.before.encode()]
    places: dict[str, tuple[int, int]] = {}
    length = len(pieces[0])
    for number, (state, document) in enumerate(parts.programs):
        piece = before[state] if document is None else document.encode()
        if number:
            pieces.append(b",")
            length += 1
        pieces.append(piece)
        places[state] = (length, length + len(piece))
        length += len(piece)
    pieces.append(parts.behind.encode())
    return b"".join(pieces), places


def pieces_of(body: bytes, places: Places) -> dict[str, memoryview]:
    """The bytes of each program."""
    view = memoryview(body)
    return {state: view[begin:end] for state, (begin, end) in places.items()}
