"""Asks for a picture: its path, which is completed, and for what it is. Returns what was typed, and reads no file."""

import asyncio
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import Suggester, SuggestFromList
from textual.widgets import Input, Static

from chaishots.tui.actions.picture_input import NoPlace, Places, Typed, complete_path
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.rendering.styles import Styles
from chaishots.tui.screens.problem_dialog import ProblemDialog
from chaishots.tui.widgets.dialog_keys import Answers
from chaishots.tui.widgets.text_input import CompletedInput


class AskPicture(ProblemDialog[Typed | None]):
    """Asks for a picture's path and place.

    typed: what stands there at first. problem: what was wrong with it, empty for nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", id="picture.cancel")]

    def __init__(self, places: Places, typed: Typed, problem: str = "") -> None:
        super().__init__(problem)
        self._places = places
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -form") as box:
            box.border_title = "Poster" if self._places.kind == "posters" else "Thumbnail"
            yield Static(f"“{plain(self._places.title)}”", id="of", markup=False)
            yield Static("File", classes="label", markup=False)
            path = CompletedInput(self._typed.path, placeholder="~/pictures/chai.jpg", id="path", suggester=_Paths())
            yield path
            yield Static("For", classes="label", markup=False)
            names = [str(place) for place in self._places.all]
            place = CompletedInput(
                self._typed.place, id="place", suggester=SuggestFromList(names, case_sensitive=False)
            )
            yield place
            yield Static(self.told(), id="told", classes="understood")
            yield Answers(("Enter", "upload it"), ("Tab", "complete, or next"), ("Esc", "cancel"))

    @on(Input.Submitted)
    def _accept(self) -> None:
        path, place = (self.query_one(f"#{name}", Input) for name in ("path", "place"))
        try:
            self._places.read(place.value)
        except NoPlace as refused:
            self.tell(str(refused))
            place.focus()
            return
        if not path.value.strip():
            self.tell("Type the path of a picture.")
            path.focus()
            return
        self.dismiss(Typed(path.value, place.value))

    def hint(self, styles: Styles) -> Text:
        told = Text("JPEG, PNG, WebP or AVIF, 10 MiB and 40 megapixels at most.", style=styles.muted)
        if missing := ", ".join(map(str, self._places.missing)):
            told.append(f"\nmissing: {missing}", style=styles.soon)
        if taken := ", ".join(str(place) for place in self._places.all if place in self._places.taken):
            told.append(f"\nthere is: {taken}")
        return told


class _Paths(Suggester):
    """Suggests files and folders."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The path with the rest of its last name."""
        return await asyncio.to_thread(complete_path, value)
