"""A copy of the catalog in SQLite that stays in step: python keep_copy.py ADDRESS FILE [--once]. Nothing to install."""

import json
import random
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

TABLES = """
    create table if not exists item (id text primary key, type text, round integer, document text) without rowid;
    create table if not exists place (cursor text, round integer);
    insert into place select null, 1 where not exists (select * from place);
"""


class Outdated(Exception):
    """The server knows the place no more: the copy is made anew."""


def open_copy(file: str) -> sqlite3.Connection:
    """The copy; `item` has a program or lesson as a row, as the catalog shows it."""
    copy = sqlite3.connect(file)
    copy.executescript(TABLES)
    return copy


def catch_up(address: str, copy: sqlite3.Connection) -> None:
    """Bring the copy up to date, page by page; one that breaks off goes on where it was."""
    has_more = True
    while has_more:
        [cursor] = copy.execute("select cursor from place").fetchone()
        query = urlencode({"limit": 500} | ({"cursor": cursor} if cursor else {}))
        try:
            with urllib.request.urlopen(f"{address}/catalog/changes?{query}", timeout=30) as answer:
                page = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 410:
                raise
            begin_anew(copy)
            continue
        has_more = page["has_more"]
        store(copy, page["changes"], page["next_cursor"])
    with copy:  # what an earlier round had, and this one has not, is gone
        copy.execute("delete from item where round < (select round from place)")


def follow(address: str, copy: sqlite3.Connection) -> None:
    """Take what changes as it happens, until the server or the network ends it. Raises: Outdated."""
    [cursor] = copy.execute("select cursor from place").fetchone()
    request = urllib.request.Request(f"{address}/catalog/events", headers={"Last-Event-ID": cursor})
    # Something comes every 15 s; what is silent for longer than two of these is gone.
    with urllib.request.urlopen(request, timeout=35) as lines:
        for told in events(lines):
            if told.get("event") == "reset":
                begin_anew(copy)
                raise Outdated
            if "id" in told:
                store(copy, [json.loads(told["data"])] if "data" in told else [], told["id"])


def events(lines: Iterator[bytes]) -> Iterator[dict[str, str]]:
    """Server-sent events; an id without data is a sign of life."""
    told: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            told[name] = value
        elif told:
            yield told
            told = {}


def store(copy: sqlite3.Connection, changes: list[dict], cursor: str) -> None:
    """Store changes and the place behind them, both or neither."""
    with copy:
        for change in changes:
            if change.get("deleted"):
                copy.execute("delete from item where id = ?", [change["id"]])
            else:
                copy.execute(
                    "insert or replace into item select ?, ?, round, ? from place",
                    [change["id"], change["type"], json.dumps(change, ensure_ascii=False)],
                )
        copy.execute("update place set cursor = ?", [cursor])


def begin_anew(copy: sqlite3.Connection) -> None:
    """Forget the place; the old copy is of use until the new one is whole."""
    with copy:
        copy.execute("update place set cursor = null, round = round + 1")


def keep(address: str, copy: sqlite3.Connection) -> None:
    """Keep the copy in step for ever."""
    while True:
        try:
            catch_up(address, copy)
            follow(address, copy)  # it goes on from where it was when it is asked again
        except Outdated:
            continue
        except OSError as error:  # the network, or a server that is busy or restarts
            print(f"{error}: trying again", file=sys.stderr)
        time.sleep(random.uniform(1, 5))


if __name__ == "__main__":
    opened = open_copy(sys.argv[2])
    if sys.argv[3:] == ["--once"]:
        catch_up(sys.argv[1], opened)
        for row in opened.execute("select type, count(*) from item group by type"):
            print(*row)
    else:
        keep(sys.argv[1], opened)
