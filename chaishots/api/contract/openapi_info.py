"""The head of /openapi.json: title, licence, servers, and the tags in their order."""

from typing import Final

DESCRIPTION: Final = """\
Programs, terms and lessons, published on schedule. The catalog is public; everything under `/cms` takes a token
(`chaishots token create NAME --role editor`), sent as `Authorization: Bearer …`.

Times are ISO 8601 with an offset; those sent may have any. Lists are paged: send
`next_cursor` of one answer as `cursor` of the next request. Every error is a problem document (RFC 9457) whose `code`
programs can rely on, and every answer has an `X-Request-ID`.

What is here stays: changes only add (docs/API.md). Ignore members that you do not know. A list of values in
`x-extensible-enum` may grow; one in `enum` does not.
"""
LICENCE: Final = {"name": "All rights reserved", "identifier": "LicenseRef-All-Rights-Reserved"}
"""What holds until the owners choose a licence; the identifier is that of pyproject.toml, which a test compares."""
SERVERS: Final = [{"url": "/", "description": "The host that this document came from."}]
CATALOG: Final = "Catalog"
HEALTH: Final = "Health"
_CMS: Final = {
    "programs": "Programs and their terms, in any state.",
    "lessons": "Lessons, and their steps: schedule, publish, archive, restore.",
    "topics": "What programs are about.",
    "pictures": "Uploaded posters and thumbnails.",
    "schedule": "What is planned, and many lessons scheduled at once.",
    "files": "All content as a file, and back.",
    "changes": "Changes of programs, terms and lessons that are applied at their moments.",
    "releases": "Lessons that go public together.",
    "foresight": "The catalog of a later moment, links to it, and why a lesson is public or is not.",
    "activity": "The history: who changed what, and when.",
    "webhooks": "Where events are sent, signed. Takes an admin's token.",
    "tokens": "Who may do what. Takes an admin's token.",
}
_OF_BLUEPRINTS: Final = {
    "catalog": CATALOG,
    "pictures": CATALOG,
    "health": HEALTH,
    "metrics": HEALTH,
    "cms_calendar": "CMS: schedule",
    "cms_many_lessons": "CMS: lessons",
    "cms_preview_links": "CMS: foresight",
    "cms_why": "CMS: foresight",
}
TAGS: Final = [
    {"name": CATALOG, "description": "What is public: programs, lessons, topics, pictures. Takes no token."},
    *({"name": f"CMS: {subject}", "description": told} for subject, told in _CMS.items()),
    {"name": HEALTH, "description": "Whether this replica serves, and its metrics."},
]


def tag_of(blueprint: str) -> str:
    """The subject that the operations of a blueprint belong to."""
    return _OF_BLUEPRINTS.get(blueprint) or f"CMS: {blueprint.removeprefix('cms_')}"
