"""What CI does: nothing is skipped in silence, and what takes minutes is asked for by name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_what_cannot_be_installed_is_said_aloud_and_stops_nothing(tmp_path: Path) -> None:
    for tool in ("bash", "env", "cat", "id", "timeout"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    ran = subprocess.run([ROOT / ".ci" / "needs"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert ran.returncode == 0
    assert "NOT EVERYTHING IS TESTED: nginx-light chromium" in ran.stderr
    assert "NOT EVERYTHING IS TESTED: without node and npm" in ran.stderr


def test_one_that_cannot_be_installed_keeps_no_other_out(tmp_path: Path) -> None:
    for tool in ("bash", "env", "cat", "timeout", "touch", "chmod"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    for name, script in {
        "id": "echo 0",
        "apt-get": f'case "$*" in *chromium*) exit 100 ;; *nginx-light*) touch {tmp_path}/nginx ;; esac',
    }.items():
        (tmp_path / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
        (tmp_path / name).chmod(0o755)
    ran = subprocess.run([ROOT / ".ci" / "needs"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert ran.returncode == 0
    assert (tmp_path / "nginx").exists()
    assert "NOT EVERYTHING IS TESTED: chromium could not" in ran.stderr


def test_packages_of_npm_are_installed_anew_when_their_lock_has_changed(tmp_path: Path) -> None:
    generators, tools = tmp_path / "tests" / "generators", tmp_path / "tools"
    for folder in (generators / "node_modules", tools, tmp_path / ".ci"):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "needs", tmp_path / ".ci")
    (generators / "node_modules" / ".package-lock.json").touch()  # as an older npm ci left it
    lock = generators / "package-lock.json"
    for tool in ("bash", "env", "cat", "id", "timeout", "cmp", "cp"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    (tools / "npm").write_text(f"#!{shutil.which('bash')}\n[[ $* == ci* ]] && echo >> {tmp_path}/ran\n")
    (tools / "npm").chmod(0o755)

    def runs() -> int:
        subprocess.run([tmp_path / ".ci" / "needs"], env={"PATH": str(tools)}, capture_output=True, check=True)
        return len((tmp_path / "ran").read_text())

    lock.write_text("{}")
    first = [runs(), runs()]
    lock.write_text('{"a": 1}')
    assert (first, runs()) == ([1, 1], 2)


def test_a_campaign_is_run_by_name_alone(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.campaign\ndef test_long(): pass\ndef test_short(): pass\n"
    )
    asked = {"make test": [], "make faults": ["-m", "campaign"]}
    ran = {name: _pytest(tmp_path, *arguments) for name, arguments in asked.items()}
    assert "test_short PASSED" in ran["make test"]
    assert "test_long" not in ran["make test"]
    assert "test_long PASSED" in ran["make faults"]
    assert "pytest -m campaign" in (ROOT / "Makefile").read_text()


def _pytest(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-v", "-c", ROOT / "pyproject.toml", "--rootdir", folder, *arguments]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    options = ["-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider", folder]
    return subprocess.run([*command, *options], env=env, capture_output=True, text=True).stdout
