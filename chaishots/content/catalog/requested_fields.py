"""How much a request wants to be shown: all members, or those that `fields` names; in which languages (`prefer`)."""

from dataclasses import dataclass
from typing import Final

from chaishots.content.catalog.public_fields import ID, PREFERABLE, PROGRAM_FIELDS
from chaishots.content.errors import InvalidContent
from chaishots.content.language_tags import looked_up


@dataclass(frozen=True, slots=True)
class View:
    """What is shown.

    fields: names out of PROGRAM_FIELDS or LESSON_FIELDS, whole members among them; the ids are always shown. None: all.
    prefer: languages; each map by language, but for subtitles, holds one entry then, the first of these that it has,
        else the primary's; texts are in the first of these in which there is one.
    """

    fields: frozenset[str] | None = None
    prefer: tuple[str, ...] = ()

    @classmethod
    def of(cls, allowed: tuple[str, ...], fields: str | None, prefer: str | None) -> "View":
        """The view that the two parameters of a request stand for, whatever the order and repetition of names.

        Args:
            allowed: PROGRAM_FIELDS or LESSON_FIELDS.
            fields: names, separated by commas.
            prefer: language tags, separated by commas.
        Raises: InvalidContent, naming the first that there is not.
        """
        named = fields.split(",") if fields else []
        unknown = next((name for name in named if name not in allowed), None)
        if unknown is not None:
            raise InvalidContent(
                f"There is no field {unknown!r} here: name some of {', '.join(allowed)}.", field="fields"
            )
        shown = _normal(allowed, frozenset(named)) if named else None
        languages = looked_up(prefer.split(",")) if prefer and _shows_preferable(allowed, shown) else ()
        return cls(shown, languages)


EVERYTHING: Final = View()
CARD: Final = ",".join(name for name in PROGRAM_FIELDS if "." not in name and name != "terms")
"""The fields of a program without what is in it, which is counted."""


def _shows_preferable(allowed: tuple[str, ...], fields: frozenset[str] | None) -> bool:
    able = [path for path in allowed if path.rpartition(".")[2] in PREFERABLE]
    return fields is None or any(path == field or path.startswith(f"{field}.") for path in able for field in fields)


def _normal(allowed: tuple[str, ...], named: frozenset[str]) -> frozenset[str] | None:
    """Without what is shown anyway, so that what comes to the same is the same; None when all is shown."""
    whole = {field for field in named if not any(field.startswith(f"{other}.") for other in named)}
    return None if {field for field in allowed if "." not in field} <= whole | {ID} else frozenset(whole | {ID})
