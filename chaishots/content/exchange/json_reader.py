"""JSON as files of content may be written: text into a tree, whose every node knows its path.

YAML's reader takes most of JSON, but not every escape. Knows JSON and nothing of content.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any, Final, cast

from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.yaml import DEEPEST, NUL, TOO_DEEP, TWICE, Node, joined

_BEGINNING: Final = re.compile(rb"\s*\{")
_HALF: Final = "Leave out the half of a surrogate pair: it is no character."


class _Pairs(list[tuple[str, Any]]):  # Any: as json gives them
    """A map, with the keys that it has twice."""


class _Bare(str):
    """What stands there without quotes."""

    __slots__ = ()


_AS_WRITTEN: Final[Mapping[str, Any]] = {  # Any: as json has them
    "object_pairs_hook": _Pairs,
    **dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _Bare),
}


def json_tree(text: bytes, faults: FaultList) -> Node | None:
    """What a JSON text holds; None when it is none. Raises: Fault, when nothing more of it can be read.

    Args:
        faults: gets the keys that a map has twice; the first of them counts.
    """
    if not _BEGINNING.match(text):
        return None
    try:
        document = json.loads(text, **_AS_WRITTEN)
    except (ValueError, RecursionError):
        return None
    return _node(document, None, "", 0, faults)


def _node(value: Any, parent: Node | None, key: str | int, depth: int, faults: FaultList) -> Node:
    node = Node("", parent, key, 0)
    if depth > DEEPEST:
        raise node.fault(TOO_DEEP)
    match value:
        case _Pairs():
            node.value = _map(value, node, depth, faults)
        case list():
            items = cast("list[Any]", value)
            node.value = [_node(item, node, place, depth + 1, faults) for place, item in enumerate(items)]
        case None | bool():
            node.value = "null" if value is None else str(value).lower()
        case _:
            node.value, node.is_quoted = _text(value, node), not isinstance(value, _Bare)
    return node


def _map(pairs: _Pairs, node: Node, depth: int, faults: FaultList) -> dict[str, Node]:
    values: dict[str, Node] = {}
    for name, value in pairs:
        if name in values:
            faults.note(Fault(joined(node.path, name), TWICE))
        values.setdefault(sys.intern(name), _node(value, node, name, depth + 1, faults))
    return values


def _text(value: str, node: Node) -> str:
    if "\0" in value:
        raise node.fault(NUL)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeError as error:
            raise node.fault(_HALF) from error
    return value
