"""Stores of pictures for tests: a folder, and a bucket of a real S3 API on this machine."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

_KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server; what finds it by is in the environment, as it is for operators."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**_KEYS, "AWS_ENDPOINT_URL": address}.items():
            patch.setenv(name, value)
        yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What CHAISHOTS_PICTURES_URL may be: each test runs on a folder, and on a bucket."""
    return store_of(request, tmp_path)


def store_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The store that a fixture's parameter names: `folder` or `s3`."""
    if request.param == "folder":
        return str(tmp_path / "pictures")
    return a_bucket(request.getfixturevalue("s3"))


def a_bucket(address: str) -> str:
    """A bucket of its own on the S3 server at this address, as CHAISHOTS_PICTURES_URL names it."""
    bucket = f"pictures-{uuid4().hex[:8]}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/{bucket}", method="PUT")).close()
    return f"s3://{bucket}/catalog"
