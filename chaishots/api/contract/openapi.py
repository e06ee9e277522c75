"""What /openapi.json says of each route beyond its parameters and body: answers, errors, headers, links, examples.

A new route gets a line in ANSWERS; all else follows from its address and decorators. Nothing here runs when a request
is answered: what is said is held against real answers by the tests.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from quart_schema import OpenAPIProvider
from werkzeug.routing import Rule

from chaishots.api.auth import SCHEME
from chaishots.api.contract import responses
from chaishots.api.contract.requests import NAME_OF_TOKEN
from chaishots.api.contract.responses import CURSOR, LESSON_ID, PROGRAM_ID, RELEASE_ID, TERM_ID, TOPIC_ID, Json
from chaishots.api.errors import CODES, OVERLOADED, PRECONDITION_FAILED, RETRY_AFTER_SECONDS
from chaishots.content.fields import LESSON, PROGRAM, examples
from chaishots.content.urls import PATTERN

_MOMENT: Final = "2030-02-01T09:00:00+05:30"


@dataclass(frozen=True)
class Documented:
    """What a route answers when all goes well.

    Args:
        answer: None when there is no body.
        is_conditional: whether it heeds If-Match.
        takes_token: whether it answers more to who has a token, and everybody else too.
        body: an example of the body it takes.
        others: more answers that are no problem documents, by status.
        text: an example of its answer, when that is plain text.
        part: the answer when `fields` names a part of it.
        is_held: whether it is answered out of the delivery layer, with headers for caches.
    """

    answer: type[responses.Answer] | None = None
    status: int = 200
    is_conditional: bool = False
    takes_token: bool = False
    body: object = None
    others: Mapping[int, type[responses.Answer]] = field(default_factory=dict[int, type[responses.Answer]])
    text: str | None = None
    part: type[responses.Answer] | None = None
    is_held: bool = False


_PROGRAM_BODY: Final = {**examples(PROGRAM), "topics": responses.Program.example["topics"]}
_LESSON_BODY: Final = examples(LESSON)

ANSWERS: Final[Mapping[str, Documented]] = {
    "catalog.list_programs": Documented(
        responses.CatalogPrograms, takes_token=True, part=responses.SomeOfCatalogPrograms, is_held=True
    ),
    "catalog.get_program": Documented(
        responses.CatalogProgram, takes_token=True, part=responses.SomeOfCatalogProgram, is_held=True
    ),
    "catalog.get_lesson": Documented(
        responses.OneCatalogLesson, takes_token=True, part=responses.SomeOfOneCatalogLesson, is_held=True
    ),
    "catalog.list_topics": Documented(responses.CatalogTopics, is_held=True),
    "health.get_health": Documented(responses.Health, others={503: responses.Unhealthy}),
    "health.get_liveness": Documented(responses.Liveness),
    "metrics.get_metrics": Documented(text=responses.METRICS),
    "cms_programs.list_programs": Documented(responses.Programs),
    "cms_programs.create_program": Documented(responses.Program, 201, body=_PROGRAM_BODY),
    "cms_programs.get_program": Documented(responses.Program),
    "cms_programs.change_program": Documented(
        responses.Program, is_conditional=True, body={"title": "తెలుగు అక్షరాలు", "posters": {"en": None}}
    ),
    "cms_programs.delete_program": Documented(status=204, is_conditional=True),
    "cms_programs.archive_program": Documented(responses.Program, is_conditional=True),
    "cms_programs.restore_program": Documented(responses.Program, is_conditional=True),
    "cms_programs.list_terms": Documented(responses.Terms),
    "cms_programs.create_term": Documented(responses.Term, 201, body={"term_number": 2, "title": "గుణింతాలు"}),
    "cms_programs.reorder_terms": Documented(status=204, body={"order": [TERM_ID]}),
    "cms_programs.get_term": Documented(responses.Term),
    "cms_programs.change_term": Documented(responses.Term, is_conditional=True, body={"title": "అచ్చులు"}),
    "cms_programs.delete_term": Documented(status=204, is_conditional=True),
    "cms_lessons.list_lessons": Documented(responses.Lessons),
    "cms_lessons.create_lesson": Documented(responses.Lesson, 201, body=_LESSON_BODY),
    "cms_lessons.reorder_lessons": Documented(status=204, body={"order": [LESSON_ID]}),
    "cms_lessons.get_lesson": Documented(responses.Lesson),
    "cms_lessons.change_lesson": Documented(
        responses.Lesson, is_conditional=True, body={"is_paid": True, "subtitle_urls": {"te": None}}
    ),
    "cms_lessons.delete_lesson": Documented(status=204, is_conditional=True),
    "cms_lessons.schedule_lesson": Documented(responses.Lesson, is_conditional=True, body={"publish_at": _MOMENT}),
    "cms_lessons.unschedule_lesson": Documented(responses.Lesson, is_conditional=True),
    "cms_lessons.publish_lesson": Documented(responses.Lesson, is_conditional=True),
    "cms_lessons.archive_lesson": Documented(responses.Lesson, is_conditional=True),
    "cms_lessons.restore_lesson": Documented(responses.Lesson, is_conditional=True),
    "cms_topics.list_topics": Documented(responses.Topics),
    "cms_topics.create_topic": Documented(responses.Topic, 201, body={"name": "Telugu"}),
    "cms_topics.get_topic": Documented(responses.Topic),
    "cms_topics.rename_topic": Documented(responses.Topic, is_conditional=True, body={"name": "Telugu"}),
    "cms_topics.delete_topic": Documented(status=204, is_conditional=True),
    "cms_releases.list_releases": Documented(responses.Releases),
    "cms_releases.create_release": Documented(responses.Release, 201, body={"name": "Ugadi"}),
    "cms_releases.get_release": Documented(responses.Release),
    "cms_releases.rename_release": Documented(responses.Release, is_conditional=True, body={"name": "Ugadi"}),
    "cms_releases.delete_release": Documented(status=204, is_conditional=True),
    "cms_releases.add_lessons": Documented(responses.Release, is_conditional=True, body={"lesson_ids": [LESSON_ID]}),
    "cms_releases.take_out_lesson": Documented(responses.Release, is_conditional=True),
    "cms_releases.schedule_release": Documented(responses.Release, is_conditional=True, body={"publish_at": _MOMENT}),
    "cms_releases.unschedule_release": Documented(responses.Release, is_conditional=True),
    "cms_releases.cancel_release": Documented(responses.Release, is_conditional=True),
    "cms_schedule.list_schedule": Documented(responses.Schedule),
    "cms_schedule.schedule_lessons": Documented(status=204, body=[{"lesson_id": LESSON_ID, "publish_at": _MOMENT}]),
    "cms_foresight.preview_programs": Documented(responses.Preview),
    "cms_foresight.preview_program": Documented(responses.PreviewedProgram),
    "cms_foresight.explain_lesson": Documented(responses.Why),
    "cms_activity.list_activity": Documented(responses.Activity),
    "cms_tokens.list_tokens": Documented(responses.Tokens),
    "cms_tokens.create_token": Documented(responses.CreatedToken, 201, body={"name": "ravi", "role": "viewer"}),
    "cms_tokens.revoke_token": Documented(status=204),
}
"""Every route that /openapi.json describes, by its endpoint."""

UNDESCRIBED: Final = ("static", "openapi", "docs.", "viewer.")
"""How the endpoints begin that /openapi.json leaves out: they give pages and files."""

_PARAMETERS: Final[Mapping[str, tuple[str, object]]] = {
    "program_id": ("The program's id.", PROGRAM_ID),
    "term_id": ("The term's id.", TERM_ID),
    "lesson_id": ("The lesson's id.", LESSON_ID),
    "topic_id": ("The topic's id.", TOPIC_ID),
    "release_id": ("The release's id.", RELEASE_ID),
    "name": ("The name that the token was given.", "ravi"),
    "limit": ("How many at most.", 20),
    "cursor": ("`next_cursor` of the page before, as it was given; leave it out to begin.", CURSOR),
    "language": ("Only programs available in this language.", "te"),
    "topic": ("Only programs about the topic of this name, whatever its case.", "Telugu"),
    "text": ("Only those in which this stands, whatever its case.", "a"),
    "status": ("Only those in this state.", "draft"),
    "object_id": ("Only what happened to the thing with this id.", LESSON_ID),
    "actor": ("Only what this token or database user did.", "asha"),
    "action": ("Only this kind of change.", "lesson.schedule"),
    "from": ("Only what is due at this moment or later.", "2030-02-01T00:00:00Z"),
    "to": ("Only what is due before this moment.", "2030-03-01T00:00:00Z"),
    "fields": (
        "Only these members, `terms.lessons.title` for one further in; the ids are always there.",
        "title,assets",
    ),
    "prefer": (
        "Of each map by language only one entry: of the first of these languages that it has, else of the primary.",
        "te,en",
    ),
    "at": ("The moment to look at, with its offset; write its + as %2B.", "2030-02-01T03:30:00Z"),
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
_IDS: Final[Mapping[type[responses.Answer], tuple[str, str]]] = {
    responses.Program: ("program_id", "id"),
    responses.Programs: ("program_id", "programs/0/id"),
    responses.Term: ("term_id", "id"),
    responses.Terms: ("term_id", "terms/0/id"),
    responses.Lesson: ("lesson_id", "id"),
    responses.Lessons: ("lesson_id", "lessons/0/id"),
    responses.Topic: ("topic_id", "id"),
    responses.Topics: ("topic_id", "topics/0/id"),
    responses.Release: ("release_id", "id"),
    responses.Releases: ("release_id", "releases/0/id"),
    responses.CreatedToken: ("name", "name"),
}
_TAGS: Final = {"catalog": "Catalog", "health": "Health", "metrics": "Health"}


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
        return [rule for rule in super().generate_rules() if not rule.endpoint.startswith(UNDESCRIBED)]

    def build_paths(self, rule: Rule) -> tuple[Json, Json]:
        """One address with its operation, and the schemas that it refers to."""
        # cast: quart-schema leaves its dictionaries untyped.
        paths, schemas = cast("tuple[dict[str, Json], Json]", super().build_paths(rule))  # pyright: ignore[reportUnknownMemberType]
        for methods in paths.values():
            for method, operation in methods.items():
                _complete(operation, method, rule)
        return paths, {name: _told(schema) for name, schema in schemas.items()}

    def build_querystring_parameters(self, model: type[Any]) -> tuple[list[Json], Json]:
        """The parameters of a query; quart-schema leaves out which are required."""
        parameters, schemas = super().build_querystring_parameters(model)  # pyright: ignore[reportUnknownMemberType]
        required = {info.alias or name for name, info in model.model_fields.items() if info.is_required()}
        return [{**told, "required": told["name"] in required} for told in parameters], schemas

    @staticmethod
    def _describe(components: Json) -> None:
        models = {
            model for told in ANSWERS.values() for model in (told.answer, told.part, *told.others.values()) if model
        }
        schemas = _schemas([*models, responses.Problem])
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
        if issubclass(model, responses.Answer):
            schemas[model.__name__]["examples"] = [model.example]
    return schemas


def _complete(operation: Json, method: str, rule: Rule) -> None:
    endpoint, is_cms = rule.endpoint, rule.rule.startswith("/cms")
    blueprint, _, name = endpoint.partition(".")
    documented = ANSWERS[endpoint]
    operation["operationId"] = name if is_cms else f"{blueprint}_{name}"
    operation["tags"] = [_TAGS.get(blueprint) or f"CMS: {blueprint.removeprefix('cms_')}"]
    if documented.takes_token:
        operation["security"] = [{}, {SCHEME: []}]
    operation["parameters"] = [_parameter(parameter) for parameter in operation["parameters"]]
    if documented.is_conditional:
        operation["parameters"].append(_IF_MATCH)
    if is_cms and method == "post":
        operation["parameters"].append(_IDEMPOTENCY_KEY)
    if "requestBody" in operation:
        operation["requestBody"] = _body(operation["requestBody"], documented.body, is_patch=method == "patch")
    success = {documented.status: _success(documented.answer, documented.status)}
    if documented.is_held:
        success = {200: _held(documented), 304: _headed(HTTPStatus.NOT_MODIFIED)}
    if is_cms and method == "get" and (kept := _kept(documented.answer)):
        success[304] = {"description": HTTPStatus.NOT_MODIFIED.phrase, "headers": _headers(("X-Request-ID", "ETag"))}
        success[304]["headers"]["ETag"] = success[200]["headers"]["ETag"] = kept
    if documented.text is not None:
        plain = {"schema": {"type": "string"}, "example": documented.text}
        success = {200: {**success[200], "content": {"text/plain": plain}}}
    others = {status: _success(answer, status) for status, answer in documented.others.items()}
    errors = _errors(operation, method, endpoint, documented) - others.keys()
    told = success | others | {status: _referred(_error_name(status)) for status in errors}
    if documented.is_held:
        told[412] = _referred(_NOT_AS_NAMED)
    operation["responses"] = {str(status): told[status] for status in sorted(told)}


def _errors(operation: Json, method: str, endpoint: str, documented: Documented) -> set[int]:
    errors = {400, 422, 500}
    if endpoint not in _WITHOUT_DATABASE:
        errors |= {OVERLOADED, 503}
    if "security" in operation:
        errors |= {401}
    if "security" in operation and not documented.takes_token:
        errors |= {403}
        if method != "get":
            errors |= {409}
        if method == "post":
            errors |= {413}
    if any(parameter["in"] == "path" for parameter in operation["parameters"]):
        errors |= {404}
    if "requestBody" in operation:
        errors |= {413, 415}
        if isinstance(documented.body, list):
            errors |= {404}
    if documented.is_conditional:
        errors |= {412}
    return errors


def _parameter(parameter: Json) -> Json:
    name = parameter["name"]
    schema = dict(parameter["schema"])
    if parameter["in"] == "path" and name.endswith("_id"):
        schema |= {"format": "uuid"}
    elif parameter["in"] == "path":
        schema |= {"pattern": NAME_OF_TOKEN}
    description, example = _PARAMETERS[name]
    schema.pop("title", None)
    told: Json = {**parameter, "description": description, "schema": _told(_without_null(schema))}
    if parameter.get("required"):
        return {**told, "example": example}
    # Pages to try requests on fill in an `example`: good for an id, a nuisance for a filter.
    told["schema"] = {**told["schema"], "examples": [example]}
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


def _without_default(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key != "default"}


def _success(answer: type[responses.Answer] | None, status: int) -> Json:
    names = ["X-Request-ID"]
    if answer is not None and issubclass(answer, responses.Versioned):
        names += ["ETag", "Location"] if status == HTTPStatus.CREATED else ["ETag"]
    told: Json = {"description": HTTPStatus(status).phrase, "headers": _headers(names)}
    if answer is None:
        return told
    schema = {"$ref": f"#/components/schemas/{answer.__name__}"}
    description = _first_line(answer)
    content = {"application/json": {"schema": schema, "example": answer.example}}
    return {**told, "description": description, "content": content}


def _kept(answer: type[responses.Answer] | None) -> Json | None:
    """The ETag of a read of the CMS, which a client may have already: of a thing's version, or of a page."""
    if answer is None:
        return None
    if issubclass(answer, responses.Versioned):
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
        example["errors"] = [responses.Fault.example]
    if status == HTTPStatus.PRECONDITION_FAILED:
        example["current_version"] = 6
    return _problem(description, example, *([_MORE_HEADERS[status]] if status in _MORE_HEADERS else []))


def _problem(description: str, example: Json, *more_headers: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{responses.Problem.__name__}"}
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
