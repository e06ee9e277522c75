"""The README's walk with curl and jq: each line is run, as it stands, against a real server and its publisher."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.cluster import Cluster

README = Path(__file__).parents[3] / "README.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are needed")
async def test_every_line_of_the_walk_does_what_it_says(cluster: Cluster, sql: Connection, tmp_path: Path) -> None:
    _, token = await create_token(sql, "asha", Role.EDITOR)
    [replica] = await cluster.start()
    walk = README.read_text().partition("A walk, with a server at port 8000")[2]
    blocks = re.findall(r"```console\n(.*?)```", walk, re.DOTALL)[:3]
    script = "".join(blocks).replace("\n$ ", "\n").removeprefix("$ ")
    script = script.replace("$(.venv/bin/chaishots token create asha --role editor)", token)
    script = script.replace("127.0.0.1:8000", f"127.0.0.1:{replica.port}")
    script = script.replace("now + 20 |", "now + 2 |").replace("sleep 21;", "sleep 3;")

    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    out, err = await process.communicate()

    assert process.returncode == 0, err.decode() + out.decode()
    told = out.decode().split("\n")[:-1]
    assert told[told.index("Water first") :] == [
        *("Water first", "archived", "There is no published lesson with this id."),
        *("published", "Leaves, steeped", "scheduled", "applied", "Leaves, steeped"),
        *("scheduled", 'program {"title":"Chai for many"}', 'lesson {"status":"archived"}', "scheduled", "published"),
        *("Leaves, steeped: status", "Chai for two: title"),
        "Chai for two: 1",
    ]
