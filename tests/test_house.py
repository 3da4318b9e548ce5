"""The structure of the package holds: imports point one way, the surface is a list, nothing heavy loads early."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dedup

PACKAGE = Path(dedup.__file__).parent
ORDER = (
    "errors models settings spill sources text sketch match stories pipeline copies index engines report serve "
    "evaluate cli_options cli_ingest cli_index cli __main__"
).split()
MODULES = sorted(PACKAGE.rglob("*.py"))


def _place(module: str) -> int:
    return ORDER.index(module.split(".")[1])


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dedup."):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.startswith("dedup.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_the_stages_before_its_own(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts == ("__init__",):
        return
    own = ORDER.index(parts[0])
    assert all(_place(name) <= own for name in _imported(path)), _imported(path)


def test_a_report_is_made_from_results_alone() -> None:
    allowed = {"errors", "models", "settings", "report"}
    for path in (PACKAGE / "report").glob("*.py"):
        assert {name.split(".")[1] for name in _imported(path)} <= allowed, path.name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_pickles_or_uses_the_salted_hash(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert "hash" not in calls
    assert not names & {"pickle", "shelve", "marshal", "dill", "joblib"}


def test_the_public_surface_is_this_list() -> None:
    assert dedup.__all__ == sorted(dedup.__all__)
    assert dedup.__all__ == [
        "Article",
        "ArticleError",
        "BadRecordError",
        "CleanArticle",
        "Copies",
        "CopyGroup",
        "Credit",
        "DedupError",
        "FeedError",
        "Group",
        "Index",
        "IndexStoreError",
        "LabelError",
        "Line",
        "Match",
        "Member",
        "MissingExtraError",
        "Origin",
        "Passage",
        "Rejection",
        "ReportError",
        "Result",
        "Settings",
        "SettingsError",
        "Stats",
        "Story",
        "StoryEvent",
        "TextCopy",
        "Verdict",
        "clean",
        "compare",
        "find_copies",
        "find_stories",
        "open_index",
        "read_feed",
        "write_report",
    ]
    assert all(getattr(dedup, name) is not None for name in dedup.__all__)


HEAVY = "pyspark sklearn scipy datasketch numba numpy lxml trafilatura pyarrow rich jinja2 rapidfuzz".split()


@pytest.mark.parametrize("command", ["import dedup", "import dedup.cli"])
def test_importing_loads_nothing_heavy(command: str) -> None:
    code = f"import sys; {command}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == []
