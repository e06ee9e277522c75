"""The three languages of the pages: their words out of gettext files, their numbers and dates as CLDR writes them.

Knows nothing of content, nor which language a reader gets (`language_choice.py`). The files are read as they stand,
messages/{language}.po: there is no build step.
"""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from babel.units import format_unit

LANGUAGES: Final = ("te", "hi", "en")
DEFAULT: Final = "en"
"""For whoever accepts none of them; its words are those of the templates."""
_LOCALES: Final = {"en": "en_IN"}
"""Where a language is written differently elsewhere, the way of its readers here: 26 Nov 2026; 1,00,000."""
MESSAGES: Final = Path(__file__).parent / "messages"


@dataclass(frozen=True)
class Language:
    """A language that pages are shown in."""

    tag: str
    locale: Locale
    translations: NullTranslations

    @property
    def name(self) -> str:
        """Its name in itself."""
        return name_of(self.tag)

    def date(self, at: datetime, zone: tzinfo = UTC) -> str:
        """A day: 26 నవం, 2026, 26 Nov 2026."""
        return format_date(at.astimezone(zone), "medium", locale=self.locale)

    def moment(self, at: datetime) -> str:
        """A moment where nobody knows the reader's time: 26 Nov 2026, 11:30 pm UTC."""
        return f"{format_datetime(at.astimezone(UTC), 'medium', locale=self.locale, tzinfo=UTC)} UTC"

    def number(self, number: int) -> str:
        """A whole number, grouped: 1,00,000."""
        return format_decimal(number, locale=self.locale)

    def length(self, duration_ms: int) -> str:
        """A length of time as one reads it: 45 seconds, 2 minutes, 1 hour, 5 minutes; rounded, and never to none."""
        seconds = round(duration_ms / 1000)
        if seconds < 60:
            return self._unit(max(1, seconds), "second")
        minutes = round(seconds / 60)
        if minutes < 60:
            return self._unit(minutes, "minute")
        hours, minutes = divmod(minutes, 60)
        parts = [self._unit(hours, "hour"), *([self._unit(minutes, "minute")] if minutes else [])]
        return format_list(parts, "unit", locale=self.locale)

    def _unit(self, number: int, unit: str) -> str:
        return _length(self.locale, number, unit)


@cache
def language(tag: str) -> Language:
    """One of LANGUAGES. Raises: KeyError for any other."""
    if tag not in LANGUAGES:
        raise KeyError(tag)
    return Language(tag, Locale.parse(_LOCALES.get(tag, tag)), _translations(tag))


@lru_cache(512)
def name_of(tag: str) -> str:
    """A language's name in itself, as on the doors of a library: తెలుగు; the tag where CLDR has no name for it."""
    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


@cache
def _length(locale: Locale, number: int, unit: str) -> str:
    # Numbers below 60, but for hours: few.
    return format_unit(number, f"duration-{unit}", "long", locale=locale)


def _translations(tag: str) -> NullTranslations:
    path = MESSAGES / f"{tag}.po"
    if tag == DEFAULT:
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=tag))
    compiled.seek(0)
    return Translations(compiled)


def iso_length(duration_ms: int) -> str:
    """A length of time for machines (ISO 8601): PT1M34S."""
    return f"PT{round(timedelta(milliseconds=duration_ms).total_seconds())}S"
