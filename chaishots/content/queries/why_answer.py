"""What an answer of `why` is made of: a thing, whether it is public at this moment, and the reasons. Pure.

Which reasons a thing has, and the sentences, are `why_lesson.py`'s, `why_program_or_release.py`'s and
`why_scheduled_changes.py`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

REASONS: Final = (
    *("public", "end_overdue", "end_refused", "draft", "archived", "program_archived", "not_due", "overdue"),
    *("refused", "release_refused", "program_lacks_posters", "lacks_thumbnails", "lacks_content_url"),
    *("no_leader", "table_locked", "writes_refused", "locked", "paid", "cached", "deleted"),
    *("change_scheduled", "change_overdue", "change_refused", "change_will_be_refused"),
)
"""Every code that a reason may have; docs/ERRORS.md says what each means. New ones may come."""

NOTHING: Final = "Nothing has to be done."
NOTHING_FORETOLD: Final[Mapping[UUID, str]] = {}
"""Where nobody has looked ahead: no reason, by the id of a change or release that will be refused, why it will be."""


@dataclass(frozen=True)
class Reason:
    """One reason, as a code for programs and a text for people, and what to do about it."""

    code: str
    text: str
    action: str


@dataclass(frozen=True)
class Why:
    """Whether a thing is public at this moment; the reasons why not, the gravest first, or the one why it is.

    kind: lesson, program, term or release.
    """

    id: UUID
    title: str
    is_public: bool
    reasons: Sequence[Reason]
    kind: str = "lesson"

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The answer for programs, as JSON takes it."""
        return {
            f"{self.kind}_id": str(self.id),
            "title": self.title,
            "is_public": self.is_public,
            "reasons": [asdict(reason) for reason in self.reasons],
        }
