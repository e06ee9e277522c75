"""The page of a program: what it is, and its lessons term by term."""

import json
from typing import Any, Final

from chaishots.api.pages.kolam import aksara
from chaishots.api.pages.languages import Language
from chaishots.api.pages.pictures import Asset, Document, asset, drawing
from chaishots.api.pages.rendering import Live, Newness, Page, Written, render, summary_of, tongues
from chaishots.api.pages.urls import Site, path_of, switch
from chaishots.content.catalog.statements import Rendering

_LIVE_FIELDS: Final = "terms.lessons.published_at"


def write_program(rendering: Rendering, language: Language, site: Site) -> Written:
    """The page, of what `pages.program_pages` gives."""
    program: Document = json.loads(rendering.document)
    newness = Newness(rendering.read_at)
    tag = program["language_primary"]
    terms = [_term(term, language, newness, site, tag) for term in program["terms"] if term["lessons"]]
    lessons = [lesson for term in terms for lesson in term["lessons"]]
    total_ms = sum(lesson["duration_ms"] or 0 for lesson in lessons)
    banner = asset(program["assets"], (language.tag, tag), ("banner", "landscape", "square"), site.origin)
    rest = f"programs/{program['id']}"
    canonical = site.canonical(language.tag, rest, program["languages_available"], tag)
    _ = language.translations.gettext
    described = summary_of(program["description"]) or program["title"]
    page = Page(
        language,
        heading=program["title"],
        title=f"{program['title']} · Chai Shots",
        description=described,
        switch=switch(rest, {}),
        canonical=canonical,
        alternates=site.alternates(rest, program["languages_available"]),
        image=banner if isinstance(banner, Asset) else None,
        live=Live(
            f"/catalog/programs/{program['id']}?fields={_LIVE_FIELDS}",
            max((lesson["published_at"] for lesson in lessons), default=""),
        ),
        linked_data=[_course(program, described, banner, canonical), _crumbs(language, program, site)]
        if canonical
        else [],
    )
    shown: dict[str, Any] = {
        "title": program["title"],
        "description": program["description"],
        "tag": tag,
        "topics": [{"name": topic, "path": path_of(language.tag, topic=topic)} for topic in program["topics"]],
        "languages": tongues(program["languages_available"]),
        "lessons": len(lessons),
        "lessons_shown": language.number(len(lessons)),
        "length": language.length(total_ms) if total_ms else None,
        "letter": aksara(program["title"]),
        "asset": banner,
        "banner": drawing(program["id"], "banner"),
        "drawing": drawing(program["id"], "landscape"),
    }
    text = render("program.html", page, program=shown, terms=terms, first=lessons[0] if lessons else None)
    return Written(text, newness.over_at)


def _term(term: Document, language: Language, newness: Newness, site: Site, tag: str) -> dict[str, Any]:
    return {
        "title": term["title"],
        "heading": term["title"] or term_heading(term, language),
        "lessons": [_lesson(lesson, language, newness, site, tag) for lesson in term["lessons"]],
    }


def term_heading(term: Document, language: Language) -> str:
    """A term without a title, by its number."""
    return language.translations.gettext("Part %(number)s") % {"number": language.number(term["term_number"])}


def _lesson(lesson: Document, language: Language, newness: Newness, site: Site, primary: str) -> dict[str, Any]:
    tag = lesson["content_language_primary"]
    return {
        "number": language.number(lesson["lesson_number"]),
        "title": lesson["title"],
        "summary": lesson.get("summary", ""),
        "tag": tag,
        "path": path_of(language.tag, f"lessons/{lesson['id']}"),
        "content_type": lesson["content_type"],
        "duration_ms": lesson["duration_ms"],
        "length": language.length(lesson["duration_ms"]) if lesson["duration_ms"] else None,
        "languages": tongues(lesson["content_languages_available"]),
        "is_paid": lesson["is_paid"],
        "is_new": newness.of(lesson["published_at"]),
        "published_at": lesson["published_at"],
        "letter": aksara(lesson["title"]),
        "asset": asset(lesson["assets"], (language.tag, tag, primary), ("landscape", "banner", "square"), site.origin),
    }


def _course(program: Document, described: str, banner: Asset | object, url: str | None) -> Document:
    return {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": program["title"],
        "description": described,
        "url": url,
        "inLanguage": program["languages_available"],
        "provider": {"@type": "Organization", "name": "Chai Shots"},
        **({"image": banner.absolute} if isinstance(banner, Asset) else {}),
    }


def _crumbs(language: Language, program: Document, site: Site) -> Document:
    return crumbs(
        [
            (language.translations.gettext("Programs"), site.absolute(path_of(language.tag))),
            (program["title"], site.absolute(path_of(language.tag, f"programs/{program['id']}"))),
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
