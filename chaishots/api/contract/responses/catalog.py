"""What the public catalog answers when all of it is asked for; `fields` leaves members out, all but the ids."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import CHANGED, LESSON_ID, PROGRAM_ID, TERM_ID, TOPIC_ID, TOPICS
from chaishots.api.contract.responses.answer import Answer, Count, Cursor, Json, ShownContentType, ShownDuration
from chaishots.api.contract.responses.pictures import PicturesShown
from chaishots.api.contract.values import Assets, Language, Languages, Urls
from chaishots.content.fields import LESSON, MAP_NAMES, PROGRAM, TERM, examples

_LESSON: Final = examples(LESSON)
_PROGRAM: Final = examples(PROGRAM)
_TERM: Final = examples(TERM)

# A factory rather than a default: in the schema, what is left out is not 0.
Left = Annotated[
    int,
    Field(
        default_factory=int,
        ge=1,
        description="How many more there are than a list shows; on the program's own page are all. Only there then.",
    ),
]


# Left out where a language is preferred.
Texts = Annotated[
    dict[Language, str],
    Field(default_factory=dict, description="In each language that there is; not there with `prefer`."),
]
TitleLanguage = Annotated[Language, Field(description="The language that `title` is in.")]


def _apart_from_maps(example: Json) -> Json:
    # The catalog shows maps under names of its own.
    return {name: value for name, value in example.items() if name not in MAP_NAMES}


class CatalogLesson(Answer):
    """A published lesson. A paid one has no URLs of its content and subtitles here."""

    id: UUID
    lesson_number: Annotated[int, Field(ge=1)]
    title: str
    title_language: TitleLanguage
    summary: str
    titles: Texts
    summaries: Texts
    content_type: ShownContentType
    duration_ms: ShownDuration | None
    is_paid: bool
    content_language_primary: Language
    content_languages_available: Languages
    content_urls_by_language: Urls = {}
    subtitle_languages: list[Language]
    subtitle_urls_by_language: Urls = {}
    assets: "LessonAssets"
    published_at: datetime

    example = {
        "id": LESSON_ID,
        **_apart_from_maps(_LESSON),
        "title_language": "te",
        "titles": {"te": _LESSON["title"], "en": "అ and ఆ"},
        "summaries": {"te": _LESSON["summary"], "en": "Two vowels, with a word for each."},
        "content_urls_by_language": _LESSON["content_urls"],
        "subtitle_languages": ["te"],
        "subtitle_urls_by_language": _LESSON["subtitle_urls"],
        "assets": {"thumbnails": _LESSON["thumbnails"]},
        "published_at": CHANGED,
    }


class LessonAssets(Answer):
    """Pictures of a lesson; `pictures` tells more of those that were uploaded here, and is there only then."""

    thumbnails: Assets
    pictures: PicturesShown = Field(default_factory=dict)

    example = {"thumbnails": _LESSON["thumbnails"]}


class OneCatalogLesson(CatalogLesson):
    """A published lesson, and where it belongs."""

    term_id: UUID
    program_id: UUID

    example = {**CatalogLesson.example, "term_id": TERM_ID, "program_id": PROGRAM_ID}


_TERM_SHOWN: Final = {
    **_apart_from_maps(_TERM),
    "title_language": "te",
    "titles": {"te": _TERM["title"], "en": "Vowels"},
}


class CatalogTerm(Answer):
    """A term of a public program, with its published lessons by number."""

    id: UUID
    term_number: Annotated[int, Field(ge=1)]
    title: str | None
    title_language: TitleLanguage
    titles: Texts
    lessons: list[CatalogLesson]
    lessons_left: Left

    example = {"id": TERM_ID, **_TERM_SHOWN, "lessons": [CatalogLesson.example]}


class ProgramAssets(Answer):
    """Pictures of a program; `pictures` tells more of those that were uploaded here, and is there only then."""

    posters: Assets
    pictures: PicturesShown = Field(default_factory=dict)

    example = {"posters": _PROGRAM["posters"]}


class CatalogProgram(Answer):
    """A public program, with its terms by number."""

    id: UUID
    title: str
    title_language: TitleLanguage
    description: str
    titles: Texts
    descriptions: Texts
    language_primary: Language
    languages_available: Languages
    topics: list[str]
    assets: ProgramAssets
    published_at: datetime
    updated_at: datetime
    terms: list[CatalogTerm]
    terms_left: Left

    example = {
        "id": PROGRAM_ID,
        **_apart_from_maps(_PROGRAM),
        "title_language": "te",
        "titles": {"te": _PROGRAM["title"], "en": "Telugu letters"},
        "descriptions": {"te": _PROGRAM["description"]},
        "topics": TOPICS,
        "assets": {"posters": _PROGRAM["posters"]},
        "published_at": CHANGED,
        "updated_at": CHANGED,
        "terms": [CatalogTerm.example],
    }


class CatalogPrograms(Answer):
    """A page of public programs, newest first."""

    programs: list[CatalogProgram]
    next_cursor: Cursor

    example = {"programs": [CatalogProgram.example], "next_cursor": None}


class UsedTopic(Answer):
    """A topic, with the number of programs that have it."""

    id: UUID
    name: str
    programs: Count

    example = {"id": TOPIC_ID, "name": "Telugu", "programs": 3}


class CatalogTopics(Answer):
    """The topics that public programs have, by name."""

    topics: list[UsedTopic]

    example = {"topics": [UsedTopic.example]}
