"""A small seed file that is good, for tests that change one thing of it; and a place that keeps no picture."""

import hashlib
from pathlib import Path
from typing import Any

from chaishots.content.exchange.exporting import export_text
from chaishots.content.exchange.import_report import Imported, Listed
from chaishots.content.exchange.importing import import_content
from chaishots.database.connection import Connection

GOOD = """\
programs:
  - title: Chai
    language_primary: en
    languages_available: [en, hi]
    topics: [Tea, Cooking]
    posters:
      en: {portrait: https://cdn.example.com/p.jpg, landscape: https://cdn.example.com/l.jpg}
    terms:
      - term_number: 1
        lessons:
          - lesson_number: 1
            title: Ginger
            content_type: video
            duration_ms: 90_000
            content_language_primary: en
            content_urls: {en: https://cdn.example.com/1.mp4}
            thumbnails:
              en: {portrait: https://cdn.example.com/1p.jpg, landscape: https://cdn.example.com/1l.jpg}
            status: scheduled
            publish_at: "+1h"
          - lesson_number: 2
            title: Cardamom
            content_type: article
            content_language_primary: en
"""
FIRST = "programs[0].terms[0].lessons[0]"
SECOND = "programs[0].terms[0].lessons[1]"


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{GOOD.count(old)} times in the good file: {old}"
    return GOOD.replace(old, new)


RELEASE = "0192f6a0-1a00-7c01-8a11-5e00000000aa"
_THUMBNAILS = GOOD[GOOD.index("            thumbnails:") : GOOD.index("            status:")]
_SCHEDULED = '            status: scheduled\n            publish_at: "+1h"\n'


def standing(release: str, lesson: str, *, is_in: bool = True, has_thumbnails: bool = True) -> str:
    """The good file with its first lesson standing there, in a release that does, each as YAML's inner map.

    `release` empty: the file has none.
    """
    # Null for the rest: of a key that is left out, what is stored would go on.
    lines = lesson.split(", ")
    lines += [f"{key}: null" for key in ("publish_at", "archive_at") if key not in lesson]
    lines.append(f"release_id: {RELEASE}" if is_in else "release_id: null")
    text = GOOD.replace(_SCHEDULED, "".join(f"            {line}\n" for line in lines))
    text = text.replace("title: Chai\n", "title: Chai\n    status: draft\n")
    if not has_thumbnails:
        text = text.replace(_THUMBNAILS, "            thumbnails: null\n")
    more = "" if "publish_at" in release else ", publish_at: null"
    return f"releases: [{{id: {RELEASE}, name: Diwali, {release}{more}}}]\n{text}" if release else text


async def named(picture: bytes) -> str:
    """The URL that a picture beside a file would get."""
    return f"https://cdn.example.com/pictures/{hashlib.sha256(picture).hexdigest()}.webp"


async def imported(tmp_path: Path, text: str, *, dry_run: bool = False) -> Imported:
    """What an import says of a file with this text."""
    path = tmp_path / "content.yaml"
    path.write_bytes(text.encode())
    return await import_content(path, actor="import", dry_run=dry_run)


async def export(sql: Connection) -> str:
    """All of an export."""
    return "".join([piece async for piece in export_text(sql)])


async def everything(sql: Connection, *tables: str) -> list[list[dict[str, Any]]]:
    """All rows of these tables."""
    return [[dict(row) for row in await sql.fetch(f"select * from {table} order by 1, 2")] for table in tables]


def shown(listed: Listed) -> list[str]:
    """The first of what is told, in words."""
    return [str(each) for each in listed.first]
