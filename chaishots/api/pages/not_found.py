"""What is at no address of ours: a page for browsers, in their language, and a document for programs."""

from typing import Final

from quart import Blueprint, Response, request
from werkzeug.exceptions import NotFound as NoSuchAddress

from chaishots.api.pages.language_choice import browser_language
from chaishots.api.pages.problem_page import problem_response
from chaishots.api.problem_of_error import problem_of_http

_OF_PROGRAMS: Final = ("/catalog/", "/cms", "/pictures/", "/health", "/metrics")

not_found = Blueprint("not_found", __name__)


@not_found.app_errorhandler(NoSuchAddress)
async def show_that_there_is_nothing(error: NoSuchAddress) -> Response:
    """What is at no address of ours, as a page for whoever names HTML, as browsers do; programs get a document."""
    found = problem_of_http(error)
    if request.path.startswith(_OF_PROGRAMS):
        return found.response()
    is_browser = "text/html" in request.headers.get("Accept", "").lower()
    response = problem_response(found, browser_language()) if is_browser else found.response()
    response.headers["Vary"] = "Accept, Accept-Language"
    return response
