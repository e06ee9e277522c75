"""The text of a file of content, as YAML or JSON, written thing by thing in the order of the file.

Knows how things stand inside one another. Must not know which keys they have, nor where they come from.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.file_formats import Form
from chaishots.content.exchange.yaml import moment_text, written_item


class Kind(StrEnum):
    """What a thing is: the key of the list that it stands in."""

    TOPICS = "topics"
    RELEASES = "releases"
    PICTURES = "pictures"
    PROGRAMS = "programs"
    TERMS = "terms"
    LESSONS = "lessons"
    CHANGES = "changes"


class Writer(Protocol):
    """Makes text of things: of each program its terms follow, of each term its lessons."""

    def write(self, kind: Kind, values: Values) -> str:
        """The text up to this thing, without what may still come inside it."""
        ...

    def end(self) -> str:
        """The text that closes the file."""
        ...


_ALWAYS: Final = (Kind.TOPICS, Kind.PROGRAMS)
"""The lists that a file has when nothing is in them too."""
_LEVELS: Final[Mapping[Kind, int]] = {Kind.TERMS: 1, Kind.LESSONS: 2}
"""How many things a thing stands in."""


def _level(kind: Kind | None) -> int:
    return -1 if kind is None else _LEVELS.get(kind, 0)


class YamlWriter:
    """Writes YAML, as people write it."""

    def __init__(self) -> None:
        self._last: Kind | None = None
        self._written: set[Kind] = set()

    def write(self, kind: Kind, values: Values) -> str:
        """The text of this thing."""
        level, last = _level(kind), self._last
        first = "" if self._written or kind is Kind.TOPICS else self._empty(Kind.TOPICS)
        begins = level > _level(last) or (level == 0 and kind not in self._written)
        head = f"{' ' * (4 * level)}{kind}:\n" if begins else ""
        self._last = kind
        self._written |= {kind}
        return first + head + written_item(values, 4 * level + 2)

    def end(self) -> str:
        """The lists that have nothing in them."""
        empty = _ALWAYS if not self._written else (Kind.PROGRAMS,)
        return "".join(self._empty(kind) for kind in empty if kind not in self._written)

    def _empty(self, kind: Kind) -> str:
        return f"{kind}: []\n"


class JsonWriter:
    """Writes JSON, a line a thing."""

    def __init__(self) -> None:
        self._last: Kind | None = None
        self._written: set[Kind] = set()

    def write(self, kind: Kind, values: Values) -> str:
        """The text of this thing, left open for what comes inside it."""
        text = self._up_to(kind) + json.dumps(values, ensure_ascii=False, default=_plain).removesuffix("}")
        self._last = kind
        self._written |= {kind}
        return text

    def end(self) -> str:
        """What closes the file, the lists that have nothing in them included."""
        empty = [f'"{kind}": []' for kind in _ALWAYS if kind not in self._written]
        if self._last is None:
            return f"{{{', '.join(empty)}}}\n"
        return f"{self._close(0)}]{''.join(f', {text}' for text in empty)}}}\n"

    def _up_to(self, kind: Kind) -> str:
        if self._last is None:
            return f'{{"{kind}": [\n'
        level = _level(kind)
        if level > _level(self._last):
            return f', "{kind}": [\n'
        if level == 0 and kind not in self._written:
            return f'{self._close(0)}],\n"{kind}": [\n'
        return f"{self._close(level)},\n"

    def _close(self, level: int) -> str:
        # The last thing, and all that it stands in, down to this level.
        return "}" + "]}" * (_level(self._last) - level)


def _plain(value: object) -> str:
    return moment_text(value) if isinstance(value, datetime) else str(value)


WRITERS: Final[Mapping[Form, type[YamlWriter] | type[JsonWriter]]] = {Form.YAML: YamlWriter, Form.JSON: JsonWriter}
