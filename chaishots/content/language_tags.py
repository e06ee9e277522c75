"""Language tags, each in one spelling, whatever the letters' case was."""

import re
from collections.abc import Iterable
from typing import Final

PATTERN: Final = r"^[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}$"
"""A tag as it is stored: the part of BCP 47 that content needs; `chaishots_is_language` says it to the database."""

RULE: Final = "Use a language tag such as te, pt-BR or zh-Hant."
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def canonical(tag: str) -> str:
    """The tag in its usual case (RFC 5646, 2.1.1): pt-br is pt-BR, ZH-hANT is zh-Hant. Raises: ValueError, the rule."""
    if not _TAG.fullmatch(tag):
        raise ValueError(RULE)
    language, *subtags = tag.lower().split("-")
    return "-".join([language, *map(_subtag, subtags)])


def _subtag(subtag: str) -> str:
    match len(subtag):
        case 2:
            return subtag.upper()
        case 4:
            return subtag.capitalize()
        case _:
            return subtag


def canonical_each(tags: list[str]) -> list[str]:
    """The tags in their usual case. Raises: ValueError when one is none, or two are the same then."""
    found = [canonical(tag) for tag in tags]
    if twice := next((tag for place, tag in enumerate(found) if tag in found[:place]), None):
        raise ValueError(f"Name {twice} once: tags that differ in case alone are the same language.")
    return found


def looked_up(tags: Iterable[str]) -> tuple[str, ...]:
    """What is looked for, in this order, by who asks for these: hi-IN finds hi as well (RFC 4647, 3.4).

    Args:
        tags: in their usual case.
    """
    found: list[str] = []
    for tag in tags:
        parts = tag.split("-")
        found += ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys(found))
