"""Gives a program or lesson a picture of a file: uploads it, and sets its URL as a poster or thumbnail.

Knows no widget. Errors of content and of the store pass through to the caller, who tells the operator.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from chaishots.content.editing.lessons import change_lesson
from chaishots.content.editing.programs import change_program
from chaishots.content.pictures.local_files import read_file
from chaishots.content.queries import cms_content
from chaishots.content.queries.terminal_tree import ProgramRow
from chaishots.database.connection import Connection
from chaishots.tui.actions.picture_input import Place, Places
from chaishots.tui.actions.possible_actions import Target
from chaishots.tui.actions.undo_last_step import Outcome, Undo
from chaishots.tui.options import Upload
from chaishots.tui.rendering.formatting import plain


async def read_places(connection: Connection, target: Target) -> Places:
    """The places for pictures of a program or lesson, and what they have. Raises: NotFound."""
    if isinstance(target, ProgramRow):
        kind, document = "posters", await cms_content.program(connection, target.id)
    else:
        kind, document = "thumbnails", await cms_content.lesson(connection, target.id)
    found: dict[str, Any] = json.loads(document.text)  # Any: JSON
    prefix = "" if kind == "posters" else "content_"
    primary, languages = found[f"{prefix}language_primary"], found[f"{prefix}languages_available"]
    assets: dict[str, dict[str, str]] = found[kind]
    taken = {Place(tag, variant): url for tag, variants in assets.items() for variant, url in variants.items()}
    return Places(kind, target.title, list(dict.fromkeys([primary, *languages, *assets])), taken)


async def set_picture(target: Target, places: Places, place: Place, path: Path, upload: Upload, actor: str) -> Outcome:
    """Upload a picture and set it in this place; the undo sets what was there before.

    Raises: PictureRefused, when there is no such file too; ContentError, DatabaseTrouble, StoreAway.
    """
    url = await upload(await asyncio.to_thread(read_file, path))
    await _change(target, places.kind, place, url, actor)
    said = f"{plain(target.title)} has {plain(path.name)} as {places.kind[:-1]}: {place}"
    before = places.taken.get(place)
    undone = f"{plain(target.title)} has {'its' if before else 'no'} {place} {'of before' if before else 'any more'}"
    return Outcome(said, Undo(undone, None, lambda: _change(target, places.kind, place, before, actor)))


async def _change(target: Target, kind: str, place: Place, url: str | None, actor: str) -> None:
    values: dict[str, Any] = {kind: {place.language: {place.variant: url}}}  # Any: as commands take it
    # Of no version: this place alone changes, whatever else somebody has changed meanwhile.
    if isinstance(target, ProgramRow):
        await change_program(target.id, values, actor=actor)
    else:
        await change_lesson(target.id, values, actor=actor)
