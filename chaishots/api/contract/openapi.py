"""What /openapi.json says of each route beyond its parameters and body: answers, errors, headers, links, examples.

What a route answers and takes stands above it (`route_documentation.py`, `validation.py`, `parameters.py`); what routes
share is in `components.py`; all else follows from a route's address. Nothing here runs when a request is answered. The
tests compare what is said with real answers.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from quart_schema import OpenAPIProvider
from quart_schema.validation import DataSource
from werkzeug.routing import Rule

from chaishots.api.contract.components import (
    ALWAYS,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IN_ADDRESSES,
    IN_PUBLIC_ADDRESSES,
    NOT_AS_NAMED,
    PATTERNS,
    error_with,
    headers_named,
    response_named,
    shared,
)
from chaishots.api.contract.examples import DOCUMENT, OF_OPERATIONS
from chaishots.api.contract.json_schema import shape_answer, shape_body, shape_common
from chaishots.api.contract.openapi_info import SERVERS, TAGS, tag_of
from chaishots.api.contract.responses.answer import Answer, Json, Problem, Versioned
from chaishots.api.contract.route_documentation import SCHEME, Documented, documented, is_documented, is_idempotent
from chaishots.api.contract.validation import example_of
from chaishots.api.problem_document import OVERLOADED

_WITHOUT_DATABASE: Final = frozenset({"health.get_liveness", "metrics.get_metrics"})


class Contract(OpenAPIProvider):
    """The document at /openapi.json; made once, as nothing in it changes while the process lives."""

    _made: Json | None = None

    def schema(self) -> Json:
        """The whole document."""
        if self._made is None:
            document = super().schema()
            answers = self._answers()
            schemas = document["components"]["schemas"] | _schemas([*answers, Problem]) | _CONTENT_FILE
            components = {**document["components"], **shared(), "schemas": schemas}
            paths = {path: document["paths"][path] for path in sorted(document["paths"])}
            _link([operation for methods in paths.values() for operation in methods.values()], answers)
            self._made = {
                "openapi": document["openapi"],
                "info": document["info"],
                "servers": SERVERS,
                "tags": TAGS,
                "paths": paths,
                "components": components,
            }
        return self._made

    def generate_rules(self) -> Iterable[Rule]:
        """The routes to describe."""
        return [rule for rule in super().generate_rules() if is_documented(self._app.view_functions[rule.endpoint])]

    def build_paths(self, rule: Rule) -> tuple[Json, Json]:
        """One address with its operation, and the schemas that it refers to."""
        # cast: quart-schema leaves its dictionaries untyped.
        paths, schemas = cast("tuple[dict[str, Json], Json]", super().build_paths(rule))  # pyright: ignore[reportUnknownMemberType]
        for methods in paths.values():
            for method, operation in methods.items():
                _complete(operation, method, rule, self._app.view_functions[rule.endpoint])
        return paths, schemas

    def build_querystring_parameters(self, model: type[Any]) -> tuple[list[Json], Json]:
        """The parameters of a query; quart-schema leaves out which are required."""
        parameters, schemas = super().build_querystring_parameters(model)  # pyright: ignore[reportUnknownMemberType]
        required = {info.alias or name for name, info in model.model_fields.items() if info.is_required()}
        return [{**told, "required": told["name"] in required} for told in parameters], schemas

    def build_request_body(self, model: type[Any], source: DataSource) -> tuple[Json, Json]:
        """The body by the name of its model, for generators to name it so too; and what it refers to."""
        body, definitions = super().build_request_body(model, source)  # pyright: ignore[reportUnknownMemberType]
        name = model.__name__
        content = body["content"]["application/json"]
        shaped = shape_body(content["schema"], is_patch=name.endswith("Patch"))
        schemas = {inner: shape_body(schema, is_patch=False) for inner, schema in definitions.items()}
        content["schema"] = {"$ref": f"#/components/schemas/{name}"}
        return body, {**schemas, name: shaped}

    def _answers(self) -> set[type[Answer]]:
        routes = filter(is_documented, self._app.view_functions.values())
        return {model for told in map(documented, routes) for model in (told.answer, *told.others.values()) if model}


def _schemas(models: Iterable[type[BaseModel]]) -> Json:
    in_order = sorted(models, key=lambda model: model.__name__)
    _, document = models_json_schema(
        [(model, "validation") for model in in_order], ref_template="#/components/schemas/{model}"
    )
    schemas = document["$defs"]
    for model in in_order:
        if issubclass(model, Answer):
            schemas[model.__name__]["examples"] = [model.example]
    return {name: shape_answer(schema) for name, schema in schemas.items()}


def _complete(operation: Json, method: str, rule: Rule, route: object) -> None:
    blueprint, _, name = rule.endpoint.partition(".")
    is_cms, told = rule.rule.startswith("/cms"), documented(route)
    operation["operationId"] = name if is_cms else f"{blueprint}_{name}"
    operation["tags"] = [tag_of(blueprint)]
    if not operation["description"].strip():
        del operation["description"]
    # Said of each, as there is none for all: [] is for everybody, {} for everybody too, and with a token for more.
    operation.setdefault("security", [{}, {SCHEME: []}] if told.takes_token else [])
    kept = _kept(told) if is_cms and method == "get" else None
    named = OF_OPERATIONS.get(operation["operationId"], {})
    operation["parameters"] = [
        *(_parameter(each, is_cms=is_cms, names=named) for each in operation["parameters"]),
        *([IF_MATCH] if told.heeds_if_match else []),
        *([IDEMPOTENCY_KEY] if is_idempotent(route) else []),
        *([IF_NONE_MATCH] if kept or told.is_held or told.files else []),
        *([IF_MODIFIED_SINCE] if told.is_held else []),
    ]
    if told.takes_files:
        operation["requestBody"] = _files(told.takes_files)
    elif told.takes_documents:
        operation["requestBody"] = {"required": True, "content": _documents(told.takes_documents)}
    elif "requestBody" in operation:
        operation["requestBody"] = _body(operation["requestBody"], example_of(route), is_patch=method == "patch")
    success = _successes(told, kept)
    others = {status: _success(answer, status) for status, answer in told.others.items()}
    errors = _errors(operation, method, rule.endpoint, told, route) - others.keys()
    all_of_them = success | others | {status: error_with(status) for status in errors}
    if told.is_held or told.files:
        all_of_them[412] = response_named(NOT_AS_NAMED)
    operation["responses"] = {str(status): all_of_them[status] for status in sorted(all_of_them)}


def _successes(told: Documented, kept: Json | None) -> dict[int, Json]:
    """What a route answers when all goes well, by status.

    Args:
        kept: the header with the ETag of a read of the CMS.
    """
    if told.files:
        return _success_with_files(told.files)
    success = _success(told.answer, told.status)
    if told.document_types:
        return {told.status: {**success, "content": _documents(told.document_types)}}
    if told.is_held:
        headed = _headed(HTTPStatus.NOT_MODIFIED)
        return {200: {**success, "headers": headed["headers"]}, 304: headed}
    if told.text is not None:
        success["content"] = {told.text_type: {"schema": {"type": "string"}, "example": told.text}}
    if kept is None:
        return {told.status: success}
    success["headers"]["ETag"] = kept
    headers = {**headers_named(ALWAYS), "ETag": kept}
    return {told.status: success, 304: {"description": HTTPStatus.NOT_MODIFIED.phrase, "headers": headers}}


def _errors(operation: Json, method: str, endpoint: str, told: Documented, route: object) -> set[int]:
    errors = {400, 422, 500, *told.problems}
    if endpoint not in _WITHOUT_DATABASE:
        errors |= {OVERLOADED, 503}
    if operation["security"]:
        errors |= {401}
    if operation["security"] and not told.takes_token:
        errors |= {403}
        if method != "get":
            errors |= {409}
        if method == "post":
            errors |= {413}
    if any(parameter["in"] == "path" for parameter in operation["parameters"]):
        errors |= {404}
    if "requestBody" in operation:
        errors |= {413, 415}
        if isinstance(example_of(route), list):
            errors |= {404}
    if told.heeds_if_match:
        errors |= {412}
    if told.files:
        errors |= {416}
    if told.takes_files or told.takes_documents:
        errors |= {408, 413, 415}
    return errors


def _parameter(parameter: Json, *, is_cms: bool, names: Mapping[str, str]) -> Json:
    name, schema = parameter["name"], _without_null(dict(parameter["schema"]))
    schema.pop("title", None)
    if parameter["in"] == "path":
        schema |= {"pattern": PATTERNS[name]} if name in PATTERNS else {"format": "uuid"}
        description, example = IN_ADDRESSES[name]
        if not is_cms and name in IN_PUBLIC_ADDRESSES:
            description, example, pattern = IN_PUBLIC_ADDRESSES[name]
            schema = {"type": "string", "pattern": pattern}
        shown = names.get(name, example)
        return {**parameter, "description": description, "schema": shape_common(schema), "example": shown}
    # Of the query, the model's fields tell the description and an example.
    told: Json = {**parameter, "schema": shape_common(schema)}
    if parameter["required"]:
        [told["example"]] = told["schema"].pop("examples")
    # Pages to try requests on fill in an `example`: good for an id, a nuisance for a filter, which has `examples`.
    return told


def _without_null(schema: Json) -> Json:
    """What stands in an address is never null: it is left out."""
    if "anyOf" not in schema:
        return schema
    [said] = [option for option in schema["anyOf"] if option != {"type": "null"}]
    return {**said, **{key: value for key, value in schema.items() if key not in {"anyOf", "default"}}}


def _body(body: Json, example: object, *, is_patch: bool) -> Json:
    taken = {"schema": body["content"]["application/json"]["schema"], "example": example}
    types = ("application/json", "application/merge-patch+json") if is_patch else ("application/json",)
    return {"required": True, "content": dict.fromkeys(types, taken)}


_BINARY: Final[Json] = {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes of a picture)"}


_EXAMPLES: Final = {
    "application/yaml": "(a text in YAML)",
    "text/csv": "(a sheet of lessons)",
    "text/tab-separated-values": "(a sheet of lessons, with tabs between its columns)",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "(the bytes of a workbook)",
}
_JSON_DOCUMENT: Final[Json] = {"schema": {"$ref": "#/components/schemas/ContentFile"}, "example": DOCUMENT}
# Open inside: which keys things have, the sample content shows and explains (`seeds/demo.yaml`).
_THINGS: Final[Json] = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
_CONTENT_FILE: Final[Json] = {
    "ContentFile": {
        "description": "Content as a file: programs with their terms and lessons, and what they refer to.",
        "type": "object",
        "properties": dict.fromkeys(("topics", "releases", "pictures", "programs"), _THINGS),
        "required": ["programs"],
        "additionalProperties": False,
        "title": "ContentFile",
    }
}


def _documents(types: Iterable[str]) -> Json:
    return {kind: _JSON_DOCUMENT if kind == "application/json" else _bytes_of(kind) for kind in types}


def _bytes_of(kind: str) -> Json:
    return {"schema": {"type": "string", "format": "binary"}, "example": _EXAMPLES[kind]}


def _files(types: Iterable[str]) -> Json:
    schema = {"type": "object", "properties": {"picture": _BINARY["schema"]}, "required": ["picture"]}
    form = {"schema": schema, "example": {"picture": _BINARY["example"]}}
    return {"required": True, "content": {**dict.fromkeys(types, _BINARY), "multipart/form-data": form}}


def _success_with_files(types: Iterable[str]) -> dict[int, Json]:
    headers = headers_named([*ALWAYS, "Cache-Control"]) | {"ETag": {"$ref": "#/components/headers/EntityTag"}}
    whole = {"description": "The picture.", "headers": headers, "content": dict.fromkeys(types, _BINARY)}
    unchanged = {"description": HTTPStatus.NOT_MODIFIED.phrase, "headers": headers}
    return {200: whole, 206: {**whole, "description": "The part that Range asks for."}, 304: unchanged}


def _success(answer: type[Answer] | None, status: int) -> Json:
    names = [*ALWAYS]
    if answer is not None and issubclass(answer, Versioned):
        names += ["ETag", "Location"] if status == HTTPStatus.CREATED else ["ETag"]
    told: Json = {"description": HTTPStatus(status).phrase, "headers": headers_named(names)}
    if answer is None:
        return told
    schema = {"$ref": f"#/components/schemas/{answer.__name__}"}
    description = _first_line(answer)
    content = {"application/json": {"schema": schema, "example": answer.example}}
    return {**told, "description": description, "content": content}


def _kept(told: Documented) -> Json | None:
    """The ETag of a read of the CMS, which a client may have already: of a thing's version, of a page or a text."""
    if (answer := told.answer) is None:
        return {"$ref": "#/components/headers/EntityTag"} if told.text is not None else None
    if issubclass(answer, Versioned):
        return {"$ref": "#/components/headers/ETag"}
    return {"$ref": "#/components/headers/EntityTag"} if "next_cursor" in answer.model_fields else None


def _headed(status: HTTPStatus) -> Json:
    names = (*ALWAYS, "Cache-Control", "Vary", "Cache-Status", "Last-Modified")
    headers = {**headers_named(names), "ETag": {"$ref": "#/components/headers/EntityTag"}}
    return {"description": status.phrase, "headers": headers}


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


def _link(operations: Iterable[Json], answers: Iterable[type[Answer]]) -> None:
    """From every answer that names a thing to what can be done with it."""
    takers: dict[str, list[str]] = {}
    for operation in operations:
        taken = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
        if len(taken) == 1 and operation["tags"][0].startswith("CMS"):
            takers.setdefault(taken[0], []).append(operation["operationId"])
    identifying = {f"#/components/schemas/{answer.__name__}": answer.identifies for answer in answers}
    for told in (told for operation in operations for told in operation["responses"].values()):
        schema = told.get("content", {}).get("application/json", {}).get("schema", {})
        if identified := identifying.get(schema.get("$ref")):
            parameter, place = identified
            told["links"] = {
                taker: {"operationId": taker, "parameters": {parameter: f"$response.body#/{place}"}}
                for taker in takers.get(parameter, [])
            }
