"""The process that stores or writes one file for `file_processes.py`, and tells on standard output how it went."""

import os
import pickle
import sys

import uvloop

from chaishots.content.errors import ContentError, InvalidContent
from chaishots.content.exchange.exporting import export_text
from chaishots.content.exchange.file_formats import Form
from chaishots.content.exchange.file_processes import SECONDS, Export, Order
from chaishots.content.exchange.importing import import_text
from chaishots.content.exchange.spreadsheet.write_sheet import sheet_text
from chaishots.database.connection import Process, reading
from chaishots.database.errors import DatabaseTrouble
from chaishots.database.pool import open_pool


def main() -> None:
    """Read an order from standard input, carry it out, and write what came of it, or the error that it ended with."""
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
    try:
        done = uvloop.run(_carry_out(order))
    except (ContentError, DatabaseTrouble) as error:
        done = error.with_traceback(None)
        done.__cause__ = None
    pickle.dump(done, sys.stdout.buffer)


async def _carry_out(order: Order) -> object:
    work = order.work
    Process.search_path = order.search_path
    async with open_pool(order.dsn, application_name=order.application_name, pooled=order.is_pooled):
        if isinstance(work, Export):
            await _export(work)
            return None
        return await import_text(
            work.text,
            name=work.name,
            suffix=work.suffix,
            actor=work.actor,
            dry_run=work.is_dry_run,
            seconds=SECONDS,
        )


async def _export(work: Export) -> None:
    written = 0
    with os.fdopen(work.descriptor, "wb") as file:
        async with reading(SECONDS) as connection:
            is_sheet = work.form is Form.CSV
            async for text in sheet_text(connection) if is_sheet else export_text(connection, work.form):
                written += file.write(text.encode())
                if written > work.most_bytes:
                    size = f"{work.most_bytes // 2**20} MiB"
                    raise InvalidContent(f"All content is more than {size}: have it from `chaishots export`.")
