"""What a route takes in its address and its query, checked before anything is asked of the content."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar, cast
from uuid import UUID

import quart_schema
from pydantic import BaseModel, ConfigDict, Field

from chaishots.api.contract.examples import CURSOR, LESSON_ID, PROGRAM_ID
from chaishots.api.contract.values import (
    ID_RULE,
    Digits,
    Id,
    Language,
    Moment,
    TrueOrFalse,
    Words,
    is_id,
    like,
)
from chaishots.content.errors import InvalidContent
from chaishots.content.exchange.file_formats import Form
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.paging import Window
from chaishots.content.queries.lesson_filter import LessonFilter, Missing

F = TypeVar("F", bound=Callable[..., Any])  # Any: routes take and give what they like


class NoParameters(BaseModel):
    """A route that takes nothing in its query."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


def said(description: str, example: object) -> Any:  # Any: pydantic leaves it so
    """What the contract says of a parameter."""
    return Field(description=description, examples=[example])


FromPage: Final = said("`next_cursor` of the page before, as it was given; leave it out to begin.", CURSOR)
InState: Final = said("Only those in this state.", "draft")


class ListPage(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    limit: Annotated[int, Field(ge=1, le=100, description="How many at most.", examples=[20]), Digits] = 20
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=1_000)] | None, FromPage] = None

    @property
    def window(self) -> Window:
        """The part that they say."""
        return Window(self.limit, self.cursor)


class ProgramsPage(ListPage):
    """Which programs, of those in any state."""

    status: Annotated[ProgramStatus | None, InState] = None
    language: Annotated[Language | None, said("Only programs available in this language.", "te")] = None
    topic: Annotated[
        Words | None,
        said("Only programs about the topic of this name, whatever its case.", "Telugu"),
    ] = None
    text: Annotated[Words | None, said("Only those in which this stands, whatever its case.", "a")] = None


class LessonsPage(ListPage):
    """Which lessons of a term, of those in any state."""

    status: Annotated[Status | None, InState] = None
    text: Annotated[Words | None, said("Only those in which this stands, whatever its case.", "a")] = None


class AllLessonsPage(ListPage):
    """Which lessons of all programs, of those in any state."""

    program: Annotated[Id | None, said("Only lessons of the program with this id.", PROGRAM_ID)] = None
    status: Annotated[Status | None, InState] = None
    language: Annotated[Language | None, said("Only lessons available in this language.", "te")] = None
    text: Annotated[
        Words | None, said("Only those with this in a title or summary, of any language, whatever its case.", "a")
    ] = None
    url: Annotated[Words | None, said("Only those with this in one of their URLs.", "cdn.example.com/telugu")] = None
    missing: Annotated[
        Missing | None,
        said(
            "Only those that lack this: thumbnails or content_url, which keep a lesson from being published; subtitles "
            "or a translated title in a language that it is available in; a summary.",
            "subtitles",
        ),
    ] = None
    publish_from: Annotated[
        Moment | None, said("Only those planned for this moment or later.", "2030-02-01T00:00:00Z")
    ] = None
    publish_to: Annotated[Moment | None, said("Only those planned for before this moment.", "2030-03-01T00:00:00Z")] = (
        None
    )

    def wanted(self) -> LessonFilter:
        """The filter that they say."""
        return LessonFilter(**self.model_dump(exclude={"limit", "cursor"}))


class MakingRoom(BaseModel):
    """Whether what has a number already makes room."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    make_room: Annotated[
        TrueOrFalse | None,
        said("What has the number already gets the next one, and so on; else the number is refused.", True),
    ] = None

    @property
    def is_wanted(self) -> bool:
        """Whether it is."""
        return bool(self.make_room)


class ExportForm(BaseModel):
    """What a file is written in."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    format: Annotated[Form, said("What the file is written in.", "yaml")] = Form.YAML


class ImportMode(BaseModel):
    """Whether a file is only tried."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    dry_run: Annotated[TrueOrFalse | None, said("Store nothing; answer what would be stored.", True)] = None


class TakingBack(BaseModel):
    """How a change is taken back: only tried, or over later ones."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    dry_run: Annotated[TrueOrFalse | None, said("Take nothing back; answer what would change.", True)] = None
    force: Annotated[TrueOrFalse | None, said("Also when something else has changed the same since.", True)] = None


class PicturePage(ListPage):
    """Which pictures."""

    unused: Annotated[
        TrueOrFalse | None, said("Only those that nothing uses; or, false, only those that something does.", True)
    ] = None
    used_by: Annotated[
        Id | None, said("Only those of the program with this id and its lessons, or of this lesson.", PROGRAM_ID)
    ] = None


class ActivityPage(ListPage):
    """Which lines of the history."""

    object_id: Annotated[Id | None, said("Only what happened to the thing with this id.", LESSON_ID)] = None
    actor: Annotated[Words | None, said("Only what this token or database user did.", "asha")] = None
    action: Annotated[
        Annotated[
            str,
            Field(max_length=50),
            *like(r"^[a-z_]+[.][a-z_]+$", "Give a kind of change, such as lesson.schedule."),
        ]
        | None,
        said("Only this kind of change.", "lesson.schedule"),
    ] = None


def takes_query(model: type[BaseModel]) -> Callable[[F], F]:
    """Check a route's query against the model, hand it over as `query_args`, and document it."""
    # cast: quart-schema leaves the decorator untyped; the route keeps its own type.
    return cast("Callable[[F], F]", quart_schema.validate_querystring(model))  # pyright: ignore[reportUnknownMemberType]


ID_OR_SLUG_RULE: Final = f"{ID_RULE[:-1]}; or a slug: small Latin letters and digits, with single hyphens between them."


def identifier(text: str, field: str = "id", *, rule: str = ID_RULE) -> UUID:
    """The UUID that part of an address stands for, in its usual form. Raises: InvalidContent."""
    if not is_id(text):
        raise InvalidContent(rule, field=field)
    return UUID(text)
