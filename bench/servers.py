"""What is measured, as processes: replicas, the bare application, nginx with files, nginx in front of a replica.

Each is started by a context manager and ended with it. Knows nothing of figures.
"""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.client import Answer
from tests.cluster import Cluster, eventually, free_port

_PROXY_TEMPLATE: Final = Path(__file__).parents[1] / "deploy" / "nginx.conf"
_STOP_SECONDS: Final = 10

# The most that nginx gives: from open files, by sendfile, without a log.
_FILES: Final = """
worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
    {log}
    sendfile on;
    tcp_nopush on;
    open_file_cache max=16;
    keepalive_requests 10000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        gzip_static on;
        default_type application/json;
        {locations}
    }}
}}
"""


# Of a file that is the most there is to tell.
_LOGGED: Final = """
    log_format json escape=json
        '{"time":"$time_iso8601","client":"$remote_addr","request":"$request_method $uri","status":$status,'
        '"bytes":$body_bytes_sent,"seconds":$request_time,"cache":"","replica":"","request_id":"$request_id"}';
    access_log /dev/stdout json buffer=64k flush=1s;
"""


class NginxMissing(Exception):
    """There is no nginx here; the text says how to get it."""


def nginx_version() -> str:
    """The version of nginx. Raises: NginxMissing."""
    if shutil.which("nginx") is None:
        raise NginxMissing("The bench needs nginx: get it with `apt-get install nginx-light`, and stop its service.")
    return subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr.strip().rpartition("/")[2]


@asynccontextmanager
async def replica(dsn: str, **environment: str) -> AsyncGenerator[tuple[str, int]]:
    """One `chaishots serve` on a migrated database, healthy. Gives its URL and process id."""
    async with Cluster(dsn) as cluster:
        (started,) = await cluster.start(1, **environment)
        yield f"http://127.0.0.1:{started.port}", started.process.pid


@asynccontextmanager
async def bare_app(answer: Answer) -> AsyncGenerator[str]:
    """The bare application that sends this answer (`bench/bare_app.py`). Gives its URL."""
    port = free_port()
    said = {"status": answer.status, "headers": answer.headers, "body": b64encode(answer.body).decode()}
    async with _running(sys.executable, "-m", "bench.bare_app", str(port), port=port, given=json.dumps(said)) as url:
        yield url


@asynccontextmanager
async def nginx_with_files(
    folder: Path,
    bodies: dict[str, bytes],
    *,
    workers: str = "auto",
    headers: Mapping[str, str] | None = None,
    is_logged: bool = False,
) -> AsyncGenerator[str]:
    """An nginx that serves each path from a file; a path ending in .gz is sent to who accepts gzip. Gives its URL.

    Args:
        headers: what it says beside its own, as `Cache-Control`.
        is_logged: whether each request is logged as by `deploy/nginx.conf`.
    """
    folder.mkdir()
    locations: list[str] = []
    for path, body in bodies.items():
        file = folder / path.strip("/").replace("/", "-")
        file.write_bytes(body)
        if file.suffix != ".gz":
            said = " ".join(f'add_header {name} "{value}";' for name, value in (headers or {}).items())
            locations.append(f"location = {path} {{ alias {file}; {said} }}")
    port = free_port()
    log = _LOGGED if is_logged else "access_log off;"
    configuration = _FILES.format(
        folder=folder, port=port, workers=workers, log=log, locations="\n        ".join(locations)
    )
    async with _nginx(folder, configuration, port) as url:
        yield url


@asynccontextmanager
async def nginx_before(
    folder: Path, upstream: str, *, more: str = "", unbounded: bool = False, workers: str = "auto"
) -> AsyncGenerator[str]:
    """An nginx as the compose topology has it (`deploy/nginx.conf`), in front of one replica. Gives its URL.

    Args:
        upstream: the replica's URL, or the name of what `more`, further directives, has for replicas.
        unbounded: whether one address may ask as much as it likes.
    """
    folder.mkdir()
    port = free_port()
    filled_in = {
        "PROXY_LISTEN": f"127.0.0.1:{port}",
        "PROXY_UPSTREAM": upstream.removeprefix("http://"),
        "PROXY_RESOLVER": "127.0.0.1",
        "PROXY_DIR": str(folder),
        "PROXY_TRUSTED": "127.0.0.1",
        "PROXY_CMS_RATE": "20r/s",
    }
    configuration = re.sub(r"\$\{(PROXY_\w+)\}", lambda name: filled_in[name[1]], _PROXY_TEMPLATE.read_text())
    configuration = configuration.replace("worker_processes auto;", f"worker_processes {workers};", 1)
    if unbounded:
        configuration = configuration.replace("rate=2000r/s", "rate=1000000r/s")
    configuration = configuration.replace("http {", f"http {{ {more}", 1)
    async with _nginx(folder, configuration, port) as url:
        yield url


@asynccontextmanager
async def _nginx(folder: Path, configuration: str, port: int) -> AsyncGenerator[str]:
    file = folder / "nginx.conf"
    file.write_text(configuration)
    # Started by root, its workers would be somebody who may not read our folder.
    directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    async with _running("nginx", "-p", str(folder), "-c", str(file), "-g", directives, port=port) as url:
        yield url


@asynccontextmanager
async def _running(*command: str, port: int, given: str = "") -> AsyncGenerator[str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdin is not None
        process.stdin.write(given.encode())
        process.stdin.close()

        async def is_up() -> bool:
            assert process.returncode is None, f"{command[0]} ended at once: {process.returncode}"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        await eventually(is_up)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
