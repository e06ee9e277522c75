"""How fast a hot picture of 40 kB goes out: from a replica, through nginx, and as a file of nginx's own.

    python -m bench.hot_picture

One worker each, and the same headers. A replica logs no read, so it is compared with a file that is not logged either;
what nginx keeps, with a file that is logged alike. DATABASE_URL names the Postgres; else embedded. In alternation, so
that whatever else the machine does falls on all.
"""

import asyncio
import os
import statistics
import tempfile
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg

from bench.client import fetched
from bench.servers import nginx_before, nginx_with_files, replica
from bench.wrk import Load, load
from chaishots.content.pictures.upload_and_removal import key_of
from chaishots.database.embedded import embedded_postgres
from chaishots.database.migrations import migrate
from tests.conftest import in_database

BYTES: Final = 40_000
ROUNDS: Final = 5
SECONDS: Final = 3
WIDTH: Final = 640

FILE: Final = "nginx, file"
LOGGED_FILE: Final = "nginx, logged file"
COMPARED: Final = {"this": FILE, "this behind nginx": LOGGED_FILE}
# What nginx says of a file by itself.
_OWN: Final = {"content-length", "content-type", "date", "server", "connection", "accept-ranges", "etag"}


async def main(postgres: str, folder: Path) -> None:
    """Measure in a database of its own, and print the medians and their ratios."""
    name = f"chaishots_hot_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"create database {name}")
    try:
        dsn = in_database(postgres, name)
        await migrate(dsn, application_name="bench")
        loads = await _measured(dsn, folder)
    finally:
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()
    for who, taken in loads.items():
        rate = statistics.median(each.rate for each in taken)
        p99_ms = statistics.median(each.p99_ms for each in taken)
        compared = ""
        if other := COMPARED.get(who):
            ratio = statistics.median(mine.rate / file.rate for mine, file in zip(taken, loads[other], strict=True))
            compared = f"  {ratio:.2f} × {other}"
        failed = sum(each.failed for each in taken)
        print(f"{who:20} {rate:8,.0f} a second  p99 {p99_ms:.1f} ms  {failed} failed{compared}")


async def _measured(dsn: str, folder: Path) -> dict[str, list[Load]]:
    picture, body = uuid4().hex * 2, os.urandom(BYTES)
    file = folder / "pictures" / key_of(picture, WIDTH, "webp")
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    path = f"/pictures/{picture}-{WIDTH}.webp"
    async with AsyncExitStack() as stack:
        url, _ = await stack.enter_async_context(replica(dsn, CHAISHOTS_PICTURES_URL=str(folder / "pictures")))
        proxy = await stack.enter_async_context(nginx_before(folder / "proxy", url, unbounded=True, workers="1"))
        for _ in range(3):
            kept = await fetched(proxy, path)
        assert kept.header("cache-status").endswith("nginx; hit"), kept.headers
        targets = {"this": url, "this behind nginx": proxy}
        for who, other, said in (("this", FILE, await fetched(url, path)), ("this behind nginx", LOGGED_FILE, kept)):
            headers = {name: value for name, value in said.headers if name not in _OWN}
            targets[other] = await stack.enter_async_context(
                nginx_with_files(
                    folder / who.replace(" ", "-"), {path: body}, workers="1", headers=headers, is_logged=said is kept
                )
            )
        loads: dict[str, list[Load]] = {who: [] for who in targets}
        for target in targets.values():
            await load(target + path, seconds=1)
        for _ in range(ROUNDS):
            for who, target in targets.items():
                loads[who].append(await load(target + path, seconds=SECONDS))
        return loads


if __name__ == "__main__":
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(place / "postgres"))
        asyncio.run(main(url, place))
