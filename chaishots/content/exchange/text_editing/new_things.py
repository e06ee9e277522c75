"""What the text for something new says before anybody has written in it: every key, with what is likely or empty."""

from typing import Final
from uuid import uuid4

from chaishots.content.exchange.file_content import Values

PARTS_OF_NEW_PROGRAM: Final = """\
# Terms and lessons may come with it: take the number signs away.
#    terms:
#      - term_number: 1
#        title: ""
#        lessons:
#          - lesson_number: 1
#            title: ""
#            summary: ""
#            translations: {}
#            content_type: video
#            duration_ms: 90_000
#            is_paid: false
#            content_language_primary: te
#            content_languages_available: [te]
#            content_urls: {}
#            thumbnails: {}
"""
"""Comments that stand below a new program; without the number signs they stand inside it."""


def blank_topic() -> Values:
    """A topic without a name."""
    return {"name": "", "translations": {}}


def blank_release() -> Values:
    """A release without a name; it has its id at once, as its lessons name it by that."""
    return {"id": uuid4(), "name": ""}


def blank_program() -> Values:
    """A program without title and languages."""
    return {
        "title": "",
        "description": "",
        "translations": {},
        "language_primary": "",
        "languages_available": None,
        "topics": [],
        "posters": {},
    }


def blank_term(number: int) -> Values:
    """A term of this number."""
    return {"term_number": number, "title": "", "translations": {}}


def blank_lesson(number: int, language: str) -> Values:
    """A video lesson of this number, in this language."""
    return {
        "lesson_number": number,
        "title": "",
        "summary": "",
        "translations": {},
        "content_type": "video",
        "duration_ms": None,
        "is_paid": False,
        "content_language_primary": language,
        "content_languages_available": [language],
        "content_urls": {},
        "subtitle_urls": {},
        "thumbnails": {},
    }


def blank_change(object_type: str, object_id: object) -> Values:
    """A change of this thing's title, without a moment."""
    about = {"object_type": object_type, "object_id": object_id}
    return {**about, "apply_at": None, "publish_zone": None, "patch": {"title": ""}}
