"""A map of a file that says a part of a thing, as a row of a sheet does; what it says nothing of stays as it is stored.

Knows nothing of what a file holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaishots.content.exchange.yaml import Node


@dataclass(slots=True, eq=False, repr=False)
class PartialNode(Node):
    """Such a map.

    place: what its path is.
    stored: what is stored of the keys that a new thing would have to have, of a thing that is stored; of a new one
        it is empty.
    taken_out: the entries that are to go, by the name of the map that they are in; other maps keep theirs.
    """

    place: str = ""
    stored: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Any: values of columns
    taken_out: Mapping[str, frozenset[tuple[str, ...]]] = field(default_factory=dict[str, frozenset[tuple[str, ...]]])

    @property
    def path(self) -> str:
        """The place."""
        return self.place
