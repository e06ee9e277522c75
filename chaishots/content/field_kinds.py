"""What a field is: the shape of its values, its rule and bound, who writes it, whether the public sees it.

Knows no field: those are in `fields.py`.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any, Final

from chaishots.content import text_normalisation as written


class Kind(Enum):
    """What shape a value has. Bounds are those of `limits.py`, unless the field has its own."""

    ID = auto()
    TITLE = auto()
    """Text of one line, of `longest` characters at most, with something in it to see."""
    TEXT = auto()
    """Text of `longest` characters at most, of several lines; None: of any length, whatever is in it."""
    TOPIC_NAME = auto()
    """A title with no spaces around it."""
    SLUG = auto()
    """Part of an address: Latin letters, digits and hyphens."""
    SLUGS = auto()
    INTEGER = auto()
    """A whole number from 1 to 2³¹ - 1."""
    BIG_INTEGER = auto()
    """A whole number from 1 to 2⁶³ - 1."""
    VERSION = auto()
    FLAG = auto()
    CHOICE = auto()
    """One of the words of `choices`."""
    LANGUAGE = auto()
    LANGUAGES = auto()
    URLS = auto()
    """A map of language to URL."""
    ASSETS = auto()
    """A map of language to variant to URL."""
    TRANSLATIONS = auto()
    """A map of language to `texts` by their names, each with something in it to see."""
    MOMENT = auto()
    PAST_MOMENT = auto()
    ZONE = auto()
    """The name of an IANA time zone, in which a moment was written; None without that moment."""


MAPS: Final = frozenset({Kind.URLS, Kind.ASSETS, Kind.TRANSLATIONS})
"""Those that Postgres keeps as JSON."""


class Writer(Enum):
    """Who sets a column."""

    EDITOR = auto()
    """Editors, directly."""
    STEPS = auto()
    """The steps of the lifecycle, by an editor or the publisher."""
    DATABASE = auto()
    """The database; a file gives it only for what it creates."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column.

    Attributes:
        rule: what whoever gives a wrong value is told.
        default: what a new thing has when nothing is said; not looked at when it is required.
        is_public: whether the catalog shows it. Maps have their own names there, all others the column's.
        example: for the contract; None when there is none.
        texts: of TRANSLATIONS, the fields that a language may have.
    """

    name: str
    kind: Kind
    rule: str
    writer: Writer = Writer.EDITOR
    is_required: bool = False
    is_public: bool = False
    default: Any = None  # Any: a value of its kind
    example: Any = None
    longest: int | None = None
    choices: type[StrEnum] | None = None
    texts: "tuple[Field, ...]" = ()

    def constraint(self, table: str) -> str:
        """The name of the database's constraint that holds the rule."""
        return self.name if self.name.startswith(f"{table}_") else f"{table}_{self.name}"


class Unfit(ValueError):
    """A text that breaks the rule of its field, which the error's own text tells."""


def fit_text(field: Field, text: str) -> str:
    """The text as it is stored: in NFC, which makes some texts longer. Raises: Unfit, over HTTP and in files alike."""
    text = written.normalised(text)
    is_line = field.kind is not Kind.TEXT
    is_fit = written.is_one_line(text) if is_line else field.longest is None or written.is_plain(text)
    if is_line or field.is_required:
        is_fit = is_fit and written.is_visible(text)
    if field.kind is Kind.TOPIC_NAME:
        is_fit = is_fit and text == text.strip(" ")  # as Postgres' btrim
    if not is_fit or (field.longest is not None and len(text) > field.longest):
        raise Unfit(field.rule)
    return text


def field_of(fields: tuple[Field, ...], name: str) -> Field:
    """The field of this name."""
    return next(field for field in fields if field.name == name)


def translated(fields: tuple[Field, ...], name: str) -> Field:
    """The text of this name in another language."""
    return field_of(field_of(fields, "translations").texts, name)


def written_by(writer: Writer, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The names of the fields that this writer sets, in their order."""
    return tuple(field.name for field in fields if field.writer is writer)


def examples(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The fields that editors write and that have an example, with it."""
    return {
        field.name: field.example for field in fields if field.writer is Writer.EDITOR and field.example is not None
    }
