"""Keeps rendered answers, up to a number of bytes. Must not know what an answer says, nor when it is old."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from chaishots.api.delivery.cached_answer import CachedAnswer

_ONCE: Final = 4
"""A quarter is for what was asked for only once."""


class Store:
    """Answers by key, at most so many bytes of them; what was asked for least lately goes first.

    What was asked for only once goes before all else while it takes more than a quarter of the room: whoever asks for
    ever other things pushes out nothing that others come for.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes_held = 0
        self.evictions = 0
        self._held: OrderedDict[Hashable, CachedAnswer] = OrderedDict()
        self._once: OrderedDict[Hashable, None] = OrderedDict()
        self._once_bytes = 0
        self._sizes: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> CachedAnswer | None:
        """The answer held, which is from now on the one asked for most lately."""
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            if key in self._once:
                del self._once[key]
                self._once_bytes -= self._sizes[key]
        return held

    def holds(self, answer: CachedAnswer) -> bool:
        """Whether it is this answer that is held, without asking for it."""
        return self._held.get(answer.key) is answer

    def put(self, answer: CachedAnswer) -> None:
        """Hold an answer; others make room for it."""
        is_new = answer.key not in self._held
        was_once = answer.key in self._once
        self.remove(answer.key)
        size = answer.size_bytes
        if size > self.limit_bytes:
            return
        self._held[answer.key] = answer
        self._sizes[answer.key] = size
        self.bytes_held += size
        if is_new or was_once:
            self._once[answer.key] = None
            self._once_bytes += size
        while self.bytes_held > self.limit_bytes:
            is_flooded = self._once_bytes > self.limit_bytes // _ONCE
            self.remove(next(iter(self._once if is_flooded else self._held)))
            self.evictions += 1

    def note_growth(self, answer: CachedAnswer) -> None:
        """Take note that an answer has grown by an encoding, when it is still held; others make room for it."""
        if self.holds(answer):
            self.put(answer)

    def remove(self, key: Hashable) -> None:
        """Hold it no longer."""
        if self._held.pop(key, None) is not None:
            size = self._sizes.pop(key)
            self.bytes_held -= size
            if key in self._once:
                del self._once[key]
                self._once_bytes -= size
