"""An editor's week with the CMS, and how many requests it takes: at once, or one by one, as before those routes.

    URL=http://127.0.0.1:8000 TOKEN=chai_… python editors_week.py [--one-by-one]

A new program of 3 terms of 10 lessons in two languages, weekly, out of a spreadsheet; broken URLs found and mended; a
lesson moved; a term copied. Needs nothing but Python.
"""

import json
import os
import sys
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import Any

MEDIA = "https://cdn.example.com"
IMAGES = {"en": {"portrait": f"{MEDIA}/p.jpg", "landscape": f"{MEDIA}/l.jpg"}}
FIRST = datetime(2030, 1, 7, 9, tzinfo=timezone(timedelta(hours=5, minutes=30)))
LANGUAGES = ("en", "te")

# The spreadsheet: a row a lesson.
SHEET = [
    {
        "term": term,
        "number": number,
        "week": 10 * (term - 1) + number - 1,
        "en": f"Lesson {number}",
        "te": f"పాఠం {number}",
    }
    for term in (1, 2, 3)
    for number in range(1, 11)
]


class Cms:
    """Sends JSON, and counts how often."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token, self.requests = url, token, 0

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON."""
        self.requests += 1
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/cms/{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")


def lesson_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the sheet as a lesson; the media of a seventh of them are where they no longer are."""
    host = "https://old.example.com" if row["number"] % 7 == 0 else MEDIA
    return {
        "lesson_number": row["number"],
        "title": row["en"],
        "translations": {"te": {"title": row["te"]}},
        "content_type": "video",
        "duration_ms": 90_000,
        "content_language_primary": "en",
        "content_languages_available": list(LANGUAGES),
        "content_urls": {language: f"{host}/{row['term']}-{row['number']}-{language}.mp4" for language in LANGUAGES},
        "thumbnails": IMAGES,
    }


def mended(urls: dict[str, str]) -> dict[str, str]:
    """The URLs where they are now."""
    return {language: url.replace("https://old.example.com", MEDIA) for language, url in urls.items()}


def at_once(cms: Cms) -> str:
    """The week by the routes for many; the program's id."""
    file = {
        "title": "Chai in thirty weeks",
        "language_primary": "en",
        "languages_available": list(LANGUAGES),
        "posters": IMAGES,
        "terms": [
            {
                "term_number": term,
                "lessons": [
                    {**lesson_of(row), "status": "scheduled", "publish_at": _when(row)}
                    for row in SHEET
                    if row["term"] == term
                ],
            }
            for term in (1, 2, 3)
        ],
    }
    told = cms.ask("POST", "import", {"programs": [file]})["created"]["things"]
    program = next(thing["id"] for thing in told if thing["kind"] == "program")
    terms = [thing["id"] for thing in told if thing["kind"] == "term"]
    lost = cms.ask("GET", f"lessons?program={program}&url=old.example.com&limit=100")["lessons"]
    cms.ask("PATCH", "lessons", [{"lesson_id": it["id"], "content_urls": mended(it["content_urls"])} for it in lost])
    moved = next(thing["id"] for thing in told if thing["kind"] == "lesson")
    cms.ask("PATCH", f"lessons/{moved}?make_room=true", {"term_id": terms[1], "lesson_number": 3})
    cms.ask("POST", f"terms/{terms[0]}/copy", {"term_number": 4})
    return program


def one_by_one(cms: Cms) -> str:
    """The week by the routes for one thing each; the program's id."""
    program = cms.ask(
        "POST",
        "programs",
        {"title": "Chai in thirty weeks", "language_primary": "en", "languages_available": list(LANGUAGES)},
    )["id"]
    cms.ask("PATCH", f"programs/{program}", {"posters": IMAGES})
    terms = {term: cms.ask("POST", f"programs/{program}/terms", {"term_number": term})["id"] for term in (1, 2, 3)}
    for row in SHEET:
        lesson = cms.ask("POST", f"terms/{terms[row['term']]}/lessons", lesson_of(row))["id"]
        cms.ask("POST", f"lessons/{lesson}/schedule", {"publish_at": _when(row)})
    for term in terms.values():
        for it in cms.ask("GET", f"terms/{term}/lessons?limit=100")["lessons"]:
            if (urls := it["content_urls"]) != mended(urls):
                cms.ask("PATCH", f"lessons/{it['id']}", {"content_urls": mended(urls)})
    # The first of term 1 moves to the third place of term 2: what is there makes room, the last first; then it is made
    # anew, and the old one goes.
    for it in reversed(cms.ask("GET", f"terms/{terms[2]}/lessons?limit=100")["lessons"][2:]):
        cms.ask("PATCH", f"lessons/{it['id']}", {"lesson_number": it["lesson_number"] + 1})
    new = cms.ask("POST", f"terms/{terms[2]}/lessons", {**lesson_of(SHEET[0]), "lesson_number": 3})["id"]
    cms.ask("POST", f"lessons/{new}/schedule", {"publish_at": _when(SHEET[0])})
    old = cms.ask("GET", f"terms/{terms[1]}/lessons?limit=1")["lessons"][0]["id"]
    cms.ask("POST", f"lessons/{old}/unschedule")
    cms.ask("DELETE", f"lessons/{old}")
    copy = cms.ask("POST", f"programs/{program}/terms", {"term_number": 4})["id"]
    for row in SHEET[1:10]:
        lesson = lesson_of(row)
        cms.ask("POST", f"terms/{copy}/lessons", lesson | {"content_urls": mended(lesson["content_urls"])})
    return program


def _when(row: dict[str, Any]) -> str:
    return (FIRST + timedelta(weeks=row["week"])).isoformat()


if __name__ == "__main__":
    cms = Cms(os.environ["URL"], os.environ["TOKEN"])
    began = time.monotonic()
    made = one_by_one(cms) if "--one-by-one" in sys.argv[1:] else at_once(cms)
    print(f"{cms.requests} requests, {time.monotonic() - began:.1f} s: {cms.url}/cms/programs/{made}")
