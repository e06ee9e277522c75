"""What /openapi.json says of each route beyond its parameters and body: answers, errors, headers, links, examples.

What a route answers and takes stands above it (`documented.py`, `validation.py`, `requests.py`); all else follows from
its address. Nothing here runs when a request is answered: what is said is held against real answers by the tests.
"""

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from quart_schema import OpenAPIProvider
from werkzeug.routing import Rule

from chaishots.api.contract.documented import SCHEME, Documented, documented, is_documented, is_idempotent
from chaishots.api.contract.examples import LESSON_ID, PICTURE_ID, PROGRAM_ID, RELEASE_ID, TERM_ID, TOPIC_ID
from chaishots.api.contract.responses.answer import Answer, Fault, Json, Problem, Versioned
from chaishots.api.contract.responses.content import Lesson, Lessons, Program, Programs, Term, Terms, Topic, Topics
from chaishots.api.contract.responses.operations import CreatedToken
from chaishots.api.contract.responses.pictures import Picture, Pictures
from chaishots.api.contract.responses.releases import Release, Releases
from chaishots.api.contract.validation import example_of
from chaishots.api.contract.values import NAME_OF_TOKEN
from chaishots.api.errors import CODES, OVERLOADED, PRECONDITION_FAILED, RETRY_AFTER_SECONDS
from chaishots.content.urls import PATTERN

_IN_ADDRESSES: Final[Mapping[str, tuple[str, object]]] = {
    "program_id": ("The program's id.", PROGRAM_ID),
    "term_id": ("The term's id.", TERM_ID),
    "lesson_id": ("The lesson's id.", LESSON_ID),
    "topic_id": ("The topic's id.", TOPIC_ID),
    "release_id": ("The release's id.", RELEASE_ID),
    "picture_id": ("The picture's id: the SHA-256 of what was sent.", PICTURE_ID),
    "file": (
        "`{id}.webp` at its widest, `{id}-{width}.webp` in one of its widths; `.avif` where the picture lists it.",
        f"{PICTURE_ID}-640.webp",
    ),
    "name": ("The name that the token was given.", "ravi"),
}
_PATTERNS: Final = {
    "picture_id": "^[0-9a-f]{64}$",
    "file": r"^[0-9a-f]{64}(-[1-9][0-9]{0,4})?\.(webp|avif)$",
    "name": NAME_OF_TOKEN,
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that the change is meant for; any version will do when it is left out.",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$', "examples": ["*"]},
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same key within a day, the request is done once and answered as it was.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
        "examples": ["5b1c8e1e-6c0c-4b0e-9d59-0f1c5f1f6a53"],
    },
}
_HEADERS: Final[Mapping[str, Json]] = {
    "X-Request-ID": {
        "description": "The request's name in the log: yours, or one that was made for it.",
        "schema": {"type": "string"},
        "example": "0f1c5f1f6a535b1c8e1e6c0c4b0e9d59",
    },
    "ETag": {
        "description": "The version, for If-Match.",
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "example": '"5"',
    },
    "EntityTag": {
        "description": "What the answer is told by, for If-None-Match; 304 follows when it still is the same.",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]+(-[a-z]+)?"$'},
        "example": '"5b1c8e1e6c0c4b0e9d590f1c-gzip"',
        "required": False,
    },
    "Last-Modified": {
        "description": "When the answer was first seen like this, for If-Modified-Since; not told within that second.",
        "schema": {"type": "string"},
        "example": "Thu, 31 Jan 2030 03:30:00 GMT",
        "required": False,
    },
    "Cache-Control": {
        "description": "For how long caches may keep it: never past what is scheduled to change it.",
        "schema": {"type": "string"},
        "example": "public, max-age=8, stale-while-revalidate=2, stale-if-error=60",
    },
    "Cache-Status": {
        "description": "Where it comes from (RFC 9211); `detail=stale` while the database is away.",
        "schema": {"type": "string"},
        "example": "chaishots; hit",
        "required": False,
    },
    "Vary": {
        "description": "What of the request it depends on.",
        "schema": {"type": "string"},
        "example": "Accept-Encoding, Authorization",
    },
    "Location": {
        "description": "Where the new thing is.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"/cms/programs/{PROGRAM_ID}",
    },
    "WWW-Authenticate": {
        "description": "What to authenticate with.",
        "schema": {"type": "string"},
        "example": 'Bearer realm="chaishots"',
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": RETRY_AFTER_SECONDS,
    },
}
_ERRORS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: (
        "The body is not the JSON that is read here, or there are more than 32 query parameters.",
        CODES[400],
        "The body is not UTF-8 text throughout.",
    ),
    401: ("No token, or one that is not valid.", CODES[401], "This needs a token: send it as Authorization: Bearer …"),
    403: (
        "The token's role does not allow it.",
        CODES[403],
        "This needs a token with the role editor; yours is viewer.",
    ),
    404: ("There is no such thing, or it is not public.", CODES[404], "There is no lesson with this id."),
    408: (
        "The body did not come in time.",
        "request_timeout",
        "The picture did not come within 120 s: send it again.",
    ),
    409: (
        "Something unique is there already, or the thing is not in a state from which this can be done.",
        "invalid_transition",
        "A published lesson cannot become scheduled.",
    ),
    412: (
        "It was changed since you read it.",
        "version_conflict",
        "It has changed since you read it: read it again (it is at version 6 now) and retry.",
    ),
    413: ("The body is larger than 1 MiB.", CODES[413], "The body is larger than 1 MiB: send less at once."),
    415: ("The body is of a type that is not read here.", CODES[415], "Send the body as application/json."),
    416: (
        "The file ends before the part that Range asks for.",
        "range_not_satisfiable",
        "The picture has 40960 bytes: ask for some of them.",
    ),
    422: ("A parameter or a field is at fault; `errors` says which.", CODES[422], "Check what was sent as limit."),
    OVERLOADED: (
        "More is asked at this moment than is answered in time.",
        "overloaded",
        "Too much is asked for that nobody asked for lately. Try again shortly.",
    ),
    500: ("A fault of ours.", CODES[500], "Something went wrong here; tell the operator the X-Request-ID."),
    503: (
        "Postgres is not reached, is held up by somebody else, or refuses what was asked.",
        CODES[503],
        "The database is not reached: try again shortly.",
    ),
}
_MORE_HEADERS: Final[Mapping[int, str]] = {401: "WWW-Authenticate", OVERLOADED: "Retry-After", 503: "Retry-After"}
_NOT_AS_NAMED: Final = "NotAsNamed"
"""The 412 of a read of the catalog, which is none of a version."""
_WITHOUT_DATABASE: Final = frozenset({"health.get_liveness", "metrics.get_metrics"})

# Which answers name the thing that an address then takes, and where in the answer its id stands.
_IDS: Final[Mapping[type[Answer], tuple[str, str]]] = {
    Program: ("program_id", "id"),
    Programs: ("program_id", "programs/0/id"),
    Term: ("term_id", "id"),
    Terms: ("term_id", "terms/0/id"),
    Lesson: ("lesson_id", "id"),
    Lessons: ("lesson_id", "lessons/0/id"),
    Topic: ("topic_id", "id"),
    Topics: ("topic_id", "topics/0/id"),
    Release: ("release_id", "id"),
    Releases: ("release_id", "releases/0/id"),
    CreatedToken: ("name", "name"),
    Picture: ("picture_id", "id"),
    Pictures: ("picture_id", "pictures/0/id"),
}
_TAGS: Final = {"catalog": "Catalog", "pictures": "Catalog", "health": "Health", "metrics": "Health"}


class Contract(OpenAPIProvider):
    """The document at /openapi.json; made once, as nothing in it changes while the process lives."""

    _made: Json | None = None

    def schema(self) -> Json:
        """The whole document."""
        if self._made is None:
            document = super().schema()
            self._describe(document["components"])
            paths = {path: document["paths"][path] for path in sorted(document["paths"])}
            _link([operation for methods in paths.values() for operation in methods.values()])
            self._made = {**document, "paths": paths}
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
        return paths, {name: _told(schema) for name, schema in schemas.items()}

    def build_querystring_parameters(self, model: type[Any]) -> tuple[list[Json], Json]:
        """The parameters of a query; quart-schema leaves out which are required."""
        parameters, schemas = super().build_querystring_parameters(model)  # pyright: ignore[reportUnknownMemberType]
        required = {info.alias or name for name, info in model.model_fields.items() if info.is_required()}
        return [{**told, "required": told["name"] in required} for told in parameters], schemas

    def _describe(self, components: Json) -> None:
        routes = filter(is_documented, self._app.view_functions.values())
        models = {
            model
            for told in map(documented, routes)
            for model in (told.answer, told.part, *told.others.values())
            if model
        }
        schemas = _schemas([*models, Problem])
        components["schemas"] |= {name: _told(schema) for name, schema in schemas.items()}
        components["headers"] = {name: {"required": True, **header} for name, header in _HEADERS.items()}
        components["responses"] = {_error_name(status): _error(status) for status in _ERRORS}
        components["responses"][_NOT_AS_NAMED] = _problem(
            "The answer is not, or no longer, what If-Match or If-Unmodified-Since names.",
            json.loads(PRECONDITION_FAILED.text),
        )


def _schemas(models: Iterable[type[BaseModel]]) -> Json:
    in_order = sorted(models, key=lambda model: model.__name__)
    _, document = models_json_schema(
        [(model, "validation") for model in in_order], ref_template="#/components/schemas/{model}"
    )
    schemas = document["$defs"]
    for model in in_order:
        if issubclass(model, Answer):
            schemas[model.__name__]["examples"] = [model.example]
    return schemas


def _complete(operation: Json, method: str, rule: Rule, route: object) -> None:
    endpoint, is_cms = rule.endpoint, rule.rule.startswith("/cms")
    blueprint, _, name = endpoint.partition(".")
    told = documented(route)
    operation["operationId"] = name if is_cms else f"{blueprint}_{name}"
    operation["tags"] = [_TAGS.get(blueprint) or f"CMS: {blueprint.removeprefix('cms_')}"]
    if told.takes_token:
        operation["security"] = [{}, {SCHEME: []}]
    operation["parameters"] = [_parameter(parameter) for parameter in operation["parameters"]]
    if told.heeds_if_match:
        operation["parameters"].append(_IF_MATCH)
    if is_idempotent(route):
        operation["parameters"].append(_IDEMPOTENCY_KEY)
    if "requestBody" in operation:
        operation["requestBody"] = _body(operation["requestBody"], example_of(route), is_patch=method == "patch")
    success = {told.status: _success(told.answer, told.status)}
    if told.is_held:
        success = {200: _held(told), 304: _headed(HTTPStatus.NOT_MODIFIED)}
    if is_cms and method == "get" and (kept := _kept(told.answer)):
        success[304] = {"description": HTTPStatus.NOT_MODIFIED.phrase, "headers": _headers(("X-Request-ID", "ETag"))}
        success[304]["headers"]["ETag"] = success[200]["headers"]["ETag"] = kept
    if told.takes_files:
        operation["requestBody"] = _files(told.takes_files)
    if told.files:
        success = _success_with_files(told.files)
    if told.text is not None:
        plain = {"schema": {"type": "string"}, "example": told.text}
        success = {200: {**success[200], "content": {"text/plain": plain}}}
    others = {status: _success(answer, status) for status, answer in told.others.items()}
    errors = _errors(operation, method, endpoint, told, route) - others.keys()
    all_of_them = success | others | {status: _referred(_error_name(status)) for status in errors}
    if told.is_held or told.files:
        all_of_them[412] = _referred(_NOT_AS_NAMED)
    operation["responses"] = {str(status): all_of_them[status] for status in sorted(all_of_them)}


def _errors(operation: Json, method: str, endpoint: str, told: Documented, route: object) -> set[int]:
    errors = {400, 422, 500}
    if endpoint not in _WITHOUT_DATABASE:
        errors |= {OVERLOADED, 503}
    if "security" in operation:
        errors |= {401}
    if "security" in operation and not told.takes_token:
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
    if told.takes_files:
        errors |= {408, 413, 415}
    return errors


def _parameter(parameter: Json) -> Json:
    name, schema = parameter["name"], _without_null(dict(parameter["schema"]))
    schema.pop("title", None)
    if parameter["in"] == "path":
        schema |= {"pattern": _PATTERNS[name]} if name in _PATTERNS else {"format": "uuid"}
        description, example = _IN_ADDRESSES[name]
        return {**parameter, "description": description, "schema": _told(schema), "example": example}
    # Of the query, the model's fields tell the description and an example.
    told: Json = {**parameter, "schema": _told(schema)}
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
    schema = _told(body["content"]["application/json"]["schema"])
    if is_patch:
        # What a merge patch leaves out stays as it is: there is nothing that it would be instead.
        properties = {name: _without_default(told) for name, told in schema["properties"].items()}
        schema = {**schema, "properties": properties}
    taken = {"schema": schema, "example": example}
    types = ("application/json", "application/merge-patch+json") if is_patch else ("application/json",)
    return {"required": True, "content": dict.fromkeys(types, taken)}


_BINARY: Final[Json] = {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes of a picture)"}


def _files(types: Iterable[str]) -> Json:
    schema = {"type": "object", "properties": {"picture": _BINARY["schema"]}, "required": ["picture"]}
    form = {"schema": schema, "example": {"picture": _BINARY["example"]}}
    return {"required": True, "content": {**dict.fromkeys(types, _BINARY), "multipart/form-data": form}}


def _success_with_files(types: Iterable[str]) -> dict[int, Json]:
    headers = _headers(["X-Request-ID", "Cache-Control"]) | {"ETag": {"$ref": "#/components/headers/EntityTag"}}
    whole = {"description": "The picture.", "headers": headers, "content": dict.fromkeys(types, _BINARY)}
    unchanged = {"description": HTTPStatus.NOT_MODIFIED.phrase, "headers": headers}
    return {200: whole, 206: {**whole, "description": "The part that Range asks for."}, 304: unchanged}


def _without_default(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "default"}


def _success(answer: type[Answer] | None, status: int) -> Json:
    names = ["X-Request-ID"]
    if answer is not None and issubclass(answer, Versioned):
        names += ["ETag", "Location"] if status == HTTPStatus.CREATED else ["ETag"]
    told: Json = {"description": HTTPStatus(status).phrase, "headers": _headers(names)}
    if answer is None:
        return told
    schema = {"$ref": f"#/components/schemas/{answer.__name__}"}
    description = _first_line(answer)
    content = {"application/json": {"schema": schema, "example": answer.example}}
    return {**told, "description": description, "content": content}


def _kept(answer: type[Answer] | None) -> Json | None:
    """The ETag of a read of the CMS, which a client may have already: of a thing's version, or of a page."""
    if answer is None:
        return None
    if issubclass(answer, Versioned):
        return {"$ref": "#/components/headers/ETag"}
    return {"$ref": "#/components/headers/EntityTag"} if "next_cursor" in answer.model_fields else None


def _held(documented: Documented) -> Json:
    """An answer that may come out of the delivery layer, whole or in part."""
    told = _success(documented.answer, documented.status)
    if documented.part is not None:
        content = told["content"]["application/json"]
        part = {"$ref": f"#/components/schemas/{documented.part.__name__}"}
        content["schema"] = {"anyOf": [content["schema"], part]}
    return {**told, "headers": _headed(HTTPStatus.OK)["headers"]}


def _headed(status: HTTPStatus) -> Json:
    names = ("X-Request-ID", "Cache-Control", "Vary", "Cache-Status", "Last-Modified")
    headers = {**_headers(names), "ETag": {"$ref": "#/components/headers/EntityTag"}}
    return {"description": status.phrase, "headers": headers}


def _error(status: int) -> Json:
    description, code, detail = _ERRORS[status]
    example: Json = {
        "type": f"urn:chaishots:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [Fault.example]
    if status == HTTPStatus.PRECONDITION_FAILED:
        example["current_version"] = 6
    return _problem(description, example, *([_MORE_HEADERS[status]] if status in _MORE_HEADERS else []))


def _problem(description: str, example: Json, *more_headers: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {"application/problem+json": {"schema": schema, "example": example}}
    return {"description": description, "headers": _headers(("X-Request-ID", *more_headers)), "content": content}


def _referred(response: str) -> Json:
    return {"$ref": f"#/components/responses/{response}"}


def _error_name(status: int) -> str:
    return re.sub(r"\W", "", HTTPStatus(status).phrase.title())


def _headers(names: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


def _link(operations: Iterable[Json]) -> None:
    """From every answer that names a thing to what can be done with it."""
    takers: dict[str, list[str]] = {}
    for operation in operations:
        taken = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
        if len(taken) == 1 and operation["tags"][0].startswith("CMS"):
            takers.setdefault(taken[0], []).append(operation["operationId"])
    for told in (told for operation in operations for told in operation["responses"].values()):
        schema = told.get("content", {}).get("application/json", {}).get("schema", {})
        for answer, (parameter, place) in _IDS.items():
            if schema.get("$ref") == f"#/components/schemas/{answer.__name__}":
                told["links"] = {
                    taker: {"operationId": taker, "parameters": {parameter: f"$response.body#/{place}"}}
                    for taker in takers.get(parameter, [])
                }


def _told(schema: Any) -> Any:  # Any: JSON Schema
    """The schema, said so that it refuses what the code refuses."""
    if isinstance(schema, list):
        return [_told(part) for part in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    told: Json = {key: _told(value) for key, value in schema.items()}  # pyright: ignore[reportUnknownVariableType]
    if "patternProperties" in told:
        told["additionalProperties"] = False
    if told.get("format") == "uri":
        told["pattern"] = PATTERN
    return told
