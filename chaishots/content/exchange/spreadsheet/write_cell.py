"""How each value that is stored stands in its cell.

Must not know where values come from, nor how cells make a file.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, cast

import asyncpg

from chaishots import zones
from chaishots.content.exchange.spreadsheet import columns
from chaishots.content.exchange.spreadsheet.columns import FIELDS
from chaishots.content.exchange.spreadsheet.rows_and_limits import escaped
from chaishots.content.exchange.yaml import moment_text
from chaishots.content.field_kinds import MAPS, Kind

Stored: TypeAlias = dict[str, Any]  # Any: as the columns have them
_TEXTS: Final = (Kind.TITLE, Kind.TEXT)


def decoded(row: asyncpg.Record) -> Stored:
    """A row of the database with its maps as such."""
    return {
        key: json.loads(value) if key in FIELDS and FIELDS[key].kind in MAPS else value for key, value in row.items()
    }


def printed(values: Stored, name: str, entry: tuple[str, ...]) -> str:
    """The cell of a column, or of an entry of a map."""
    value: Any = values[name]  # Any: JSON
    for step in entry:
        value = value.get(step, {})
    match value:
        case None | dict():
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value, values[columns.ZONES[name]])
        case list():
            return ", ".join(cast("list[str]", value))  # languages
        case str() if entry or name in columns.PLACES or FIELDS[name].kind in _TEXTS:
            return escaped(value)
        case _:
            return str(value)


def _moment(at: datetime, zone: str | None) -> str:
    there = zones.zone_of(zone)
    if there is None:
        return moment_text(at)
    local = at.astimezone(there).replace(tzinfo=None)
    try:
        is_plain = zones.moment_at(local, there).astimezone(UTC) == at
    except zones.NotOneMoment:
        is_plain = False
    # One that the wall clock shows twice has its offset.
    timespec = "minutes" if not (local.second or local.microsecond) else "auto"
    return local.isoformat(timespec=timespec) if is_plain else at.astimezone(there).isoformat()
