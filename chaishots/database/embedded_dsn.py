"""Where the embedded Postgres of a folder listens, if one runs there: for whoever must neither start it nor wait.

Loads next to nothing, unlike `embedded.py`. Must not write anything.
"""

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

_PROCESS, _PORT, _SOCKET_FOLDER = 0, 3, 4
"""The lines of Postgres' own postmaster.pid."""
_DSN: Final = "postgresql://postgres@/chaishots?host={folder}&port={port}&sslmode=disable"


def running_dsn(folder: Path) -> str | None:
    """The DSN of the server that runs on `folder`; None where none seems to. It may end at any moment."""
    data = folder / "data"
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[_PROCESS]), 0)
        # As it was named when it was started, in the data folder.
        sockets = (data / lines[_SOCKET_FOLDER]).resolve()
        if not (sockets / f".s.PGSQL.{int(lines[_PORT])}").exists():
            return None
    except Exception:  # noqa: BLE001  # whatever stands in that file, or hinders us: none seems to run
        return None
    return _DSN.format(folder=quote(str(sockets)), port=int(lines[_PORT]))
