"""Clients that public tools generate of /openapi.json: made without a warning, and good for a day.

What is of npm is installed by `.ci/needs`, as package-lock.json says; without it those tests are skipped, and pytest
names them at its end.
"""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.api.contract.documented_answers import CONTRACT
from tests.builders import a_lesson, a_public_program
from tests.cluster import DEADLINE_SECONDS, Cluster

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE_MODULES = HERE / "node_modules"
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not NODE_MODULES.is_dir(), reason="node is not installed, or .ci/needs was not run"
)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/openapi.json, as a file."""
    path = tmp_path_factory.mktemp("contract") / "openapi.json"
    path.write_text(json.dumps(CONTRACT, ensure_ascii=False))
    return path


async def run(*command: str | Path, within: Path = HERE, **environment: str) -> str:
    """What the command printed; it has to end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=within,
        env=os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(2 * DEADLINE_SECONDS):
        printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    return printed


def of_npm(name: str) -> Path:
    return NODE_MODULES / ".bin" / name


@needs_node
async def test_redocly_finds_nothing(document: Path) -> None:
    printed = await run(of_npm("redocly"), "lint", document)
    assert "Your API description is valid" in printed
    assert "warning" not in printed.partition("validating")[2].lower()


@needs_node
async def test_every_schema_compiles_with_ajv_and_its_examples_fit(document: Path) -> None:
    printed = await run("node", "compile.mjs", document)
    assert int(printed.split()[0]) > 150


@needs_node
async def test_a_day_with_the_types_of_openapi_typescript(
    document: Path, cluster: Cluster, sql: Connection, tmp_path: Path
) -> None:
    told = await run(of_npm("openapi-typescript"), document, "-o", tmp_path / "api.d.ts")
    assert "warn" not in told.lower()
    shutil.copy(HERE / "day.ts", tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    await _compiled(tmp_path, "day.ts")
    address, token = await _served(cluster, sql)
    assert "a day has passed" in await run("node", "day.js", address, token, within=tmp_path)


async def test_a_day_with_the_client_of_openapi_python_client(
    document: Path, cluster: Cluster, sql: Connection, tmp_path: Path
) -> None:
    tools = Path(sys.executable).parent
    told = await run(
        tools / "openapi-python-client",
        *("generate", "--meta", "none", "--fail-on-warning", "--output-path", tmp_path / "client", "--path", document),
        *("--config", ROOT / "examples" / "openapi-python-client.yaml"),
        PATH=f"{tools}{os.pathsep}{os.environ['PATH']}",
    )
    assert "WARNING" not in told
    address, token = await _served(cluster, sql)
    assert "a day has passed" in await run(
        sys.executable, HERE / "day.py", address, token, within=tmp_path, PYTHONPATH=str(tmp_path)
    )


async def _served(cluster: Cluster, sql: Connection) -> tuple[str, str]:
    """The address of a server, and an editor's token."""
    [replica] = await cluster.start(1)
    return f"http://127.0.0.1:{replica.port}", (await create_token(sql, "asha", Role.EDITOR))[1]


@needs_node
async def test_the_typescript_of_the_docs_runs(
    document: Path, cluster: Cluster, sql: Connection, tmp_path: Path
) -> None:
    program = await _a_catalog(sql)
    await run(of_npm("openapi-typescript"), document, "-o", tmp_path / "api.d.ts")
    shutil.copy(ROOT / "examples" / "offline.ts", tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    await _compiled(tmp_path, "offline.ts")
    [replica] = await cluster.start(1)
    (tmp_path / "app.js").write_text(
        """
        import { programs, read, Refused } from "./offline.js";
        const store = new Map(), address = process.argv[2];
        const found = await programs(address, store);
        const again = await programs(address, store);
        const gone = await read(`${address}/catalog/lessons/x`, store).catch((error) => error instanceof Refused);
        const offline = await read("http://127.0.0.1:9/", { get: () => ({ etag: null, body: "kept" }) });
        console.log(JSON.stringify([found[0].id, again[0].id, gone, offline, store.size]));
        """
    )
    printed = await run("node", "app.js", f"http://127.0.0.1:{replica.port}", within=tmp_path)
    assert json.loads(printed) == [program, program, True, "kept", 1]


async def test_the_python_of_the_docs_runs_and_works_without_a_network(
    cluster: Cluster, sql: Connection, tmp_path: Path
) -> None:
    await _a_catalog(sql)
    [replica] = await cluster.start(1)
    command = (sys.executable, ROOT / "examples" / "offline.py", f"http://127.0.0.1:{replica.port}", tmp_path / "kept")
    printed = [await run(*command) for _ in range(2)]
    _, token = await create_token(sql, "app", Role.VIEWER)
    paid_for = await run(*command, token)
    await replica.stopped()
    assert "for subscribers" in printed[0]
    assert "for subscribers" not in paid_for
    assert printed[1] == printed[0]
    assert await run(*command)


def test_the_docs_show_the_examples_as_they_are() -> None:
    docs = (ROOT / "docs" / "APPS.md").read_text()
    shown = dict(re.findall(r"```(python|typescript)\n(.*?)```", docs, re.DOTALL))
    assert shown["python"] in (ROOT / "examples" / "offline.py").read_text()
    assert shown["typescript"] in (ROOT / "examples" / "offline.ts").read_text()


async def _a_catalog(sql: Connection) -> str:
    """The id of a public program with a free lesson and one that is paid for."""
    program = await a_public_program(sql)
    term = await sql.fetchval("select id from term where program_id = $1", program)
    await a_lesson(sql, term, status="published", is_paid=True)
    return str(program)


async def _compiled(folder: Path, file: str) -> None:
    await run(
        of_npm("tsc"),
        *("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--skipLibCheck"),
        *("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--types", "node", file),
        within=folder,
    )
