"""The page of fields: what is read as one word stands whole, and as text it is laid out anew."""

from uuid import UUID

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from chaishots.tui.rendering.details import Field, Page, Section
from chaishots.tui.widgets.details_page import Details

ID = str(UUID(int=1))
FIELDS = Field("content_languages_available", ID), Field("about", "ఒకటి రెండు మూడు నాలుగు ఐదు ఆరు ఏడు")


class Shown(App[None]):
    """The page alone."""

    def compose(self) -> ComposeResult:
        yield Details()

    def on_mount(self) -> None:
        self.query_one(Details).show(Page(1, "Chai", [Section("Record", FIELDS)]))


@pytest.mark.parametrize("width", [44, 56, 80, 200])
async def test_an_id_is_never_broken_where_a_line_has_room_for_it(width: int) -> None:
    async with Shown().run_test(size=(width, 20)) as pilot:
        await pilot.pause()
        details = pilot.app.query_one(Details)
        assert ID in details.text()
        assert all(cell_len(one) <= 40 for one in details.text(40).splitlines())
        assert ID in details.text(40)
