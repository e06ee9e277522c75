"""The operator's terminal in a process of its own: the view first, then the settings, the pool and the listener.

Reading settings takes longer than drawing, most of it to load what reads them: so the first picture stands before, and
a setting that is wrong ends the view again. Knows what `serve --tui` has from the supervisor.
"""

import asyncio
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaishots.cli.exit_codes import FAILED, fail
from chaishots.content.queries.upcoming_and_overdue import outlook
from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseAway, DatabaseBusy
from chaishots.database.listener import Listener
from chaishots.database.pool import open_pool
from chaishots.database.replicas import application_name
from chaishots.logs import logs_in_file, spare_standard_error
from chaishots.tui.app import OperatorApp
from chaishots.tui.host.garbage_collection import pause_collection
from chaishots.tui.host.run_and_restart import Ending, run_alone
from chaishots.tui.options import Options

if TYPE_CHECKING:  # late, as the module says
    from chaishots.settings import Settings
    from chaishots.supervisor import Postgres

_LOG_FILE: Final = "tui.log"


@dataclass(frozen=True)
class _Reached:
    options: Options
    log_file: Path


async def view(options: Options, system: ExitStack, *, name: str | None, url: str | None) -> None:
    """Show the operator's terminal until the operator, or a signal, ends it. A view that fails ends the process.

    Args:
        options: how it shows itself; what else there is to know is filled in once it is known.
        system: gets what is opened beside the view: the log, and the embedded Postgres.
        name: who acts; else CHAISHOTS_OPERATOR, or the name of the login. url: where the catalog is served.
    Raises: BadSetting; CannotLog; EmbeddedUnavailable; DatabaseRefuses when the database has no schema, say. One that
        is away is shown as away.
    """
    faults: list[Exception] = []
    asked: asyncio.Task[_Reached] | None = None

    async with AsyncExitStack() as stack:

        async def reach() -> Options | None:
            nonlocal asked
            # A view that failed is started anew, on what is open already.
            asked = asked or asyncio.create_task(_reach(options, system, stack, name=name, url=url), name="reach")
            try:
                return (await asyncio.shield(asked)).options
            except Exception as error:  # noqa: BLE001  # to be told once the terminal is as it was
                faults.append(error)
                return None

        with spare_standard_error():
            ending = await run_alone(lambda: OperatorApp(replace(options, reach=reach)))
        if asked is not None:  # whoever leaves at once waits for no more than what is being opened
            asked.cancel()
            await asyncio.wait([asked])
    if faults:
        raise faults[0]
    if ending is Ending.FAILED:
        told = "" if asked is None or asked.cancelled() else f"; {asked.result().log_file} tells why"
        fail(f"The terminal failed{told}.", FAILED)


async def _reach(
    options: Options, system: ExitStack, stack: AsyncExitStack, *, name: str | None, url: str | None
) -> _Reached:
    # In a thread: the view goes on while modules are loaded and the embedded Postgres starts.
    settings, postgres = await asyncio.to_thread(_open_system, system, name)

    from chaishots.cli.configure import operator_name
    from chaishots.cli.database import shown_database
    from chaishots.cli.pictures import uploader_when_needed

    listener = Listener(postgres.direct_url, application_name=application_name(settings.replica, "listener"))
    pool = application_name(settings.replica, "tui")
    with pause_collection():  # it loads Tortoise
        await stack.enter_async_context(open_pool(postgres.url, application_name=pool, pooled=postgres.is_pooled))
    listening = asyncio.create_task(listener.run(), name="listener")
    stack.push_async_callback(_cancel, listening)
    with suppress(DatabaseAway, DatabaseBusy):
        async with reading() as connection:
            await outlook(connection)
    known = replace(
        options,
        listener=listener,
        actor=operator_name(),
        database=shown_database(postgres.url),
        base_url=url or f"http://{settings.host}:{settings.port}",
        upload=uploader_when_needed(settings, operator_name()),
    )
    return _Reached(known, settings.logs_folder / _LOG_FILE)


def _open_system(system: ExitStack, name: str | None) -> "tuple[Settings, Postgres]":
    from chaishots.cli.configure import read_and_apply
    from chaishots.cli.database import connect

    settings = read_and_apply(CHAISHOTS_OPERATOR=name)
    system.enter_context(logs_in_file(settings.logs_folder / _LOG_FILE))
    return settings, system.enter_context(connect(settings, is_told=False))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
