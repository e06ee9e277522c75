"""Tokens on the terminal: seen, made, copied, revoked; and a secret that is nowhere but in its dialog."""

import json
import logging

import pytest
from textual.widgets._footer import FooterKey

from chaishots.content import tokens
from chaishots.content.roles import Role
from chaishots.database.connection import Connection
from chaishots.tui.widgets.header import TABS
from tests.tui.conftest import Hands, Sit, Wire


def names(hands: Hands) -> list[str]:
    """The tokens of the list, from top to bottom."""
    return [row.token.name for row in hands.here.rows.rows if getattr(row, "token", None)]


async def a_token(sql: Connection, name: str, role: Role = Role.EDITOR) -> str:
    """A token; its secret."""
    _, secret = await tokens.create_token(sql, name, role, actor="ravi")
    return secret


async def types_a_token(hands: Hands, name: str, role: str, lifetime: str = "") -> None:
    """Fill in the dialog of a new token."""
    await hands.press("n")
    await hands.sees(lambda: hands.dialog == "AskToken")
    for text in (name, role, lifetime):
        if text:
            await hands.type(text)
        await hands.press("tab")
    await hands.press("enter")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_a_token_is_made_shown_once_copied_and_revoked(
    sit: Sit, sql: Connection, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with sit(size, actor="ఆశా") as hands:
        await hands.press("6")
        await hands.reads("There are no tokens yet: n makes one.")
        await types_a_token(hands, "Web app", "Editor", "90d")
        await hands.sees(lambda: hands.dialog == "ShowSecret")
        await hands.press("enter", "n", "q")  # nothing but Esc closes it
        assert hands.dialog == "ShowSecret"
        secret = next(word for word in hands.text().split() if word.startswith("chai_"))
        await hands.press("y")
        assert hands.app.clipboard == secret
        found = await tokens.find_active_token(sql, secret)
        assert found
        assert (found.name, found.role, found.expires_at is None) == ("Web app", Role.EDITOR, False)
        await hands.press("escape")
        await hands.sees(lambda: names(hands) == ["Web app"])
        await hands.settled()
        await hands.press("T")
        assert secret not in hands.text() + hands.told + caplog.text
        await hands.press("escape", "4")
        await hands.settled()
        assert secret not in hands.text()
        history = [dict(line) for line in await sql.fetch("select * from activity")]
        assert [(line["actor"], line["action"]) for line in history] == [("ఆశా", "token.create")]
        assert secret not in json.dumps(history, default=str)
        await hands.press("6")
        await hands.sees(lambda: names(hands) == ["Web app"])
        await hands.press("x" if size[0] == 60 else "A")
        await hands.reads("Revoke the token “Web app” (editor)?")
        await hands.press("n")
        assert await tokens.find_active_token(sql, secret)
        await hands.press("A", "y")
        await hands.sees(lambda: "The token Web app is revoked." in hands.told)
        await hands.reads("× revoked")
        assert await tokens.find_active_token(sql, secret) is None
        await hands.settled()
        await hands.press("A")
        await hands.sees(lambda: "It is revoked already." in hands.told)
        assert (await sql.fetchval("select actor from activity where action = 'token.revoke'")) == "ఆశా"


@pytest.mark.parametrize(
    ("name", "role", "lifetime", "said"),
    [
        ("", "admin", "", "Type a name"),
        ("phone", "", "", "A role is calendar, reader, viewer, editor or admin."),
        ("phone", "boss", "", "A role is calendar, reader"),
        ("phone", "admin", "soon", "Give a number of days or hours"),
        ("phone", "admin", "0d", "Give a number of days or hours"),
        ("తె/లుగు", "admin", "", "Give a name of 1 to 64 letters"),
        ("[b]x[/b]", "admin", "", "Give a name of 1 to 64 letters"),
        ("x" * 5_000, "admin", "", "Give a name of 1 to 64 letters"),
        ("taken", "admin", "", "There is an active token of this name"),
    ],
)
async def test_what_cannot_be_used_is_told_and_nothing_that_was_typed_is_lost(
    sit: Sit, sql: Connection, name: str, role: str, lifetime: str, said: str
) -> None:
    await a_token(sql, "taken")
    async with sit((80, 24)) as hands:
        await hands.press("6")
        await hands.settled()
        await types_a_token(hands, name, role, lifetime)
        await hands.reads(said)
        assert hands.dialog == "AskToken"
        typed = [field.value for field in hands.app.screen.query("Input").results()]  # type: ignore[attr-defined]
        assert typed == [name, role, lifetime]
        await hands.press("escape")
        await hands.sees(lambda: not hands.dialog)
        assert await sql.fetchval("select count(*) from api_token") == 1


async def test_every_screen_is_named_on_top_even_beside_a_long_database(sit: Sit) -> None:
    async with sit((80, 24), database="this machine/chaishots") as hands:
        for place, name in enumerate(TABS.values(), 1):
            await hands.press(str(place))
            await hands.reads(f" {place} {name} ")
            line = hands.text().splitlines()[0]
            assert all(f" {at} {title[0]}" in line for at, title in enumerate(TABS.values(), 1))


async def test_a_role_is_completed_by_tab(sit: Sit, sql: Connection) -> None:
    async with sit((80, 24)) as hands:
        await hands.press("6")
        await hands.settled()
        await hands.press("n")
        await hands.type("phone")
        await hands.press("tab", "e", "d")
        await hands.settled()
        await hands.press("tab", "enter")
        await hands.sees(lambda: hands.dialog == "ShowSecret")
        assert await sql.fetchval("select role from api_token") == "editor"


async def test_those_of_others_appear_and_are_found(sit: Sit, sql: Connection) -> None:
    await a_token(sql, "phone", Role.VIEWER)
    await tokens.revoke_token(sql, "phone")
    await a_token(sql, "script")
    async with sit() as hands:
        await hands.press("6")
        await hands.sees(lambda: names(hands) == ["script", "phone"])
        await a_token(sql, "phone", Role.ADMIN)
        await hands.sees(lambda: names(hands) == ["phone", "script", "phone"])
        for text, found in (("!revoked", ["phone", "script"]), ("viewer", ["phone"]), ("phone admin", ["phone"])):
            await hands.press("slash")
            await hands.type(text)
            await hands.sees(lambda found=found: names(hands) == found)
            await hands.press("escape")
        await hands.sees(lambda: len(names(hands)) == 3)
        await hands.press("t")  # its history
        await hands.reads("token.create")
        assert hands.here.NAME == "activity"


async def test_one_that_somebody_else_has_revoked_and_made_anew_is_left_alone(sit: Sit, sql: Connection) -> None:
    await a_token(sql, "script")
    async with sit() as hands:
        await hands.press("6")
        await hands.sees(lambda: names(hands) == ["script"])
        await hands.press("A")
        await hands.sees(lambda: hands.dialog == "Confirm")
        await tokens.revoke_token(sql, "script")
        secret = await a_token(sql, "script")
        await hands.press("y")
        await hands.sees(lambda: "There is no active token of this name." in hands.told)
        assert await tokens.find_active_token(sql, secret)


async def test_read_only_changes_no_token_and_says_why(sit: Sit, sql: Connection) -> None:
    await a_token(sql, "script")
    async with sit((80, 24), read_only=True) as hands:
        await hands.press("6")
        await hands.sees(lambda: names(hands) == ["script"])
        for key in ("n", "A", "x", "plus"):
            await hands.press(key)
            await hands.settled()
            assert not hands.dialog
        assert hands.told.count("This terminal is read only") == 4


async def test_while_the_database_is_away_nothing_is_made(sit: Sit, sql: Connection, wire: Wire) -> None:
    await a_token(sql, "script")
    async with sit(dsn=wire.dsn) as hands:
        await hands.press("6")
        await hands.sees(lambda: names(hands) == ["script"])
        await hands.press("n")
        await hands.sees(lambda: hands.dialog == "AskToken")
        await wire.cut()
        await hands.type("phone")
        await hands.press("tab")
        await hands.type("admin")
        await hands.press("enter")
        await hands.sees(lambda: "phone" in hands.text() and "Postgres" in hands.text())
        assert hands.dialog == "AskToken"
        await wire.mend()
        await hands.sees(lambda: not hands.app.session.is_away)
        await hands.press("enter")
        await hands.sees(lambda: hands.dialog == "ShowSecret")


async def test_a_great_many_are_cut_with_a_note(sit: Sit, sql: Connection) -> None:
    await sql.execute(
        """insert into api_token (name, role, token_hash)
           select 'token ' || lpad(n::text, 4, '0'), 'viewer', sha256(n::text::bytea) from generate_series(1, 700) n"""
    )
    async with sit((80, 24)) as hands:
        await hands.press("6")
        await hands.sees(lambda: len(names(hands)) == 500)
        await hands.reads("the first 500 of 700 tokens; / finds the others")
        await hands.press("slash")
        await hands.type("0699")
        await hands.sees(lambda: names(hands) == ["token 0699"])


async def test_a_key_is_grey_no_longer_than_what_it_needs_is_read(sit: Sit, sql: Connection) -> None:
    await a_token(sql, "Web app")
    async with sit((60, 16)) as hands:

        def revoke() -> FooterKey:
            return next(key for key in hands.here.query(FooterKey) if key.key == "A")

        async with sql.transaction():
            await sql.execute("lock table api_token")
            await hands.press("6")
            await hands.sees(lambda: revoke().has_class("-disabled"))
        await hands.sees(lambda: names(hands) == ["Web app"])
        await hands.sees(lambda: not revoke().has_class("-disabled"))
