"""What a reader looks for by words, and what was found: programs and lessons."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from chaishots.api.pages.drawn_poster import aksara
from chaishots.api.pages.home import card
from chaishots.api.pages.localisation import Language
from chaishots.api.pages.shown_pictures import Document, asset, drawing
from chaishots.api.pages.template_rendering import Newness, Page, Written, render
from chaishots.api.pages.translated_texts import words
from chaishots.api.pages.urls import Site, path_of, switch
from chaishots.content.catalog.statements import Rendering
from chaishots.content.catalog.viewer_search import LESSONS, PROGRAMS
from chaishots.content.search_words import MOST, search_of, words_of

LONGEST: Final = 100
"""Characters of what is looked for; a browser lets nobody write more into the box."""
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]+")


def asked_for(text: str) -> str:
    """What a reader looks for as it stands in the box: on one line, and not too long."""
    return _BLANK.sub(" ", text[:LONGEST]).strip()


def wanted(asked: str) -> tuple[str, ...]:
    """What is looked for; of many words, the first."""
    return search_of(" ".join(words_of(asked)[:MOST]))


def write_search(rendering: Rendering, language: Language, asked: str, site: Site) -> Written:
    """The page, of what `viewer_search.search` gives."""
    read = json.loads(rendering.document)
    newness = Newness(rendering.read_at)
    programs = [card(program, language, newness, site, "landscape") for program in read["programs"][:PROGRAMS]]
    lessons = [_lesson(lesson, language, newness, site) for lesson in read["lessons"][:LESSONS]]
    _ = language.translations.gettext
    page = Page(
        language,
        heading=_("Search results") if asked else _("Search"),
        title=" · ".join(part for part in (asked, _("Search"), "Chai Shots") if part),
        description=_("Short video lessons and articles, free to start, in Telugu, Hindi and English."),
        switch=switch("search", {"q": asked}),
        is_indexed=False,
        searched=asked,
    )
    said = " · ".join(_counted(read, language)) or (_("Nothing was found.") if asked else "")
    return Written(render("search.html", page, said=said, programs=programs, lessons=lessons), newness.over_at)


def _counted(read: Document, language: Language) -> Iterable[str]:
    ngettext = language.translations.ngettext
    number = len(read["programs"])
    if number:
        yield ngettext("%(shown)s program", "%(shown)s programs", number) % _shown(number, PROGRAMS, language)
    number = len(read["lessons"])
    if number:
        yield ngettext("%(shown)s lesson", "%(shown)s lessons", number) % _shown(number, LESSONS, language)


def _shown(number: int, most: int, language: Language) -> dict[str, str]:
    return {"shown": language.number(number) if number <= most else f"{language.number(most)}+"}


def _lesson(lesson: Document, language: Language, newness: Newness, site: Site) -> dict[str, Any]:
    program: Document = lesson["program"]
    tag, primary = lesson["content_language_primary"], program["language_primary"]
    title = words(lesson, "title", language.tag, tag)
    return {
        "title": title,
        "path": path_of(language.tag, f"lessons/{lesson['id']}"),
        "program": words(program, "title", language.tag, primary),
        "content_type": lesson["content_type"],
        "length": language.length(lesson["duration_ms"]) if lesson["duration_ms"] else None,
        "is_paid": lesson["is_paid"],
        "is_new": newness.of(lesson["published_at"]),
        "asset": asset(lesson["assets"], (language.tag, tag, primary), ("landscape", "banner", "square"), site.origin),
        "drawing": drawing(program["id"], "landscape"),
        "letter": aksara(title.text),
    }
