"""Pages out of templates: what stands on each of them, and how a template says it.

Knows no request and no database; what people wrote is hostile here, and escaped by Jinja.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from chaishots.api.pages import static_files
from chaishots.api.pages.localisation import LANGUAGES, Language, language, name_of
from chaishots.api.pages.preview_context import PreviewPlace, current_place
from chaishots.api.pages.shown_pictures import Asset, drawn, kolam_of
from chaishots.api.pages.urls import Alternate, Switch, path_of

NEW_FOR: Final = timedelta(days=7)
_DESCRIPTION_LENGTH: Final = 160
_NOT_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

LinkedData: TypeAlias = Mapping[str, Any]
"""JSON-LD, as schema.org has it."""


@dataclass(frozen=True)
class Live:
    """How a page asks whether something new was published.

    url: of the JSON to ask for. seen: when the newest lesson shown was published.
    cursor: where the feed ended when the page was read.
    """

    url: str
    seen: str
    cursor: str


@dataclass(frozen=True)
class Tongue:
    """A language that something is in."""

    tag: str
    name: str


@dataclass(frozen=True)
class Page:
    """What every page has around its content.

    heading: what it is about; title: that, and where it is. is_indexed: whether search engines may list it.
    searched: what was looked for. preview: the preview that it belongs to; None: it is for the public.
    """

    language: Language
    heading: str
    title: str
    description: str
    switch: Sequence[Switch]
    kind: str = "website"
    is_indexed: bool = True
    searched: str = ""
    canonical: str | None = None
    alternates: Sequence[Alternate] = ()
    image: Asset | None = None
    live: Live | None = None
    linked_data: Sequence[LinkedData] = field(default=())
    preview: PreviewPlace | None = field(default_factory=current_place)

    @property
    def tag(self) -> str:
        """The language's tag."""
        return self.language.tag

    @property
    def home(self) -> str:
        """The path of the home page."""
        return path_of(self.tag)


@dataclass(frozen=True)
class Written:
    """A page, and when it is to be written anew though nothing was changed; None: never."""

    text: str
    old_at: datetime | None = None


class Newness:
    """What is new at a moment, and when the first of it no longer is."""

    def __init__(self, read_at: datetime) -> None:
        self._read_at = read_at
        self.over_at: datetime | None = None

    def of(self, published_at: str | None) -> bool:
        """Whether something that was published then is new."""
        if published_at is None:
            return False
        ends_at = datetime.fromisoformat(published_at) + NEW_FOR
        if ends_at <= self._read_at:
            return False
        self.over_at = min(self.over_at or ends_at, ends_at)
        return True


def render(template: str, page: Page, **content: Any) -> str:  # Any: what a template shows
    """A page as HTML."""
    return _environment().get_template(template).render(page=page, **content)


def compile_templates() -> None:
    """Read all that pages are made of, or the first reader of each would keep everybody else waiting."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)
    for tag in LANGUAGES:
        # Babel reads a language's data when it first writes something in it.
        _ = language(tag).date(datetime.now(UTC)), language(tag).length(1), language(tag).number(1)
    static_files.files()


def tongues(tags: Sequence[str]) -> list[Tongue]:
    """Languages by their own names."""
    return [Tongue(tag, name_of(tag)) for tag in tags]


def summary_of(text: str) -> str:
    """The beginning of a text, on one line, for who lists the page."""
    line = " ".join(text.split())
    return line if len(line) <= _DESCRIPTION_LENGTH else f"{line[: _DESCRIPTION_LENGTH - 1].rpartition(' ')[0]}…"


def _allowed_in_xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(static_files.FOLDER.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    # One environment for all languages: which one a page is in stands in its context.
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # of the extension
    environment.filters["xml"] = _allowed_in_xml  # pyright: ignore[reportUnknownMemberType]  # untyped there
    environment.globals |= {"static": static_files.paths(), "styles": static_files.styles()}  # pyright: ignore[reportUnknownMemberType]  # untyped there
    environment.globals |= {"drawn": drawn, "kolam_of": kolam_of}  # pyright: ignore[reportUnknownMemberType]  # untyped there
    return environment


@pass_context
def _gettext(context: Context, message: str) -> str:
    return context["page"].language.translations.gettext(message)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int) -> str:
    return context["page"].language.translations.ngettext(one, many, number)
