"""YAML as seeds are written: text into a tree, whose every node knows its path and its line, and values into text.

Knows YAML and nothing of content. What a scalar is, whoever asks for it says: where a language is due, `no` is
Norwegian and no truth value; 010 is no number, rather than 8. Aliases and tags are refused: the ones let a short file
grow without bound, the others name types that content does not have.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias
from uuid import UUID

import yaml
from yaml.reader import ReaderError

from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.safe_text import is_safe

DEEPEST: Final = 16
"""Levels of lists and maps at most; the format itself has nine."""

_PLAIN_KEY: Final = re.compile(r"[\w-]{1,40}")
_WHOLE_NUMBER: Final = re.compile(r"[1-9][0-9_]*")
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
# Of JSON too.
TWICE: Final = "The key is there already: give it once."
TOO_DEEP: Final = f"Nest lists and maps {DEEPEST} deep at most."
NUL: Final = "Leave out the NUL characters: Postgres keeps none."


Scalar: TypeAlias = "str | int | UUID | datetime | None"
Writable: TypeAlias = "Scalar | list[Scalar] | dict[str, Writable]"
"""What a map that is written may hold; a flag is an int, None is null."""


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A value of the text, the node and the key or index that it is found by, and the line on which it starts."""

    value: "str | list[Node] | dict[str, Node]"
    parent: "Node | None"
    key: str | int
    line: int
    is_quoted: bool = False

    @property
    def path(self) -> str:
        """The path to it from the top; put together when asked for, as a file has a million of them."""
        if self.parent is None:
            return ""
        return f"{self.parent.path}[{self.key}]" if isinstance(self.key, int) else joined(self.parent.path, self.key)

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


def tree(text: bytes, faults: FaultList) -> Node:
    """The one document of a YAML text in UTF-8. Raises: Fault, where the text cannot be read on.

    Args:
        faults: gets the keys that a map has twice; the first of them counts.
    """
    try:
        events = iter(yaml.parse(text.decode(), Loader=yaml.CSafeLoader))
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            raise Fault("", "The file is empty.")
        root = _node(events, None, "", 0, faults)
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


def _node(
    events: Iterator[yaml.Event], parent: Node | None, key: str | int, depth: int, faults: FaultList
) -> Node | None:
    # None where a list or map ends. Events come as they are asked for: what lies too deep is never read.
    event = next(events)
    if isinstance(event, yaml.CollectionEndEvent):
        return None
    node = Node("", parent, key, event.start_mark.line + 1 if event.start_mark else 0)
    if depth > DEEPEST:
        raise node.fault(TOO_DEEP)
    match event:
        case yaml.ScalarEvent(tag=None):
            if "\0" in event.value:
                raise node.fault(NUL)
            node.value, node.is_quoted = event.value, not event.implicit[0]
        case yaml.SequenceStartEvent(tag=None):
            node.value = _list(events, node, depth, faults)
        case yaml.MappingStartEvent(tag=None):
            node.value = _map(events, node, depth, faults)
        case yaml.AliasEvent():
            raise node.fault("Write the value out: aliases are refused.")
        case _:
            raise node.fault("Leave out the tag: a value's place says what it is.")
    return node


def _list(events: Iterator[yaml.Event], parent: Node, depth: int, faults: FaultList) -> list[Node]:
    items: list[Node] = []
    while (item := _node(events, parent, len(items), depth + 1, faults)) is not None:
        items.append(item)
    return items


def _map(events: Iterator[yaml.Event], parent: Node, depth: int, faults: FaultList) -> dict[str, Node]:
    values: dict[str, Node] = {}
    while (key := _node(events, parent.parent, parent.key, depth + 1, faults)) is not None:
        if not isinstance(key.value, str):
            raise key.fault("Use plain text as a key.")
        name = sys.intern(key.value)
        if name in values:
            faults.note(Fault(joined(parent.path, name), TWICE, key.line))
        value = _node(events, parent, name, depth + 1, faults)
        assert value is not None  # a parser that gave a key gives its value
        values.setdefault(name, value)
    return values


def _position(text: bytes, offset: int) -> str:
    *lines, last = text[:offset].split(b"\n")
    return f"line {len(lines) + 1}, column {len(last.decode(errors='replace')) + 1}"


# Not PyYAML's emitter: libyaml writes emoji as \U escapes, and U+202E, which would steer a terminal, as it stands; its
# representers choose a style, not what is escaped.
# Beyond ASCII: what a reader of YAML takes as it stands; neither line breaks nor blanks nor invisible controls of C1.
# Of these, what would steer the terminal that an export is printed on (`safe_text`) is escaped all the same.
_OTHER: Final = "\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
# What is the same text for every reader of YAML without quotes, in a list in brackets too.
_PLAIN: Final = re.compile(rf"[A-Za-z{_OTHER}][A-Za-z0-9_ .()/+'?!;{_OTHER}-]*(?<! )")
_PLAIN_URL: Final = re.compile(r"https?://[!-~]*[!-9;-~]")
_BLOCK: Final = re.compile(rf"[!-~{_OTHER}][ -~\n{_OTHER}]*[!-~{_OTHER}]")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_ESCAPED: Final = re.compile(rf"[^ !#-\[\]-~{_OTHER}]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def written(values: Mapping[str, Writable], indent: int) -> str:
    """The lines of a map, this many spaces in: text, numbers, flags, UUIDs, moments, lists of these, and maps."""
    pad = " " * indent
    return "".join(f"{pad}{_scalar(key)}:{_written_value(value, indent)}\n" for key, value in values.items())


def written_item(values: Mapping[str, Writable], indent: int) -> str:
    """The lines of a map that is an item of a list, the list this many spaces in."""
    lines = written(values, indent + 2)
    return f"{' ' * indent}- {lines[indent + 2 :]}"


def _written_value(value: Writable, indent: int) -> str:
    match value:
        case dict() if value:
            return "\n" + written(value, indent + 2).removesuffix("\n")
        case dict():
            return " {}"
        case list():
            return f" [{', '.join(map(_scalar, value))}]"
        case str() if "\n" in value and _BLOCK.fullmatch(value) and is_safe(value.replace("\n", "")):
            return " |-" + "".join(f"\n{' ' * (indent + 2)}{line}" if line else "\n" for line in value.split("\n"))
        case _:
            return f" {_scalar(value)}"


def _scalar(value: Scalar) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | UUID():
            return str(value)
        case datetime():
            return moment_text(value)
        case str():
            return _text(value)


def moment_text(moment: datetime) -> str:
    """A moment as files have it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) or _PLAIN_URL.fullmatch(text)
    if is_plain and text.lower() not in _WORDS and is_safe(text):
        return text
    quoted = _ESCAPED.sub(_escape, text)
    return f'"{quoted if is_safe(quoted) else "".join(one if is_safe(one) else _escaped(one) for one in quoted)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _ESCAPES.get(character) or _escaped(character)


def _escaped(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
