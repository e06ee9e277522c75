"""The home page: what is newest, then programs, newest first, by language and topic."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from chaishots.api.pages.drawn_poster import aksara
from chaishots.api.pages.localisation import LANGUAGES, Language, name_of
from chaishots.api.pages.program import counts
from chaishots.api.pages.shown_pictures import Asset, Document, asset, drawing
from chaishots.api.pages.template_rendering import Live, Newness, Page, Written, render, tongues
from chaishots.api.pages.translated_texts import topic_name, words
from chaishots.api.pages.urls import Site, path_of, switch
from chaishots.content.catalog.filters import Place
from chaishots.content.catalog.statements import Rendering
from chaishots.content.catalog.viewer_pages import CARDS

_LIVE_FIELDS: Final = "terms.lessons.published_at"
_POSTERS: Final = {
    "portrait": ("portrait", "square", "landscape"),
    "landscape": ("landscape", "banner", "square", "portrait"),
}
_TOPICS: Final = 3
"""Of a program, on its card: two lines on a phone."""


@dataclass(frozen=True)
class HomeFilter:
    """What of the catalog is asked for."""

    language: str | None = None
    topic: str | None = None
    cursor: str | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether programs are left out by what they are."""
        return bool(self.language or self.topic)

    def path(self, tag: str, **other: str | None) -> str:
        """The address in a language, with other values for some of this."""
        query = {"language": self.language, "topic": self.topic, "cursor": self.cursor, **other}
        return path_of(tag, "", **query)


def write_home(rendering: Rendering, language: Language, asked: HomeFilter, site: Site) -> Written:
    """The page, of what `viewer_pages.home` gives."""
    read = json.loads(rendering.document)
    listed: list[Document] = read["programs"][:CARDS]
    newness = Newness(rendering.read_at)
    cards = [card(program, language, newness, site) for program in listed]
    hero = _hero(read["newest"], language, newness, site) if read["newest"] else None
    _ = language.translations.gettext
    first_page = HomeFilter(asked.language, asked.topic)
    page = Page(
        language,
        heading=_("Chai Shots: short lessons in Telugu, Hindi and English"),
        title=_title(language, asked, read["topics"]),
        description=_("Short video lessons and articles, free to start, in Telugu, Hindi and English."),
        switch=switch("", {"language": asked.language, "topic": asked.topic}),
        canonical=site.absolute(asked.path(language.tag)),
        alternates=site.alternates("", LANGUAGES) if asked == HomeFilter() else [],
        image=hero["asset"] if hero and isinstance(hero["asset"], Asset) else None,
        live=None if asked.cursor else _live(first_page, rendering.cursor, [card["newest_at"] for card in cards]),
        linked_data=[_item_list(cards, site)] if cards and site.origin else [],
    )
    next_path = None
    if len(read["programs"]) > CARDS:
        last = listed[-1]
        cursor = Place(datetime.fromisoformat(last["published_at"]), UUID(last["id"]), last["position"]).cursor()
        next_path = asked.path(language.tag, cursor=cursor)
    text = render(
        "home.html",
        page,
        hero=hero,
        programs=cards,
        filters=_filters(read["topics"], read["languages"], asked, language.tag),
        is_filtered=asked.is_filtered or asked.cursor,
        next_path=next_path,
        first_path=first_page.path(language.tag) if asked.cursor else None,
    )
    return Written(text, newness.over_at)


def _title(language: Language, asked: HomeFilter, topics: Sequence[Document]) -> str:
    _ = language.translations.gettext
    named = next((topic_name(topic, language.tag) for topic in topics if _is_asked(topic, asked)), asked.topic)
    parts = [named, name_of(asked.language) if asked.language else None]
    if told := [part for part in parts if part]:
        return f"{', '.join(told)} · Chai Shots"
    return _("Chai Shots: short lessons in Telugu, Hindi and English")


def card(
    program: Document, language: Language, newness: Newness, site: Site, shape: str = "portrait"
) -> dict[str, Any]:
    """A program among others, with a picture of a shape, or the next best."""
    tag = program["language_primary"]
    title = words(program, "title", language.tag, tag)
    return {
        "id": program["id"],
        "title": title,
        "path": path_of(language.tag, f"programs/{program['slug']}"),
        **counts(program, language),
        "languages": tongues(program["languages_available"]),
        "topics": [topic_name(topic, language.tag) for topic in program.get("topics", ())[:_TOPICS]],
        "is_new": newness.of(program["published_at"]),
        "newest_at": program["newest_at"],
        "asset": asset(program["assets"], (language.tag, tag), _POSTERS[shape], site.origin),
        "drawing": drawing(program["id"], shape),
        "letter": aksara(title.text),
    }


def _hero(lesson: Document, language: Language, newness: Newness, site: Site) -> dict[str, Any]:
    """What is newest: the lesson published last, and the program that it belongs to."""
    program: Document = lesson["program"]
    tag = program["language_primary"]
    title = words(program, "title", language.tag, tag)
    posters = asset(program["assets"], (language.tag, tag), ("landscape", "banner", "square"), site.origin)
    return {
        "title": title,
        "description": words(program, "description", language.tag, tag),
        "path": path_of(language.tag, f"programs/{program['slug']}"),
        "asset": posters,
        "drawing": drawing(program["id"], "landscape"),
        "letter": aksara(title.text),
        "is_new": newness.of(lesson["published_at"]),
        "newest_at": lesson["published_at"],
        "newest_on": language.date(datetime.fromisoformat(lesson["published_at"])),
        "lesson": {
            "title": words(lesson, "title", language.tag, lesson["content_language_primary"]),
            "content_type": lesson["content_type"],
            "path": path_of(language.tag, f"lessons/{lesson['id']}"),
        },
    }


def _is_asked(topic: Document, asked: HomeFilter) -> bool:
    return (asked.topic or "").lower() in (topic["id"], *topic["names"])


def _filters(topics: Sequence[Document], languages: Sequence[str], asked: HomeFilter, tag: str) -> dict[str, Any]:
    return {
        "language": asked.language,
        "topic": asked.topic,
        "any_language": asked.path(tag, language=None, cursor=None),
        "any_topic": asked.path(tag, topic=None, cursor=None),
        "languages": [
            {
                "tag": each,
                "name": name_of(each),
                "path": asked.path(tag, language=each, cursor=None),
                "is_chosen": each == asked.language,
            }
            for each in languages
        ],
        "topics": [
            {
                "name": topic_name(each, tag),
                "path": asked.path(tag, topic=each["name"], cursor=None),
                "is_chosen": _is_asked(each, asked),
            }
            for each in topics
        ],
    }


def _live(asked: HomeFilter, cursor: str, newest: Sequence[str]) -> Live:
    query = {
        "fields": _LIVE_FIELDS,
        "limit": str(CARDS),
        "sort": "position",
        "language": asked.language,
        "topic": asked.topic,
    }
    told = urlencode({name: value for name, value in query.items() if value})
    return Live(f"/catalog/programs?{told}", max(newest, default=""), cursor)


def _item_list(cards: Sequence[Document], site: Site) -> Document:
    return {
        "@context": "https://schema.org",
        "@type": "ItemList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "url": site.absolute(card["path"])}
            for place, card in enumerate(cards, 1)
        ],
    }
