"""The private names of Textual that the driver leans on: an upgrade that changes them has to fail here, by name.

What they are good for is held on a real terminal, in tests/faults/test_terminal.py.
"""

import inspect
import queue
import threading
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from chaishots.tui.host.require_and_restore_terminal import NoTerminal, require_terminal

_METHODS = (
    "write",
    "close",
    "disable_input",
    "start_application_mode",
    "stop_application_mode",
    "run_input_thread",
    "process_message",
    "_get_terminal_size",
    "can_suspend",
)


@pytest.mark.parametrize("name", _METHODS)
def test_the_driver_still_has_what_ours_replaces(name: str) -> None:
    assert hasattr(LinuxDriver, name)


@pytest.mark.parametrize("name", ["_file", "_writer_thread", "exit_event", "fileno", "_key_thread"])
def test_the_driver_still_keeps_what_ours_reads(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(LinuxDriver)


def test_the_writer_still_takes_its_text_from_a_bounded_queue_and_ends_at_none(tmp_path: Path) -> None:
    with (tmp_path / "screen").open("w+") as screen:
        writer = WriterThread(screen)
        assert isinstance(writer, threading.Thread)
        assert writer.daemon
        assert isinstance(writer._queue, queue.Queue)
        assert writer._queue.maxsize >= 20, "leaving a terminal takes a dozen writes, none of which may be dropped"
        writer.start()
        writer._queue.put_nowait("drawn")
        writer._queue.put_nowait(None)
        writer.join(timeout=5)
        assert not writer.is_alive()
        assert (tmp_path / "screen").read_text() == "drawn"


def test_the_parser_still_makes_keys_of_text() -> None:
    parser = XTermParser(False)
    assert [getattr(event, "key", None) for event in parser.feed("a")] == ["a"]
    assert list(parser.tick()) == []


def test_without_a_terminal_the_reason_says_what_to_do() -> None:
    # pytest captures: what it gives its tests is no terminal.
    with pytest.raises(NoTerminal, match="without --tui"):
        require_terminal()
