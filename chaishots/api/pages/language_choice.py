"""In which language a page is shown: that of its address (`/te/…`); where it has none, the one of ours that the browser
likes best (Accept-Language), else English.

Nobody's choice is kept but in the address: an address without a language leads on to one that has it, and whoever takes
another language on a page is at another address.
"""

import re
from typing import Final

from quart import Blueprint, Response, request
from quart_schema import hide

from chaishots.api.contract.parameters import identifier
from chaishots.api.pages.localisation import DEFAULT, LANGUAGES
from chaishots.api.pages.problem_page import problem_response
from chaishots.api.pages.urls import path_of
from chaishots.api.problem_of_error import problem_of
from chaishots.content.errors import InvalidContent, NotFound
from chaishots.content.slug_spelling import is_slug

_ACCEPTED: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")
_MOST_ACCEPTED: Final = 32

language_choice = Blueprint("language_choice", __name__)


@language_choice.get("/")
@hide
async def choose_language() -> Response:
    """The home page in the reader's language."""
    return _lead_on("")


@language_choice.get("/programs/<program_id>")
@hide
async def choose_language_of_program(program_id: str) -> Response:
    """A program's page in the reader's language."""
    return _lead_on_to("programs", program_id)


@language_choice.get("/lessons/<lesson_id>")
@hide
async def choose_language_of_lesson(lesson_id: str) -> Response:
    """A lesson's page in the reader's language."""
    return _lead_on_to("lessons", lesson_id)


def language_at(path: str) -> str:
    """The language of a path of pages, `/te/programs/…`: its own, else the browser's."""
    tag = path.split("/")[1]
    return tag if tag in LANGUAGES else browser_language()


def browser_language() -> str:
    """The language of ours that the browser of this request likes best."""
    return liked_best(request.headers.get("Accept-Language", ""))


def liked_best(accept_language: str) -> str:
    """The language of LANGUAGES that a reader likes best (RFC 9110, 12.5.4), the first of equals; DEFAULT for none.

    Args:
        accept_language: the header, empty when there is none; what of it cannot be read says nothing.
    """
    liked: dict[str, float] = {}
    for part in accept_language.split(",")[:_MOST_ACCEPTED]:
        if match := _ACCEPTED.fullmatch(part):
            tag, quality = match[1].lower(), float(match[2] or 1)
            if tag in LANGUAGES and quality > liked.get(tag, 0):
                liked[tag] = quality
    return max(liked, key=lambda tag: liked[tag], default=DEFAULT)


def _lead_on_to(folder: str, name: str) -> Response:
    try:
        return _lead_on(f"{folder}/{name if folder == 'programs' and is_slug(name) else identifier(name)}")
    except InvalidContent:
        response = problem_response(problem_of(NotFound("There is no such page.")), browser_language())
        response.headers["Vary"] = "Accept-Language"
        return response


def _lead_on(rest: str) -> Response:
    location = path_of(browser_language(), rest)
    return Response(status=302, headers={"Location": location, "Vary": "Accept-Language", "Cache-Control": "no-store"})
