"""Lays out a lesson, a program or a line of the history as a page of fields. Pure: made of what content reads."""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from chaishots.content.lifecycle import REQUIRED_VARIANTS, Status
from chaishots.content.queries.history import HistoryLine
from chaishots.content.queries.scheduled_changes import clash_text
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, TermRow
from chaishots.content.queries.why_answer import Why
from chaishots.times import tell_time
from chaishots.tui.rendering.formatting import MARKS, plain, short

Document = Mapping[str, Any]  # Any: JSON as the library gives it


@dataclass(frozen=True)
class Field:
    """A field: its label, its text, and its style (a name in Styles); a URL becomes a link."""

    label: str
    text: str
    style: str = "text"
    name: str = ""
    """The field's name in the lifecycle's rules, so that a blocker can lead here."""


@dataclass(frozen=True)
class Section:
    """Some fields under a heading."""

    heading: str
    fields: Sequence[Field] = field(default_factory=tuple[Field, ...])


@dataclass(frozen=True)
class Page:
    """All that is shown of one thing."""

    key: Hashable
    title: str
    sections: Sequence[Section]


def lesson_page(lesson: LessonRow, document: Document, why: Why, history: Sequence[HistoryLine]) -> Page:
    """The page of a lesson: why it is public or not, then its fields, then its history."""
    blockers = [
        Field("blocked", f"{blocker['message']}", "bad", f"blocker.{blocker['field']}")
        for blocker in document["blockers"]
    ]
    return Page(
        UUID(document["id"]),
        plain(document["title"]),
        [
            Section(
                "", [_status(document), *why_fields(why), *(blockers if document["status"] != Status.PUBLISHED else ())]
            ),
            Section("Times", _times(document)),
            Section("Lesson", [_place(lesson), *_lesson_fields(document)]),
            *_urls("Content", "content_urls", document["content_urls"]),
            *_urls("Subtitles", "subtitle_urls", document["subtitle_urls"]),
            *_assets("Thumbnails", "thumbnails", document, document["content_language_primary"]),
            *_translations(document),
            _record(document),
            history_section(history, UUID(document["id"])),
        ],
    )


def program_page(document: Document, history: Sequence[HistoryLine], counts: str) -> Page:
    """The page of a program: its fields, then the history of it and of what is in it."""
    return Page(
        UUID(document["id"]),
        plain(document["title"]),
        [
            Section("", [_status(document), Field("lessons", counts)]),
            Section(
                "Program",
                [
                    Field("languages", ", ".join(document["languages_available"]), name="languages_available"),
                    Field("primary", document["language_primary"], name="language_primary"),
                    Field("address", document["slug"], name="slug"),
                    *([Field("place", str(place), name="position")] if (place := document["position"]) else ()),
                    *([Field("announces", "what comes")] if document["shows_coming_soon"] else ()),
                    Field("topics", plain(", ".join(document["topics"])) or "none", name="topics"),
                    Field("about", plain(document["description"]) or "nothing yet", name="description"),
                    Field("published", _moment(document["published_at"]) or "never", name="published_at"),
                ],
            ),
            *_assets("Posters", "program.posters", document, document["language_primary"]),
            *_translations(document),
            _record(document),
            history_section(history, UUID(document["id"])),
        ],
    )


def scheduled_change_page(document: Document, history: Sequence[HistoryLine], will_be: str | None = None) -> Page:
    """The page of a scheduled change: of what, when, what it sets, who edited the same since, its history.

    Args:
        will_be: why it will be refused as things are.
    """
    error, at = document["error"], document["apply_at"]
    when = "with its release"
    if at is not None:
        when = tell_time(datetime.fromisoformat(at), written_in=document["publish_zone"])
    edited = [
        Field("edited", plain(f"{', '.join(one['fields'])} by {one['actor']}, {_moment(one['at'])}"), "soon")
        for one in document["edited_since"]
    ]
    overtaken = [
        Field("overtaken", plain(f"{', '.join(one['fields'])} by change {one['id']}, {_moment(one['applied_at'])}"))
        for one in document["overtaken_by"]
    ]
    clashes = [Field("taken", plain(clash_text(one["field"], one["title"])), "bad") for one in document["clashes"]]
    return Page(
        UUID(document["id"]),
        plain(document["title"] or "deleted since"),
        [
            Section(
                "",
                [
                    Field("change", f"of a {document['object_type']}, {document['status']}", "soon"),
                    *([Field("blocked", plain(error), "bad")] if error else ()),
                    *([Field("will be", plain(f"blocked: {will_be}"), "bad")] if will_be else ()),
                    *clashes,
                    Field("by", plain(document["scheduled_by"])),
                ],
            ),
            Section("Times", [Field("applied", when, name="apply_at")]),
            Section("Sets", [Field(name, plain(_value(value))) for name, value in sorted(document["patch"].items())]),
            *([Section("Edited since: the change wins", edited)] if edited else ()),
            *([Section("Overtaken: what came later stays", overtaken)] if overtaken else ()),
            _record(document),
            history_section(history, UUID(document["id"])),
        ],
    )


def change_text(line: HistoryLine) -> str:
    """What a line of the history changed, field by field, on one line."""
    return "" if line.before is None or line.after is None else changed_text(line.before, line.after)


def changed_text(before: Document, after: Document) -> str:
    """What is other than before, field by field, on one line."""
    quiet = {"version", "updated_at"}
    parts = [
        f"{name} {_value(before.get(name))} → {_value(value)}" for name, value in after.items() if name not in quiet
    ]
    return plain(", ".join(parts))


def _status(document: Document) -> Field:
    status = document["status"]
    styles = {Status.PUBLISHED: "good", Status.SCHEDULED: "soon", Status.ARCHIVED: "muted"}
    return Field("status", f"{MARKS[status]} {status}", styles.get(status, "text"), "status")


def why_fields(why: Why) -> list[Field]:
    """Why a thing is public, or is not, a reason a field."""
    label = "public" if why.is_public else "not public"
    return [
        Field(" " if place else label, plain(f"{reason.text} {reason.action}"), "muted")
        for place, reason in enumerate(why.reasons)
    ]


def _times(document: Document) -> list[Field]:
    named = {"publish_at": "goes out", "archive_at": "ends", "published_at": "published"}
    fields: list[Field] = []
    for name, label in named.items():
        if (given := document[name]) is not None:
            at = datetime.fromisoformat(given)
            zone = document.get(name.replace("_at", "_zone"))
            fields.append(Field(label, tell_time(at, written_in=zone), name=name))
    return fields or [Field("goes out", "no time given", "muted", "publish_at")]


def _place(lesson: LessonRow) -> Field:
    return Field("in", f"{plain(lesson.program_title)}, term {lesson.term_number}", name="program")


def _lesson_fields(document: Document) -> list[Field]:
    length = document["duration_ms"]
    kind = document["content_type"] + (f", {_length(length)}" if length else "")
    return [
        Field("number", str(document["lesson_number"]), name="lesson_number"),
        *([Field("about", plain(document["summary"]), name="summary")] if document["summary"] else ()),
        Field("type", kind, name="duration_ms"),
        Field("price", "paid" if document["is_paid"] else "free", name="is_paid"),
        Field("languages", ", ".join(document["content_languages_available"]), name="content_languages_available"),
        Field("primary", document["content_language_primary"], name="content_language_primary"),
    ]


def _translations(document: Document) -> list[Section]:
    """The texts in other languages than their own, title first; no section without any."""
    fields: list[Field] = []
    for language, texts in sorted(document["translations"].items()):
        told = [texts[name] for name in ("title", "description", "summary") if name in texts]
        for place, text in enumerate(told):
            fields.append(Field(" " if place else language, plain(text), "muted" if place else "text", "translations"))
    return [Section("Translations", fields)] if fields else []


def _urls(heading: str, name: str, urls: Mapping[str, str]) -> list[Section]:
    fields = [Field(language, url, name=name) for language, url in sorted(urls.items())]
    return [Section(heading, fields or [Field("", "none", "muted", name)])]


def _assets(heading: str, name: str, document: Document, primary: str) -> list[Section]:
    assets: Mapping[str, Mapping[str, str]] = document[heading.lower()]
    hints = {hint["field"]: hint["message"] for hint in document["hints"]}
    fields: list[Field] = []
    # The primary language first: the rules ask for its assets.
    for language in sorted(assets, key=lambda language: (language != primary, language)):
        for variant, url in assets[language].items():
            fields.append(Field(f"{language} {variant}"[:24], url, name=name))
            if picture := document["pictures"].get(language, {}).get(variant):
                fields.append(Field(" ", _size(picture), "muted"))
            if hint := hints.get(f"{heading.lower()}.{language}.{variant}"):
                fields.append(Field(" ", hint, "soon"))
    missing = [variant for variant in REQUIRED_VARIANTS if variant not in assets.get(primary, {})]
    if missing:
        fields.append(Field(primary, f"missing: {', '.join(missing)}", "soon", name))
    return [Section(heading, fields or [Field("", "none", "muted", name)])]


def _size(picture: Document) -> str:
    width, height = picture["width"], picture["height"]
    wide, high = Fraction(width, height).limit_denominator(20).as_integer_ratio()
    alt = picture.get("alt")
    return f"{width} by {height} ({wide}:{high}){f', “{plain(alt)}”' if alt else ', no alt text'}"


def _record(document: Document) -> Section:
    return Section(
        "Record",
        [
            Field("id", document["id"], name="id"),
            Field("version", str(document["version"])),
            Field("created", _moment(document["created_at"])),
            Field("changed", _moment(document["updated_at"])),
        ],
    )


def history_section(history: Sequence[HistoryLine], of: UUID) -> Section:
    """The last lines of a thing's history, with what each changed."""
    fields: list[Field] = []
    for line in history:
        at = tell_time(line.at)
        what = line.action if line.object_id == of else f"{line.action} {line.title or ''}"
        fields.append(Field("", plain(f"{at}  {what} by {line.by}")))
        if text := change_text(line):
            fields.append(Field("", f"  {text}", "muted"))
    return Section("History", fields or [Field("", "nothing yet", "muted")])


def _moment(text: str | None) -> str:
    return tell_time(datetime.fromisoformat(text)) if text else ""


def _length(duration_ms: int) -> str:
    seconds = duration_ms // 1000
    return f"{seconds // 60}:{seconds % 60:02}" if seconds < 3600 else short(timedelta(seconds=seconds))


def _value(value: Any) -> str:  # Any: JSON
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        try:
            return tell_time(datetime.fromisoformat(value)) if value[:2] == "20" else value
        except ValueError:
            return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def activity_page(line: HistoryLine) -> Page:
    """The page of one line of the history: before and after, field by field."""
    head = [
        Field("when", tell_time(line.at)),
        Field("by", plain(line.by)),
        Field(line.object_type, str(line.object_id or "")),
    ]
    names = sorted((line.before or {}).keys() | (line.after or {}).keys())
    changes: list[Field] = []
    for name in names:
        if line.before is not None:
            changes.append(Field(name, "- " + plain(_value(line.before.get(name))), "muted"))
        if line.after is not None:
            label = "" if line.before is not None else name
            changes.append(Field(label or " ", "+ " + plain(_value(line.after.get(name)))))
    return Page(line.seq, plain(f"{line.action}  {line.title or ''}"), [Section("", head), Section("Change", changes)])


def counts_text(thing: ProgramRow | TermRow) -> str:
    """The number of lessons in a program or term, by status."""
    tally = thing.tally
    named = {
        Status.PUBLISHED: tally.published,
        Status.SCHEDULED: tally.scheduled,
        Status.DRAFT: tally.draft,
        Status.ARCHIVED: tally.archived,
    }
    counts = ", ".join(f"{number:,} {name}" for name, number in named.items() if number) or "none"
    where = f" in term {thing.term_number}" if isinstance(thing, TermRow) else ""
    return plain(counts + where + (f"; {tally.refused} refused" if tally.refused else ""))
