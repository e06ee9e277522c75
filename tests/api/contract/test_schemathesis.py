"""The server does what /openapi.json says: schemathesis against the real one, with every check and without a warning.

The usual run is short: a few examples an operation, and none of the phase that tries every bound of every field. All of
it, some thousands of requests in two minutes, is

    CHAISHOTS_CONTRACT_PHASES=examples,coverage,fuzzing,stateful CHAISHOTS_CONTRACT_EXAMPLES=30 \\
        .venv/bin/pytest -s tests/api/contract/test_schemathesis.py

and CHAISHOTS_CONTRACT_SEED draws others.
"""

import asyncio
import os
import re
import sys
from pathlib import Path
from uuid import UUID

from chaishots.api.contract.examples import LESSON_ID, PROGRAM_ID, TERM_ID, TOPIC_ID
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_term
from tests.cluster import Cluster

ROOT = Path(__file__).parents[3]
PHASES = os.environ.get("CHAISHOTS_CONTRACT_PHASES", "examples,fuzzing,stateful")
EXAMPLES = os.environ.get("CHAISHOTS_CONTRACT_EXAMPLES", "3")
SEED = os.environ.get("CHAISHOTS_CONTRACT_SEED", "1")
FEWEST = 200
EACH = 30
SPARE_ID = "0192f6a0-1a00-7c01-8a11-5e0000000002"  # as in schemathesis_hooks.py, which only schemathesis can import


async def test_the_server_keeps_its_contract(cluster: Cluster, sql: Connection) -> None:
    await _some_content(sql)
    _, editor = await create_token(sql, "contract-editor", Role.EDITOR)
    _, admin = await create_token(sql, "contract-admin", Role.ADMIN)
    [replica] = await cluster.start()

    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={ROOT / 'tests/api/contract/schemathesis.toml'}",
        "run",
        f"http://127.0.0.1:{replica.port}/openapi.json",
        "--checks=all",
        f"--phases={PHASES}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--no-color",
        cwd=ROOT,
        env=os.environ | {"CONTRACT_EDITOR": editor, "CONTRACT_ADMIN": admin},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await run.communicate())[0].decode()

    failed = replica.logged("request.failed")
    assert run.returncode == 0, f"{told}\n{failed[:5]}"
    tested = re.search(r"(\d+) generated", told)
    assert tested, told
    print(tested[0])
    assert int(tested[1]) >= FEWEST
    assert failed == []


async def _some_content(sql: Connection) -> None:
    """Things with the ids that the contract's examples name, public ones, and one in each other state."""
    program = await a_program(sql, id=UUID(PROGRAM_ID), status="published")
    term = await a_term(sql, program, id=UUID(TERM_ID))
    await sql.execute("insert into topic (id, name) values ($1, $2)", UUID(TOPIC_ID), "Telugu")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, UUID(TOPIC_ID))
    await a_lesson(sql, term, id=UUID(LESSON_ID), status="published")
    spare = await a_program(sql, id=UUID(SPARE_ID))
    for _ in range(EACH):
        await a_term(sql, spare)
        await a_lesson(sql, term)
        await a_lesson(sql, term, due_in=AN_HOUR)
        await a_lesson(sql, term, status="published")
        await a_lesson(sql, term, status="archived")
        await a_program(sql)
        await a_program(sql, status="archived")
