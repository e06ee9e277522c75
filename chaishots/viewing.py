"""The operator's terminal in a process of its own: the pool, the listener and the view, from start to end.

Knows what `serve --tui` has from the supervisor. Is loaded by the command alone, as what draws takes time to load.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from chaishots.content.agenda import outlook
from chaishots.database.connection import DatabaseAway, opened, reading
from chaishots.database.notifications import Listener
from chaishots.database.replicas import application_name
from chaishots.observability import logs_in_file, standard_error_spared
from chaishots.settings import Settings
from chaishots.supervisor import Postgres
from chaishots.tui.app import Operator
from chaishots.tui.context import Context
from chaishots.tui.running import Ending, run_alone


async def view(settings: Settings, postgres: Postgres, context: Context) -> Ending:
    """Show the operator's terminal until the operator, or a signal, ends it.

    Args:
        context: what is shown and how; the listener of it is made here.
    Raises: UndefinedTableError when the database has no schema; CannotLog. A database that is away is shown as away.
    """
    with logs_in_file(settings.logs_folder / "tui.log"), standard_error_spared():
        pool = application_name(settings.replica, "tui")
        async with opened(postgres.url, application_name=pool, pooled=postgres.is_pooled):
            with suppress(DatabaseAway):
                async with reading() as connection:
                    await outlook(connection)
            listener = Listener(postgres.direct_url, application_name=application_name(settings.replica, "listener"))
            listening = asyncio.create_task(listener.run(), name="listener")
            try:
                return await run_alone(lambda: Operator(replace(context, listener=listener)))
            finally:
                listening.cancel()
                await asyncio.wait([listening])
