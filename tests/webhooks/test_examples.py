"""The receiver of the examples takes what a real server sends; and npm's library verifies it as Python's does."""

import asyncio
import json
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from chaishots.database.connection import Connection
from tests.builders import A_MOMENT_AGO, a_lesson, a_program, a_term
from tests.cluster import Cluster
from tests.receivers import receiving

ROOT = Path(__file__).parents[2]
GENERATORS = ROOT / "tests" / "generators"
ALLOWED = {"CHAISHOTS_WEBHOOKS_HTTP": "true", "CHAISHOTS_WEBHOOKS_NETWORKS": "127.0.0.0/8"}


async def test_the_receiver_prints_what_goes_live_on_schedule_and_takes_nothing_else(
    cluster: Cluster, sql: Connection
) -> None:
    secret = await sql.fetchval("select chaishots_webhook_secret()")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    receiver = await asyncio.create_subprocess_exec(
        *(sys.executable, "examples/webhook_receiver.py", str(port)),
        cwd=ROOT,
        env=os.environ | {"WEBHOOK_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert receiver.stdout is not None
        await cluster.start(**ALLOWED)
        url = f"http://127.0.0.1:{port}/"
        await sql.execute("insert into webhook (url, secret) values ($1, $2)", url, secret)
        program = await a_program(sql)
        lesson = await a_lesson(sql, await a_term(sql, program), due_in=A_MOMENT_AGO)
        async with asyncio.timeout(20):
            printed = [(await receiver.stdout.readline()).decode().split() for _ in range(2)]
        [replica] = cluster.replicas
        assert printed == [["program.published", str(program)], ["lesson.published", str(lesson)]]
        assert (await replica.http.post(url, content=b"{}", headers={"webhook-id": "a"})).status_code == 400
    finally:
        receiver.kill()
        await receiver.wait()


@pytest.mark.skipif(
    shutil.which("node") is None or not (GENERATORS / "node_modules" / "standardwebhooks").is_dir(),
    reason="node is not installed, or .ci/needs was not run",
)
@pytest.mark.parametrize("is_forged", [False, True])
async def test_the_library_of_npm_verifies_a_message(cluster: Cluster, sql: Connection, is_forged: bool) -> None:
    async with receiving() as receiver:
        await cluster.start(**ALLOWED)
        secret = await sql.fetchval("insert into webhook (url) values ($1) returning secret", receiver.url)
        await a_lesson(sql, await a_term(sql, await a_program(sql)), title="అ ఆ अ आ", due_in=A_MOMENT_AGO)
        await receiver.has(lambda it: len(it.events) == 2)
    delivered = receiver.got[0]
    body = delivered.body.decode() + " " * is_forged
    node = await asyncio.create_subprocess_exec(
        *("node", "verify.mjs"),
        cwd=GENERATORS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    given = json.dumps({"secret": secret, "headers": delivered.headers, "body": body})
    printed, complaint = await node.communicate(given.encode())
    if is_forged:
        assert (printed, b"No matching signature" in complaint) == (b"", True)
    else:
        assert (printed, node.returncode) == (b"events\n", 0)
