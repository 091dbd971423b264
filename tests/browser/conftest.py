"""A real browser for the report: Debian's chromium, driven by Playwright. Skipped with the reason where it is missing."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.register import load_register
from conformance.report import diff, write_reports

AXE = "axe-core@4.14.1"
SWITCHES = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).resolve().parents[2]


def _streams() -> Any:
    """The made-up runs of the report's tests; the test folders are no packages of one another."""
    spec = importlib.util.spec_from_file_location("report_streams", ROOT / "tests/report/streams.py")
    module = sys.modules["report_streams"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


streams = _streams()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and put them last: one process then begins the browser once or twice."""
    ours = {item for item in items if Path(__file__).parent in item.path.parents}
    for item in ours:
        item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item in ours)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The browser; CHROMIUM names another than the one on the path.

    It ends with the module: Playwright's event loop runs in the thread of the tests, and no other loop can run beside
    it, so a test that comes after (one that this process has taken from another) must not meet it.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no chromium: apt-get install chromium, or name one in CHROMIUM")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield running
        running.close()
    assert asyncio._get_running_loop() is None


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core: from AXE_CORE, from node_modules, or else from npm."""
    places = [Path(os.environ.get("AXE_CORE", "")), ROOT / "node_modules/axe-core/axe.min.js"]
    for place in places:
        if place.is_file():
            return place.read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("no axe-core: npm install --no-save axe-core, or name axe.min.js in AXE_CORE")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"axe-core cannot be installed: {done.stderr.strip()[-200:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def built(folder: Path) -> str:
    write_reports(folder, load_register())
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="session")
def example_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(streams.example().save(tmp_path_factory.mktemp("example")))


@pytest.fixture(scope="session")
def hostile_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(streams.hostile().save(tmp_path_factory.mktemp("hostile")))


@pytest.fixture(scope="session")
def large_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(streams.large(tmp_path_factory.mktemp("large"), 20_000))


@pytest.fixture(scope="session")
def diff_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    before = streams.example().save(tmp_path_factory.mktemp("before"))
    after = streams.hostile().save(tmp_path_factory.mktemp("after"))
    path = after / "diff.html"
    path.write_text(diff(before, after).to_html(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page of a desktop; it fails the test for an error of the page or a request that leaves the file."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    yield page
    context.close()
    assert not wrong
