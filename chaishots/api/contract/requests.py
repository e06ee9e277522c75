"""What the bodies of requests look like, checked before anything is asked of the content."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chaishots.api.contract.translations import (
    LessonTranslationsPatch,
    NewLessonTranslations,
    NewProgramTranslations,
    NewTermTranslations,
    NewTopicTranslations,
    ProgramTranslationsPatch,
    TermTranslationsPatch,
    TopicTranslationsPatch,
)
from chaishots.api.contract.values import (
    BY_LANGUAGE,
    AltText,
    Assets,
    AssetsPatch,
    Description,
    DurationMs,
    Flag,
    Id,
    Language,
    Languages,
    Moment,
    Number,
    Slug,
    Slugs,
    Summary,
    TermTitle,
    Title,
    TokenName,
    TopicName,
    Url,
    Urls,
    UrlsPatch,
    ZoneName,
)
from chaishots.content.event_types import EventType, WebhookStatus
from chaishots.content.limits import MOST_LESSONS, MOST_TOPICS
from chaishots.content.roles import Role


class _Body(BaseModel):
    # Deferred: what checks a body is made with the first one, in some milliseconds, and not for all at the start.
    model_config = ConfigDict(extra="forbid", defer_build=True)
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """What is said of members that are not taken here, but elsewhere."""

    def values(self) -> dict[str, Any]:  # Any: one value a column
        """What was sent, by column; what was not sent is left out, so that the defaults are the database's."""
        return self.model_dump(exclude_unset=True, exclude={"topics"})


_NOWHERE: Final = UUID(int=0)
MovesTo = Annotated[
    Id, Field(description="Moves it there: behind the last, unless a number is given as well. Left out, it stays.")
]
_STEPS_OF_LESSON: Final = {
    "status": (
        "Its status has routes of its own: POST /cms/lessons/{id}/publish, /schedule, /unschedule, /archive, /restore."
    ),
    "publish_at": "Its time has a route of its own: POST /cms/lessons/{id}/schedule, or /unschedule to take it away.",
    "publish_zone": "It goes with publish_at: POST /cms/lessons/{id}/schedule takes both.",
    "release_id": "Releases take lessons in by POST /cms/releases/{id}/lessons, and DELETE takes one out.",
    "program_id": "Send term_id, the id of a term of that program.",
}


Position = Annotated[
    Number | None,
    Field(description="Its place before all programs that have none, the least first; the first of all is featured."),
]
ShowsComingSoon = Annotated[
    bool, Field(description="Whether the catalog tells the titles and moments of its scheduled lessons.")
]


class NewProgram(_Body):
    """A program to create."""

    title: Title
    description: Description = ""
    translations: NewProgramTranslations = {}
    slug: Slug = Field(default="", description="Made of the title when left out.")
    former_slugs: Slugs = []
    language_primary: Language
    languages_available: Languages = Field(default_factory=list, description="The primary alone when left out.")
    posters: Assets = {}
    position: Position = None
    shows_coming_soon: ShowsComingSoon = False
    topics: Annotated[list[TopicName], Field(max_length=MOST_TOPICS)] = []


class ProgramPatch(_Body):
    """What to change of a program: a JSON Merge Patch. Maps are merged; null takes an entry away."""

    elsewhere = {"status": "Its status has routes of its own: POST /cms/programs/{id}/archive and /restore."}

    title: Title = ""
    description: Description = ""
    translations: ProgramTranslationsPatch = {}
    slug: Slug = Field(default="", description="Of a program that was published, the one before leads to it still.")
    former_slugs: Slugs = []
    language_primary: Language = ""
    languages_available: Languages = []
    posters: AssetsPatch = {}
    position: Position = None
    shows_coming_soon: ShowsComingSoon = False
    topics: Annotated[list[TopicName], Field(max_length=MOST_TOPICS)] = []


class NewTerm(_Body):
    """A term to create."""

    term_number: Number
    title: TermTitle | None = None
    translations: NewTermTranslations = {}


class TermPatch(_Body):
    """What to change of a term: a JSON Merge Patch."""

    program_id: MovesTo = _NOWHERE
    term_number: Number = 1
    title: TermTitle | None = None
    translations: TermTranslationsPatch = {}


class NewLesson(_Body):
    """A lesson to create; it begins as a draft."""

    lesson_number: Number
    title: Title
    summary: Summary = ""
    translations: NewLessonTranslations = {}
    content_type: Literal["video", "article"]
    duration_ms: DurationMs | None = Field(default=None, description="Required for a video.")
    is_paid: Flag = False
    content_language_primary: Language
    content_languages_available: Languages = Field(default_factory=list, description="The primary alone when left out.")
    content_urls: Urls = {}
    subtitle_urls: Urls = {}
    thumbnails: Assets = {}
    archive_at: Moment | None = None
    archive_zone: ZoneName | None = None


class LessonPatch(_Body):
    """What to change of a lesson: a JSON Merge Patch. Maps are merged; null takes an entry away."""

    elsewhere = _STEPS_OF_LESSON

    term_id: MovesTo = _NOWHERE
    lesson_number: Number = 1
    title: Title = ""
    summary: Summary = ""
    translations: LessonTranslationsPatch = {}
    content_type: Literal["video", "article"] = "video"
    duration_ms: DurationMs | None = None
    is_paid: Flag = False
    content_language_primary: Language = ""
    content_languages_available: Languages = []
    content_urls: UrlsPatch = {}
    subtitle_urls: UrlsPatch = {}
    thumbnails: AssetsPatch = {}
    archive_at: Moment | None = None
    archive_zone: ZoneName | None = None


class ScheduleRequest(_Body):
    """When a lesson shall go public."""

    publish_at: Moment
    publish_zone: ZoneName | None = None


class Order(_Body):
    """All of the things, each once, in the order that they shall have."""

    order: Annotated[list[Id], Field(max_length=MOST_LESSONS)]


class ProgramCopy(_Body):
    """How a program is copied."""

    title: Title | None = Field(default=None, description="The copy's title; left out, the program's.")


class TermCopy(_Body):
    """How a term is copied."""

    program_id: Id | None = Field(default=None, description="The copy's program; left out, the term's.")
    term_number: Number | None = Field(default=None, description="Left out, the one behind the last.")


class LessonCopy(_Body):
    """How a lesson is copied."""

    term_id: Id | None = Field(default=None, description="The copy's term; left out, the lesson's.")
    lesson_number: Number | None = Field(default=None, description="Left out, the one behind the last.")


class NewTopic(_Body):
    """A topic to create."""

    name: TopicName
    translations: NewTopicTranslations = {}


class TopicPatch(_Body):
    """What to change of a topic: a JSON Merge Patch."""

    name: TopicName = ""
    translations: TopicTranslationsPatch = {}


class PictureBody(_Body):
    """Alt texts to set, by language."""

    alt: Annotated[dict[Language, AltText | None], *BY_LANGUAGE]


def _each_once(events: list[EventType]) -> list[EventType]:
    return list(dict.fromkeys(events))


Events = Annotated[list[EventType], Field(min_length=1, max_length=2 * len(EventType)), AfterValidator(_each_once)]


class NewWebhook(_Body):
    """A webhook to create."""

    url: Annotated[Url, Field(description="https, unless CHAISHOTS_WEBHOOKS_HTTP allows http; a public host.")]
    events: Events = Field(default_factory=lambda: list(EventType), description="All of them when left out.")


class WebhookPatch(_Body):
    """What to change of a webhook: a JSON Merge Patch."""

    url: Url = ""
    events: Events = []
    status: WebhookStatus = Field(
        default=WebhookStatus.ACTIVE,
        description="`paused` keeps its place; `active` has it sent what it missed, at once.",
    )


class Replay(_Body):
    """From where a webhook is sent again what happened: one of the two."""

    cursor: Annotated[str, Field(min_length=1, max_length=1_000)] | None = Field(
        default=None, description="A cursor of the feed: a message's, or one of GET /catalog/changes."
    )
    since: Moment | None = None


class NewPreviewLink(_Body):
    """A look at the catalog without a login."""

    at: Moment | None = Field(default=None, description="The moment to show; left out: as it is whenever one looks.")
    expires_at: Moment | None = Field(
        default=None, description="Until when the link holds, 90 days at most; left out: for a week."
    )
    program_id: Id | None = Field(default=None, description="The one program to show; left out: the whole catalog.")


class NewToken(_Body):
    """A token to create."""

    name: TokenName
    role: Role
    expires_at: Moment | None = None
