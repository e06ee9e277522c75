"""The footer is rebuilt when it shows other keys, and only then."""

from textual.widgets._footer import FooterKey

from chaishots.database.connection import Connection
from tests import builders
from tests.tui.conftest import Hands, Sit


def keys(hands: Hands) -> list[FooterKey]:
    """The keys in the footer."""
    return list(hands.here.query(FooterKey))


async def test_the_footer_keeps_its_keys_while_they_are_the_same(sit: Sit) -> None:
    async with sit() as hands:
        await hands.settled()
        before = keys(hands)
        assert before
        hands.here.refresh_bindings()
        await hands.settled()
        assert keys(hands) == before


async def test_the_footer_greys_what_is_not_possible_with_what_is_selected(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql, await builders.a_program(sql, title="Chai"))
    await builders.a_lesson(sql, term, title="Ginger")
    async with sit() as hands:
        await hands.settled()
        assert {key.key: key.has_class("-disabled") for key in keys(hands)}["P"]
        await hands.press("l")
        await hands.sees(lambda: "Ginger" in hands.titles)
        await hands.press("G")
        await hands.settled()
        await hands.sees(lambda: not {key.key: key.has_class("-disabled") for key in keys(hands)}["P"])
