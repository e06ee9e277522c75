"""What the public catalog answers when all of it is asked for; `fields` leaves members out, all but the ids."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import CHANGED, LESSON_ID, PROGRAM_ID, TERM_ID, TOPIC_ID, TOPICS
from chaishots.api.contract.responses.answer import (
    Answer,
    Count,
    Cursor,
    Json,
    ShownContentType,
    ShownDuration,
    ShownMoment,
)
from chaishots.api.contract.responses.pictures import PicturesShown
from chaishots.api.contract.values import Assets, Language, Languages, Slug, Urls
from chaishots.content.field_kinds import examples
from chaishots.content.fields import LESSON, MAP_NAMES, PROGRAM, TERM

_LESSON: Final = examples(LESSON)
_PROGRAM: Final = examples(PROGRAM)
_TERM: Final = examples(TERM)

_TALLY: Final = {"lesson_count": 8, "free_lesson_count": 6, "total_duration_ms": 752_000}

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


class LessonAssets(Answer):
    """Pictures of a lesson; `pictures` tells more of those that were uploaded here, and is there only then."""

    thumbnails: Assets
    pictures: PicturesShown = Field(default_factory=dict)

    example = {"thumbnails": _LESSON["thumbnails"]}


class CatalogLesson(Answer):
    """A published lesson. Of a paid one, `locked` to who has no token, the maps of content and subtitles are empty."""

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
    locked: Annotated[bool, Field(description="Whether it is paid, and who asks has no token.")]
    content_language_primary: Language
    content_languages_available: Languages
    content_urls_by_language: Urls
    subtitle_languages: list[Language]
    subtitle_urls_by_language: Urls
    assets: LessonAssets
    published_at: ShownMoment
    available_until: Annotated[ShownMoment | None, Field(description="Its scheduled end: it is taken down then.")]
    updated_at: ShownMoment

    example = {
        "id": LESSON_ID,
        **_apart_from_maps(_LESSON),
        "title_language": "te",
        "titles": {"te": _LESSON["title"], "en": "అ and ఆ"},
        "summaries": {"te": _LESSON["summary"], "en": "Two vowels, with a word for each."},
        "content_urls_by_language": _LESSON["content_urls"],
        "subtitle_languages": ["te"],
        "subtitle_urls_by_language": _LESSON["subtitle_urls"],
        "locked": False,
        "assets": {"thumbnails": _LESSON["thumbnails"]},
        "published_at": CHANGED,
        "available_until": None,
        "updated_at": CHANGED,
    }


class OfTerm(Answer):
    """The term that a lesson is in."""

    id: UUID
    title: str | None

    example = {"id": TERM_ID, "title": _TERM["title"]}


class OfProgram(Answer):
    """The program that a lesson is in."""

    id: UUID
    slug: Slug
    title: str

    example = {"id": PROGRAM_ID, "slug": _PROGRAM["slug"], "title": _PROGRAM["title"]}


class OneCatalogLesson(CatalogLesson):
    """A published lesson, where it belongs, and what comes before and after it in its program."""

    term_id: UUID
    program_id: UUID
    term: OfTerm
    program: OfProgram
    previous_lesson_id: UUID | None
    next_lesson_id: UUID | None

    example = {
        **CatalogLesson.example,
        "term_id": TERM_ID,
        "program_id": PROGRAM_ID,
        "term": OfTerm.example,
        "program": OfProgram.example,
        "previous_lesson_id": None,
        "next_lesson_id": None,
    }


_TERM_SHOWN: Final = {
    **_apart_from_maps(_TERM),
    "title_language": "te",
    "titles": {"te": _TERM["title"], "en": "Vowels"},
}


class CatalogLessons(Answer):
    """A page of published lessons of all programs."""

    lessons: list[OneCatalogLesson]
    next_cursor: Cursor

    example = {"lessons": [OneCatalogLesson.example], "next_cursor": None}


class TermShown(Answer):
    """A term of a public program, with what is in it counted."""

    id: UUID
    term_number: Annotated[int, Field(ge=1)]
    title: str | None
    title_language: TitleLanguage
    titles: Texts
    lesson_count: Count
    free_lesson_count: Count
    total_duration_ms: Count

    example = {"id": TERM_ID, **_TERM_SHOWN, **_TALLY}


class CatalogTerm(TermShown):
    """A term of a public program, with its published lessons by number."""

    lessons: list[CatalogLesson]
    lessons_left: Left

    example = {**TermShown.example, "lessons": [CatalogLesson.example]}


class ProgramAssets(Answer):
    """Pictures of a program; `pictures` tells more of those that were uploaded here, and is there only then."""

    posters: Assets
    pictures: PicturesShown = Field(default_factory=dict)

    example = {"posters": _PROGRAM["posters"]}


class ComingSoon(Answer):
    """A lesson that is scheduled: its title, and the moment."""

    title: str
    title_language: TitleLanguage
    titles: Texts
    publish_at: ShownMoment

    example = {"title": "ఉ, ఊ", "title_language": "te", "titles": {"te": "ఉ, ఊ"}, "publish_at": CHANGED}


class ProgramShown(Answer):
    """A public program, with what is in it counted."""

    id: UUID
    title: str
    title_language: TitleLanguage
    description: str
    titles: Texts
    descriptions: Texts
    slug: Slug
    language_primary: Language
    languages_available: Languages
    topics: list[str]
    assets: ProgramAssets
    position: Annotated[
        int | None, Field(description="Its place in `sort=position`, where editors gave one; the first is featured.")
    ]
    coming_soon: Annotated[
        list[ComingSoon],
        Field(description="What is scheduled next, where editors chose to tell; of its lessons, no more than this."),
    ]
    published_at: ShownMoment
    updated_at: Annotated[ShownMoment, Field(description="Moves with anything that is shown of it.")]
    lesson_count: Count
    free_lesson_count: Count
    total_duration_ms: Count

    example = {
        "id": PROGRAM_ID,
        **_apart_from_maps(_PROGRAM),
        "title_language": "te",
        "titles": {"te": _PROGRAM["title"], "en": "Telugu letters"},
        "descriptions": {"te": _PROGRAM["description"]},
        "topics": TOPICS,
        "assets": {"posters": _PROGRAM["posters"]},
        "coming_soon": [ComingSoon.example],
        "published_at": CHANGED,
        "updated_at": CHANGED,
        **_TALLY,
    }


class CatalogProgram(ProgramShown):
    """A public program, with its terms by number."""

    terms: list[CatalogTerm]
    terms_left: Left

    example = {**ProgramShown.example, "terms": [CatalogTerm.example]}


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
