"""Log lines: whole, in one shape, and nothing that people wrote can forge one or steer a terminal."""

import json
import subprocess
import sys
from typing import Any

import pytest

_LOG = """
import logging, sys
from chaishots.observability import configure_logs, named_logger
configure_logs(log_format=sys.argv[1], level="info", replica="replica-1")
log = named_logger("tests")
log.debug("not.shown")
log.info("lesson.published", title=sys.argv[2], late_ms=1.5)
logging.getLogger("some.library").warning("of %s", "a library")
try:
    1 / 0
except ZeroDivisionError as error:
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


@pytest.mark.parametrize("title", ['x", "level": "error', "two\nlines", "\x1b[31mred", "చాయ్"])
def test_what_people_wrote_stays_inside_its_value(title: str) -> None:
    assert _documents(title)[0]["title"] == title


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_escape_sequence_reaches_a_terminal(log_format: str) -> None:
    published = next(line for line in _logged(log_format, "\x1b]0;owned\x07") if "lesson.published" in line)
    assert "\x1b]" not in published
    assert "\x07" not in published
