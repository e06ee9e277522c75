"""A short day of an app and of an editor, with the client that openapi-python-client makes of /openapi.json.

Run by itself, with `client`, the generated package, on its path: `day.py ADDRESS TOKEN`.
"""

import sys
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from client import AuthenticatedClient, Client
from client.api.catalog import catalog_get_lesson, catalog_list_programs
from client.api.cms_lessons import create_lesson, publish_lesson, reorder_lessons, schedule_lesson
from client.api.cms_programs import change_program, create_program, create_term, get_term
from client.models import (
    Lesson,
    NewLesson,
    NewProgram,
    NewTerm,
    OneCatalogLesson,
    Order,
    Problem,
    Program,
    ProgramPatch,
    ScheduleRequest,
    Term,
)

POSTERS = {
    "te": {"portrait": "https://cdn.example.com/te/p.jpg", "landscape": "https://cdn.example.com/te/l.jpg"},
    "zh-Hant": {"square": "https://cdn.example.com/zh/s.jpg"},
}
URLS = {"te": "https://cdn.example.com/te.mp4", "en": "https://cdn.example.com/en.mp4"}


def read_the_list(app: Client) -> None:
    found = catalog_list_programs.sync_detailed(client=app)
    assert found.status_code == HTTPStatus.OK
    assert found.headers["api-version"] == "1"
    again = catalog_list_programs.sync_detailed(client=app, if_none_match=found.headers["etag"])
    assert again.status_code == HTTPStatus.NOT_MODIFIED
    refused = catalog_list_programs.sync(client=app, limit=0)
    assert isinstance(refused, Problem), refused
    assert (refused.code, refused.errors[0].field) == ("invalid_request", "limit")


def make_a_program(editor: AuthenticatedClient) -> tuple[Program, Term]:
    body = NewProgram.from_dict(
        {"title": "Chai", "language_primary": "te", "languages_available": ["te", "zh-Hant"], "posters": POSTERS}
    )
    program = create_program.sync(client=editor, body=body)
    assert isinstance(program, Program), program
    assert program.posters.to_dict() == POSTERS
    term = create_term.sync(program.id, client=editor, body=NewTerm(term_number=1))
    assert isinstance(term, Term), term
    patch = ProgramPatch.from_dict({"posters": {"zh-Hant": None, "hi": POSTERS["zh-Hant"]}})
    patched = change_program.sync(program.id, client=editor, body=patch)
    assert isinstance(patched, Program), patched
    assert patched.posters.to_dict() == {"te": POSTERS["te"], "hi": POSTERS["zh-Hant"]}
    return program, term


def make_a_lesson(editor: AuthenticatedClient, term: UUID, number: int) -> Lesson:
    body = NewLesson.from_dict(
        {
            "lesson_number": number,
            "title": f"Lesson {number}",
            "content_type": "video",
            "duration_ms": 5_000_000_000,
            "content_language_primary": "te",
            "content_languages_available": ["te", "en"],
            "content_urls": URLS,
            "thumbnails": {"te": POSTERS["te"]},
        }
    )
    lesson = create_lesson.sync(term, client=editor, body=body)
    assert isinstance(lesson, Lesson), lesson
    assert lesson.content_urls.to_dict() == URLS
    assert lesson.duration_ms == 5_000_000_000
    return lesson


def plan_and_order(editor: AuthenticatedClient, term: UUID, first: Lesson, second: Lesson) -> None:
    body = ScheduleRequest(publish_at=datetime(2030, 2, 1, 3, 30, tzinfo=UTC))
    version = f'"{second.version}"'
    planned = schedule_lesson.sync(second.id, client=editor, body=body, if_match=version)
    assert isinstance(planned, Lesson), planned
    assert (planned.status, planned.publish_at) == ("scheduled", body.publish_at)
    stale = schedule_lesson.sync(second.id, client=editor, body=body, if_match=version)
    assert isinstance(stale, Problem), stale
    assert (stale.code, stale.current_version) == ("version_conflict", second.version + 1)
    etag = get_term.sync_detailed(term, client=editor).headers["etag"]
    order = Order(order=[second.id, first.id])
    reordered = reorder_lessons.sync_detailed(term, client=editor, body=order, if_match=etag)
    assert reordered.status_code == HTTPStatus.NO_CONTENT, reordered


def main(address: str, token: str) -> None:
    app, editor = Client(base_url=address), AuthenticatedClient(base_url=address, token=token)
    read_the_list(app)
    _, term = make_a_program(editor)
    first, second = (make_a_lesson(editor, term.id, number) for number in (1, 2))
    plan_and_order(editor, term.id, first, second)
    published = publish_lesson.sync(first.id, client=editor)
    assert isinstance(published, Lesson), published
    shown = catalog_get_lesson.sync(str(first.id), client=app)
    assert isinstance(shown, OneCatalogLesson), shown
    assert shown.content_urls_by_language.to_dict() == URLS
    assert shown.assets.thumbnails.to_dict() == {"te": POSTERS["te"]}
    print("a day has passed")


if __name__ == "__main__":
    main(*sys.argv[1:])
