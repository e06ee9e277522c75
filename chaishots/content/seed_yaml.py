"""YAML as seeds are written: text into a tree, whose every node knows its path and its line.

Knows YAML and nothing of content. What a scalar is, whoever asks for it says: where a language is due, `no` is
Norwegian and no truth value; 010 is no number, rather than 8. Aliases and tags are refused: the ones let a short file
grow without bound, the others name types that content does not have.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import yaml
from yaml.reader import ReaderError

DEEPEST: Final = 16
"""Levels of lists and maps at most; the format itself has nine."""

_PLAIN_KEY: Final = re.compile(r"[\w-]{1,40}")
_WHOLE_NUMBER: Final = re.compile(r"[1-9][0-9_]*")
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_NUL: Final = "Leave out the NUL characters: Postgres keeps none."


class Fault(Exception):
    """What is wrong with the text: where, the rule that it breaks, and the line if the place does not tell it."""

    def __init__(self, place: str, rule: str, line: int | None = None) -> None:
        super().__init__(f"{place or 'top level'}: {rule}" + (f" (Line {line}.)" if line else ""))
        self.place = place


@dataclass(slots=True)
class Node:
    """A value of the text, the path to it from the top, and the line on which it starts."""

    value: "str | list[Node] | dict[str, Node]"
    path: str
    line: int
    is_quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it stands for nothing, as if its key had been left out."""
        return not self.is_quoted and isinstance(self.value, str) and self.value in _NULLS

    def fault(self, rule: str) -> Fault:
        """The fault of breaking a rule here."""
        return Fault(self.path, rule, self.line)

    # The readers. Each raises Fault, with the rule, when the node is something else.

    def items(self, rule: str) -> "list[Node]":
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.fault(rule)
        return self.value

    def map(self, rule: str) -> "dict[str, Node]":
        """The values of a map by their keys."""
        if not isinstance(self.value, dict):
            raise self.fault(rule)
        return self.value

    def text(self, rule: str) -> str:
        """Text, as it is written."""
        if not isinstance(self.value, str) or self.is_null:
            raise self.fault(rule)
        return self.value

    def text_like(self, pattern: re.Pattern[str], rule: str) -> str:
        """Text of which the whole fits a pattern."""
        text = self.text(rule)
        if not pattern.fullmatch(text):
            raise self.fault(rule)
        return text

    def whole_number(self, rule: str, *, most: int) -> int:
        """A number from 1 on, in decimal digits; `_` may part them, as in 90_000."""
        digits = self.text_like(_WHOLE_NUMBER, rule).replace("_", "")
        if self.is_quoted:
            raise self.fault(f"{rule} Without quotes.")
        if len(digits) > len(str(most)) or int(digits) > most:
            raise self.fault(f"Give a whole number of {most:,} at most.")
        return int(digits)

    def flag(self, rule: str) -> bool:
        """Either `true` or `false`."""
        if self.is_quoted or self.value not in ("true", "false"):
            raise self.fault(rule)
        return self.value == "true"

    def uuid(self, rule: str) -> UUID:
        """A UUID, in any of its spellings."""
        try:
            return UUID(self.text(rule))
        except ValueError as error:
            raise self.fault(rule) from error


def tree(text: bytes) -> Node:
    """The one document of a YAML text in UTF-8. Raises: Fault."""
    try:
        events = iter(yaml.parse(text.decode(), Loader=yaml.CSafeLoader))
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            raise Fault("", "The file is empty.")
        root = _node(events, "", 0)
        next(events)
        if root is None or not isinstance(next(events), yaml.StreamEndEvent):
            raise Fault("", "The file holds more than one document: keep to one.")
    except UnicodeDecodeError as error:
        raise Fault(_position(text, error.start), "Save the file as UTF-8.") from error
    except ReaderError as error:
        raise Fault(_position(text, error.position), f"Leave out the character U+{error.character:04X}.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Fault(place, f"{error.problem}{f' ({error.context})' if error.context else ''}.") from error
    return root


def joined(path: str, key: str) -> str:
    """The path to the value of a key of the map at a path."""
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{key[:40]!r}]"
    return f"{path}.{key}" if path else key


def _node(events: Iterator[yaml.Event], path: str, depth: int) -> Node | None:
    # None where a list or map ends. Events come as they are asked for: what lies too deep is never read.
    event = next(events)
    line = event.start_mark.line + 1 if event.start_mark else 0
    if depth > DEEPEST:
        raise Fault(path, f"Nest lists and maps {DEEPEST} deep at most.", line)
    match event:
        case yaml.ScalarEvent(tag=None):
            if "\0" in event.value:
                raise Fault(path, _NUL, line)
            return Node(event.value, path, line, is_quoted=not event.implicit[0])
        case yaml.SequenceStartEvent(tag=None):
            return Node(_list(events, path, depth), path, line)
        case yaml.MappingStartEvent(tag=None):
            return Node(_map(events, path, depth), path, line)
        case yaml.CollectionEndEvent():
            return None
        case yaml.AliasEvent():
            raise Fault(path, "Write the value out: aliases are refused.", line)
        case _:
            raise Fault(path, "Leave out the tag: a value's place says what it is.", line)


def _list(events: Iterator[yaml.Event], path: str, depth: int) -> list[Node]:
    items: list[Node] = []
    while (item := _node(events, f"{path}[{len(items)}]", depth + 1)) is not None:
        items.append(item)
    return items


def _map(events: Iterator[yaml.Event], path: str, depth: int) -> dict[str, Node]:
    values: dict[str, Node] = {}
    while (key := _node(events, path, depth + 1)) is not None:
        if not isinstance(key.value, str):
            raise key.fault("Use plain text as a key.")
        value_path = joined(path, key.value)
        if key.value in values:
            raise Fault(value_path, "The key is there already: give it once.", key.line)
        value = _node(events, value_path, depth + 1)
        assert value is not None  # a parser that gave a key gives its value
        values[key.value] = value
    return values


def _position(text: bytes, offset: int) -> str:
    *lines, last = text[:offset].split(b"\n")
    return f"line {len(lines) + 1}, column {len(last.decode(errors='replace')) + 1}"
