"""How webhooks are drawn, as rows and as a page with their last attempts. Pure; a webhook's secret is known to neither.

What a receiver answered is hostile, and so is a URL: both stand on one line, as they may be shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from rich.text import Text

from chaishots.content.event_types import ATTEMPT_DAYS, EventType, PausedReason
from chaishots.times import lasting, tell_time
from chaishots.tui.rendering.details import Field, Page, Section
from chaishots.tui.rendering.formatting import cell, count, milliseconds, plain, short
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles

Document = Mapping[str, Any]  # Any: JSON, as admins are answered it

_WITH_LAST: Final = 56
_WITH_BEHIND: Final = 70
_WITH_EVENTS: Final = 84
_LONGEST_URL: Final = 80
_LONG_BEHIND_S: Final = 60
"""How old may be what a webhook was not sent yet, while nothing has failed, until that is told: a commit is sent at
once."""


class Standing(StrEnum):
    """How a webhook stands, for people."""

    WELL = "well"
    NEW = "new"
    WAITING = "waiting"
    FAILING = "failing"
    PAUSED = "paused"
    GIVEN_UP = "given up"


_LOOKS: Final = {
    Standing.WELL: ("●", "good"),
    Standing.NEW: ("●", "text"),
    Standing.WAITING: ("◔", "soon"),
    Standing.FAILING: ("!", "bad"),
    Standing.PAUSED: ("○", "muted"),
    Standing.GIVEN_UP: ("×", "bad"),
}
_CAUSES: Final[Sequence[tuple[Sequence[int], str]]] = (
    (
        (401, 403),
        "It refuses whoever sends: mostly it checks with another secret than the one that signs (K).",
    ),
    (
        (404, 405),
        "Nothing takes messages at this URL: has its receiver moved? PATCH /cms/webhooks/{id}.",
    ),
    ((400, 413, 415, 422), "It cannot read this message: its own log tells more."),
    ((429,), "It is asked too often, or limits everybody."),
    (
        range(300, 400),
        "It leads elsewhere, which is not followed: PATCH /cms/webhooks/{id} to that URL.",
    ),
    (range(500, 600), "The receiver itself fails: its own log tells more."),
)


@dataclass(frozen=True)
class WebhookRow(Row):
    """A webhook, as admins are answered it."""

    document: Document = field(default_factory=dict[str, Any])

    @property
    def webhook_id(self) -> UUID:
        """Its id."""
        return UUID(self.document["id"])

    @property
    def is_paused(self) -> bool:
        """Whether it is sent nothing, whoever paused it."""
        return self.document["status"] == "paused"


def standing_of(document: Document) -> Standing:
    """How it stands."""
    if document["paused_reason"]:
        return Standing.PAUSED if document["paused_reason"] == PausedReason.ASKED else Standing.GIVEN_UP
    if document["tries"]:
        return Standing.FAILING
    if document["lag_s"] > _LONG_BEHIND_S:
        return Standing.WAITING
    return Standing.WELL if document["last_attempt"] else Standing.NEW


def short_url(url: str) -> str:
    """Where it leads, short: without https://, and without what may be secret, a user's name and a query."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    more = "?…" if "?" in rest else ""
    where = plain(f"{'' if scheme == 'https' else scheme + '://'}{host.rpartition('@')[2]}{slash}{path}")
    return (where if len(where) <= _LONGEST_URL else f"{where[: _LONGEST_URL - 1]}…") + more


def words_of(document: Document) -> str:
    """What the filter looks for its words in."""
    return " ".join([document["url"], standing_of(document), *document["events"], document["id"]]).casefold()


def draw_webhook(row: WebhookRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a webhook: how it stands, how far it is behind, its last attempt, what it is told, where it leads."""
    document = row.document
    mark, style = _LOOKS[standing := standing_of(document)]
    since = f" {short(now - _at(document['failing_since']))}" if standing is Standing.FAILING else ""
    line = Text().append(cell(f"{mark} {standing}{since}", 16), getattr(styles, style))
    if width >= _WITH_BEHIND:
        line.append(cell(f"{document['behind']:,} behind" if document["behind"] else "up to date", 11), styles.muted)
    if width >= _WITH_LAST:
        last = document["last_attempt"]
        line.append(cell(_brief(last), 13), _style_of(last, styles))
    if width >= _WITH_EVENTS:
        line.append(cell(_events(document["events"], short_form=True), 12), styles.muted)
    return line.append(short_url(document["url"]), styles.muted if row.is_paused else styles.strong)


def webhook_page(document: Document, attempts: Sequence[Document], now: datetime) -> Page:
    """The page of a webhook: how it stands and what to do, how far it has come, and its last attempts, newest first."""
    mark, style = _LOOKS[standing := standing_of(document)]
    return Page(
        UUID(document["id"]),
        short_url(document["url"]),
        [
            Section(
                "",
                [
                    Field("webhook", f"{mark} {standing}", style),
                    *(Field("what to do", text) for text in [what_to_do(document)] if text),
                ],
            ),
            Section("How far", _how_far(document, now)),
            Section(
                "Webhook",
                [
                    Field("leads to", plain(document["url"])),
                    Field("is told", _events(document["events"])),
                    *(
                        Field("secret", f"the one before signs too until {tell_time(_at(until))}", "muted")
                        for until in [document["former_secret_until"]]
                        if until
                    ),
                ],
            ),
            Section(f"The last attempts, of {ATTEMPT_DAYS} days", _attempts(attempts)),
            Section(
                "Record",
                [
                    Field("id", document["id"]),
                    Field("version", str(document["version"])),
                    Field("created", tell_time(_at(document["created_at"]))),
                    Field("changed", tell_time(_at(document["updated_at"]))),
                ],
            ),
        ],
    )


def what_to_do(document: Document) -> str:
    """What somebody has to do about it, in sentences; empty for nothing."""
    last = document["last_attempt"]
    cause = _cause(last) if last else ""
    match standing_of(document):
        case Standing.FAILING:
            return (
                f"{cause} It is tried again by itself for three days, and what comes after it waits; once it is "
                "mended, S tries it at once. Where it never will take this message, R goes on behind it."
            ).strip()
        case Standing.GIVEN_UP if document["paused_reason"] == PausedReason.GONE:
            return "Its receiver answered 410: it wants nothing any more. Delete it (x), or resume it (P) if it errs."
        case Standing.GIVEN_UP:
            return (
                f"Its receiver took nothing for three days. {cause} Mend it, try it with C, then resume it (P): "
                "what it missed is sent, as far back as the feed goes."
            )
        case Standing.PAUSED:
            return "An admin paused it. P resumes it: what it missed is sent, as far back as the feed goes."
        case Standing.WAITING:
            return "It should have been sent something by now: see whether a replica leads (3), and its log."
        case Standing.NEW:
            return "Nothing was sent yet. C sends it a test."
        case Standing.WELL:
            return ""


def _cause(last: Document) -> str:
    status = last["status"]
    if status is None:
        return f"{plain(last['reason']) or 'Nobody answered.'} Does it run, and can it be reached from the servers?"
    if 200 <= status < 300:
        return ""  # a test, after the message that is not taken
    found = next((text for statuses, text in _CAUSES if status in statuses), "It does not take the message.")
    return f"It answers {status}. {found}"


def _how_far(document: Document, now: datetime) -> list[Field]:
    behind = count(document["behind"], "change")
    age = lasting(timedelta(seconds=document["lag_s"]))
    fields = [Field("behind", f"{behind}, the first of them {age} old" if document["lag_s"] else "nothing")]
    if document["behind"] and not document["lag_s"]:
        fields = [Field("behind", behind)]
    if document["tries"]:
        since = document["failing_since"]
        fields.append(
            Field("failing", f"{count(document['tries'], 'try', 'tries')} since {tell_time(_at(since))}", "bad")
        )
    if (retry_at := document["retry_at"]) and document["status"] == "active":
        left = _at(retry_at) - now
        when = f"in {short(left)}, {tell_time(_at(retry_at))}" if left > timedelta() else "now"
        fields.append(Field("tried again", when, "soon"))
    return fields


def _attempts(attempts: Sequence[Document]) -> list[Field]:
    fields: list[Field] = []
    before = ""
    for attempt in attempts:
        test = ", a test" if attempt["is_test"] else ""
        style = "good" if _is_taken(attempt) else "bad"
        fields.append(Field("", f"{tell_time(_at(attempt['at']))}  {_outcome(attempt)}{test}", style))
        fields.append(Field("  message", attempt["message_id"], "muted"))
        if attempt["reason"]:
            fields.append(Field("  why", plain(attempt["reason"])))
        if answer := attempt["answer"]:
            # Each try of a message is mostly answered the same: once is enough.
            fields.append(
                Field("  answered", "the same" if answer == before else f"“{plain(answer.strip())}”", "muted")
            )
        before = answer
    return fields or [Field("", "none", "muted")]


def _outcome(attempt: Document) -> str:
    told = "no answer" if attempt["status"] is None else str(attempt["status"])
    return f"{told}, {milliseconds(attempt['latency_ms'])}"


def _brief(attempt: Document | None) -> str:
    if attempt is None:
        return "no try yet"
    return "no answer" if attempt["status"] is None else _outcome(attempt)


def _is_taken(attempt: Document) -> bool:
    return attempt["status"] is not None and 200 <= attempt["status"] < 300


def _style_of(attempt: Document | None, styles: Styles) -> Any:  # Any: Rich's Style
    if attempt is None:
        return styles.muted
    return styles.good if _is_taken(attempt) else styles.bad


def _events(events: Sequence[str], *, short_form: bool = False) -> str:
    if set(events) >= set(EventType):
        return "all events"
    return count(len(events), "event") if short_form else plain(", ".join(events))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
