"""What /docs fills in can be tried on the demo: the things that the contract's examples name are in its seed."""

import hashlib
from pathlib import Path

import httpx2

from chaishots.api.contract.examples import PICTURE_ID
from chaishots.content.exchange import seed
from chaishots.content.lifecycle import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.contract.test_openapi import OPERATIONS
from tests.content.exchange.seeds import named

DEMO = Path(__file__).parents[3] / "seeds" / "demo.yaml"


async def test_every_read_that_the_docs_fill_in_succeeds_on_the_demo(whole: Served, sql: Connection) -> None:
    await seed.seed(DEMO, actor="seed", upload=named)
    await whole.has_heard(sql)
    _, token = await create_token(sql, "asha", Role.ADMIN)
    refused: dict[str, str] = {}
    for operation, told in OPERATIONS.items():
        method, _, path = operation.partition(" ")
        if method != "GET" or "/pictures/" in path:  # those are not uploaded here
            continue
        filled = {each["name"]: each["example"] for each in told["parameters"] if "example" in each}
        query = {each["name"] for each in told["parameters"] if each["in"] == "query"}
        answer = await whole.client.get(
            path.format(**filled),
            params={name: value for name, value in filled.items() if name in query},
            headers={"Authorization": f"Bearer {token}"} if told["security"] == [{"token": []}] else {},
        )
        if answer.status_code != httpx2.codes.OK:
            refused[operation] = answer.text
    assert refused == {}


def test_the_picture_of_the_examples_is_one_of_the_demo() -> None:
    pictures = (DEMO.parent / "pictures").glob("*.webp")
    assert PICTURE_ID in {hashlib.sha256(picture.read_bytes()).hexdigest() for picture in pictures}
