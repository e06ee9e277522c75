"""What schemathesis cannot know, and what it shall check besides. Loaded by schemathesis alone.

It draws ids, versions and cursors blindly, and hardly ever hits a thing in a state from which a step can be made: half
of the requests that fit the contract are therefore pointed at one. The other half, and all that do not fit, stay drawn.
"""

import itertools
import os
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache

import httpx2
import schemathesis
from hypothesis import strategies

from chaishots.api.contract.examples import PROGRAM_ID, TERM_ID
from chaishots.content.field_kinds import examples
from chaishots.content.fields import LESSON

_BYTES = ["image/jpeg", "image/png", "image/webp", "image/avif"]
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
schemathesis.serializer.alias([*_BYTES, _WORKBOOK], "application/octet-stream")

SPARE_ID = "0192f6a0-1a00-7c01-8a11-5e0000000002"
"""A program whose terms have no lessons."""

# Where a list of things is that a request can be made for.
_DRAFTS = f"/cms/terms/{TERM_ID}/lessons?status=draft"
_FITTING = {
    "change_lesson": ("lesson_id", f"/cms/terms/{TERM_ID}/lessons"),
    "delete_lesson": ("lesson_id", _DRAFTS),
    "schedule_lesson": ("lesson_id", _DRAFTS),
    "publish_lesson": ("lesson_id", _DRAFTS),
    "unschedule_lesson": ("lesson_id", f"/cms/terms/{TERM_ID}/lessons?status=scheduled"),
    "archive_lesson": ("lesson_id", f"/cms/terms/{TERM_ID}/lessons?status=published"),
    "restore_lesson": ("lesson_id", f"/cms/terms/{TERM_ID}/lessons?status=archived"),
    "explain_lesson": ("lesson_id", f"/cms/terms/{TERM_ID}/lessons"),
    "change_program": ("program_id", "/cms/programs"),
    "delete_program": ("program_id", "/cms/programs?status=draft"),
    "archive_program": ("program_id", "/cms/programs?status=draft"),
    "restore_program": ("program_id", "/cms/programs?status=archived"),
    "preview_program": ("program_id", "/catalog/programs"),
    "catalog_get_program": ("program_id", "/catalog/programs"),
    "change_term": ("term_id", f"/cms/programs/{SPARE_ID}/terms"),
    "delete_term": ("term_id", f"/cms/programs/{SPARE_ID}/terms"),
    "change_topic": ("topic_id", "/cms/topics"),
    "delete_topic": ("topic_id", "/cms/topics"),
    "schedule_program_change": ("program_id", "/cms/programs"),
    "schedule_term_change": ("term_id", f"/cms/programs/{SPARE_ID}/terms"),
    "schedule_lesson_change": ("lesson_id", f"/cms/terms/{TERM_ID}/lessons"),
}
_OF_RELEASES = {
    "get_release",
    "rename_release",
    "delete_release",
    "add_lessons",
    "end_lessons",
    "take_out_lesson",
    "schedule_release",
    "unschedule_release",
    "cancel_release",
}
_ORDERED = {"reorder_terms": f"/cms/programs/{PROGRAM_ID}/terms", "reorder_lessons": f"/cms/terms/{TERM_ID}/lessons"}
_URL = "https://cdn.example.com/a.mp4"
_LATER = "2999-01-01T00:00:00Z"
_OURS = ("contract-editor", "contract-admin")

_turns = defaultdict(itertools.count)


def _in_usual_years() -> strategies.SearchStrategy[str]:
    """The years that the contract names, which JSON Schema has no word for."""
    first, last = datetime(1971, 1, 1), datetime(8999, 1, 1)  # noqa: DTZ001  # strategies adds the zone
    return strategies.datetimes(first, last, timezones=strategies.just(UTC)).map(datetime.isoformat)


schemathesis.openapi.format("date-time", _in_usual_years())
# Without hosts in brackets: schemathesis 4.32 ends with a ValueError when an answer has one that is no IP address. And
# without those that end in a number, which have to be addresses: no pattern that all generators know says that.
schemathesis.openapi.format(
    "uri",
    strategies.from_regex(
        r"https?://([a-z0-9_][a-zA-Z0-9]{0,20}[.-]){0,2}[a-z][a-z0-9]{0,8}(:[0-9]{1,4})?"
        r"([/?#]([!#-$&-;=?-\[\]-~¡-¬®-ʯ]|%[0-9A-F]{2}){0,40})?",
        fullmatch=True,
    ),
)


@schemathesis.check
def what_fits_its_form_is_not_refused_for_its_form(ctx, response, case) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    assert response.json()["code"] != "invalid_request", response.text


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    if case.path_parameters.get("name") in _OURS:
        case.path_parameters["name"] = "nobody"
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if fits:
        case.query.pop("fields", None)  # the schema is that of the whole answer
    if fits and _is_its_turn(case):
        _point_at_something(case)


def _is_its_turn(case) -> bool:
    phase = case.meta.phase.name
    return phase == "examples" or (phase != "stateful" and next(_turns[case.operation.label]) % 2 == 0)


def _point_at_something(case) -> None:
    name = case.operation.definition.raw["operationId"]
    case.query.pop("cursor", None)
    if "at" in case.query:
        case.query["at"] = _LATER
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    if "Idempotency-Key" in case.headers:
        # Short ones are drawn again and again, and a key is good for one request.
        case.headers["Idempotency-Key"] = f"contract-{next(_turns['keys'])}"
    if name in _FITTING:
        parameter, address = _FITTING[name]
        if found := _ids(case, address):
            case.path_parameters[parameter] = found[0]
    if name in _ORDERED:
        address = _ORDERED[name]
        parameter, owner = ("program_id", PROGRAM_ID) if "programs" in address else ("term_id", TERM_ID)
        case.path_parameters[parameter] = owner
        case.body = {"order": _ids(case, address)}
    if name in _OF_RELEASES:
        release, lesson = _new_release(case, is_scheduled=name == "unschedule_release")
        case.path_parameters["release_id"] = release
        if name == "take_out_lesson":
            case.path_parameters["lesson_id"] = lesson
        if name == "add_lessons":
            case.body = {"lesson_ids": [_new_lesson(case)]}
        if name == "end_lessons":
            case.body = {"lesson_ids": _ids(case, _FITTING["archive_lesson"][1])[:1]}
    if name in {"schedule_program_change", "schedule_term_change", "schedule_lesson_change"}:
        case.body = {"apply_at": _LATER, "patch": {"title": f"Another {next(_turns['changes'])}"}}
    if name in {"get_change", "change_change", "cancel_change"}:
        patch = {"apply_at": _LATER, "patch": {"title": "Another"}}
        [lesson, *_] = _ids(case, _DRAFTS)[next(_turns["changed"]) % 9 :]
        case.path_parameters["change_id"] = _posted(case, f"/cms/lessons/{lesson}/changes", patch)["id"]
        if name == "change_change":
            case.body = {"apply_at": _LATER}
    if name == "revert_activity":
        client = _client(case.operation.schema.get_base_url())
        client.patch(f"/cms/lessons/{_new_lesson(case)}", json={"title": "Another"})
        lines = client.get("/cms/activity?action=lesson.change").json()["activity"]
        case.path_parameters["seq"] = str(lines[0]["seq"])
    if name in {"schedule_lesson", "schedule_release"}:
        case.body = {"publish_at": _LATER}
    if name == "schedule_lessons":
        case.body = [{"lesson_id": lesson, "publish_at": _LATER} for lesson in _ids(case, _DRAFTS)[:3]]
    if name == "create_lesson":
        case.path_parameters["term_id"] = TERM_ID
        primary = case.body["content_language_primary"]
        case.body |= {"content_languages_available": [primary], "content_urls": {primary: _URL}, "duration_ms": 1}
        case.body["lesson_number"] = _new_number()


def _new_release(case, *, is_scheduled: bool) -> tuple[str, str]:
    lesson = _new_lesson(case)
    release = _posted(case, "/cms/releases", {"name": "Ugadi"})["id"]
    _posted(case, f"/cms/releases/{release}/lessons", {"lesson_ids": [lesson]})
    if is_scheduled:
        _posted(case, f"/cms/releases/{release}/schedule", {"publish_at": _LATER})
    return release, lesson


def _new_lesson(case) -> str:
    body = {**examples(LESSON), "lesson_number": _new_number()}
    return _posted(case, f"/cms/terms/{TERM_ID}/lessons", body)["id"]


def _new_number() -> int:
    return 1_000_000 + 100 * next(_turns["lessons"])  # apart: one that makes room moves others on


def _posted(case, address: str, body: dict) -> dict:
    answer = _client(case.operation.schema.get_base_url()).post(address, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def _ids(case, address: str) -> list[str]:
    found, parameters = [], {"limit": 100}
    while True:
        page = (
            _client(case.operation.schema.get_base_url()).get(httpx2.URL(address).copy_merge_params(parameters)).json()
        )
        found += [thing["id"] for thing in next(value for value in page.values() if isinstance(value, list))]
        if page["next_cursor"] is None:
            return found
        parameters["cursor"] = page["next_cursor"]


@cache
def _client(address: str) -> httpx2.Client:
    return httpx2.Client(
        base_url=address, headers={"Authorization": f"Bearer {os.environ['CONTRACT_EDITOR']}"}, timeout=30
    )
