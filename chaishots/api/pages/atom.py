"""What was published last, as an Atom feed (RFC 4287) in each language."""

import json
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from chaishots.api.pages import static_files
from chaishots.api.pages.localisation import Language
from chaishots.api.pages.shown_pictures import Document
from chaishots.api.pages.template_rendering import Page, Written, render
from chaishots.api.pages.translated_texts import words
from chaishots.api.pages.urls import Site, path_of
from chaishots.content.catalog.statements import Rendering

_NEVER: Final = "1970-01-01T00:00:00Z"


def write_atom(rendering: Rendering, language: Language, site: Site) -> Written:
    """The feed, of what `viewer_pages.newest_lessons` gives."""
    lessons = json.loads(rendering.document)["lessons"]
    _ = language.translations.gettext
    path = path_of(language.tag, "feed.xml")
    page = Page(
        language,
        heading="Chai Shots",
        title=f"{_('Feed of new lessons')} · Chai Shots",
        description=_("Short video lessons and articles, free to start, in Telugu, Hindi and English."),
        switch=[],
    )
    entries = [_entry(lesson, language.tag, site) for lesson in lessons]
    return Written(
        render(
            "atom.xml",
            page,
            # The same wherever it is read: a feed that is known by another address is the same feed.
            id=uuid5(NAMESPACE_URL, site.link(path)).urn,
            updated=max((entry["published_at"] for entry in entries), default=_NEVER),
            self_url=site.link(path),
            home_url=site.link(path_of(language.tag)),
            icon_url=site.link(static_files.paths()["icon.svg"]),
            entries=entries,
        )
    )


def _entry(lesson: Document, tag: str, site: Site) -> Document:
    program, own = lesson["program"], lesson["content_language_primary"]
    of_program = words(program, "title", tag, program["language_primary"])
    return {
        "id": lesson["id"],
        "title": words(lesson, "title", tag, own),
        "published_at": lesson["published_at"],
        "url": site.link(path_of(tag, f"lessons/{lesson['id']}")),
        "summary": words(lesson, "summary", tag, own) or of_program,
    }
