"""What a schema of this version consists of, and what somebody took out of it or switched off by hand.

The migrations make it; which of them were applied, `migrations.py` tells. A trigger that was dropped or disabled, an
index, a constraint: nothing fails at once without them, and nobody notices. `schema_parts.json` beside this has each
part, with the statement that brings it back where there is one; a test holds it to what the migrations make.

Knows Postgres' catalog. Must not know what the parts are for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import asyncpg

from chaishots.database.connection import Connection
from chaishots.database.errors import Kind, Trouble, trouble_of

FILE: Final = Path(__file__).with_suffix(".json")
MEND: Final = "chaishots migrate --mend"
_SHOWN: Final = 3

# `def`: the statement that makes it; null where the migrations alone know. Names are those that this session needs not
# qualify. Not-null constraints are told as such since Postgres 18 alone (contype 'n'), and stand with the columns.
_PARTS: Final = """
    with ours as (
        select oid as table_id, relname::text as owner from pg_class
         where relkind = 'r' and relname <> 'aerich'
           and relnamespace = (select relnamespace from pg_class where oid = to_regclass('aerich'))
    )
    select 'table' as kind, owner, '' as name, true as works, null as def from ours
     union all
    select 'column', owner, attname::text, true, null
      from pg_attribute join ours on table_id = attrelid where attnum > 0 and not attisdropped
     union all
    select 'trigger', owner, tgname::text, tgenabled in ('O', 'A'), {trigger}
      from pg_trigger trigger join ours on table_id = tgrelid where not tgisinternal
     union all
    select 'constraint', owner, conname::text, convalidated, {constraint}
      from pg_constraint rule join ours on table_id = conrelid where contype in ('c', 'f', 'p', 'u', 'x')
     union all
    select 'index', owner, made.relname::text, indisvalid, {index}
      from pg_index join ours on table_id = indrelid join pg_class made on made.oid = indexrelid
     where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
     union all
    select 'function', '', format('%s(%s)', proname, oidvectortypes(proargtypes)), true, null
      from pg_proc where proname like 'chaishots\\_%'
       and pronamespace = (select relnamespace from pg_class where oid = to_regclass('aerich'))
"""
PARTS: Final = _PARTS.format(
    trigger="pg_get_triggerdef(trigger.oid, true)",
    constraint="format('ALTER TABLE %I ADD CONSTRAINT %I %s', owner, conname, pg_get_constraintdef(rule.oid, true))",
    index="pg_get_indexdef(indexrelid, 0, true)",
)
"""The parts of a schema, with the statements. Writing those waits for whoever has a table locked; the names do not."""
_THERE: Final = _PARTS.format(trigger="null", constraint="null", index="null")
_REPLICATING: Final = "select current_setting('session_replication_role') <> 'origin'"


@dataclass(frozen=True, order=True)
class Part:
    """A part of the schema. owner: its table; empty for a function. works: it is there, and not switched off.

    statement: what brings it back; None when that is for a backup, or for a new database to tell.
    """

    kind: str
    owner: str
    name: str
    works: bool = True
    statement: str | None = None

    def __str__(self) -> str:
        """For people: `the trigger tell_update of lesson`."""
        of = f" of {self.owner}" if self.owner and self.name else ""
        off = "" if self.works else ", which is switched off"
        return f"the {self.kind} {self.name or self.owner}{of}{off}"


@dataclass(frozen=True)
class Lost:
    """What a schema lacks of this version's. is_replicating: the user's sessions fire no trigger at all."""

    parts: Sequence[Part]
    is_replicating: bool = False

    def __bool__(self) -> bool:
        """Whether it lacks anything."""
        return bool(self.parts) or self.is_replicating

    @property
    def mendable(self) -> list[Part]:
        """Those that a statement brings back, in the order in which they need each other."""
        return sorted((part for part in self.parts if part.statement), key=_rank)

    def trouble(self) -> Trouble:
        """What to tell of it."""
        if self.is_replicating:
            text = "No trigger fires for the user in DATABASE_URL: its session_replication_role is not origin."
            action = "As a superuser: alter role … reset session_replication_role; then start the replicas again."
            return Trouble(Kind.SCHEMA, None, text, text, action)
        named = [str(part) for part in self.parts[:_SHOWN]]
        more = f" and {len(self.parts) - _SHOWN} more" if len(self.parts) > _SHOWN else ""
        text = f"Somebody changed the schema by hand: it lacks {'; '.join(named)}{more}."
        rest = [part for part in self.parts if not part.statement]
        action = f"Run `{MEND}`, which brings back what it can." if self.mendable else ""
        if rest:
            of = rest[0] if len(rest) == 1 else f"{len(rest)} of them, as {rest[0]}"
            action += f" Bring back {of} from a backup, or as a new database has it that `chaishots migrate` made."
        return Trouble(Kind.SCHEMA, None, text, text, action.strip())


def _rank(part: Part) -> int:
    # A foreign key needs the key that it leads to.
    is_foreign = part.statement is not None and "FOREIGN KEY" in part.statement
    return 2 * ("constraint", "index", "trigger").index(part.kind) + is_foreign


@cache
def expected() -> dict[tuple[str, str, str], str | None]:
    """Each part of a schema of this version by its kind, table and name, and the statement that makes it."""
    return {(kind, owner, name): made for kind, owner, name, made in json.loads(FILE.read_text("utf-8"))}


def tables() -> list[str]:
    """The tables of ours."""
    return [owner for kind, owner, _ in expected() if kind == "table"]


async def find_lost(connection: Connection) -> Lost:
    """What the schema lacks that this version's has; it has to be of this version. Raises: what asyncpg does."""
    there = {(row["kind"], row["owner"], row["name"]): row["works"] for row in await connection.fetch(_THERE)}
    gone = {owner for kind, owner, _ in expected() if kind == "table" and ("table", owner, "") not in there}
    lost = [
        Part(*key, works=key not in there, statement=_statement(key, made, is_there=key in there))
        for key, made in expected().items()
        if not there.get(key, False) and (key[0] == "table" or key[1] not in gone)
    ]
    return Lost(sorted(lost), bool(await connection.fetchval(_REPLICATING)))


@dataclass(frozen=True)
class Mended:
    """What was brought back, and what was not, each with what Postgres has against it."""

    back: list[Part]
    refused: dict[Part, Trouble]


async def mend(connection: Connection, lost: Lost) -> Mended:
    """Bring back what a statement brings back, each by itself: what it needs may be lost as well."""
    mended = Mended([], {})
    for part in lost.mendable:
        assert part.statement is not None
        try:
            await connection.execute(part.statement)
        except asyncpg.PostgresError as error:
            mended.refused[part] = trouble_of(error)
        else:
            mended.back.append(replace(part, works=True))
    return mended


def _statement(key: tuple[str, str, str], made: str | None, *, is_there: bool) -> str | None:
    if not is_there:
        return made
    kind, owner, name = key
    return {
        "trigger": f'ALTER TABLE "{owner}" ENABLE TRIGGER "{name}"',
        "constraint": f'ALTER TABLE "{owner}" VALIDATE CONSTRAINT "{name}"',
        "index": f'REINDEX INDEX "{name}"',
    }[kind]
