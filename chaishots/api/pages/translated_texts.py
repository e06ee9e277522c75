"""What people wrote, in the language of a page where it is translated, and otherwise in its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chaishots.api.pages.shown_pictures import Document

_SEVERAL: Final = {"title": "titles", "description": "descriptions", "summary": "summaries"}
"""What a text is called in all its languages."""


@dataclass(frozen=True)
class Words:
    """A text, and the language that it is in; there is none when it is empty."""

    text: str
    tag: str

    def __bool__(self) -> bool:
        return bool(self.text)


def words(document: Document, name: str, tag: str, own: str) -> Words:
    """A text of a program, term or lesson.

    Args:
        name: title, description or summary. tag: the page's language. own: the one that it was written in.
    """
    translated: Document = document.get(_SEVERAL[name]) or {}
    return Words(translated[tag], tag) if tag in translated else Words(document.get(name) or "", own)


def topic_name(topic: Document, tag: str) -> str:
    """The name of a topic in a language, and otherwise the only one that it has."""
    return str(topic["translations"].get(tag, {}).get("name") or topic["name"])


def readable_in(available: Sequence[str], titles: Sequence[str]) -> tuple[str, ...]:
    """The languages that something is for: those in which there is anything to see or hear, and those of its title.

    Args:
        available: the languages of its content. titles: those in which it has a title.
    """
    return tuple(dict.fromkeys((*available, *titles)))
