"""What a file says, as values: the things of it, each with its place in the file.

Knows the lifecycle. What is said by a key that the file leaves out is `absent_keys.py`'s. Must not know YAML's text,
which keys there are, Postgres, or what is stored already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chaishots.content import lifecycle
from chaishots.content.exchange.faults import Fault, KnownValues
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.yaml import joined
from chaishots.content.lifecycle import ReleaseStatus, Status

Values = dict[str, Any]  # Any: one value a key, as its reader gives it


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of a map that are given, and the ways to those that are to go."""

    given: Values
    taken_out: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Seed:
    """A release, program, term, lesson, picture or scheduled change of the file.

    `values` are its id, None if not given, and the columns of its table; of a program, also the names of its topics.
    `parts` are a program's terms or a term's lessons. `absent` are the keys that the file leaves out: of a new thing
    they say their defaults, which `values` has; of one that is there they say nothing.
    `entries` are what the file says of maps that keep their other entries. `is_stored` says that the thing was there
    when the file was read: it is never created.
    """

    path: str
    line: int
    values: Values
    parts: tuple["Seed", ...]
    absent: frozenset[str] = frozenset()
    entries: Mapping[str, "Entries"] = field(default_factory=dict[str, "Entries"])
    is_stored: bool = False

    def said(self) -> "Seed":
        """The thing and its parts with those values alone that the file has; whoever asks for others gets nowhere."""
        # A map of which the file says some entries may hold others that are stored.
        unsaid = {*self.absent, *(self.entries if self.is_stored else ())}
        values = KnownValues({key: value for key, value in self.values.items() if key not in unsaid})
        return replace(self, values=values, parts=tuple(part.said() for part in self.parts))

    def values_at(self, now: datetime) -> Values:
        """The values, with the times that are relative to `now` made moments. Raises: Fault."""
        values = {key: now + value if isinstance(value, timedelta) else value for key, value in self.values.items()}
        publish_at, archive_at = values.get("publish_at"), values.get("archive_at")
        if publish_at and archive_at and archive_at <= publish_at:
            raise self.fault("archive_at", rule_of("lesson_archive_at"))
        return values

    def require_in_step(self, release: Values, now: datetime | None = None) -> None:
        """Refuse a lesson that does not stand as its release does. Raises: Fault.

        Args:
            release: its status and publish_at.
            now: what relative times count from; None when they can only be compared with one another yet.
        """
        values = self.values_at(now) if now else self.values
        publish_at, release_at = values["publish_at"], release["publish_at"]
        if type(publish_at) is not type(release_at):
            release_at = publish_at
        obstacle = lifecycle.membership_obstacle(
            Status(values["status"]),
            publish_at,
            ReleaseStatus(release["status"]),
            release_at,
            was_public=values["published_at"] is not None,
        )
        if obstacle:
            raise self.fault(obstacle.field, obstacle.text)

    def fault(self, key: str, rule: str) -> Fault:
        """The fault of breaking a rule with the value of a key, written or missing."""
        return Fault(joined(self.path, key), rule, self.line)


@dataclass(frozen=True, slots=True)
class Content:
    """All that a file says: topics, as the values of their keys, releases, programs with their terms and lessons,
    pictures, and scheduled changes."""

    topics: tuple[Values, ...]
    releases: tuple[Seed, ...]
    programs: tuple[Seed, ...]
    pictures: tuple[Seed, ...] = ()
    changes: tuple[Seed, ...] = ()
