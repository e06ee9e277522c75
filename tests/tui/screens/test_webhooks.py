"""Webhooks on the terminal: how they stand, what came of their tries, and each step; hostile receivers do nothing."""

import json
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import pytest
from textual.widgets import Static

from chaishots.content.event_types import MOST_WEBHOOKS
from chaishots.database.connection import Connection
from chaishots.safe_text import is_safe
from chaishots.tui.rendering.webhook_rows import short_url
from chaishots.tui.widgets.details_page import Details
from chaishots.webhooks.sender import sending
from tests.cluster import eventually
from tests.conftest import Database
from tests.receivers import HERE, receiving
from tests.tui.conftest import Hands, Sit, Wire

URL = "https://receiver.example/hook"
HOSTILE = "\x1b[2J\x1b]52;c;cm0gLXJm\x07[red]x[/red]\u202egnp.exe\r\n\tతెలుగు हिन्दी 🫖"


def shown_urls(hands: Hands) -> list[str]:
    """Where the webhooks of the list lead, from top to bottom."""
    return [row.document["url"] for row in hands.here.rows.rows]


async def reads_page(hands: Hands, key: UUID) -> str:
    """The page of a webhook, once it is shown, on one line; a low window shows it instead of the list."""
    details = hands.app.screen.query_one(Details)
    if not details.size.width:
        await hands.press("tab")
    await hands.sees(lambda: details.page and details.page.key == key and hands.here.as_text())
    page = " ".join(hands.here.as_text().split())
    if details.has_focus:
        await hands.press("tab")
    return page


async def a_webhook(sql: Connection, url: str = URL, **columns: Any) -> UUID:
    """A webhook, with what its delivery has."""
    key = await sql.fetchval("insert into webhook (url) values ($1) returning id", url)
    for name, value in columns.items():
        await sql.execute(f"update webhook_delivery set {name} = $2 where webhook_id = $1", key, value)
    return key


async def failing(sql: Connection, key: UUID, *, tries: int = 4) -> None:
    """Let a webhook fail for three hours, and be tried again in one."""
    await sql.execute(
        """update webhook_delivery set tries = $2, failing_since = now() - interval '3 hours',
                  retry_at = now() + interval '1 hour', message_id = gen_random_uuid(), message_body = '{}',
                  message_at = now(), message_position = 0, message_mark = 0, message_alert = 0
            where webhook_id = $1""",
        key,
        tries,
    )


async def an_attempt(sql: Connection, key: UUID, status: int | None, reason: str = "", answer: str = "") -> None:
    """A try that took 87 ms."""
    await sql.execute(
        """insert into webhook_attempt (webhook_id, message_id, status, reason, latency_ms, answer)
           values ($1, gen_random_uuid(), $2, $3, 87, $4)""",
        key,
        status,
        reason,
        answer,
    )


async def stands(sql: Connection, key: UUID) -> Mapping[str, Any]:
    """The row of a webhook and of its delivery."""
    row = await sql.fetchrow("select * from webhook join webhook_delivery on webhook_id = id where id = $1", key)
    assert row is not None
    return dict(row)


def sender(database: Database) -> AbstractAsyncContextManager[None]:
    """A leader's sender."""
    return sending(database.dsn, replica="web-1", reach=HERE)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_without_any_it_says_how_to_make_one(sit: Sit, size: tuple[int, int]) -> None:
    async with sit(size) as hands:
        await hands.press("7")
        await hands.reads('POST /cms/webhooks {"url": "https://receiver.example"}')
        await hands.reads("7 Webhooks")
        await hands.press("P")
        await hands.sees(lambda: hands.told == "Select a webhook first.")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36), (200, 60)])
async def test_each_says_how_it_stands_and_what_to_do(sit: Sit, sql: Connection, size: tuple[int, int]) -> None:
    well, bad, gone, given_up = [await a_webhook(sql, f"https://{name}.example/hook") for name in "abcd"]
    await an_attempt(sql, well, 204)
    await failing(sql, bad)
    await an_attempt(sql, bad, 401, answer="who are you?")
    for key, reason, status in ((gone, "gone", 410), (given_up, "failing", None)):
        await an_attempt(sql, key, status, reason="" if status else "It took longer than 15 s.")
        await sql.execute("update webhook set status = 'paused', paused_reason = $2 where id = $1", key, reason)
    paused = await a_webhook(sql, "https://e.example/hook")
    await sql.execute("update webhook set status = 'paused' where id = $1", paused)
    told = {
        well: ("● well", "nothing"),
        bad: ("! failing", "It answers 401."),
        gone: ("× given up", "it wants nothing any more"),
        given_up: ("× given up", "It took longer than 15 s."),
        paused: ("○ paused", "P resumes it"),
    }
    async with sit(size) as hands:
        await hands.press("7")
        await hands.sees(lambda: len(shown_urls(hands)) == 5)
        await hands.reads("! failing 3h")
        await hands.settled()
        await hands.press("T")
        await hands.reads("what to do")  # as text also where a low window has no room for it beside the list
        await hands.press("escape")
        for key, texts in told.items():
            hands.here.rows.move_to(key)
            page = await reads_page(hands, key)
            assert all(text in page for text in texts), page


async def test_a_test_is_sent_and_what_came_of_it_is_shown(sit: Sit, sql: Connection, fresh_database: Database) -> None:
    async with receiving(lambda _: 200) as receiver, sender(fresh_database), sit((120, 36)) as hands:
        key = await a_webhook(sql, receiver.url)
        await sql.execute("update webhook set status = 'paused' where id = $1", key)
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [receiver.url])
        await hands.press("C")
        await hands.sees(lambda: "A test is sent" in hands.told)
        await hands.reads("a test")
        assert [one.message["type"] for one in receiver.got] == ["webhook.test"]
        assert (await stands(sql, key))["status"] == "paused"


async def test_what_fails_is_tried_now_paused_and_resumed(sit: Sit, sql: Connection, fresh_database: Database) -> None:
    answers = [500]
    async with receiving(lambda _: answers[0]) as receiver, sender(fresh_database), sit((120, 36)) as hands:
        key = await a_webhook(sql, receiver.url)
        await sql.execute("select pg_notify('chaishots_webhooks', '')")
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [receiver.url])
        await failing(sql, key)
        await hands.reads("! failing 3h")
        answers[0] = 204
        await hands.press("S")
        await hands.reads("● well")
        assert receiver.taken
        await hands.settled()
        await hands.press("S")
        await hands.sees(lambda: "Nothing waits to be tried again" in hands.told)
        await hands.press("P")
        await hands.reads("Pause the webhook to")
        await hands.press("y")
        await hands.reads("○ paused")
        await hands.settled()
        await hands.press("S")
        await hands.sees(lambda: "It is paused: P resumes it" in hands.told)
        await hands.press("P")
        await hands.reads("● well")
        assert "Select a lesson" not in hands.told
        history = [
            dict(line)
            for line in await sql.fetch("select actor, action from activity where action like 'web%' order by seq")
        ]
        assert [(line["actor"], line["action"]) for line in history][1:] == [
            ("asha", "webhook.pause"),
            ("asha", "webhook.resume"),
        ]


async def test_a_new_secret_is_shown_once_and_the_one_before_signs_too(
    sit: Sit, sql: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = await a_webhook(sql)
    before = (await stands(sql, key))["secret"]
    async with sit((80, 24)) as hands:
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [URL])
        await hands.press("K", "n")
        await hands.settled()
        assert (await stands(sql, key))["secret"] == before
        await hands.press("K")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await hands.press("y")
        await hands.sees(lambda: hands.dialog == "ShowSecret")
        secret = (await stands(sql, key))["secret"]
        assert secret != before
        assert secret in "".join(hands.text().split())
        await hands.press("enter", "q", "y")
        assert hands.app.clipboard == secret
        await hands.press("escape")
        await hands.sees(lambda: "the one before signs too" in hands.here.as_text())
        await hands.press("T")
        for hidden in (secret, before):
            assert hidden not in "".join(hands.text().split()) + hands.told + caplog.text
        history = await sql.fetch("select * from activity")
        assert secret not in json.dumps([dict(line) for line in history], default=str)


async def test_it_is_replayed_since_a_moment_of_the_past(sit: Sit, sql: Connection) -> None:
    key = await a_webhook(sql)
    await failing(sql, key)
    async with sit((60, 16)) as hands:
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [URL])
        for typed, told in (
            ("soon", "not"),
            ("2999-01-01", "to come"),
            ("9" * 3_000, ""),
            (HOSTILE, ""),
            ("", "Since when?"),
        ):
            await hands.press("R")
            await hands.sees(lambda: hands.dialog == "AskSince")
            await hands.type(typed) if typed else None
            await hands.press("enter")
            await hands.sees(lambda told=told: told in hands.text())
            assert hands.dialog == "AskSince"
            told_there = hands.app.screen.query_one("#told", Static).content
            assert is_safe(str(told_there).replace("\n", ""))
            await hands.press("escape")
        await hands.press("R")
        await hands.type("now")
        await hands.reads("0 s ago")
        await hands.press("enter")
        await hands.sees(lambda: "is sent what happened since then" in hands.told)
        assert (await stands(sql, key))["tries"] == 0
        assert await sql.fetchval("select actor from activity where action = 'webhook.replay'") == "asha"


async def test_it_is_deleted_when_that_is_said_twice(sit: Sit, sql: Connection) -> None:
    await a_webhook(sql)
    async with sit((60, 16)) as hands:
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [URL])
        await hands.press("x", "x")
        await hands.reads("Delete the webhook to receiver.example/hook?")
        await hands.press("enter", "n")
        await hands.settled()
        assert await sql.fetchval("select count(*) from webhook") == 1
        await hands.press("delete")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await hands.press("y")
        await hands.reads("There are no webhooks.")
        assert await sql.fetchval("select count(*) from webhook") == 0


async def test_what_somebody_else_changed_meanwhile_is_left_alone(sit: Sit, sql: Connection) -> None:
    key = await a_webhook(sql)
    async with sit((80, 24)) as hands:
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [URL])
        await hands.press("x")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await sql.execute("update webhook set url = 'https://other.example' where id = $1", key)
        await hands.press("y")
        await hands.sees(lambda: "Somebody has changed it meanwhile" in hands.told)
        assert await sql.fetchval("select count(*) from webhook") == 1
        await hands.sees(lambda: shown_urls(hands) == ["https://other.example"])
        await hands.press("x")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await sql.execute("delete from webhook")
        await hands.press("y")
        await hands.sees(lambda: "There is no webhook with this id." in hands.told)


async def test_hostile_answers_and_urls_are_harmless(sit: Sit, sql: Connection) -> None:
    key = await a_webhook(sql, "https://" + "x" * 60 + ".example/" + "[red]" * 300 + "?token=hunter3")
    for answer in (HOSTILE, HOSTILE, "<html>" + "ా" * 900, "[/]" * 300, "https://phish.example/\x1b\\"):
        await an_attempt(sql, key, 502, answer=answer)
    await an_attempt(sql, key, None, reason=HOSTILE)
    await failing(sql, key, tries=2_000_000)
    for size in ((60, 16), (80, 24), (200, 60)):
        async with sit(size) as hands:
            await hands.press("7")
            await hands.sees(lambda: len(shown_urls(hands)) == 1)
            await hands.settled()
            listed = hands.text()
            page = await reads_page(hands, key)
            assert not any(sign in page + hands.text() for sign in ("\x1b", "\x07", "\u202e"))
            assert "\\x1b[2J" in page
            assert "[red]x[/red]" in page
            assert "hunter" not in listed.splitlines()[2][:70]  # the list shows no secret part of it
            for key_name in ("P", "K", "x", "R"):
                await hands.press(key_name)
                await hands.sees(lambda: hands.dialog)
                await hands.press("escape")
                await hands.sees(lambda: not hands.dialog)


async def test_the_filter_finds_by_host_standing_and_event(sit: Sit, sql: Connection) -> None:
    for name in ("search", "mail"):
        await a_webhook(sql, f"https://{name}.example")
    await failing(sql, await a_webhook(sql, "https://broken.example"))
    async with sit((80, 24)) as hands:
        await hands.press("7")
        await hands.sees(lambda: len(shown_urls(hands)) == 3)
        for typed, found in (
            ("failing", ["broken"]),
            ("!failing", ["mail", "search"]),
            ("SEARCH", ["search"]),
            ("zz", []),
        ):
            await hands.press("slash")
            await hands.type(typed)
            urls = [f"https://{name}.example" for name in found]
            await hands.sees(lambda urls=urls: shown_urls(hands) == urls)
            await hands.press("escape")
            await hands.sees(lambda: len(shown_urls(hands)) == 3)


async def test_read_only_changes_nothing_and_says_why(sit: Sit, sql: Connection) -> None:
    await a_webhook(sql)
    async with sit((80, 24), read_only=True) as hands:
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [URL])
        for key in ("P", "S", "C", "R", "K", "x"):
            await hands.press(key)
            await hands.settled()
            assert not hands.dialog
        assert hands.told.count("This terminal is read only") == len(hands.told.splitlines()) == 6


async def test_while_the_database_is_away_it_dims_and_nothing_is_done(sit: Sit, sql: Connection, wire: Wire) -> None:
    key = await a_webhook(sql)
    async with sit((80, 24), dsn=wire.dsn) as hands:
        await hands.press("7")
        await hands.sees(lambda: shown_urls(hands) == [URL])
        await hands.press("x")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await wire.cut()
        await hands.press("y")
        await hands.sees(lambda: "Postgres" in hands.told)
        await hands.sees(lambda: hands.here.has_class("-away"))
        await hands.sees(lambda: shown_urls(hands) == [URL])
        await hands.press("P")
        await hands.sees(lambda: "The database is away" in hands.told)
        await wire.mend()
        await hands.sees(lambda: not hands.app.session.is_away)
        await hands.press("P")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await hands.press("y")
        await eventually(lambda: _is_paused(sql, key))


async def _is_paused(sql: Connection, key: UUID) -> bool:
    return (await stands(sql, key))["status"] == "paused"


async def test_all_that_there_may_be_are_shown(sit: Sit, sql: Connection) -> None:
    for number in range(MOST_WEBHOOKS):
        await a_webhook(sql, f"https://r{number}.example")
    async with sit((60, 16)) as hands:
        await hands.press("7")
        await hands.sees(lambda: len(shown_urls(hands)) == MOST_WEBHOOKS)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/hook", "a.example/hook"),
        ("http://a.example:8080/", "http://a.example:8080/"),
        ("https://asha:secret@a.example/x?key=secret#y", "a.example/x?…"),
        ("https://a.example?x", "a.example?…"),
        ("https://a.example/@x", "a.example/@x"),
        ("https://[::1", "[::1"),
        ("https://a.example/" + "y" * 90 + "?x", "a.example/" + "y" * 69 + "…?…"),
        ("https://a\u202e.example", "a\\u202e.example"),
    ],
)
def test_a_url_is_short_without_what_may_be_secret(url: str, shown: str) -> None:
    assert short_url(url) == shown
