"""The demo's content at one moment that stands still, and pictures of the terminal that shows it.

The same picture comes out whenever it is made: the snapshots compare them, and `make pictures` makes the README's.
"""

import html
import os
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from rich.cells import cell_len
from textual.widgets import Input, TextArea

from chaishots.content.event_types import EventType
from chaishots.content.exchange.seed import seed
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.errors import DatabaseAway
from chaishots.database.pool import open_pool
from chaishots.database.replicas import Replica, application_name
from chaishots.tui.app import OperatorApp
from chaishots.tui.options import Options
from chaishots.tui.state.clock import Clock
from chaishots.tui.state.session import Session
from tests.content.exchange.seeds import named
from tests.tui.conftest import Hands, listening
from tests.tui.tmux import TITLES

REPLICAS: Final = ("web-1", "web-2", "web-3")
MOMENT: Final = datetime(2030, 1, 7, 8, 30, tzinfo=UTC)
SEEDS: Final = Path(__file__).parents[2] / "seeds" / "demo.yaml"
ACTOR: Final = "asha"
EDITOR: Final = "sed -i '/is_paid:/s/false/true/; /[.]mp4/s/cdn/video/'"
"""Somebody's editor, who makes a lesson paid and moves its videos."""

# Before pg_catalog in the search path, these are the clock of whatever is not bound to the real one already.
_CLOCK: Final = """
    create schema staged;
    create function staged.now() returns timestamptz language sql stable return '{moment}'::timestamptz;
    create function staged.clock_timestamp() returns timestamptz language sql stable return '{moment}'::timestamptz;
"""
# What was bound to the real clock, and ids made of it; and lessons that went out on their time, a little late.
_STILL: Final = """
    set session_replication_role = replica;
    update program set created_at = '{moment}'::timestamptz - interval '60 days', updated_at = '{moment}';
    update lesson set created_at = '{moment}'::timestamptz - interval '60 days', updated_at = '{moment}',
           publish_at = coalesce(publish_at, published_at - (8 + lesson_number * 3) * interval '1 ms');
    update activity set at = '{moment}'::timestamptz - (1000 - seq % 1000) * interval '1 s';
    insert into activity (at, actor, action, object_type, object_id, before, after)
    select published_at, 'web-1', 'lesson.publish', 'lesson', id,
           jsonb_build_object('status', 'scheduled', 'published_at', null),
           jsonb_build_object('status', 'published', 'published_at', published_at)
      from lesson where published_at is not null order by published_at, title;
    update activity set object_id = md5(lesson.title)::uuid from lesson where lesson.id = object_id;
    update lesson set id = md5(title)::uuid;
"""


# Without triggers: the history of the pictures has nothing of them.
TOKENS: Final = f"""
    set session_replication_role = replica;
    insert into api_token (id, name, role, token_hash, created_at, last_used_at, expires_at, revoked_at)
    select md5(name)::uuid, name, role, sha256(name::bytea), moment - interval '40 days', moment - used, moment + good,
           case when is_revoked then moment - interval '2 days' end
      from (values ('ఆశ', 'admin', interval '3 min', null::interval, false),
                   ('Import', 'editor', null, '30 days', false), ('पुराना फ़ोन', 'viewer', '9 days', null, true),
                   ('বসন্তের পর্যালোচনা', 'viewer', '20 days', '-1 day', false),
                   ('team', 'calendar', '2 h', null, false), ('காலை அணி', 'editor', '5 min', null, false),
                   ('☕ deploy 👩‍🚀', 'editor', null, '12 h', false),
                   ('چائے', 'reader', '1 h', '90 days', false))
           as token (name, role, used, good, is_revoked), (select '{MOMENT.isoformat()}'::timestamptz as moment) as now;
"""

WEBHOOKS: Final = f"""
    set session_replication_role = replica;
    insert into webhook (id, url, events, status, paused_reason, created_at, updated_at)
    select md5(url)::uuid, 'https://' || url,
           case when is_of_one then array['lesson.published'] else '{{{",".join(EventType)}}}' end,
           case when reason is null then 'active' else 'paused' end, reason, moment - interval '40 days', moment
      from (values ('search.example.com/hooks/chai', false, null), ('push.example.com/v1?key=hunter2', true, null),
                   ('old.example.com/hook', true, 'failing'), ('mail.example.com/chai', false, 'asked'))
           as hook (url, is_of_one, reason), (select '{MOMENT.isoformat()}'::timestamptz as moment) as now;
    insert into webhook_delivery (webhook_id, position, mark, alert, tries, failing_since, retry_at)
    select id, 0, 0, 0, case when url like '%push%' then 5 else 0 end,
           case when url like '%push%' then '{MOMENT.isoformat()}'::timestamptz - interval '3 hours 20 min' end,
           case when url like '%push%' then '{MOMENT.isoformat()}'::timestamptz + interval '42 min' end from webhook;
    insert into webhook_attempt (id, webhook_id, message_id, at, status, reason, latency_ms, answer)
    select format('0000000%s-0000-7000-8000-%s', 9 - number, left(md5(url), 12))::uuid, webhook.id,
           md5(url || number)::uuid, '{MOMENT.isoformat()}'::timestamptz - ago, answered, why, latency, answer
      from webhook join (values
           ('search', 1, interval '2 min', 204, '', 38, ''),
           ('push', 1, interval '18 min', 503, '', 1204, E'{{"error": "कतार भर गई है, క్యూ నిండింది"}}\r\n'),
           ('push', 2, interval '79 min', null, 'It took longer than 15 s.', 15002, ''),
           ('old', 1, interval '2 days', 404, '', 61, '<h1>Not found</h1>[2J')) as tried
           (name, number, ago, answered, why, latency, answer) on url like 'https://' || name || '%';
"""

_LANGUAGES: Final = ("te", "hi", "bn", "ta", "en", "ur")
_ACTORS: Final = ("ఆశ", "स्वाति", "রুমা", "கயல்", "asha ☕️", "زارا")
_OF_SCRIPTS: Final = "(values {}) as script (place, title, text, language, actor, moment)".format(
    ", ".join(
        f"({place}, '{title}', '{title}. {title}', '{language}', '{actor}', '{MOMENT.isoformat()}'::timestamptz)"
        for place, (title, language, actor) in enumerate(zip(TITLES.values(), _LANGUAGES, _ACTORS, strict=True), 1)
    )
)
# One to come of lessons that are scheduled, an open one of drafts that lack their thumbnails, and two that are over.
RELEASES: Final = f"""
    set session_replication_role = replica;
    insert into release (id, name, status, publish_at, published_at, created_at, updated_at)
    select md5(name)::uuid, name, status, moment + due, moment + published, moment - interval '9 days', moment
      from (values ('ఉగాది: chai with the family', 'scheduled', interval '26 h', null::interval),
                   ('दिवाली', 'open', null, null), ('Onam', 'published', '-3 days', '-3 days'),
                   ('Pilot', 'cancelled', null, null))
           as release (name, status, due, published), (select '{MOMENT.isoformat()}'::timestamptz as moment) as now;
    update lesson set release_id = release.id, publish_at = release.publish_at, archive_at = null,
                      thumbnails = case when release.status = 'open' then '{{}}' else thumbnails end
      from (select id, status, row_number() over (partition by status order by title) as place from lesson
             where status in ('draft', 'scheduled')) as chosen,
           release
     where chosen.id = lesson.id and (chosen.status = 'draft' and release.name = 'दिवाली' and place <= 3
                                      or chosen.status = 'scheduled' and release.name like 'ఉగాది%' and place <= 4);
"""


_POSTERS: Final = (
    '{"te": {"portrait": "https://cdn.example.com/p.webp", "landscape": "https://cdn.example.com/l.webp"}}'
)
# A program whose lessons have titles in every script that might be drawn wrong, and what was done with them.
SCRIPTS: Final = f"""
    set session_replication_role = replica;
    insert into program (id, title, slug, description, language_primary, languages_available, status, published_at,
                         posters, created_at, updated_at)
    select md5(title)::uuid, title, 'scripts', text, 'te', array['te', 'hi', 'bn', 'ta', 'en', 'ur'], 'published',
           moment - interval '50 days', '{_POSTERS}', moment - interval '51 days', moment
      from {_OF_SCRIPTS} where place = 1;
    insert into term (id, program_id, term_number, title)
    select md5(title || 'term')::uuid, md5(title)::uuid, 1, title
      from {_OF_SCRIPTS} where place = 1;
    insert into lesson (id, term_id, lesson_number, title, summary, content_type, duration_ms, content_language_primary,
                        content_languages_available, content_urls, thumbnails, status, publish_at, published_at,
                        created_at, updated_at)
    select md5(title || 'lesson')::uuid, (select md5(title || 'term')::uuid from {_OF_SCRIPTS} where place = 1), place,
           title, text, 'video', 95000, language, array[language],
           jsonb_build_object(language, 'https://cdn.example.com/scripts/' || language || '.mp4'),
           case when place = 6 then '{{}}' else jsonb_build_object(language, jsonb_build_object(
               'portrait', 'https://cdn.example.com/p.webp', 'landscape', 'https://cdn.example.com/l.webp')) end,
           case when place <= 3 then 'scheduled' when place = 4 then 'published' else 'draft' end,
           case when place <= 3 then moment + place * interval '70 min' end,
           case when place = 4 then moment - interval '20 days' end, moment - interval '51 days', moment
      from {_OF_SCRIPTS};
    insert into activity (at, actor, action, object_type, object_id, before, after)
    select moment - (7 - place) * interval '7 min', actor, 'lesson.change', 'lesson', md5(title || 'lesson')::uuid,
           jsonb_build_object('title', left(title, -4), 'summary', ''),
           jsonb_build_object('title', title, 'summary', text)
      from {_OF_SCRIPTS};
    insert into change (id, object_type, object_id, patch, apply_at, scheduled_by, created_at, updated_at)
    select md5(title || 'change')::uuid, 'lesson', md5(title || 'lesson')::uuid,
           jsonb_build_object('title', title || ' ✎', 'summary', text), moment + place * interval '20 min', actor,
           moment, moment
      from {_OF_SCRIPTS} where place in (1, 6);
"""


class FrozenClock(Clock):
    """Stands still at one moment."""

    def set(self, now: datetime) -> None:
        """Keep to the moment it was made with."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was made with."""
        return self._at


class StagedSession(Session):
    """A session whose clock stands still, and that sees the replicas it is told of."""

    def __init__(self, context: Options, *, replicas: Sequence[str] = REPLICAS, version: str = "0.1.0") -> None:
        super().__init__(context, FrozenClock(MOMENT))
        self.is_cut_off = False
        self._told = [
            Replica(name, place == 0, MOMENT - timedelta(hours=31 - place), version=version)
            for place, name in enumerate(replicas)
        ]

    async def look(self) -> bool:
        """Look as ever, but for the replicas; cut off, find the database away."""
        if self.is_cut_off:
            self.note_away()
            raise DatabaseAway("Postgres is away.")
        came_back = await super().look()
        assert self.standing is not None
        self.standing = replace(self.standing, replicas=self._told)
        return came_back


def staged_dsn(dsn: str) -> str:
    """The same database, on the clock that stands still."""
    return f"{dsn}{'&' if '?' in dsn else '?'}search_path=staged,pg_catalog,public"


async def stage(dsn: str, *, content: bool = True) -> None:
    """Fill a migrated, empty database with the demo's content, as it is at the moment."""
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(_CLOCK.format(moment=MOMENT.isoformat()))
        if content:
            async with open_pool(staged_dsn(dsn), application_name="chaishots:staging:pool"):
                await seed(SEEDS, actor="seed", upload=named)
            await admin.execute(_STILL.format(moment=MOMENT.isoformat()))
    finally:
        await admin.close()


@asynccontextmanager
async def shown(
    dsn: str,
    size: tuple[int, int],
    *,
    theme: str = "textual-dark",
    replicas: Sequence[str] = REPLICAS,
    version: str = "0.1.0",
    **given: Any,  # Any: as Options has it
) -> AsyncIterator[Hands]:
    """The terminal on a staged database."""
    dsn = staged_dsn(dsn)
    with _in_utc(), _with_a_steady_cursor():
        async with (
            _leading(dsn, next(iter(replicas), None)),
            open_pool(dsn, application_name="chaishots:staged:pool"),
            listening(dsn) as listener,
        ):
            context = Options(**{"listener": listener, "actor": ACTOR, "database": "db.example.com/chai", **given})
            session = StagedSession(context, replicas=replicas, version=version)
            app = OperatorApp(context, session=session)
            async with app.run_test(size=size) as pilot:
                app.theme = theme
                hands = Hands(app, pilot)
                await hands.settled()
                yield hands


@contextmanager
def _with_a_steady_cursor() -> Iterator[None]:
    # It blinks each half second, and a picture would have it or not.
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Input, TextArea):
            patch.setattr(kind, "cursor_blink", False)
        yield


@asynccontextmanager
async def _leading(dsn: str, replica: str | None) -> AsyncIterator[None]:
    # Why a lesson is not public asks Postgres who leads.
    if replica is None:
        yield
        return
    name = application_name(replica, "publisher")
    connection = await asyncpg.connect(dsn, server_settings={"application_name": name})
    try:
        await connection.execute("select pg_advisory_lock($1)", PUBLISHER)
        yield
    finally:
        await connection.close()


@contextmanager
def _in_utc() -> Iterator[None]:
    # Times are shown in the machine's own zone, which is not the same everywhere.
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def picture(hands: Hands) -> str:
    """What is on the glass as SVG, the same each time; letters of every script keep to their cells."""
    svg = hands.app.export_screenshot(title="chaishots tui")
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return re.sub(r' textLength="([0-9.]+)"([^>]*)>([^<]*)<', _fit, svg)


def _fit(text: re.Match[str]) -> str:
    # Rich reckons a text as wide as it has code points; combining marks have no cell.
    letters = html.unescape(text[3])
    width = float(text[1]) * cell_len(letters) / max(1, len(letters))
    return f' lengthAdjust="spacingAndGlyphs" textLength="{width:g}"{text[2]}>{text[3]}<'
