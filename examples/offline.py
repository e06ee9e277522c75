"""A catalog that also works without a network: python offline.py ADDRESS FOLDER [TOKEN]. Nothing to install."""

import hashlib
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


class Refused(Exception):
    """The server's problem document says no; `code` says why."""

    def __init__(self, problem: dict) -> None:
        super().__init__(problem.get("detail"))
        self.code = problem.get("code", "")


def read(url: str, folder: Path, token: str | None = None) -> dict:
    """What is at the address, or what was there when it was last reached."""
    kept = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"
    copy = json.loads(kept.read_text()) if kept.exists() else {}
    request = urllib.request.Request(url)
    if "etag" in copy:
        request.add_header("If-None-Match", copy["etag"])
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            copy = {"etag": answer.headers["ETag"], "body": json.load(answer)}
    except urllib.error.HTTPError as error:
        if error.code == 304 or (error.code in (429, 503) and copy):
            return copy["body"]
        if error.code in (404, 410):
            kept.unlink(missing_ok=True)  # it was taken down: nobody shall see it any more
        raise Refused(json.load(error)) from None
    except OSError:
        if not copy:
            raise
        return copy["body"]
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({name: value for name, value in copy.items() if value is not None}))
    return copy["body"]


def programs(address: str, folder: Path, token: str | None = None) -> list[dict]:
    """All public programs, newest first. Read from the oldest on: what is new changes the last page alone."""
    found, cursor = [], ""
    while cursor is not None:
        page = read(
            f"{address}/catalog/programs?limit=100&sort=oldest" + (f"&cursor={cursor}" if cursor else ""), folder, token
        )
        found += page["programs"]
        cursor = page["next_cursor"]
    return found[::-1]


if __name__ == "__main__":
    for program in programs(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]):
        for lesson in (lesson for term in program["terms"] for lesson in term["lessons"]):
            urls = lesson.get("content_urls_by_language") or {}
            print(program["title"], "·", lesson["title"], "·", next(iter(urls.values()), "for subscribers"))
