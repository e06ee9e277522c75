"""What we use of libraries without a public name: an upgrade that changes it has to fail here, by its name.

docs/ARCHITECTURE.md has the list with what each is for, and pyproject.toml keeps each library below the next version
that may change it. Those of Textual stand in tests/tui/host.
"""

import inspect
import re
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import asyncpg
import pytest
from hypercorn.protocol.h11 import H11Protocol
from packaging.requirements import Requirement
from quart.asgi import ASGIHTTPConnection
from tortoise.backends.base.client import TransactionContextPooled
from tortoise.models import Model, ModelMeta

from chaishots.database.orm import MODELS

ROOT = Path(__file__).parents[1]
PINNED = ("asyncpg", "hypercorn", "quart", "quart-schema", "textual", "tortoise-orm")


@pytest.mark.parametrize(
    "name",
    [
        "hypercorn.app_wrappers:ASGIWrapper",
        "hypercorn.asyncio.task_group:TaskGroup",
        "hypercorn.asyncio.worker_context:WorkerContext",
        "hypercorn.events:RawData",
        "hypercorn.protocol.h11:STREAM_ID",
        "hypercorn.protocol.http_stream:HTTPStream",
        "hypercorn.protocol.http_stream:ASGIHTTPState",
        "hypercorn.utils:parse_socket_addr",
        "quart_schema.validation:QUART_SCHEMA_QUERYSTRING_ATTRIBUTE",
        "tortoise.backends.asyncpg.client:AsyncpgDBClient",
    ],
)
def test_a_name_that_nobody_promises_is_there(name: str) -> None:
    module, _, attribute = name.partition(":")
    assert hasattr(import_module(module), attribute)


@pytest.mark.parametrize(
    "name", ["handle", "stream_send", "_handle_events", "_maybe_recycle", "_send_error_response", "_close_stream"]
)
def test_hypercorns_protocol_still_has_what_ours_replaces(name: str) -> None:
    assert inspect.iscoroutinefunction(getattr(H11Protocol, name))


def test_quarts_connection_still_receives_and_answers_in_two_coroutines() -> None:
    assert list(inspect.signature(ASGIHTTPConnection.handle_messages).parameters) == ["self", "request", "receive"]
    assert list(inspect.signature(ASGIHTTPConnection.handle_request).parameters) == ["self", "request", "send"]


def test_asyncpgs_pool_still_acquires_in_one_place() -> None:
    assert list(inspect.signature(asyncpg.Pool._acquire).parameters) == ["self", "timeout"]
    assert "_acquire(" in inspect.getsource(asyncpg.pool.PoolAcquireContext)


def test_tortoise_still_keeps_its_connection_and_its_fields_where_they_were() -> None:
    assert "connection" in inspect.getsource(TransactionContextPooled.__aenter__)
    assert "self.client._connection = " in inspect.getsource(TransactionContextPooled)
    assert hasattr(Model._meta, "fields_map")


def test_tortoise_still_leaves_the_source_of_a_model_unread_that_says_so() -> None:
    assert 'attrs.get("_no_comments")' in inspect.getsource(ModelMeta)
    models = [
        each
        for module in map(import_module, MODELS)
        for each in vars(module).values()
        if isinstance(each, ModelMeta) and each is not Model
    ]
    assert len(models) > len(MODELS)
    assert [model.__name__ for model in models if "_no_comments" not in vars(model)] == []


@pytest.mark.parametrize("library", PINNED)
def test_a_library_whose_insides_we_use_is_kept_below_its_next_version(library: str) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    [specifier] = [each.specifier for each in map(Requirement, declared) if each.name == library]
    major, minor = map(int, version(library).split(".")[:2])
    assert not specifier.contains(f"{major}.{minor + 1}"), f"give {library} an upper bound"


@pytest.mark.parametrize("library", PINNED)
def test_the_architecture_says_what_is_used_of_it(library: str) -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text().partition("## What leans on the insides of libraries")[2]
    assert re.search(rf"^\| {library} \|", text, re.MULTILINE)
