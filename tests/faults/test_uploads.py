"""kill -9 in the midst of an upload: nothing half is there, `pictures gc` finds what is left, the next one succeeds."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import psutil
import pytest

from chaishots.content.pictures import decoder_processes
from chaishots.content.pictures.upload_and_removal import Pictures
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.pool import open_pool
from chaishots.storage.folder_or_bucket import Store
from tests import stores
from tests.cluster import Cluster, Replica, eventually, free_port
from tests.images import encoded, photo

s3 = stores.s3

Midst = Callable[[Replica], Awaitable[None]]


class HoldingProxy:
    """Hands on what S3 is asked, but for all but the first put, which it keeps to itself."""

    def __init__(self, address: str) -> None:
        self._host, port = address.removeprefix("http://").split(":")
        self._port = int(port)
        self.holds = asyncio.Event()
        self._puts = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Run it for as long as the block; gives its address."""
        port = free_port()
        async with await asyncio.start_server(self._serve, "127.0.0.1", port):
            yield f"http://127.0.0.1:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_store: asyncio.StreamWriter | None = None
        try:
            from_store, to_store = await asyncio.open_connection(self._host, self._port)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hand_on(reader, to_store, asks=True))
                tasks.create_task(self._hand_on(from_store, writer))
        except* (OSError, EOFError):
            pass
        finally:
            writer.close()
            if to_store is not None:
                to_store.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks: bool = False) -> None:
        while data := await reader.read(65_536):
            if asks and data.startswith(b"PUT "):
                self._puts += 1
                if self._puts > 1:
                    self.holds.set()
                    await reader.read(-1)  # until whoever asks is dead
                    break
            writer.write(data)
            await writer.drain()
        raise EOFError


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.campaign)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where pictures go: a bucket in the campaign, but for the test that is about buckets."""
    return stores.store_of(request, tmp_path)


@pytest.fixture
async def token(sql: Connection) -> str:
    _, token = await create_token(sql, "asha", Role.EDITOR)
    return token


@pytest.fixture
def picture() -> bytes:
    return encoded(photo(1000, 700))


async def send(replica: Replica, token: str, body: bytes | AsyncIterator[bytes]) -> httpx2.Response:
    return await replica.http.post("/cms/pictures", content=body, headers={"Authorization": f"Bearer {token}"})


async def killed_in(replica: Replica, upload: Awaitable[httpx2.Response], midst: Midst) -> None:
    """Have a replica killed while it is where `midst` waits for."""
    sending = asyncio.ensure_future(upload)
    await midst(replica)
    assert not sending.done()
    replica.kill()
    with pytest.raises(httpx2.TransportError):
        await sending


async def decoder_of(replica: Replica) -> psutil.Process:
    async def look() -> psutil.Process | None:
        for child in psutil.Process(replica.process.pid).children():
            try:
                if decoder_processes._PROGRAM in child.cmdline():
                    return next(iter(child.children()), None)
            except psutil.NoSuchProcess:
                continue
        return None

    return await eventually(look)


async def nothing_half_is_there(cluster: Cluster, sql: Connection, store_url: str, most_files: int) -> None:
    """No row; of files, `collect` finds all once they are old, which the tests make them."""
    assert await sql.fetchval("select count(*) from picture") == 0
    store = Store(store_url)
    assert len([entry async for entry in store.list()]) <= most_files
    if not store.is_folder:
        return
    for folder, _, names in os.walk(store_url):
        for name in names:
            os.utime(Path(folder, name), (0, 0))
    async with open_pool(cluster.dsn, application_name="chaishots:tests:pool"):
        await Pictures(store).collect(actor="cron")
    assert [*Path(store_url).iterdir()] == []


async def succeeds_again(
    cluster: Cluster, sql: Connection, token: str, picture: bytes, store_url: str, **settings: str
) -> None:
    (replica,) = await cluster.start(1, CHAISHOTS_PICTURES_URL=store_url, **settings)
    answer = await send(replica, token, picture)

    assert answer.status_code == 201, answer.text
    for variant in answer.json()["variants"]:
        for url in filter(None, (variant["url"], variant.get("avif"))):
            assert (await replica.http.get("/pictures" + url.rpartition("/pictures")[2])).status_code == 200
    assert await sql.fetchval("select count(*) from picture") == 1


async def test_one_killed_while_the_picture_comes_leaves_nothing(
    cluster: Cluster, sql: Connection, token: str, picture: bytes, store_url: str
) -> None:
    (replica,) = await cluster.start(1, CHAISHOTS_PICTURES_URL=store_url)
    half_sent, never = asyncio.Event(), asyncio.Event()

    async def halting() -> AsyncIterator[bytes]:
        yield picture[: len(picture) // 2]
        half_sent.set()
        await never.wait()

    async def midst(_: Replica) -> None:
        await half_sent.wait()

    sending = asyncio.ensure_future(send(replica, token, halting()))
    await midst(replica)
    # Answered behind what was sent: the server has read that by then.
    assert (await replica.http.get("/health")).status_code == 200
    replica.kill()
    await replica.process.wait()
    never.set()
    with pytest.raises((httpx2.TransportError, ExceptionGroup)):
        await sending

    await nothing_half_is_there(cluster, sql, store_url, 0)
    await succeeds_again(cluster, sql, token, picture, store_url)


async def test_one_killed_while_it_decodes_leaves_nothing_not_even_the_decoder(
    cluster: Cluster, sql: Connection, token: str, picture: bytes, store_url: str
) -> None:
    (replica,) = await cluster.start(1, CHAISHOTS_PICTURES_URL=store_url)
    decoding: list[psutil.Process] = []

    async def midst(replica: Replica) -> None:
        decoding.append(await decoder_of(replica))
        decoding[0].send_signal(signal.SIGSTOP)

    await killed_in(replica, send(replica, token, picture), midst)

    async def is_gone() -> bool:
        return not decoding[0].is_running() or decoding[0].status() == psutil.STATUS_ZOMBIE

    await eventually(is_gone)
    await nothing_half_is_there(cluster, sql, store_url, 0)
    await succeeds_again(cluster, sql, token, picture, store_url)


async def test_one_killed_between_its_files_and_its_row_leaves_files_that_are_found(
    cluster: Cluster, sql: Connection, token: str, picture: bytes, store_url: str
) -> None:
    (replica,) = await cluster.start(1, CHAISHOTS_PICTURES_URL=store_url)

    async with AsyncExitStack() as stack:

        async def midst(replica: Replica) -> None:
            process = await decoder_of(replica)
            process.send_signal(signal.SIGSTOP)
            await stack.enter_async_context(sql.transaction())
            await sql.execute("lock table picture in share mode")
            process.send_signal(signal.SIGCONT)
            await eventually(
                lambda: sql.fetchval(
                    "select exists(select from pg_locks where relation = 'picture'::regclass and not granted)"
                )
            )

        await killed_in(replica, send(replica, token, picture), midst)

    others = "select from pg_locks where relation = 'picture'::regclass and pid <> pg_backend_pid()"
    await eventually(lambda: sql.fetchval(f"select not exists({others})"))
    assert len([entry async for entry in Store(store_url).list()]) >= 3
    await nothing_half_is_there(cluster, sql, store_url, 6)
    await succeeds_again(cluster, sql, token, picture, store_url)


async def test_one_killed_between_two_of_its_files_leaves_no_row(
    cluster: Cluster, sql: Connection, token: str, picture: bytes, s3: str
) -> None:
    bucket = stores.a_bucket(s3)
    proxy = HoldingProxy(s3)

    async with proxy.running() as address:
        (replica,) = await cluster.start(1, CHAISHOTS_PICTURES_URL=bucket, AWS_ENDPOINT_URL=address)

        async def midst(_: Replica) -> None:
            await proxy.holds.wait()

        await killed_in(replica, send(replica, token, picture), midst)

    await nothing_half_is_there(cluster, sql, bucket, 1)
    await succeeds_again(cluster, sql, token, picture, bucket)
