"""Where the pages are: their paths, and the absolute addresses that search engines and feeds ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from chaishots.api.pages.localisation import DEFAULT, LANGUAGES, name_of
from chaishots.api.pages.preview_context import current_place

X_DEFAULT: Final = "x-default"
SITE: Final = "SITE"
"""The key of the application's settings under which its Site stands."""


@dataclass(frozen=True)
class Alternate:
    """The same page in another language, or in whichever the reader's browser asks for (X_DEFAULT)."""

    tag: str
    url: str


@dataclass(frozen=True)
class Switch:
    """A link to the page in a language, for readers."""

    tag: str
    name: str
    path: str


@dataclass(frozen=True)
class Site:
    """Where the pages are served.

    origin: scheme and authority, without a slash; None when nobody told: then what needs it is left out.
    """

    origin: str | None

    def absolute(self, path: str) -> str | None:
        """The address of a path."""
        return None if self.origin is None else f"{self.origin}{path}"

    def link(self, path: str) -> str:
        """The address of a path, as absolute as it can be."""
        return f"{self.origin or ''}{path}"

    def canonical(self, tag: str, rest: str, languages: Sequence[str], primary: str) -> str | None:
        """The one address that search engines shall keep for a page that is shown in a language.

        Args:
            languages: those that its program has; primary: the one that it was written in.
        """
        return self.absolute(path_of(canonical_tag(tag, languages, primary), rest))

    def alternates(self, rest: str, languages: Sequence[str]) -> list[Alternate]:
        """The page in each language that its program has, and in the reader's own; none without an origin."""
        if self.origin is None:
            return []
        told = [Alternate(tag, f"{self.origin}{path_of(tag, rest)}") for tag in LANGUAGES if tag in languages]
        return [*told, Alternate(X_DEFAULT, f"{self.origin}/{rest}")] if told else []


def path_of(tag: str, rest: str = "", **query: str | None) -> str:
    """The path of a page in a language; `rest` is "", "programs/{slug}" or "lessons/{id}".

    In a preview, its place there.
    """
    asked = {name: value for name, value in query.items() if value}
    place = current_place()
    return f"{place.base if place else ''}/{tag}/{rest}" + (f"?{urlencode(asked)}" if asked else "")


def switch(rest: str, query: Mapping[str, str | None]) -> list[Switch]:
    """Links to the page in each language."""
    return [Switch(tag, name_of(tag), path_of(tag, rest, **query)) for tag in LANGUAGES]


def canonical_tag(tag: str, languages: Sequence[str], primary: str) -> str:
    """The language of the canonical page: this one if the program has it, else its own, else another that it has."""
    if tag in languages:
        return tag
    return next((each for each in (primary, *LANGUAGES) if each in LANGUAGES and each in languages), DEFAULT)
