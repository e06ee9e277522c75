"""The page of a program: what it is, and its lessons term by term."""

import json
from datetime import datetime
from typing import Any, Final

from chaishots.api.pages.drawn_poster import aksara
from chaishots.api.pages.localisation import Language
from chaishots.api.pages.shown_pictures import Asset, Document, asset, drawing
from chaishots.api.pages.template_rendering import Live, Newness, Page, Written, render, summary_of, tongues
from chaishots.api.pages.translated_texts import Words, readable_in, topic_name, words
from chaishots.api.pages.urls import Site, path_of, switch
from chaishots.content.catalog.statements import Rendering

_LIVE_FIELDS: Final = "terms.lessons.published_at"


def write_program(rendering: Rendering, language: Language, site: Site) -> Written:
    """The page, of what `viewer_pages.program_pages` gives."""
    read: Document = json.loads(rendering.document)
    program: Document = read["program"]
    newness = Newness(rendering.read_at)
    tag = program["language_primary"]
    terms = [_term(term, language, newness, site, tag) for term in program["terms"] if term["lessons"]]
    lessons = [lesson for term in terms for lesson in term["lessons"]]
    banner = asset(program["assets"], (language.tag, tag), ("banner", "landscape", "square"), site.origin)
    rest = f"programs/{program['slug']}"
    tongue = language.tag
    title, description = (words(program, name, tongue, tag) for name in ("title", "description"))
    languages = readable_in(program["languages_available"], program["titles"])
    canonical = site.canonical(tongue, rest, languages, tag)
    described = summary_of(description.text) or title.text
    page = Page(
        language,
        heading=title.text,
        title=f"{title.text} · Chai Shots",
        description=described,
        switch=switch(rest, {}),
        canonical=canonical,
        alternates=site.alternates(rest, languages),
        image=banner if isinstance(banner, Asset) else None,
        live=Live(
            f"/catalog/programs/{program['id']}?fields={_LIVE_FIELDS}",
            max((lesson["published_at"] for lesson in lessons), default=""),
            rendering.cursor,
        ),
        linked_data=[_course(program, title, described, banner, canonical), _crumbs(language, program, title, site)]
        if canonical
        else [],
    )
    shown: dict[str, Any] = {
        "title": title,
        "description": description,
        "topics": [
            {"name": topic_name(topic, tongue), "path": path_of(tongue, topic=topic["name"])}
            for topic in read["topics"]
        ],
        "languages": tongues(program["languages_available"]),
        **counts(program, language),
        "letter": aksara(title.text),
        "asset": banner,
        "banner": drawing(program["id"], "banner"),
        "drawing": drawing(program["id"], "landscape"),
    }
    coming = [
        {
            "title": words(lesson, "title", tongue, lesson["title_language"]),
            "at": lesson["publish_at"],
            "shown_at": language.moment(datetime.fromisoformat(lesson["publish_at"])),
        }
        for lesson in program["coming_soon"]
    ]
    text = render(
        "program.html", page, program=shown, coming=coming, terms=terms, first=lessons[0] if lessons else None
    )
    return Written(text, newness.over_at)


def _term(term: Document, language: Language, newness: Newness, site: Site, tag: str) -> dict[str, Any]:
    title = words(term, "title", language.tag, tag)
    return {
        "title": title,
        "heading": title.text or term_heading(term, language),
        "counts": counts(term, language),
        "lessons": [_lesson(lesson, language, newness, site, tag) for lesson in term["lessons"]],
    }


def counts(counted: Document, language: Language) -> dict[str, Any]:
    """How many lessons a program or term has, how many of them are free, and how long they take."""
    length_ms = counted["total_duration_ms"]
    return {
        "lessons": counted["lesson_count"],
        "lessons_shown": language.number(counted["lesson_count"]),
        "free": counted["free_lesson_count"],
        "free_shown": language.number(counted["free_lesson_count"]),
        "length": language.length(length_ms) if length_ms else None,
    }


def term_heading(term: Document, language: Language) -> str:
    """A term without a title, by its number."""
    return language.translations.gettext("Part %(number)s") % {"number": language.number(term["term_number"])}


def _lesson(lesson: Document, language: Language, newness: Newness, site: Site, primary: str) -> dict[str, Any]:
    tag = lesson["content_language_primary"]
    title = words(lesson, "title", language.tag, tag)
    return {
        "number": language.number(lesson["lesson_number"]),
        "title": title,
        "summary": words(lesson, "summary", language.tag, tag),
        "path": path_of(language.tag, f"lessons/{lesson['id']}"),
        "content_type": lesson["content_type"],
        "length": language.length(lesson["duration_ms"]) if lesson["duration_ms"] else None,
        "languages": tongues(lesson["content_languages_available"]),
        "is_paid": lesson["is_paid"],
        "is_new": newness.of(lesson["published_at"]),
        "published_at": lesson["published_at"],
        "letter": aksara(title.text),
        "asset": asset(lesson["assets"], (language.tag, tag, primary), ("landscape", "banner", "square"), site.origin),
    }


def _course(program: Document, title: Words, described: str, banner: Asset | object, url: str | None) -> Document:
    return {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": title.text,
        "description": described,
        "url": url,
        "inLanguage": program["languages_available"],
        "provider": {"@type": "Organization", "name": "Chai Shots"},
        **({"image": banner.absolute} if isinstance(banner, Asset) else {}),
    }


def _crumbs(language: Language, program: Document, title: Words, site: Site) -> Document:
    return crumbs(
        [
            (language.translations.gettext("Programs"), site.absolute(path_of(language.tag))),
            (title.text, site.absolute(path_of(language.tag, f"programs/{program['slug']}"))),
        ]
    )


def crumbs(way: list[tuple[str, str | None]]) -> Document:
    """The way to a page, from the home page on, as schema.org has it."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": url}
            for place, (name, url) in enumerate(way, 1)
        ],
    }
