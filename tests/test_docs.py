"""The README cannot drift: its code and its commands are run here."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dedup import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("dedup ") and "labels.jsonl" not in line
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    return tmp_path


def test_the_library_example_runs_as_it_stands(checkout: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "excerpt" in done.stdout
    assert (checkout / "report" / "index.html").exists()


def test_the_commands_run_in_the_order_they_are_shown(checkout: Path) -> None:
    assert len(COMMANDS) >= 6
    for command in COMMANDS:
        line = [sys.executable, "-m", *command]
        done = subprocess.run(line, cwd=checkout, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_the_document_of_settings_is_what_the_command_prints() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block == Settings().to_toml(), "write it anew: dedup settings"


@pytest.mark.parametrize("name", re.findall(r"\]\((docs/[^)#]+)\)", README))
def test_every_document_the_readme_names_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_make_targets_the_readme_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile, target
