"""Which lessons editors look for across programs: by state, language, text, URL, what is missing, and when planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from chaishots.content.lifecycle import REQUIRED_VARIANTS, Status
from chaishots.content.text_normalisation import containing, is_like


class Missing(StrEnum):
    """What a lesson may lack; the first two keep it from being published."""

    THUMBNAILS = "thumbnails"
    CONTENT_URL = "content_url"
    SUBTITLES = "subtitles"
    TRANSLATIONS = "translations"
    SUMMARY = "summary"


_VARIANTS: Final = ", ".join(f"'{variant}'" for variant in REQUIRED_VARIANTS)
_LACKS: Final = {
    Missing.THUMBNAILS: (
        f"not coalesce(lesson.thumbnails -> lesson.content_language_primary, '{{{{}}}}'::jsonb) ?& array[{_VARIANTS}]"
    ),
    Missing.CONTENT_URL: "not lesson.content_urls ? lesson.content_language_primary::text",
    Missing.SUBTITLES: "not lesson.subtitle_urls ?& lesson.content_languages_available::text[]",
    Missing.TRANSLATIONS: (
        "exists (select from unnest(lesson.content_languages_available) as tag"
        " where tag <> lesson.content_language_primary and lesson.translations -> tag::text -> 'title' is null)"
    ),
    Missing.SUMMARY: "lesson.summary = ''",
}
# The maps' texts first: they are read faster than each URL in them.
_URL: Final = """
    (lesson.content_urls::text || lesson.subtitle_urls::text || lesson.thumbnails::text) ilike {0}
    and exists (
        select from jsonb_path_query(
                   jsonb_build_array(lesson.content_urls, lesson.subtitle_urls, lesson.thumbnails),
                   'strict $.** ? (@.type() == "string")') as url
         where url #>> '{{}}' ilike {0})
"""


@dataclass(frozen=True)
class LessonFilter:
    """Which lessons; None asks nothing.

    Attributes:
        language: one that the lesson is available in.
        text: in its title or summary, of any language.
        words: each of them in those.
        url: part of one of its URLs.
        publish_from, publish_to: its planned time, from the one and before the other.
    """

    program: UUID | None = None
    status: Status | None = None
    language: str | None = None
    text: str | None = None
    words: Sequence[str] = ()
    url: str | None = None
    missing: Missing | None = None
    publish_from: datetime | None = None
    publish_to: datetime | None = None

    def conditions(self) -> list[tuple[str, Any]]:  # Any: a value each
        """The filter as conditions of a statement that has lesson and its term."""
        return [
            ("term.program_id = {}", self.program),
            ("lesson.status = {}", self.status and self.status.value),
            ("lesson.content_languages_available @> array[{}]", self.language),
            (_TEXT, self.text and containing(self.text)),
            *((_TEXT, containing(word)) for word in self.words),
            (_URL, self.url and containing(self.url)),
            (f"({_LACKS[self.missing]} and {{}})" if self.missing else "", True if self.missing else None),
            ("lesson.publish_at >= {}", self.publish_from),
            ("lesson.publish_at < {}", self.publish_to),
        ]


_TEXT: Final = is_like("""
    lesson.title || ' ' || lesson.summary || ' ' || coalesce(
        (select string_agg(text #>> '{{}}', ' ')
           from jsonb_path_query(lesson.translations, 'strict $.*.*') as text), '')
""")
