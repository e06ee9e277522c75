"""The runbook has each alert, and its commands and statements work as they stand."""

import re
from pathlib import Path

import pytest
import yaml

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson
from tests.commands import chaishots
from tests.conftest import Database

ROOT = Path(__file__).parents[1]
RUNBOOK = (ROOT / "docs" / "RUNBOOK.md").read_text()
RULES = [
    rule for group in yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
BLOCKS = re.findall(r"```(sh|sql)\n(.*?)```", RUNBOOK, re.DOTALL)
COMMANDS = sorted({line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()})
STATEMENTS = sorted({text for kind, text in BLOCKS if kind == "sql"})
ELSEWHERE = {"chaishots healthcheck", "chaishots drill"}
"""What needs a server on this host, or several, and has a test of its own."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_leads_to_its_section(rule: dict[str, dict[str, str]]) -> None:
    name = str(rule["alert"])
    assert f"\n### {name}\n" in RUNBOOK
    assert rule["annotations"]["description"].endswith(f"docs/RUNBOOK.md#{name.lower()}")


def test_each_section_of_an_alert_has_its_alert_and_a_command() -> None:
    sections = re.findall(r"^### (ChaiShots\w+)\n(.*?)(?=^##)", RUNBOOK, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in sections] == [name for name, text in sections if "```sh\nchaishots " in text]
    assert {name for name, _ in sections} == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("command", [line for line in COMMANDS if line not in ELSEWHERE])
async def test_its_commands_work(command: str, fresh_database: Database, sql: Connection) -> None:
    lesson = await a_lesson(sql, title="पाठ", due_in=AN_HOUR)
    if " restore " in command:
        await sql.execute("delete from lesson where id = $1", lesson)
    words = ["पाठ" if word == "TITLE" else word for word in command.split()[1:]]

    ran = await chaishots(*words, DATABASE_URL=fresh_database.dsn)

    assert ran.code == (3 if words[0] in ("check", "status") else 0), ran
    assert ran.out or words[0] == "publish-due", ran


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_its_statements_work(statement: str, sql: Connection) -> None:
    await sql.execute(statement.replace("PID", "0"))
