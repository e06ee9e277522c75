"""Servers with a terminal view that misbehaves: `python -m tests.faults.views NAME`; see test_terminal.py."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvloop
from textual.app import ComposeResult
from textual.widgets import Label, Static

from chaishots.api.server.sockets import bound_sockets
from chaishots.cli.configure import configure
from chaishots.cli.database import connect, migrate_schema
from chaishots.supervisor import View, serve
from chaishots.tui.host.error_boundary import ErrorBoundary
from chaishots.tui.host.run_and_restart import Leaving

SECRET: Final = "postgresql://operator:hunter2@db.example/chai"


class Restless(ErrorBoundary[Leaving]):
    """Paints the whole screen anew all the time, so that a terminal which is not read is full at once."""

    def compose(self) -> ComposeResult:
        yield Static()

    def on_mount(self) -> None:
        self.beats = 0
        self.set_interval(0.15, self.beat)

    def beat(self) -> None:
        self.beats += 1
        line = f"{self.beats % 10}" * self.size.width
        self.query_one(Static).update("\n".join([line] * self.size.height))


class Fragile(Label):
    """Fails in every way there is, each on a key of its own."""

    can_focus = True

    def on_key(self, event: Any) -> None:
        secret = SECRET
        match event.key:
            case "h":
                raise RuntimeError("in a handler")
            case "t":
                self.set_interval(0.001, self.fail, repeat=1)
            case "w":
                self.run_worker(self.fail_later())
            case "r":
                self.render = self.fail
                self.refresh()
            case "c":
                self.mount(Fails())
            case "n":
                self.call_next(self.fail)
            case "l":
                self.app.exit(Leaving.VIEW)
            case "s":
                self.app.exit(Leaving.SERVER)
            case _:
                self.app.query_one("#told", Label).update(f"<{event.key} with {len(secret)}>")

    def fail(self) -> Any:
        secret = SECRET
        raise RuntimeError(f"failed with {len(secret)}")

    async def fail_later(self) -> None:
        self.fail()


class Fails(Label):
    def compose(self) -> ComposeResult:
        raise RuntimeError("in compose")


class Faulty(ErrorBoundary[Leaving]):
    def compose(self) -> ComposeResult:
        yield Fragile("fragile")
        yield Label("", id="told", markup=False)

    def on_mount(self) -> None:
        self.query_one(Fragile).focus()


class Doomed(ErrorBoundary[Leaving]):
    """Does not even start."""

    def compose(self) -> ComposeResult:
        secret = SECRET
        raise RuntimeError(f"at the start, with {len(secret)}")
        yield Static()


VIEWS: Final[dict[str, Callable[[], ErrorBoundary[Leaving]]]] = {
    "restless": Restless,
    "faulty": Faulty,
    "doomed": Doomed,
}


def main(name: str) -> None:
    settings = configure()
    sockets = bound_sockets(settings.host, settings.port)
    with connect(settings) as postgres:
        migrate_schema(settings, postgres)
        view = View(lambda _, __: VIEWS[name](), Path(settings.logs_folder) / f"serve-{settings.port}.log")
        uvloop.run(serve(settings, postgres, sockets, view=view))


if __name__ == "__main__":
    main(sys.argv[1])
