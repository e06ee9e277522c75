"""The command that shows one thing as it is: show. How a thing is told in lines or as JSON, for other commands too."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import click

from chaishots.cli.configure import configure
from chaishots.cli.database import connect, in_pool
from chaishots.cli.output import as_json_text
from chaishots.cli.parameter_types import ThingName
from chaishots.content.errors import NotFound
from chaishots.content.queries.find_by_name import ALL_KINDS, Thing, find_thing
from chaishots.database.connection import reading
from chaishots.safe_text import visible
from chaishots.times import tell_time

_TIMES: Final = {
    "publish_at": "goes out",
    "published_at": "published",
    "archive_at": "ends",
    "apply_at": "is due",
    "applied_at": "applied",
}
_KEYS: Final = ("kind", "id", "title", "name", "status", "publish_zone", *_TIMES)
_ZONES: Final = {"apply_at": "publish_zone"}
"""Where the zone of a moment is told, if not by the moment's own name."""


@click.command()
@click.argument("thing", type=ThingName(dict.fromkeys(ALL_KINDS[:-1])))
@click.option("--json", "as_json", is_flag=True, help="Print what it is then as one JSON document.")
def show(thing: str, as_json: bool) -> None:
    """Show a lesson, program, term, release, topic or scheduled change as it is.

    THING is its id or its title; a change is named by its id.
    """
    settings = configure()
    with connect(settings) as postgres:
        document = in_pool(settings, postgres, _read(thing))
    click.echo(as_json_text(document) if as_json else "\n".join(visible(line) for line in _lines(document)))


def require_there(thing: Thing) -> None:
    """Raises: NotFound, with the way to bring it back, when it was deleted."""
    if thing.deleted_at is not None:
        raise NotFound(f"It was deleted: {thing}. Bring it back with: chaishots restore {thing.id}")


async def _read(named: str) -> dict[str, Any]:  # Any: JSON
    async with reading() as connection:
        found = await find_thing(connection, named, kinds=ALL_KINDS)
    require_there(found)
    return await read_document(found)


async def read_document(thing: Thing) -> dict[str, Any]:  # Any: JSON
    """All that the CMS shows of a thing. Raises: NotFound."""
    from chaishots.content.queries import cms_content, releases, scheduled_changes

    read = {
        "lesson": cms_content.lesson,
        "program": cms_content.program,
        "term": cms_content.term,
        "release": releases.release,
        "topic": cms_content.topic,
        "change": scheduled_changes.change,
    }[thing.kind]
    async with reading() as connection:
        return {"kind": thing.kind, **json.loads((await read(connection, thing.id)).text)}


def line_of(document: Mapping[str, Any]) -> str:  # Any: JSON
    """How it stands, in a sentence for people."""
    moments = [f"{said} {_moment(document, name)}" for name, said in _TIMES.items() if document.get(name)]
    told = ", ".join([document.get("status", ""), *moments])
    return f"{_named(document)} is {told}."


def _named(document: Mapping[str, Any]) -> str:  # Any: JSON
    title = document.get("title") or document.get("name") or f"Term {document.get('term_number', '')}".strip()
    return f"{title} ({document['kind']} {document['id']})"


def _lines(document: Mapping[str, Any]) -> list[str]:  # Any: JSON
    told = [line_of(document)] if "status" in document else [_named(document)]
    for name, value in document.items():
        if name not in _KEYS and value not in (None, "", [], {}):
            told.append(f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    return told


def _moment(document: Mapping[str, Any], name: str) -> str:  # Any: JSON
    at = datetime.fromisoformat(document[name])
    return tell_time(at, written_in=document.get(_ZONES.get(name, name.replace("_at", "_zone"))))
