"""What a copy of the catalog that is kept by the feed is to be equal to: the catalog's own lists."""

from typing import Any

import httpx2

_OF_OTHERS = ("term", "program", "previous_lesson_id", "next_lesson_id")
Copy = dict[str, dict[str, Any]]


async def catalog(client: httpx2.AsyncClient) -> Copy:
    """All that is public, by id, as the feed tells it: without what a thing says of others."""
    copy: Copy = {}
    for kind in ("lesson", "program"):
        for thing in await _listed(client, f"{kind}s"):
            copy[thing["id"]] = as_told(kind, thing)
    return copy


def as_told(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    """A program or lesson of the catalog as the feed tells it."""
    if kind == "lesson":
        return {"type": kind} | {key: thing[key] for key in thing if key not in _OF_OTHERS}
    for term in thing["terms"]:
        del term["lessons"]
        term.pop("lessons_left", None)
    thing.pop("terms_left", None)
    return {"type": kind} | thing


def take(copy: Copy, change: dict[str, Any]) -> None:
    """Store a change as whoever keeps a copy does."""
    if change.get("deleted"):
        copy.pop(change["id"], None)
    else:
        copy[change["id"]] = change


def differences(copy: Copy, shown: Copy) -> list[Any]:
    """The first few things in which a copy is not as it should be."""
    return [
        (copy.get(key), shown.get(key)) for key in sorted(copy.keys() | shown.keys()) if copy.get(key) != shown.get(key)
    ][:3]


async def _listed(client: httpx2.AsyncClient, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = (await client.get(f"/catalog/{name}", params=query)).raise_for_status().json()
        found += page[name]
        if not page["next_cursor"]:
            return found
        query["cursor"] = page["next_cursor"]
