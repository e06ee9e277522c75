"""Who may do what: every route of the application with every role that there is, and without one."""

from enum import StrEnum
from uuid import UUID

import httpx2
import pytest

from chaishots.api.app import create_quart
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token, revoke_token
from chaishots.database.connection import Connection

NOBODY, REVOKED = "none", "revoked"
EVERYBODY = (NOBODY, Role.CALENDAR, Role.READER, Role.VIEWER, Role.EDITOR, Role.ADMIN, REVOKED)


class Needs(StrEnum):
    """What a route asks of who comes."""

    NOTHING = "nothing"
    NO_BAD_TOKEN = "no bad token"  # answers everybody, and more to who has a token
    CALENDAR = "calendar"
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


ROUTES = {
    "GET /health": Needs.NOTHING,
    "GET /health/live": Needs.NOTHING,
    "GET /metrics": Needs.NOTHING,
    "GET /openapi.json": Needs.NOTHING,
    "GET /docs": Needs.NOTHING,
    "GET /preview/<token>": Needs.NOTHING,  # whoever has the link
    "GET /preview/<token>/": Needs.NOTHING,
    "GET /preview/<token>/<path:rest>": Needs.NOTHING,
    "GET /static/<path:filename>": Needs.NOTHING,
    "GET /static/swagger-ui/<name>": Needs.NOTHING,
    "GET /catalog/programs": Needs.NO_BAD_TOKEN,
    "GET /catalog/programs/<program_id>": Needs.NO_BAD_TOKEN,
    "GET /catalog/lessons": Needs.NO_BAD_TOKEN,
    "GET /catalog/lessons/<lesson_id>": Needs.NO_BAD_TOKEN,
    "GET /catalog/topics": Needs.NOTHING,
    "GET /catalog/changes": Needs.NO_BAD_TOKEN,
    "GET /catalog/events": Needs.NOTHING,
    "GET /pictures/<file>": Needs.NOTHING,
    "GET /cms/pictures": Needs.VIEWER,
    "POST /cms/pictures": Needs.EDITOR,
    "GET /cms/pictures/<picture_id>": Needs.VIEWER,
    "PATCH /cms/pictures/<picture_id>": Needs.EDITOR,
    "DELETE /cms/pictures/<picture_id>": Needs.EDITOR,
    "GET /cms/export": Needs.EDITOR,
    "POST /cms/import": Needs.EDITOR,
    "GET /cms/programs": Needs.VIEWER,
    "POST /cms/programs": Needs.EDITOR,
    "GET /cms/programs/<program_id>": Needs.VIEWER,
    "PATCH /cms/programs/<program_id>": Needs.EDITOR,
    "DELETE /cms/programs/<program_id>": Needs.EDITOR,
    "POST /cms/programs/<program_id>/copy": Needs.EDITOR,
    "POST /cms/programs/<program_id>/archive": Needs.EDITOR,
    "POST /cms/programs/<program_id>/restore": Needs.EDITOR,
    "GET /cms/programs/<program_id>/terms": Needs.VIEWER,
    "POST /cms/programs/<program_id>/terms": Needs.EDITOR,
    "PUT /cms/programs/<program_id>/terms/order": Needs.EDITOR,
    "GET /cms/terms/<term_id>": Needs.VIEWER,
    "PATCH /cms/terms/<term_id>": Needs.EDITOR,
    "POST /cms/terms/<term_id>/copy": Needs.EDITOR,
    "DELETE /cms/terms/<term_id>": Needs.EDITOR,
    "GET /cms/terms/<term_id>/lessons": Needs.VIEWER,
    "POST /cms/terms/<term_id>/lessons": Needs.EDITOR,
    "PUT /cms/terms/<term_id>/lessons/order": Needs.EDITOR,
    "GET /cms/lessons": Needs.VIEWER,
    "POST /cms/lessons": Needs.EDITOR,
    "PATCH /cms/lessons": Needs.EDITOR,
    "POST /cms/publish": Needs.EDITOR,
    "POST /cms/archive": Needs.EDITOR,
    "POST /cms/restore": Needs.EDITOR,
    "GET /cms/lessons/<lesson_id>": Needs.VIEWER,
    "PATCH /cms/lessons/<lesson_id>": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/copy": Needs.EDITOR,
    "DELETE /cms/lessons/<lesson_id>": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/schedule": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/unschedule": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/publish": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/archive": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/restore": Needs.EDITOR,
    "GET /cms/lessons/<lesson_id>/why": Needs.VIEWER,
    "GET /cms/preview/programs": Needs.VIEWER,
    "GET /cms/preview/programs/<program_id>": Needs.VIEWER,
    "GET /cms/topics": Needs.VIEWER,
    "POST /cms/topics": Needs.EDITOR,
    "GET /cms/topics/<topic_id>": Needs.VIEWER,
    "PATCH /cms/topics/<topic_id>": Needs.EDITOR,
    "DELETE /cms/topics/<topic_id>": Needs.EDITOR,
    "GET /cms/schedule/moments": Needs.VIEWER,
    "GET /cms/schedule.ics": Needs.CALENDAR,
    "GET /cms/releases": Needs.VIEWER,
    "POST /cms/releases": Needs.EDITOR,
    "GET /cms/releases/<release_id>": Needs.VIEWER,
    "PATCH /cms/releases/<release_id>": Needs.EDITOR,
    "DELETE /cms/releases/<release_id>": Needs.EDITOR,
    "POST /cms/releases/<release_id>/lessons": Needs.EDITOR,
    "POST /cms/releases/<release_id>/ends": Needs.EDITOR,
    "DELETE /cms/releases/<release_id>/lessons/<lesson_id>": Needs.EDITOR,
    "POST /cms/releases/<release_id>/schedule": Needs.EDITOR,
    "POST /cms/releases/<release_id>/unschedule": Needs.EDITOR,
    "POST /cms/releases/<release_id>/cancel": Needs.EDITOR,
    "POST /cms/releases/<release_id>/revert": Needs.EDITOR,
    "POST /cms/programs/<program_id>/changes": Needs.EDITOR,
    "POST /cms/terms/<term_id>/changes": Needs.EDITOR,
    "POST /cms/lessons/<lesson_id>/changes": Needs.EDITOR,
    "GET /cms/changes": Needs.VIEWER,
    "GET /cms/changes/<change_id>": Needs.VIEWER,
    "PATCH /cms/changes/<change_id>": Needs.EDITOR,
    "DELETE /cms/changes/<change_id>": Needs.EDITOR,
    "GET /cms/schedule": Needs.VIEWER,
    "POST /cms/schedule": Needs.EDITOR,
    "POST /cms/schedule/series": Needs.EDITOR,
    "GET /cms/activity": Needs.VIEWER,
    "POST /cms/activity/<seq>/revert": Needs.EDITOR,
    "GET /cms/webhooks": Needs.ADMIN,
    "POST /cms/webhooks": Needs.ADMIN,
    "GET /cms/webhooks/<webhook_id>": Needs.ADMIN,
    "PATCH /cms/webhooks/<webhook_id>": Needs.ADMIN,
    "DELETE /cms/webhooks/<webhook_id>": Needs.ADMIN,
    "POST /cms/webhooks/<webhook_id>/rotate": Needs.ADMIN,
    "POST /cms/webhooks/<webhook_id>/test": Needs.ADMIN,
    "POST /cms/webhooks/<webhook_id>/replay": Needs.ADMIN,
    "GET /cms/webhooks/<webhook_id>/attempts": Needs.ADMIN,
    "GET /cms/preview/links": Needs.VIEWER,
    "POST /cms/preview/links": Needs.VIEWER,
    "DELETE /cms/preview/links/<link_id>": Needs.VIEWER,
    "GET /cms/tokens": Needs.ADMIN,
    "POST /cms/tokens": Needs.ADMIN,
    "DELETE /cms/tokens/<name>": Needs.ADMIN,
}
ALLOWED = {
    Needs.NOTHING: {*EVERYBODY},
    Needs.NO_BAD_TOKEN: {*EVERYBODY} - {REVOKED},
    Needs.CALENDAR: {Role.CALENDAR, Role.VIEWER, Role.EDITOR, Role.ADMIN},
    Needs.VIEWER: {Role.VIEWER, Role.EDITOR, Role.ADMIN},
    Needs.EDITOR: {Role.EDITOR, Role.ADMIN},
    Needs.ADMIN: {Role.ADMIN},
}


def test_the_table_has_every_route() -> None:
    quart = create_quart("roles")
    routes = {
        f"{method} {rule.rule}"
        for rule in quart.url_map.iter_rules()
        if not rule.endpoint.startswith("viewer.")  # the pages are for everybody
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == set(ROUTES)


@pytest.mark.parametrize("role", EVERYBODY)
async def test_each_route_lets_in_those_it_shall(client: httpx2.AsyncClient, sql: Connection, role: str) -> None:
    headers = await _headers(sql, role)
    expected = {route: _expected(needs, role) for route, needs in ROUTES.items()}
    assert {route: _meaning(await _asked(client, route, headers)) for route in ROUTES} == expected


@pytest.mark.parametrize("role", EVERYBODY)
async def test_who_is_refused_is_refused_before_query_and_body_are_looked_at(
    client: httpx2.AsyncClient, sql: Connection, role: str
) -> None:
    headers = await _headers(sql, role)
    cms = {route: needs for route, needs in ROUTES.items() if "/cms/" in route}
    refused = {route: _expected(needs, role) for route, needs in cms.items() if role not in ALLOWED[needs]}
    answers = {
        route: await client.request(*_request(route), params={"unknown": "1"}, headers=headers, content=b"{")
        for route in refused
    }
    assert {route: _meaning(answer) for route, answer in answers.items()} == refused


def _expected(needs: Needs, role: str) -> str:
    if role in ALLOWED[needs]:
        return "let in"
    return "401" if role in {NOBODY, REVOKED} else "403"


def _meaning(answer: httpx2.Response) -> str:
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert answer.status_code < 500, answer.text
    return str(answer.status_code) if answer.status_code in {401, 403} else "let in"


async def _asked(client: httpx2.AsyncClient, route: str, headers: dict[str, str]) -> httpx2.Response:
    if route == "GET /catalog/events":  # it has no end
        async with client.stream(*_request(route), headers=headers) as answer:
            return answer
    return await client.request(*_request(route), headers=headers)


def _request(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    for part in ("program_id", "term_id", "lesson_id", "topic_id", "release_id", "webhook_id"):
        path = path.replace(f"<{part}>", str(UUID(int=0)))
    path = path.replace("<name>", "nobody").replace("<path:filename>", "none.css")
    return method, f"{path}?at=2999-01-01T00:00:00Z" if "/preview/" in path else path


async def _headers(sql: Connection, role: str) -> dict[str, str]:
    if role == NOBODY:
        return {}
    _, token = await create_token(sql, "asha", Role.ADMIN if role == REVOKED else Role(role))
    if role == REVOKED:
        await revoke_token(sql, "asha")
    return {"Authorization": f"Bearer {token}"}
