"""The names of the screens, on top: whole where there is room for them, never cut into two letters."""

from tests.tui.conftest import Sit

NAMES = ("1 Content", "2 Schedule", "3 Replicas", "4 Activity", "5 Log", "6 Tokens", "7 Webhooks", "8 Releases")


async def test_the_names_of_the_screens_take_the_room_there_is(sit: Sit) -> None:
    async with sit((120, 36), label="prod", database="postgres.internal.example.com/chaishots") as hands:

        async def first_line(width: int, height: int) -> str:
            await hands.pilot.resize_terminal(width, height)
            await hands.settled()
            line = hands.text().splitlines()[0]
            assert "PROD" in line
            assert line.rstrip().endswith("/chaishots")  # the database is known by its name as well
            return line

        wide = await first_line(200, 60)
        assert all(name in wide for name in NAMES)
        assert "postgres.internal.example.com" in wide
        for size in ((120, 36), (80, 24)):
            short = await first_line(*size)
            assert all(name[:5] in short for name in NAMES)
        assert " 1 Content " in await first_line(60, 16)
