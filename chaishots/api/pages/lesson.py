"""The page of a lesson: a player or the way to the article, what lies before and after, what it belongs to."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from chaishots.api.pages.drawn_poster import aksara
from chaishots.api.pages.localisation import Language, iso_length, name_of
from chaishots.api.pages.program import crumbs, term_heading
from chaishots.api.pages.shown_pictures import Asset, Document, asset, drawing, is_web
from chaishots.api.pages.template_rendering import LinkedData, Live, Newness, Page, Written, render, summary_of
from chaishots.api.pages.translated_texts import Words, readable_in, words
from chaishots.api.pages.urls import Site, path_of, switch
from chaishots.content.answer_format import moment
from chaishots.content.catalog.statements import Rendering

_LIVE_FIELDS: Final = "terms.lessons.published_at"
_TYPES: Final = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg"}
"""Of a file whose name ends so; a browser finds out about others itself."""


def write_lesson(rendering: Rendering, language: Language, wanted: str | None, site: Site) -> Written:
    """The page, of what `viewer_pages.lesson_pages` gives.

    Args:
        wanted: the language that the lesson is to be heard or read in, where it has it; None: the page's.
    """
    read = json.loads(rendering.document)
    lesson, program, term = read["lesson"], read["program"], read["term"]
    newness = Newness(rendering.read_at)
    tag, rest = lesson["content_language_primary"], f"lessons/{lesson['id']}"
    thumbnail = asset(
        lesson["assets"],
        (language.tag, tag, program["language_primary"]),
        ("landscape", "banner", "square"),
        site.origin,
    )
    languages = readable_in(lesson["content_languages_available"], lesson["titles"])
    canonical = site.canonical(language.tag, rest, languages, tag)
    title = words(lesson, "title", language.tag, tag)
    of_program = words(program, "title", language.tag, program["language_primary"])
    of_term = words(term, "title", language.tag, program["language_primary"])
    summary = words(lesson, "summary", language.tag, tag)
    described = summary_of(summary.text) or f"{title.text} · {of_program.text}"
    shown = _lesson(lesson, language, wanted, newness)
    neighbours = {name: _neighbour(read[name], language) for name in ("previous", "next")}
    shown |= {"asset": thumbnail, "drawing": drawing(program["id"], "landscape")}
    shown |= {"title": title, "summary": summary, "letter": aksara(title.text)}
    linked: list[LinkedData] = []
    if canonical:
        linked = [_crumbs(language, (program, of_program), (lesson, title), site)]
        if shown["video"]:
            linked.append(_video(lesson, title, described, thumbnail, shown["video"]["url"]))
    page = Page(
        language,
        heading=title.text,
        title=f"{title.text} · {of_program.text} · Chai Shots",
        description=described,
        kind="video.other" if shown["video"] else "article",
        switch=switch(rest, {"language": wanted}),
        canonical=canonical,
        alternates=site.alternates(rest, languages),
        image=thumbnail if isinstance(thumbnail, Asset) else None,
        live=Live(
            f"/catalog/programs/{program['id']}?fields={_LIVE_FIELDS}", moment(rendering.read_at), rendering.cursor
        ),
        linked_data=linked,
    )
    text = render(
        "lesson.html",
        page,
        lesson=shown,
        program=_program(program, of_program, language, site),
        term={"title": of_term, "heading": term_heading(term, language)},
        **neighbours,
    )
    return Written(text, newness.over_at)


def _lesson(lesson: Document, language: Language, wanted: str | None, newness: Newness) -> dict[str, Any]:
    urls: Mapping[str, str] = lesson.get("content_urls_by_language", {})
    urls = {tongue: url for tongue, url in urls.items() if is_web(url)}
    chosen = next((each for each in (wanted, language.tag, lesson["content_language_primary"]) if each in urls), None)
    found = {"url": urls[chosen], "tag": chosen} if chosen else None
    is_video = lesson["content_type"] == "video"
    return {
        "content_type": lesson["content_type"],
        "length": language.length(lesson["duration_ms"]) if lesson["duration_ms"] else None,
        "is_paid": lesson["is_paid"],
        "is_new": newness.of(lesson["published_at"]),
        "published_at": lesson["published_at"],
        "published_on": language.date(datetime.fromisoformat(lesson["published_at"])),
        "video": {**found, "type": _TYPES.get(PurePosixPath(urlsplit(found["url"]).path).suffix.lower())}
        if found and is_video
        else None,
        "article": None if is_video else found,
        "tracks": _tracks(lesson.get("subtitle_urls_by_language", {}), language.tag, chosen),
        "choices": [
            {
                "tag": each,
                "name": name_of(each),
                "path": path_of(language.tag, f"lessons/{lesson['id']}", language=each),
                "is_chosen": each == chosen,
            }
            for each in lesson["content_languages_available"]
            if each in urls
        ],
    }


def _tracks(urls: Mapping[str, str], tag: str, heard: str | None) -> list[dict[str, Any]]:
    """Subtitles; on by default in the page's language where that is not what is heard."""
    return [
        {"url": url, "tag": each, "name": name_of(each), "is_default": each == tag and heard != tag}
        for each, url in urls.items()
        if is_web(url)
    ]


def _neighbour(lesson: Document | None, language: Language) -> dict[str, Any] | None:
    if lesson is None:
        return None
    return {
        "title": words(lesson, "title", language.tag, lesson["content_language_primary"]),
        "path": path_of(language.tag, f"lessons/{lesson['id']}"),
        "published_at": lesson["published_at"],
    }


def _program(program: Document, title: Words, language: Language, site: Site) -> dict[str, Any]:
    tag = program["language_primary"]
    return {
        "title": title,
        "path": path_of(language.tag, f"programs/{program['slug']}"),
        "asset": asset(program["assets"], (language.tag, tag), ("portrait", "square", "landscape"), site.origin),
        "drawing": drawing(program["id"]),
        "letter": aksara(title.text),
    }


def _crumbs(
    language: Language, program: tuple[Document, Words], lesson: tuple[Document, Words], site: Site
) -> Document:
    return crumbs(
        [
            (language.translations.gettext("Programs"), site.absolute(path_of(language.tag))),
            (program[1].text, site.absolute(path_of(language.tag, f"programs/{program[0]['slug']}"))),
            (lesson[1].text, site.absolute(path_of(language.tag, f"lessons/{lesson[0]['id']}"))),
        ]
    )


def _video(lesson: Document, title: Words, described: str, thumbnail: Asset | object, url: str) -> Document:
    return {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": title.text,
        "description": described,
        "uploadDate": lesson["published_at"],
        "contentUrl": url,
        "inLanguage": lesson["content_language_primary"],
        **({"duration": iso_length(lesson["duration_ms"])} if lesson["duration_ms"] else {}),
        **({"thumbnailUrl": thumbnail.absolute} if isinstance(thumbnail, Asset) else {}),
    }
