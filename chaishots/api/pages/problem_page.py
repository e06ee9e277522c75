"""A problem as a page: what happened, and where to go from here, in the reader's language."""

from functools import cache
from typing import Final

from quart import Response

from chaishots.api.delivery.catalog_reads import Form, Header
from chaishots.api.pages.localisation import Language, language
from chaishots.api.pages.security_headers import page_headers, private_response
from chaishots.api.pages.template_rendering import Page, render
from chaishots.api.pages.urls import path_of, switch
from chaishots.api.problem_document import Problem

_BUSY: Final = (429, 503)


@cache
def page_form(tag: str) -> Form:
    """What pages in a language look like."""

    def problem(problem: Problem) -> tuple[list[Header], bytes]:
        # Whoever follows to another address reads nothing here.
        body = b"" if problem.status < 400 else _written(problem.status, tag)
        told = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        return [*page_headers(), (b"content-length", b"%d" % len(body)), *told], body

    return Form(page_headers(), problem)


@cache
def _written(status: int, tag: str) -> bytes:
    # Statuses are few; and while too much is asked, to say so is not to take long.
    return write_problem(status, language(tag)).encode()


def problem_response(found: Problem, tag: str) -> Response:
    """The page for a problem, in a language, as an answer that nobody keeps."""
    headers, body = page_form(tag).problem(found)
    return private_response(headers, body, found.status)


def write_problem(status: int, language: Language) -> str:
    """The page for a status of 400 or more."""
    heading, advice = _told(status, language)
    _ = language.translations.gettext
    page = Page(
        language,
        heading=heading,
        title=f"{heading} · Chai Shots",
        description=advice,
        switch=switch("", {}),
        is_indexed=False,
    )
    # What is only busy is asked for again: an empty address is that of the page itself.
    is_busy = status in _BUSY
    way = {"path": "" if is_busy else path_of(language.tag), "words": _("Try again") if is_busy else _("All programs")}
    return render("problem.html", page, status=status, heading=heading, advice=advice, way=way)


def _told(status: int, language: Language) -> tuple[str, str]:
    _ = language.translations.gettext
    match status:
        case 410:
            return _("This has been taken down"), _("It was here once and is no more. There is plenty else to learn.")
        case 429:
            return _("Too many at once"), _("Many readers are here at this moment. Try again in a few seconds.")
        case 503:
            return _("One moment, the chai is brewing"), _(
                "The catalog cannot be reached just now. Try again in a few seconds."
            )
        case 500:
            return _("Something went wrong here"), _(
                "It is not your fault. Try again later, or begin with all programs."
            )
        case _:
            return _("There is no such page"), _(
                "Perhaps the address was mistyped, or it never was. Begin with all programs."
            )
