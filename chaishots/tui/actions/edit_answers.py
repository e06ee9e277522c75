"""What the dialogs of an edit answer. Pure: the dialogs and the controller both know it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Review(StrEnum):
    """What is to become of an edit that is right."""

    STORE = "store"
    AT = "at"
    AGAIN = "again"
    DROP = "drop"
    KEEP = "keep"


class Whose(StrEnum):
    """Whose change stays where two have changed the same."""

    MINE = "mine"
    THEIRS = "theirs"
    AGAIN = "again"
    DROP = "drop"


@dataclass(frozen=True)
class New:
    """Something that can be made. inside: what it will stand in, or be a change of; where: that, for people."""

    key: str
    kind: str
    inside: UUID | None = None
    where: str = ""


@dataclass(frozen=True)
class Named:
    """A row that can be edited, copied or deleted: its table's name, its id and title, and what it stands in."""

    kind: str
    id: UUID
    title: str
    inside: UUID | None = None
    """The term of a lesson, the program of a term."""
    version: int | None = None


def what_can_be_new(selected: Named | None, around: Named | None = None) -> list[New]:
    """What can be made where this is selected. around: the program of a term that is selected."""
    found = [New("p", "program"), New("o", "topic"), New("r", "release")]
    if selected is None:
        return found
    where = f" of “{selected.title}”"
    match selected.kind:
        case "program":
            found += [New("t", "term", selected.id, f" in “{selected.title}”")]
        case "term":
            found += [New("l", "lesson", selected.id, f" in “{selected.title}”")]
            found += [New("t", "term", selected.inside, " beside it")]
        case "lesson":
            found += [New("l", "lesson", selected.inside, " beside it")]
        case _:
            return found
    return [*found, New("c", "change", selected.id, f"{where}, for a moment to come")]
