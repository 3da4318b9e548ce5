"""A real browser opens a report full of payloads: no script runs, no handler fires, nothing is asked for."""

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedup.report import write_report
from tests.report.make_result import hostile_result
from tests.report.test_hostile import PAYLOADS, variants

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --virtual-time-budget=2000"
).split()
MARK = "data-pwned"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs headless Chromium")]


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address on loopback, and the list of what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary", asked
    server.shutdown()
    thread.join()
    server.server_close()


def _open(page: Path, profile: Path) -> str:
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def _armed(canary: str) -> list[str]:
    action = f"document.documentElement.setAttribute('{MARK}','1');fetch('{canary}')"
    armed = [payload.replace("PWN", action).replace("CANARY", canary) for payload in PAYLOADS]
    return list(dict.fromkeys(form for payload in armed for form in variants(payload)[:3]))


def test_the_browser_would_notice(tmp_path: Path, canary: tuple[str, list[str]]) -> None:
    page = tmp_path / "open.html"
    page.write_text(_armed(canary[0])[0] + f"<img src={canary[0]}>", encoding="utf-8")
    assert f"{MARK}=" in _open(page, tmp_path / "profile").partition("<head")[0]
    assert canary[1]


def test_nothing_runs_and_nothing_is_asked_for(tmp_path: Path, canary: tuple[str, list[str]]) -> None:
    write_report(hostile_result(_armed(canary[0])), tmp_path / "r")
    names = ["index.html", "alone.html", "agencies.html", "outlets.html", "intake.html"]
    for page in [*(tmp_path / "r" / name for name in names), next((tmp_path / "r" / "stories").iterdir())]:
        dom = _open(page, tmp_path / "profile")
        assert f"{MARK}=" not in dom[: dom.index("<head")]
        assert "<script" not in dom
        assert "Story report" in dom
    assert canary[1] == []
