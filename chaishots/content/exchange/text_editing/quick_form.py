"""The few fields of a thing that are changed most, as lines of a form; and what was typed, as a text of the format.

So a form is an edit as any other: checked, compared and stored by the same rounds. Must not know who shows the form.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from chaishots.content.exchange import seed_format
from chaishots.content.exchange.file_content import Seed, Values
from chaishots.content.exchange.text_editing.opened_text import Opened
from chaishots.content.exchange.writers import Kind, YamlWriter

MOST_LANGUAGES: Final = 3
"""Languages whose URL has a line; the rest is for the editor."""
_LENGTH: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:\.(\d{1,3}))?")


class NoLength(ValueError):
    """A text that is no length of time; the error's own says what is."""


@dataclass(frozen=True)
class FormField:
    """A line of the form: the way to its value, as `content_urls.te`, how it is called, and what it holds."""

    name: str
    label: str
    text: str


def form_of(opened: Opened) -> list[FormField]:
    """The lines for the one thing that was opened."""
    kind, values = _target(opened)[-1]
    names: list[tuple[str, str]] = [("title", "Title")]
    if kind is Kind.LESSONS:
        names += [("summary", "Summary"), ("duration_ms", "Length, as 1:34")]
        languages = [
            values["content_language_primary"],
            *values["content_languages_available"],
            *values["content_urls"],
        ]
        names += [
            (f"content_urls.{language}", f"URL in {language}")
            for language in [*dict.fromkeys(languages)][:MOST_LANGUAGES]
        ]
    elif kind is Kind.PROGRAMS:
        names += [("description", "Description"), ("slug", "Slug, in its address")]
    return [FormField(name, label, _shown(name, _value(values, name))) for name, label in names]


def form_text(opened: Opened, typed: Mapping[str, str]) -> bytes:
    """What was typed, as a text of the format with the other keys as they are. Raises: NoLength."""
    things = _target(opened)
    known = {field.name: field.text for field in form_of(opened)}
    values = {**things[-1][1]}
    for name, text in typed.items():
        if text == known[name]:
            continue
        key, _, inside = name.partition(".")
        if inside:
            values[key] = {**cast("dict[str, Any]", values[key]), inside: text.strip()}
            if not text.strip():
                del values[key][inside]
        else:
            values[key] = _read(key, text)
    writer = YamlWriter()
    around = "".join(writer.write(kind, said) for kind, said in things[:-1])
    text = around + writer.write(things[-1][0], values) + writer.end()
    return text.removeprefix("topics: []\n").encode()


def _target(opened: Opened) -> list[tuple[Kind, Values]]:
    # What stands around it, and it.
    return list(_down(seed_format.parts(opened.known).programs))


def _down(seeds: tuple[Seed, ...]) -> Iterator[tuple[Kind, Values]]:
    kinds, keys = iter(_KINDS), iter(_KEYS)
    while seeds:
        seed = seeds[0]
        said = {name: value for name, value in seed.values.items() if name not in seed.absent}
        yield next(kinds), next(keys)(said)
        seeds = seed.parts


def _value(values: Values, name: str) -> Any:  # Any: a value of the format
    key, _, inside = name.partition(".")
    return values[key].get(inside) if inside else values[key]


def _shown(name: str, value: Any) -> str:  # Any: likewise
    if name != "duration_ms" or value is None:
        return "" if value is None else str(value)
    seconds, milliseconds = divmod(value, 1000)
    minutes, seconds = divmod(seconds, 60)
    rest = f".{milliseconds:03}".rstrip("0") if milliseconds else ""
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours}:{minutes:02}' if hours else minutes}:{seconds:02}{rest}"


def _read(key: str, text: str) -> str | int | None:
    if key != "duration_ms":
        return text.strip() if key in ("title", "slug") else text
    if not text.strip():
        return None
    found = _LENGTH.fullmatch(text.strip())
    if found is None or int(found[3]) > 59:
        raise NoLength("Give a length such as 1:34, 12:05.5 or 1:02:30.")
    hours, minutes, seconds = int(found[1] or 0), int(found[2]), int(found[3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[4] or "0").ljust(3, "0"))


_KINDS: Final = (Kind.PROGRAMS, Kind.TERMS, Kind.LESSONS)
_KEYS: Final = (seed_format.program_keys, seed_format.term_keys, seed_format.lesson_keys)
