"""What shells are offered, how bash puts it on its line, and that nothing is said when nothing can be offered."""

import asyncio
import os
import pty
import select
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest

from chaishots.cli.completion import ANSWER_SECONDS
from chaishots.cli.parameter_types import ASK_SECONDS
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_release, a_term, a_topic
from tests.cluster import DEADLINE_SECONDS
from tests.commands import Ran, chaishots
from tests.conftest import Database

HOSTILE = (
    "Zed $(touch PWNED) x",
    "Zed `touch PWNED`",
    "Zed \"dq\" and 'sq'",
    "Zed; touch PWNED",
    "Zed *",
    "Zed, comma",
    "Zed: colon=eq@at",
    "Zed! bang !!",
    "Zed \\ back\\slash",
    "Zed ~/$HOME",
    "Zed & | > < ( ) { } [ ] # ? ^",
)


ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PYTHONPATH by which nothing is given up for time alone: the machine may be busy with other tests."""
    folder = tmp_path_factory.mktemp("patient")
    (folder / "sitecustomize.py").write_text(
        f"""from chaishots.cli import completion, parameter_types
parameter_types.ASK_SECONDS, completion.ANSWER_SECONDS = {DEADLINE_SECONDS}, {DEADLINE_SECONDS}
"""
    )
    return f"{folder}:{ROOT}"


@pytest.fixture
def patience(patient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process of the test is patient."""
    monkeypatch.setenv("PYTHONPATH", patient)


async def completes(database: Database, line: str, word: str | None = None, **environment: str) -> list[str]:
    """What bash is offered for a line. word: what of it bash replaces, else its last word."""
    asked = {"COMP_LINE": line, "COMP_WORD": line.rpartition(" ")[2] if word is None else word}
    asked |= {"_CHAISHOTS_COMPLETE": "bash_complete", "DATABASE_URL": database.dsn} | environment
    ran = await chaishots(**asked)
    assert (ran.code, ran.err) == (0, "")
    return [entry.removeprefix("plain,") for entry in ran.out.splitlines() if entry]


@pytest.mark.usefixtures("patience")
async def test_commands_options_and_choices_are_offered(fresh_database: Database) -> None:
    assert await completes(fresh_database, "chaishots publ") == ["publish", "publish-due"]
    assert "list" in await completes(fresh_database, "chaishots ")
    assert await completes(fresh_database, "chaishots schedule --z") == ["--zone"]
    assert await completes(fresh_database, "chaishots schedule x y --zone asia/kolk") == ["asia/kolkata"]
    assert await completes(fresh_database, "chaishots token create x --role e") == ["editor"]
    assert await completes(fresh_database, "chaishots token re") == ["revoke"]
    assert await completes(fresh_database, "chaishots list les") == ["lessons"]
    assert await completes(fresh_database, "chaishots seed ") == ["file,"]


@pytest.mark.usefixtures("patience")
async def test_titles_and_ids_are_offered_as_they_fit_the_command(fresh_database: Database, sql: Connection) -> None:
    program = await a_program(sql, title="Telugu course")
    term = await a_term(sql, program, title="Telugu term")
    draft = await a_lesson(sql, term, title="Telugu 1")
    await a_lesson(sql, term, title="Telugu 2", due_in=AN_HOUR)
    await a_lesson(sql, term, title="Telugu 3", status="archived")
    await a_topic(sql, "Telugu")
    await a_release(sql, name="Telugu day")

    async def offers(command: str, typed: str = "tel") -> set[str]:
        return set(await completes(fresh_database, f"chaishots {command} {typed}"))

    course, lessons = "telugu\\ course", {f"telugu\\ {number}" for number in (1, 2, 3)}
    assert await offers("show") == {course, "telugu\\ term", "telugu", "telugu\\ day"} | lessons
    assert await offers("why") == {course, "telugu\\ term", "telugu\\ day"} | lessons
    assert await offers("publish") == {"telugu\\ 1", "telugu\\ 2"}
    assert await offers("schedule") == {"telugu\\ 1", "telugu\\ 2", "telugu\\ day"}
    assert await offers("unschedule") == {"telugu\\ 2"}
    assert await offers("archive") == {course, "telugu\\ 1", "telugu\\ 2"}
    assert await offers("restore") == {"telugu\\ 3"}
    assert await offers("series") == {course, "telugu\\ term"}
    assert await offers("list lessons --program") == {course}
    assert await offers("list lessons --term") == {"telugu\\ term"}
    assert str(draft) in await offers("publish", str(draft)[:5])
    assert await offers("publish", str(draft)[:-1].upper()) == {str(draft)[:-1].upper() + str(draft)[-1]}
    assert await offers("check-links --program", "") == {str(program)}
    await sql.execute("""update lesson set translations = '{"hi": {"title": "चाय एक"}}' where id = $1""", draft)
    await sql.execute("""update topic set translations = '{"hi": {"name": "चाय"}}'""")
    assert await offers("show", "चाय") == {"चाय\\ एक", "चाय"}
    assert await offers("unschedule", "चाय") == set()
    await sql.execute("delete from lesson where id = $1", draft)
    assert await offers("restore", "tel") == {"telugu\\ 1", "telugu\\ 3"}
    assert "telugu\\ 1" in await offers("history", "tel")
    assert await offers("restore", str(draft)[:-2]) == {str(draft)}
    assert "telugu\\ 1" not in await offers("show", "tel")
    assert await offers("show", "zzz") == set()
    assert await offers("show", "%") == set()


@pytest.mark.usefixtures("patience")
async def test_a_title_that_a_line_cannot_hold_is_offered_by_its_id(fresh_database: Database, sql: Connection) -> None:
    await sql.execute("alter table release drop constraint release_name")
    for name in ("a\nb", "a\x1b[31m", "a\u202eb", "--json", "a\u2066b"):
        await a_release(sql, name=name)
    offered = await completes(fresh_database, "chaishots unschedule ")
    assert offered == []
    ids = {str(row["id"]) for row in await sql.fetch("select id from release")}
    assert set(await completes(fresh_database, "chaishots show ")) == ids
    assert await completes(fresh_database, "chaishots show a") == []


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("shell", ["zsh", "fish"])
async def test_other_shells_are_given_whole_words_to_quote(
    fresh_database: Database, sql: Connection, shell: str
) -> None:
    await a_program(sql, title="Zed: a\\b, c")
    await a_program(sql, title="Zoo")
    for typed, said in (
        (
            "z",
            {
                "zsh": "plain\nZed: a\\b, c\n_\nplain\nZoo\nprogram\n",
                "fish": "plain,Zed: a\\b, c\tprogram\nplain,Zoo\tprogram\n",
            },
        ),
        ("--program=zo", {"zsh": "plain\n--program=Zoo\nprogram\n", "fish": "plain,--program=Zoo\tprogram\n"}),
    ):
        line = f"chaishots list lessons {typed}" if "=" in typed else f"chaishots show {typed}"
        current = typed if shell == "fish" else str(len(line.split()) - 1)
        asked = {"_CHAISHOTS_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": current}
        ran = await chaishots(DATABASE_URL=fresh_database.dsn, **asked)
        assert ran == Ran(0, said[shell], "")


async def test_nothing_is_said_when_nothing_can_be_offered(fresh_database: Database, tmp_path: Path) -> None:
    async def nothing(**environment: str) -> None:
        assert await completes(fresh_database, "chaishots show Te", **environment) == []

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        await nothing(DATABASE_URL=f"postgresql://chai@{address}/chai")
    await nothing(DATABASE_URL="postgresql://chai@127.0.0.1:1/chai")
    await nothing(DATABASE_URL="nonsense")
    await nothing(PORT="nonsense")
    await nothing(DATABASE_URL=fresh_database.dsn.replace("chaishots_test", "no_such"))
    await nothing(DATABASE_URL="", CHAISHOTS_DATA_DIR=str(tmp_path / "data"))
    assert not (tmp_path / "data").exists(), "an embedded Postgres was begun"
    for variable in ("rubbish", "bash_complete", "zsh_complete"):
        ran = await chaishots(_CHAISHOTS_COMPLETE=variable, DATABASE_URL=fresh_database.dsn)
        assert (ran.code, ran.out.strip(), ran.err) == (0, "", "")


async def test_a_name_server_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    # It is asked in a thread, which nothing ends and Python waits for at its exit.
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, threading\nsocket.getaddrinfo = lambda *_, **__: threading.Event().wait()\n"
    )
    asked = {"COMP_LINE": "chaishots show Te", "COMP_WORD": "Te", "_CHAISHOTS_COMPLETE": "bash_complete"}
    ran = await chaishots(DATABASE_URL="postgresql://chai@db.example.com/chai", PYTHONPATH=str(tmp_path), **asked)
    assert ran == Ran(0, "", "")


async def test_a_locked_table_is_not_waited_for(fresh_database: Database, sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("lock table lesson in access exclusive mode")
        async with asyncio.timeout(DEADLINE_SECONDS):
            assert await completes(fresh_database, "chaishots show Te") == []
    assert ASK_SECONDS < ANSWER_SECONDS < 1


async def test_scripts_are_printed_for_each_shell_that_there_is(tmp_path: Path) -> None:
    for shell in ("bash", "zsh", "fish"):
        ran = await chaishots("completion", shell)
        assert (ran.code, ran.err) == (0, "")
        script = tmp_path / shell
        script.write_text(ran.out)
        if shutil.which(shell):
            checked = await asyncio.create_subprocess_exec(shell, "-n", script)
            assert await checked.wait() == 0
    ran = await chaishots("completion", "tcsh")
    assert ran.code == 2


class Bash:
    """A real bash at a terminal; `args` is completed as chaishots is, and prints what it is given."""

    def __init__(self, folder: Path, dsn: str) -> None:
        binary = folder / "chaishots"
        binary.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m chaishots "$@"\n')
        binary.chmod(0o755)
        rc = folder / "rc"
        rc.write_text(
            f"""PATH={folder}:$PATH
            eval "$(chaishots completion bash)"
            bind 'set enable-bracketed-paste off'
            args() {{ printf '<%s>' "$@"; echo .; }}
            _args() {{ _chaishots_completion chaishots "$2" "$3"; }}
            complete -o nosort -F _args args
            PS1= PS2=; echo ready.
            """
        )
        self.terminal, theirs = pty.openpty()
        environment = os.environ | {"DATABASE_URL": dsn, "TERM": "dumb", "LC_ALL": "C.UTF-8", "HISTFILE": "/dev/null"}
        pid = os.posix_spawn(
            shutil.which("setsid") or "setsid",
            ["setsid", "--ctty", "bash", "--rcfile", str(rc), "-i"],
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, theirs, number) for number in range(3)],
        )
        os.close(theirs)
        self._pid = pid

    async def until(self, end: bytes) -> str:
        """What it prints up to this."""
        seen = b""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while end not in seen:
                # In short turns: a thread that reads for ever would outlive the test.
                if (await asyncio.to_thread(select.select, [self.terminal], [], [], 1))[0]:
                    seen += os.read(self.terminal, 4096)
        return seen.decode(errors="replace")

    async def completed(self, typed: str) -> str:
        """What a command is given when somebody types this, then Tab, then Enter."""
        os.write(self.terminal, f"{typed}\t\n".encode())
        return (await self.until(b">.\r\n")).rpartition("\n<")[2].removesuffix(">.\r\n")

    def close(self) -> None:
        """End it, whatever it is doing."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self.terminal)


@pytest.mark.usefixtures("patience")
async def test_a_real_bash_puts_no_title_on_its_line_but_as_letters(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    for title in HOSTILE:
        await a_release(sql, name=title)
    bash = Bash(tmp_path, fresh_database.dsn)
    try:
        await bash.until(b"ready.")
        os.write(bash.terminal, f"cd {tmp_path}; echo there.\n".encode())
        await bash.until(b"\nthere.")
        for title in HOSTILE:
            sign = title.removeprefix("Zed").lstrip()[0]
            gap = "" if title[3] == sign else " "
            opened = {"'": f"'zed{gap}{sign}"}
            if sign not in '$`!"\\':
                opened['"'] = f'"zed{gap}{sign}'
            opened["\\"] = "zed" + "".join(f"\\{one}" for one in gap + sign)
            for quote, typed in opened.items():
                assert await bash.completed(f"args show {typed}") == f"show><zed{title[3:]}", (quote, title)
    finally:
        bash.close()
    assert not (tmp_path / "PWNED").exists()
