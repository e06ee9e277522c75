"""Attempts are counted by webhook, for as long as there is one: its series ends with it."""

from chaishots.database.connection import Connection
from chaishots.metrics import WEBHOOK_ATTEMPTS
from tests.cluster import eventually
from tests.conftest import Database
from tests.receivers import receiving
from tests.webhooks.test_sender import a_public_lesson, a_webhook, sent


async def test_attempts_are_counted_by_webhook_until_it_is_deleted(fresh_database: Database, sql: Connection) -> None:
    async with receiving() as taking, receiving(lambda _: 500) as refusing, sent(fresh_database):
        taken, failed = [str((await a_webhook(sql, receiver.url))[0]) for receiver in (taking, refusing)]
        await a_public_lesson(sql)

        async def are_counted() -> bool:
            return WEBHOOK_ATTEMPTS[taken, "taken"] == 1 and WEBHOOK_ATTEMPTS[failed, "failed"] >= 2

        await eventually(are_counted)
        assert (WEBHOOK_ATTEMPTS[taken, "failed"], WEBHOOK_ATTEMPTS[failed, "taken"]) == (0, 0)

        await sql.execute("delete from webhook where id = $1", failed)

        async def are_forgotten() -> bool:
            return {webhook for webhook, _ in WEBHOOK_ATTEMPTS} == {taken}

        await eventually(are_forgotten)
