"""How soon the terminal's first picture stands, against that of a Textual application that shows one word.

    python -m bench.terminal_start [PAIRS]

Both are started in alternation, each on a terminal of its own; 20 pairs if not said. No Postgres is needed: the first
picture stands before it is reached.
"""

import os
import select
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Final

SIZE: Final = (40, 120)
LAST_SCREEN: Final = b"8 Rel"
"""The last screen in the header, which is drawn whole."""
_TUI: Final = (sys.executable, "-m", "chaishots", "tui")
_NOBODY: Final = "postgresql://nobody@127.0.0.1:1/nowhere"
_BARE: Final = """
from textual.app import App
from textual.widgets import Static

class Bare(App[None]):
    def compose(self):
        yield Static("standing")

Bare().run()
"""


def first_seen(command: Sequence[str], texts: Sequence[bytes], environment: Mapping[str, str]) -> list[float]:
    """How long a command takes, on a terminal of its own, until each text has been seen, one after the other, in ms."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, SIZE)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **environment})
    shown, times = b"", list[float]()
    try:
        for text in texts:
            while text not in shown:
                shown += os.read(master, 65_536)
            times.append((time.perf_counter() - began) * 1000)
    finally:
        process.terminate()
        while process.poll() is None:
            if select.select([master], [], [], 0.01)[0]:
                os.read(master, 65_536)
        os.close(master)
        os.close(slave)
    return times


def surroundings(dsn: str, folder: str, bytecode: str) -> dict[str, str]:
    """The variables of both: an installed program has compiled modules, whatever the environment says here."""
    own = {"DATABASE_URL": dsn, "CHAISHOTS_DATA_DIR": folder, "TERM": "xterm-256color"}
    return own | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}


def main(pairs: int) -> None:
    """Start both in alternation, and print the medians and what one is of the other."""
    ours, bare = list[float](), list[float]()
    with tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True) as folder:
        environment = surroundings(_NOBODY, folder, os.path.join(folder, "bytecode"))
        for _ in range(pairs + 1):
            ours += first_seen(_TUI, [LAST_SCREEN], environment)
            bare += first_seen((sys.executable, "-c", _BARE), [b"standing"], environment)
    median_ours, median_bare = (statistics.median(times[1:]) for times in (ours, bare))  # the first ones compile
    ratios = sorted(one / other for one, other in zip(ours[1:], bare[1:], strict=True))
    print(f"first picture {median_ours:.0f} ms, a bare application's {median_bare:.0f} ms")
    print(f"{median_ours / median_bare:.2f} x; pairs from {ratios[0]:.2f} x to {ratios[-1]:.2f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
