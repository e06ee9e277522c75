"""An editor that misbehaves: `python -m tests.faults.editor HOW FILE`, on the terminal that it is given."""

import os
import signal
import sys
import time
from pathlib import Path

TYPED = "title: A bowl"


def main(how: str, name: str) -> None:
    file = Path(name)
    print(f"EDITING {os.getpid()}", flush=True)
    match how:
        case "waits":
            # In cooked mode, where Ctrl+C and Ctrl+Z are signals.
            signal.signal(signal.SIGINT, lambda *_: print("INTERRUPTED", flush=True))
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            while input() != "done":
                pass
            file.write_text(file.read_text().replace("title: Giraffe", TYPED))
        case "is killed":
            file.write_text(file.read_text().replace("title: Giraffe", TYPED))
            os.kill(os.getpid(), signal.SIGKILL)
        case "writes 10 MB":
            file.write_text("programs:\n" + "  - title: x\n" * 1_000_000)
        case "writes much":
            file.write_text(file.read_text() + "# x\n" * 130_000 + "topics:\n" + '  - {name: ""}\n' * 10_000)
        case "leaves the terminal as it likes":
            print("\x1b[?1049h\x1b[?1000h\x1b[?25l", end="", flush=True)
            os.system("stty raw -echo")
        case "ignores a hangup":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            time.sleep(600)
        case _:
            raise ValueError(how)


if __name__ == "__main__":
    main(*sys.argv[1:])
