"""What is answered, held against what /openapi.json says can be: every answer that a test's client gets passes here."""

import json
import re
from typing import Any, Final

import httpx2
from quart import Quart
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from chaishots.api.app import create_quart
from chaishots.api.contract.route_documentation import is_documented
from chaishots.api.problem_document import PROBLEM_TYPE
from chaishots.content.answer_format import MOMENT

APPLICATION: Final[Quart] = create_quart("docs")
CONTRACT: Final[dict[str, Any]] = APPLICATION.extensions["QUART_SCHEMA"].openapi_provider.schema()
_ADDRESSES: Final = APPLICATION.url_map.bind("")


# What may be sent has examples in the one; the other keeps moments to their last digit.
_FILES: Final = ("/openapi.json", "/cms/export")
_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_LIKE_A_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}\S*")


async def is_told(answer: httpx2.Response) -> None:
    """Fail the test when the contract knows no such answer. For the hooks of a client."""
    asked = answer.request
    is_json = answer.headers.get("Content-Type", "").partition(";")[0].endswith("json")
    if is_json and asked.url.path not in _FILES:
        faults = faults_of(await answer.aread())
        assert not faults, f"{asked.method} {asked.url.path}: {faults}"
    if (responses := responses_of(asked.method, asked.url.path)) is None:
        assert answer.status_code < 400 or answer.headers["Content-Type"] in (PROBLEM_TYPE, "text/html; charset=utf-8")
        return
    assert str(answer.status_code) in responses, f"{asked.method} {asked.url.path} may not be {answer.status_code}"
    told = resolved(responses[str(answer.status_code)])
    if "content" in told:
        assert answer.headers["Content-Type"].partition(";")[0] in told["content"]
    needed = {name.lower() for name, header in told["headers"].items() if _header(header)["required"]}
    assert needed <= set(answer.headers), f"{asked.method} {asked.url.path} lacks {needed - set(answer.headers)}"


def faults_of(body: bytes) -> list[str]:
    """What in a JSON answer is not written as all answers are: compact, moments in one form."""
    text = body.decode()
    spaced = re.search(r".{,30}\s.{,30}", _TEXT.sub('""', text))
    other = [
        shown
        for shown in map(json.loads, _TEXT.findall(text))
        if _LIKE_A_MOMENT.fullmatch(shown) and not re.search(MOMENT, shown)
    ]
    return [*([f"has a space: {spaced[0]}"] if spaced else []), *other]


def responses_of(method: str, path: str) -> dict[str, Any] | None:
    """What the contract says can be answered; None for what is no address of ours, or in no contract."""
    if path.startswith("//"):
        return None
    try:
        rule, _ = _ADDRESSES.match(path, method, return_rule=True)
    except (HTTPException, RequestRedirect):
        return None
    if not is_documented(APPLICATION.view_functions[rule.endpoint]) or method == "OPTIONS":
        return None
    path = rule.rule
    methods = next(
        methods for address, methods in CONTRACT["paths"].items() if _without_names(address) == _without_names(path)
    )
    return methods["get" if method == "HEAD" else method.lower()]["responses"]


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """An answer as the contract describes it, wherever it does."""
    return CONTRACT["components"]["responses"][part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else part


def _header(part: dict[str, Any]) -> dict[str, Any]:
    return CONTRACT["components"]["headers"][part["$ref"].rsplit("/", 1)[-1]]


def _without_names(address: str) -> list[str]:
    return ["{}" if part.startswith(("{", "<")) else part for part in address.split("/")]
