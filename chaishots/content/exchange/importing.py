"""Importing: what a file says becomes what is stored, all of it in one transaction, or nothing.

What the file has and the database lacks is created; what both have is changed to what the file says, by the rules that
hold for every writer; what the file does not have is left alone, a thing as well as a key of one. So an export comes
back exactly, and importing a file again changes nothing. Null says a key's default, which clears it, but for these: an
id, a slug, what is known when a thing is created (created_at, updated_at, version, publish_error), published_at, and
the time of a release that is published or cancelled are left as they are.
"""

import json
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.transaction import changing
from chaishots.content.exchange import (
    absent_keys,
    alt_texts,
    insert_rows,
    match_to_stored,
    scheduled_changes,
    seed_format,
    update_rows,
)
from chaishots.content.exchange.database_refusals import naming_what_is_refused
from chaishots.content.exchange.diff import DELETED, Difference, find_differences
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Content, Values
from chaishots.content.exchange.import_report import Imported, Listed, Told
from chaishots.content.exchange.match_to_stored import Placed, Places
from chaishots.content.exchange.picture_paths import Upload, upload_pictures
from chaishots.content.exchange.seed import file_text
from chaishots.content.exchange.spreadsheet.row_tree import Document, load_stored
from chaishots.content.exchange.spreadsheet.sheet import is_sheet, read_sheet
from chaishots.content.exchange.stored_rows import LESSONS, PROGRAMS, RELEASES, TERMS
from chaishots.content.lifecycle import ProgramStatus
from chaishots.database.connection import reading
from chaishots.database.orm import query

MOST_BYTES: Final = 128 * 2**20
"""The bytes that a file may have: some 130,000 lessons, for which Python takes ten times the memory."""
SECONDS: Final = 600
"""The time that the transaction has."""


class Rules(Protocol):
    """What whoever has content stored asks for beyond an import."""

    async def require(self, transaction: TransactionalDBClient) -> None:
        """Refuse what is not to be stored at all, before anything else is looked at."""
        ...

    def note_faults(self, content: Content, places: Places, now: datetime, faults: FaultList) -> None:
        """Note what is wrong, once it is known which things are there. now: by the database's clock."""
        ...


class _DryRun(Exception):
    """Undoes the transaction, and carries what was done in it."""

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self.imported = imported


async def import_content(path: Path, *, actor: str, dry_run: bool = False, upload: Upload | None = None) -> Imported:
    """Make what is stored match a file, in one transaction.

    Things are known as when seeding: by their id, else a program by title and primary language, a term or lesson by
    its number, a topic by its name. Relative times of a lesson or release count while it is still to come. The lessons
    of a release follow it, also those that the file does not have.

    Args:
        path: a YAML or JSON file in the seed format, of MOST_BYTES at most; or a sheet of lessons, see `spreadsheet`.
        actor: whom the history names.
        dry_run: do everything, tell it, and undo it.
        upload: keeps the pictures whose paths stand in the place of URLs; for a dry run, one that keeps nothing.
    Raises: BadFile; DatabaseAway when the connection was lost or SECONDS were up. Nothing was written then.
    """
    with naming_file(str(path)):
        text = file_text(path, MOST_BYTES)
        async with _reading_content(text, path.suffix) as content:
            uploaded = await upload_pictures(content, path.parent, upload)
            return await store_content(content, uploaded, actor=actor, is_dry_run=dry_run, seconds=SECONDS)


async def import_text(
    text: bytes, *, name: str, suffix: str = "", actor: str, dry_run: bool = False, seconds: float
) -> Imported:
    """Make what is stored match the text of a file, as `import_content` does; no pictures are beside it.

    Args:
        name: what the file is called where its faults are told.
        suffix: `.csv` or `.xlsx` of what is said to be a sheet; a sheet that begins like one is one anyway.
        seconds: the time that the transaction has.
    Raises: as `import_content`.
    """
    with naming_file(name):
        async with _reading_content(text, suffix) as content:
            await upload_pictures(content, None, None)
            return await store_content(content, frozenset(), actor=actor, is_dry_run=dry_run, seconds=seconds)


@contextmanager
def naming_file(name: str) -> Generator[None]:
    """Tell what is wrong of a file under its name. Raises: BadFile."""
    try:
        yield
    except Fault as fault:
        raise fault.of_file(name) from fault


@asynccontextmanager
async def _reading_content(text: bytes, suffix: str) -> AsyncGenerator[Content]:
    # Faults of a sheet, those of the block included, name cells.
    if not is_sheet(text, suffix):
        yield seed_format.parts(text)
        return
    sheet = await read_sheet(text, suffix)
    with sheet.naming_cells():
        async with reading(SECONDS) as connection:
            stored = await load_stored(sheet, connection)
        faults = FaultList()
        yield seed_format.parts_of(Document(sheet, stored, faults).root(), faults)


async def store_content(
    content: Content,
    uploaded: frozenset[str],
    *,
    actor: str,
    is_dry_run: bool,
    seconds: float,
    rules: Rules | None = None,
) -> Imported:
    """Make what is stored match the content of a file, in one transaction.

    Args:
        uploaded: the ids of the pictures that were kept for it.
        seconds: the time that the transaction has.
        rules: what is asked for beyond an import; with them, what has no id is new, whatever its title.
    Raises: Fault, for `naming_file`; and as `import_content`.
    """
    try:
        async with changing(actor, seconds=seconds) as transaction:
            if rules is not None:
                await rules.require(transaction)
            imported = await _import(content, transaction, uploaded, is_dry_run=is_dry_run, rules=rules)
            if is_dry_run:
                raise _DryRun(imported)
            return imported
    except _DryRun as undone:
        return undone.imported


# One thing may take the number that another gives up, in whatever order they come.
_NUMBERS_LATER: Final = "set constraints term_number_unique, lesson_number_unique deferred"
_NUMBERS_NOW: Final = "set constraints term_number_unique, lesson_number_unique immediate"


async def _import(
    content: Content,
    transaction: TransactionalDBClient,
    uploaded: frozenset[str],
    *,
    is_dry_run: bool,
    rules: Rules | None = None,
) -> Imported:
    now = await match_to_stored.take_turn(transaction)
    faults = FaultList()
    pictures = alt_texts.by_id(content.pictures, faults)
    said = await match_to_stored.find_places(content, transaction, one_each=True, knows_titles=rules is None)
    if rules is not None:
        rules.note_faults(content, said, now, faults)
        faults.require_none()
    for thing in said.everything():
        if thing.is_new and thing.seed.is_stored:
            raise thing.seed.fault("id", DELETED)
    places = await absent_keys.fill_in(said, faults, transaction)
    match_to_stored.check_times((thing for thing in places.lessons if thing.is_new), now, faults)
    await match_to_stored.check_releases(places, now, faults, transaction)
    with naming_what_is_refused({thing.id: thing.seed for thing in places.everything()}):
        await query(transaction, _NUMBERS_LATER)
        # Releases are locked before lessons, and lessons before programs, as by those who publish; what stays as it
        # is, is not locked.
        releases = await find_differences(RELEASES, places.releases, now, faults, transaction)
        await update_rows.lock_lessons_of(releases, transaction)
        lessons = await find_differences(LESSONS, places.lessons, now, faults, transaction)
        terms = await find_differences(TERMS, places.terms, now, faults, transaction)
        programs = await find_differences(PROGRAMS, places.programs, now, faults, transaction)
        _check_open_programs(lessons, places, programs, faults)
        update_rows.check_release_steps(places, lessons, releases, faults)
        # What only the database can tell comes after this, one at a time.
        faults.require_none()
        changed_topics = await _change_topics(content.topics, transaction)
        topics = await insert_rows.create_topics(content.topics, places.programs, transaction)
        relinked = await _store_programs(
            places.programs, [change for change in programs if not change.hides], now, transaction
        )
        await update_rows.update(TERMS, terms, transaction)
        await insert_rows.create(insert_rows.INSERT_TERMS, places.terms, now, transaction)
        await update_rows.store_releases(places, releases, lessons, now, transaction)
        await update_rows.store_lessons(lessons, now, transaction)
        await insert_rows.create(insert_rows.INSERT_LESSONS, places.lessons, now, transaction)
        await query(transaction, _NUMBERS_NOW)
    await _hide([change for change in programs if change.hides], transaction)
    scheduled = await scheduled_changes.store_changes(content.changes, now, transaction)
    alts = await alt_texts.set_alts(pictures, transaction, uploaded=uploaded)
    fields = {change.thing.id: list(change.fields) for change in [*releases, *programs, *terms, *lessons]}
    for program_id in relinked:
        fields.setdefault(program_id, []).append("topics")
    created, changed, same = _told(content, places, fields, topics, changed_topics)
    return Imported(
        is_dry_run,
        Listed.of([*created, *scheduled.created]),
        Listed.of([*changed, *scheduled.changed, *alts.changed]),
        Listed.of([*same, *scheduled.same, *alts.same]),
        Listed.of(alts.unknown),
    )


def _check_open_programs(
    lessons: Iterable[Difference], places: Places, programs: Iterable[Difference], faults: FaultList
) -> None:
    # The database refuses it too, but does not tell which.
    moving = {change.thing.id for change in programs if "status" in change.fields}
    archived = {
        program.id
        for program in places.programs
        if program.seed.values["status"] == ProgramStatus.ARCHIVED and not program.is_new and program.id not in moving
    }
    of_archived = {term.id for term in places.terms if term.parent_id in archived}
    for change in lessons:
        becomes_public = "status" in change.fields and not change.hides
        if becomes_public and change.wanted["term_id"] in of_archived:
            faults.note(change.thing.seed.fault("status", rule_of("lesson_program_archived")))


# By its id, else by its name, when no other of the file has the topic by its id. What the file leaves out stays.
_CHANGE_TOPICS: Final = """
    with wanted as (
        select id, name, translations from jsonb_to_recordset($1) as wanted (id uuid, name text, translations jsonb)
    ), changed as (
        update topic set name = wanted.name, translations = coalesce(wanted.translations, topic.translations)
          from wanted
         where (topic.name, topic.translations) is distinct from
               (wanted.name, coalesce(wanted.translations, topic.translations))
           and (topic.id = wanted.id
                or lower(topic.name) = lower(wanted.name)
                   and not exists (select from topic other where other.id = wanted.id)
                   and not exists (select from wanted other where other.id = topic.id))
        returning topic.id, topic.name
    )
    select id, name from changed
"""


async def _change_topics(topics: Iterable[Values], transaction: TransactionalDBClient) -> dict[str, UUID]:
    wanted = json.dumps([*topics], default=str)
    return {row["name"]: row["id"] for row in await query(transaction, _CHANGE_TOPICS, wanted)}


async def _store_programs(
    programs: Sequence[Placed], opened: Sequence[Difference], now: datetime, transaction: TransactionalDBClient
) -> set[UUID]:
    # The ids of those that were there and have other topics now.
    there = [program for program in programs if not program.is_new and "topics" not in program.seed.absent]
    await insert_rows.create(insert_rows.INSERT_PROGRAMS, programs, now, transaction)
    await insert_rows.link_topics([program for program in programs if program.is_new], transaction)
    await update_rows.update(PROGRAMS, opened, transaction)
    return await _unlink(there, transaction) | await insert_rows.link_topics(there, transaction)


_UNLINK: Final = """
    with wanted as (
        select link.program_id, topic.id as topic_id
          from jsonb_to_recordset($1) as link (program_id uuid, name text)
          join topic on lower(topic.name) = lower(link.name)
    ), unlinked as (
        delete from program_topic
         where program_id = any($2) and (program_id, topic_id) not in (select program_id, topic_id from wanted)
        returning program_id
    )
    select distinct program_id from unlinked
"""


async def _unlink(programs: Sequence[Placed], transaction: TransactionalDBClient) -> set[UUID]:
    links = json.dumps(insert_rows.topic_links(programs), default=str)
    ids = [program.id for program in programs]
    return {row["program_id"] for row in await query(transaction, _UNLINK, links, ids)}


async def _hide(hidden: Iterable[Difference], transaction: TransactionalDBClient) -> None:
    # After their lessons: nothing is published in an archived program, and a draft has nothing public. One at a time:
    # the database does not tell which it refuses.
    for change in hidden:
        seed = change.thing.seed
        with naming_what_is_refused({change.thing.id: seed}, otherwise=seed):
            await update_rows.update(PROGRAMS, [change], transaction)


def _told(
    content: Content,
    places: Places,
    fields: Mapping[UUID, Sequence[str]],
    created: Mapping[str, UUID],
    changed_topics: Mapping[str, UUID],
) -> tuple[list[Told], list[Told], list[Told]]:
    # What was created, changed and left as it was.
    new, differing = (
        [Told("topic", str(key), name) for name, key in topics.items()] for topics in (created, changed_topics)
    )
    same = [
        Told("topic", str(topic["id"]) if topic["id"] else None, topic["name"])
        for topic in content.topics
        if topic["name"] not in {*created, *changed_topics}
    ]
    named = (("release", "name", places.releases), ("program", "title", places.programs))
    for kind, key, things in (*named, ("term", "title", places.terms), ("lesson", "title", places.lessons)):
        for thing in things:
            becomes = new if thing.is_new else differing if thing.id in fields else same
            changes = () if thing.is_new else tuple(fields.get(thing.id, ()))
            becomes.append(Told(kind, str(thing.id), thing.seed.values[key], thing.seed.path, changes))
    return new, differing, same
