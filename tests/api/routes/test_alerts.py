"""Each alert's cause is staged, the application scraped, and Prometheus asked: that alert fires, and no other."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chaishots.content.queries import upcoming_and_overdue
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from chaishots.database.pool import open_pool
from chaishots.database.replicas import application_name
from chaishots.metrics import PUBLISH_LATENESS, REGISTRY
from tests.api.conftest import REPLICA, Served, served
from tests.builders import a_change, a_lesson, a_program, a_public_program, a_release, a_term, database_now
from tests.conftest import Database

pytestmark = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")

RULES = Path(__file__).parents[3] / "deploy" / "alerts.yml"
MINUTES = 20
"""How long what was scraped stays so: longer than any alert waits."""
AN_AGE = timedelta(minutes=-5)
Samples = dict[str, tuple[float, bool]]
"""Of each series its value, and whether it counts."""
Stage = Callable[["Scene"], Awaitable[Any]]


class Scene:
    """One replica on a database of its own, which leads until a test lets it go."""

    def __init__(self, served: Served, sql: Connection, database: Database, leader: Connection) -> None:
        self.served = served
        self.sql = sql
        self.database = database
        self.leader = leader
        self.patch = pytest.MonkeyPatch()
        self.others: list[Connection] = []

    async def other(self) -> Connection:
        """A session of somebody else's, which stays until the test ends."""
        self.others.append(await asyncpg.connect(self.database.dsn))
        return self.others[-1]


@pytest.fixture
async def scene(whole: Served, sql: Connection, fresh_database: Database) -> AsyncIterator[Scene]:
    leader = await asyncpg.connect(
        fresh_database.dsn, server_settings={"application_name": application_name(REPLICA, "publisher")}
    )
    await leader.execute("select pg_advisory_lock($1)", PUBLISHER)
    scene = Scene(whole, sql, fresh_database, leader)
    yield scene
    scene.patch.undo()
    for session in (leader, *scene.others):
        await session.close()


async def nothing(scene: Scene) -> None:
    await a_public_program(scene.sql)
    await a_lesson(scene.sql, due_in=timedelta(hours=3))


async def writes_refused(scene: Scene) -> None:
    await scene.sql.execute("alter table activity rename column action to deed")


async def writes_waiting(scene: Scene) -> None:
    other = await scene.other()
    await other.execute("begin; lock table release in access exclusive mode")


async def no_leader(scene: Scene) -> None:
    await scene.leader.execute("select pg_advisory_unlock($1)", PUBLISHER)


async def overdue(scene: Scene) -> None:
    await a_lesson(scene.sql, due_in=AN_AGE)


async def blocked(scene: Scene) -> None:
    lesson = await a_lesson(scene.sql, due_in=AN_AGE)
    await scene.sql.execute("update lesson set publish_error = 'No poster.' where id = $1", lesson)


async def end_overdue(scene: Scene) -> None:
    lesson = await a_lesson(scene.sql, status="published", published_at=await database_now(scene.sql))
    await scene.sql.execute("set session_replication_role = replica")
    await scene.sql.execute("update lesson set archive_at = now() + $2 where id = $1", lesson, AN_AGE)
    await scene.sql.execute("set session_replication_role = origin")


async def release_refused(scene: Scene) -> None:
    at = await database_now(scene.sql) + timedelta(hours=3)
    release = await a_release(scene.sql)
    await a_lesson(scene.sql, release_id=release)
    await scene.sql.execute("update release set status = 'scheduled', publish_at = $2 where id = $1", release, at)
    await scene.sql.execute("update release set publish_error = 'Refused.' where id = $1", release)


async def change_overdue(scene: Scene) -> None:
    at = await database_now(scene.sql) + AN_AGE
    await a_change(scene.sql, await a_lesson(scene.sql), {"title": "New"}, apply_at=at)


async def blocked_soon(scene: Scene) -> None:
    program = await a_program(scene.sql, posters={})
    await a_lesson(scene.sql, await a_term(scene.sql, program), due_in=timedelta(minutes=30))


async def clock_wrong(scene: Scene) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz or UTC) + timedelta(minutes=1)

    scene.patch.setattr(upcoming_and_overdue, "datetime", Ahead)


async def feed_behind(scene: Scene) -> None:
    await scene.sql.execute("insert into feed_state (id, position, line, kept_after) values (1, 0, 0, 0)")
    await a_public_program(scene.sql)
    await scene.sql.execute("set session_replication_role = replica")  # the history is only ever added to
    await scene.sql.execute("update activity set at = at - interval '1 minute'")
    await scene.sql.execute("set session_replication_role = origin")


async def webhook_failing(scene: Scene) -> None:
    await scene.sql.execute(
        "insert into webhook (url, status, paused_reason) values ('https://a.example', 'paused', 'failing')"
    )


async def webhook_paused_by_hand(scene: Scene) -> None:
    await scene.sql.execute(
        "insert into webhook (url, status, paused_reason) values ('https://a.example', 'paused', 'asked')"
    )


async def late(_: Scene) -> None:
    for _ in range(100):
        PUBLISH_LATENESS.observe(2)


async def errors(scene: Scene) -> None:
    await scene.sql.execute("alter table topic rename to subject")
    for _ in range(20):
        await scene.served.client.get("/catalog/programs")


CAUSES: list[tuple[Stage, str]] = [
    (nothing, ""),
    (writes_refused, "ChaiShotsWritesRefused"),
    (writes_waiting, "ChaiShotsWritesWaiting"),
    (no_leader, "ChaiShotsNoLeader"),
    (overdue, "ChaiShotsLessonsOverdue"),
    (blocked, "ChaiShotsLessonsBlocked"),
    (end_overdue, "ChaiShotsEndsOverdue"),
    (release_refused, "ChaiShotsReleaseRefused"),
    (change_overdue, "ChaiShotsChangesOverdue"),
    (blocked_soon, "ChaiShotsBlockedSoon"),
    (clock_wrong, "ChaiShotsClockWrong"),
    (feed_behind, "ChaiShotsFeedBehind"),
    (webhook_failing, "ChaiShotsWebhookPaused"),
    (webhook_paused_by_hand, ""),
    (late, "ChaiShotsPublishingLate"),
    (errors, "ChaiShotsErrors"),
]


@pytest.mark.parametrize(("stage", "alert"), CAUSES, ids=lambda one: getattr(one, "__name__", ""))
async def test_a_cause_fires_its_alert_and_no_other(scene: Scene, tmp_path: Path, stage: Stage, alert: str) -> None:
    before = _read(generate_latest(REGISTRY).decode())
    await stage(scene)
    after = _read((await scene.served.client.get("/metrics")).text)
    await _assert_fires(tmp_path, before, after, alert)


async def test_a_database_that_is_away_fires_its_alert_and_no_other(tmp_path: Path) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    async with open_pool(nowhere.dsn, application_name="tests"), served(nowhere, listens=False) as away:
        after = _read((await away.client.get("/metrics")).text)
    await _assert_fires(tmp_path, {}, after, "ChaiShotsDatabaseDown")


async def test_changes_that_are_not_heard_fire_their_alert_and_no_other(
    database: Database, sql: Connection, tmp_path: Path
) -> None:
    async with served(database, listens=False) as deaf:
        after = _read((await deaf.client.get("/metrics")).text)
    after["chaishots_leader"] = (1, False)
    await _assert_fires(tmp_path, {}, after, "ChaiShotsChangesNotHeard")


async def test_a_replica_that_answers_no_scrape_fires_its_alert_and_no_other(scene: Scene, tmp_path: Path) -> None:
    after = _read((await scene.served.client.get("/metrics")).text)
    await _assert_fires(tmp_path, {}, after, "ChaiShotsReplicaDown", up=0)


def _read(text: str) -> Samples:
    told: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = "".join(f",{name}={json.dumps(value)}" for name, value in sorted(sample.labels.items()))
            counts = sample.name.endswith(("_total", "_bucket", "_count", "_sum"))
            told[sample.name + (f"{{{labels[1:]}}}" if labels else "")] = sample.value, counts
    return told


async def _assert_fires(folder: Path, before: Samples, after: Samples, alert: str, *, up: int = 1) -> None:
    scrapes = MINUTES * 4
    series: list[dict[str, str]] = [{"series": 'up{job="chaishots",instance="a"}', "values": f"{up}x{scrapes}"}]
    for name, (value, counts) in after.items():
        if name.startswith("chaishots_"):
            start = before.get(name, (0.0, True))[0] if counts and before else value
            step = (value - start) / scrapes
            bare, _, labels = name.rstrip("}").partition("{")
            named = f'{bare}{{job="chaishots",instance="a"{"," if labels else ""}{labels}}}'
            values = f"{start!r}{step:+.17g}x{scrapes}" if step else f"{value!r}x{scrapes}"
            series.append({"series": named, "values": values})
    asked = {
        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": f"{MINUTES}m",
        "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if alert else [],
    }
    test = {"interval": "15s", "input_series": series, "promql_expr_test": [asked]}
    file = folder / "rules_test.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "15s", "tests": [test]}))
    promtool = await asyncio.create_subprocess_exec(
        "promtool", "test", "rules", str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await promtool.communicate()
    assert promtool.returncode == 0, said.decode()
