"""What search engines are given: /robots.txt, and in /sitemap.xml all addresses of pages, in parts where they are many.

How the list is read is in `page_reads.py`, as with all that the delivery layer keeps.
"""

import json
from html import escape
from typing import Final, cast

from quart import Blueprint, Response, current_app
from quart_schema import hide

from chaishots.api.pages.localisation import LANGUAGES
from chaishots.api.pages.shown_pictures import Document
from chaishots.api.pages.template_rendering import Written
from chaishots.api.pages.translated_texts import readable_in
from chaishots.api.pages.urls import SITE, X_DEFAULT, Site, canonical_tag, path_of
from chaishots.content.catalog.statements import Rendering
from chaishots.content.catalog.viewer_pages import ADDRESSES
from chaishots.content.errors import NotFound

_BEGINNING: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_NAMESPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_ALTERNATES: Final = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'

search_engines = Blueprint("search_engines", __name__)


@search_engines.get("/robots.txt")
@hide
async def show_robots() -> Response:
    """What search engines are asked: to leave the editors' side alone, and where the list of pages is."""
    site = cast("Site", current_app.config[SITE])  # cast: settings are of any type
    listed = f"Sitemap: {site.origin}/sitemap.xml\n" if site.origin else ""
    told = {"Cache-Control": "public, max-age=3600"}
    return Response(f"User-agent: *\nDisallow: /cms/\n{listed}", headers=told, content_type="text/plain; charset=utf-8")


@search_engines.get("/sitemap<rest>")
@hide
async def show_list(rest: str) -> Response:
    """Why there is no such list."""
    raise NotFound(f"There is no list at /sitemap{rest}; /sitemap.xml is there once CHAISHOTS_PUBLIC_URL is set.")


def write_index(rendering: Rendering, origin: str) -> Written:
    """The list of parts, of what `viewer_pages.addresses` gives."""
    read = json.loads(rendering.document)
    parts = max(1, -(-read["addresses"] // ADDRESSES))
    changed = f"<lastmod>{read['changed_at']}</lastmod>" if read["changed_at"] else ""
    listed = "".join(
        f"<sitemap><loc>{escape(origin)}/sitemap-{part}.xml</loc>{changed}</sitemap>\n" for part in range(1, parts + 1)
    )
    return Written(f"{_BEGINNING}<sitemapindex {_NAMESPACE}>\n{listed}</sitemapindex>\n")


def write_part(rendering: Rendering, part: int, origin: str) -> Written:
    """One part, of what `viewer_pages.addresses_of` gives; the first one begins with the home pages."""
    places = json.loads(rendering.document)["places"]
    origin = escape(origin)
    urls = [_urls("", LANGUAGES, LANGUAGES[0], None, origin)] if part == 1 else []
    urls += [_urls(_rest(place), *_languages(place), place["updated_at"], origin) for place in places]
    return Written(f"{_BEGINNING}<urlset {_NAMESPACE} {_ALTERNATES}>\n{''.join(urls)}</urlset>\n")


def _rest(place: Document) -> str:
    return f"lessons/{place['lesson_id']}" if place["lesson_id"] else f"programs/{place['slug']}"


def _languages(place: Document) -> tuple[tuple[str, ...], str]:
    return readable_in(place["available"], place["translated"]), place["language"]


def _urls(rest: str, available: tuple[str, ...], primary: str, changed_at: str | None, origin: str) -> str:
    # Only what is canonical is listed: in a language that a program does not have, it is canonical to another.
    shown = [tag for tag in LANGUAGES if canonical_tag(tag, available, primary) == tag]
    alternates = "".join(
        f'<xhtml:link rel="alternate" hreflang="{tag}" href="{origin}{path_of(tag, rest)}"/>' for tag in shown
    )
    alternates += f'<xhtml:link rel="alternate" hreflang="{X_DEFAULT}" href="{origin}/{rest}"/>'
    changed = f"<lastmod>{changed_at}</lastmod>" if changed_at else ""
    return "".join(f"<url><loc>{origin}{path_of(tag, rest)}</loc>{changed}{alternates}</url>\n" for tag in shown)
