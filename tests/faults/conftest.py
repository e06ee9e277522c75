"""What tests of faults stand on beside everything else: a Postgres that they may stop."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.own_postgres import OwnPostgres
from tests.faults.own_postgres import own_postgres as made


@pytest.fixture
async def own_postgres() -> AsyncIterator[OwnPostgres]:
    """A Postgres of the test's own, empty, which nobody but the test starts again."""
    async with made() as server:
        yield server
