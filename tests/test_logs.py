"""Log lines: whole, in one shape, and nothing that people wrote can forge one or steer a terminal."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chaishots.logs import CannotLog, logs_in_file
from chaishots.safe_text import is_safe

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LOG = """
import logging, sys
from chaishots.logs import configure_logs, named_logger
configure_logs(log_format=sys.argv[1], level="info", replica="replica-1")
log = named_logger("tests")
log.debug("not.shown")
log.info("lesson.published", title=sys.argv[2], late_ms=1.5)
logging.getLogger("some.library").warning("of %s", "a library" if len(sys.argv[2]) < 9 else sys.argv[2])
try:
    1 / 0
except ZeroDivisionError as error:
    error.args = (sys.argv[2],)
    log.error("request.failed", exc_info=error)
"""


def _logged(log_format: str, title: str = "A title") -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", _LOG, log_format, title], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def _documents(title: str = "A title") -> list[dict[str, Any]]:
    return [json.loads(line) for line in _logged("json", title)]


def test_in_a_pipe_every_line_is_json_with_its_replica() -> None:
    published, library, failed = _documents()
    assert published.items() >= {"event": "lesson.published", "late_ms": 1.5, "replica": "replica-1"}.items()
    assert library.items() >= {"event": "of a library", "logger": "some.library", "replica": "replica-1"}.items()
    assert "ZeroDivisionError" in failed["exception"]


@pytest.mark.parametrize("title", ['x", "level": "error', "two\nlines", "\x1b[31mred", "\x9b31m", "\u202e", "చాయ్"])
def test_what_people_wrote_stays_inside_its_value(title: str) -> None:
    assert _documents(title)[0]["title"] == title


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_nothing_in_a_log_steers_a_terminal(log_format: str) -> None:
    # In a title, in a library's sentence and in an error's text.
    logged = "".join(_logged(log_format, "\x1b]0;owned\x07\x9b31m\u202e\u2066\nక్\u200cష"))
    assert logged.count("owned") == 3
    assert is_safe(_COLOUR.sub("", logged))
    assert "క్\u200cష" in logged


_TURNED = """
import logging, os, stat, sys
from pathlib import Path
from chaishots.logs import configure_logs, forget_standard_error, logs_in_file, named_logger
from chaishots.logs import spare_standard_error
configure_logs(log_format="json", level="info", replica="replica-1")
log = named_logger("tests")
log.info("before")
with logs_in_file(Path(sys.argv[1])) as newest:
    with spare_standard_error():
        log.info("drawn.over", title="\\x1b[31mred")
        logging.getLogger("some.library").warning("a library")
    log.info("after")
    print(*newest, sep="\\n")
    forget_standard_error()
    log.info("gone")
"""


def _turned(file: Path) -> subprocess.CompletedProcess[str]:
    code = [sys.executable, "-c", _TURNED, str(file)]
    return subprocess.run(code, capture_output=True, text=True, encoding="utf-8")


def test_while_a_picture_is_drawn_logs_go_to_a_file_and_stay_at_hand(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "serve.log"
    ran = _turned(file)
    shown = [json.loads(line)["event"] for line in ran.stderr.splitlines()]
    kept = [json.loads(line)["event"] for line in file.read_text().splitlines()]
    newest = ran.stdout.splitlines()

    assert shown == ["before", "after"]
    assert kept == ["drawn.over", "a library", "after", "gone"]
    assert len(newest) == 3
    assert "drawn.over" in newest[0]
    assert "\x1b" not in ran.stdout


def test_a_log_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "serve.log"
    _turned(file)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)


def test_a_log_file_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(CannotLog, match="CHAISHOTS_DATA_DIR"), logs_in_file(tmp_path / "logs" / "serve.log"):
        pass
