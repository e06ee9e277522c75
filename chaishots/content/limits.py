"""How long texts may be, and how many things of a kind there may be.

The migrations' constraints and triggers say the same; the tests hold the two together. Of a URL it is in `urls.py`, of
a slug in `slug_spelling.py`.
"""

from typing import Final

TITLE_LENGTH: Final = 300
"""Characters of a title at most, of an alt text and of a release's name too."""
DESCRIPTION_LENGTH: Final = 10_000
SUMMARY_LENGTH: Final = 2_000
TOPIC_NAME_LENGTH: Final = 100
TRANSLATIONS_BYTES: Final = 100_000
ALT_BYTES: Final = 30_000
"""Of a thing's texts in all other languages together, and of a picture's alt texts, as JSON."""

MOST_LANGUAGES: Final = 50
MOST_TOPICS: Final = 50
MOST_TERMS: Final = 200
MOST_LESSONS: Final = 10_000
"""What a thing has at most: languages, and of a program topics, terms and lessons. The database refuses more, too."""
LAST_VERSION: Final = 2_000_000_000
"""The highest version there is; 1 comes after it."""
MOST_CHANGES: Final = 100
"""Scheduled changes of one program, term or lesson."""
LARGEST_PATCH_BYTES: Final = 250_000
"""A scheduled change, as Postgres writes JSON."""
