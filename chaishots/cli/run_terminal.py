"""The operator's terminal in a process of its own: the pool, the listener and the view, from start to end.

Knows what `serve --tui` has from the supervisor. Is loaded by the command alone, as what draws takes time to load.
"""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

from chaishots.content.queries.agenda import outlook
from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseAway, DatabaseBusy
from chaishots.database.listener import Listener
from chaishots.database.pool import open_pool
from chaishots.database.replicas import application_name
from chaishots.observability import logs_in_file, spare_standard_error
from chaishots.settings import Settings
from chaishots.supervisor import Postgres
from chaishots.tui.app import OperatorApp
from chaishots.tui.host.garbage_collection import pause_collection
from chaishots.tui.host.runner import Ending, run_alone
from chaishots.tui.options import Options


async def view(settings: Settings, postgres: Postgres, options: Options) -> Ending:
    """Show the operator's terminal until the operator, or a signal, ends it.

    Args:
        options: what is shown and how; its listener and its `reach` are made here.
    Raises: DatabaseRefuses when the database has no schema, say; CannotLog. One that is away is shown as away.
    """
    faults: list[Exception] = []
    was_asked = False
    listener = Listener(postgres.direct_url, application_name=application_name(settings.replica, "listener"))
    async with AsyncExitStack() as stack:

        async def reach() -> bool:
            nonlocal was_asked
            if not was_asked:  # a view that failed is started anew, on what is open already
                was_asked = True
                try:
                    await open_all()
                except Exception as error:  # noqa: BLE001  # to be told once the terminal is as it was
                    faults.append(error)
            return not faults

        async def open_all() -> None:
            pool = application_name(settings.replica, "tui")
            with pause_collection():  # it loads Tortoise
                await stack.enter_async_context(
                    open_pool(postgres.url, application_name=pool, pooled=postgres.is_pooled)
                )
            listening = asyncio.create_task(listener.run(), name="listener")
            stack.push_async_callback(_cancel, listening)
            with suppress(DatabaseAway, DatabaseBusy):
                async with reading() as connection:
                    await outlook(connection)

        with logs_in_file(settings.logs_folder / "tui.log"), spare_standard_error():
            ending = await run_alone(lambda: OperatorApp(replace(options, listener=listener, reach=reach)))
    if faults:
        raise faults[0]
    return ending


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
