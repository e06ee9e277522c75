"""How fast a hot picture of 40 kB goes out: from a replica, through nginx, and as a file of nginx's own.

    python -m bench.hot_picture

DATABASE_URL names the Postgres; else embedded. In alternation, so that whatever else the machine does falls on all.
"""

import asyncio
import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from uuid import uuid4

from bench.data import a_database
from bench.servers import nginx_before, nginx_with_files, replica
from bench.wrk import Load, load
from chaishots.content.pictures.upload_and_removal import key_of
from chaishots.database.embedded import embedded_postgres

BYTES: Final = 40_000
ROUNDS: Final = 5
SECONDS: Final = 3
WIDTH: Final = 640


async def main(postgres: str, folder: Path) -> None:
    """Measure in a database of its own, and print the medians and their ratios."""
    async with a_database(postgres, "hot") as dsn:
        loads = await _measured(dsn, folder)
    rates = {who: statistics.median(each.rate for each in taken) for who, taken in loads.items()}
    for who, taken in loads.items():
        p99_ms = statistics.median(each.p99_ms for each in taken)
        failed = sum(each.failed for each in taken)
        ratio = rates[who] / rates["nginx, file"]
        print(f"{who:20} {rates[who]:8,.0f} a second  {ratio:.2f} × the file  p99 {p99_ms:.1f} ms  {failed} failed")


async def _measured(dsn: str, folder: Path) -> dict[str, list[Load]]:
    picture, body = uuid4().hex * 2, os.urandom(BYTES)
    file = folder / "pictures" / key_of(picture, WIDTH, "webp")
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    path = f"/pictures/{picture}-{WIDTH}.webp"
    async with (
        replica(dsn, CHAISHOTS_PICTURES_URL=str(folder / "pictures")) as (url, _),
        nginx_before(folder / "proxy", url, unbounded=True) as proxy,
        nginx_with_files(folder / "files", {path: body}) as files,
    ):
        targets = {"nginx, file": files, "this": url, "this behind nginx": proxy}
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
