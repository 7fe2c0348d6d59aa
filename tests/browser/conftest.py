"""The app as a real process with its own folder, and a real browser that records every error."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from backend import locks
from backend.jobs import JOBS, LocalRunner
from backend.runs import FolderStore, Run
from tests.exported import exported_run, trained_run
from tests.ports import number_of, reserved_port
from tests.waiting import wait_until

__all__ = ["exported_run", "trained_run"]

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
START_SECONDS = 90.0

expect.set_options(timeout=30_000)


class App:
    """`app.py` on a free port, with additional environment variables or arguments; `stop` and `start` restart it."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None, arguments: Sequence[str] = ()) -> None:
        self.home = home
        self._arguments = arguments
        self._environment = environment or {}
        self._kept = reserved_port()
        self.port = number_of(self._kept)
        self.url = f"http://127.0.0.1:{self.port}/"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home.parent / f"{self.home.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py"), "--port", str(self.port), *self._arguments],
                env={**os.environ, **self._environment, "FGT_HOME": str(self.home)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._has_started, START_SECONDS)

    def _has_started(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the app ended before it answered:\n{self.said}"
        return _answers(self.url)

    @property
    def said(self) -> str:
        """The app's output."""
        return (self.home.parent / f"{self.home.name}.log").read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        """The id of the app's process."""
        assert self._process is not None
        return self._process.pid

    def keep(self, run: Run, name: str) -> Path:
        """A copy of a run in the app's folder, with another id; it is made once."""
        path = self.home / name
        if not path.exists():
            shutil.copytree(run.path, path)
        return path

    def end_jobs(self) -> None:
        """Stop the jobs that a test has not ended, because jobs outlive the app."""
        store, runner = FolderStore(self.home), LocalRunner()
        for run in [entry.run for entry in store.list() if entry.run]:
            for stage in reversed(JOBS):
                if (state := runner.state(run, stage)) and state.active:
                    runner.cancel(run, stage)
                wait_until(functools.partial(_is_free, run.lock_path(stage)))

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Stop the app, but not its jobs."""
        if self._process is not None:
            self._process.send_signal(by)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@contextlib.contextmanager
def restarted(app: App, *pages: Page) -> Iterator[None]:
    """A context in which the app is stopped; at its end the app is started again, and the open pages have reloaded.

    The test must not open an address before, because a page's own reload would replace it.
    """
    for page in pages:
        page.evaluate("window.loadedBefore = true")
    app.stop()
    yield
    app.start()
    for page in pages:
        page.wait_for_function("!window.loadedBefore", timeout=START_SECONDS * 1000)
        expect(page.locator(".stepper li")).to_have_count(5)


@dataclass
class Visitor:
    """A page of the browser, and the errors of its console and its network."""

    page: Page
    app: App
    errors: list[str]

    def open(self, query: str = "") -> None:
        """Open the app's page and wait until it is rendered."""
        self.page.goto(self.app.url + query)
        expect(self.page.locator(".stepper li")).to_have_count(5)

    def step(self, name: str) -> None:
        """Open a step of the stepper."""
        self.page.click(f'.stepper [data-step="{name}"]')
        expect(self.page.locator(f'.stepper [data-step="{name}"]')).to_have_attribute("aria-current", "step")

    def upload(self, tools: Path, dataset: Path) -> None:
        """Upload both files."""
        self.page.set_input_files("#upload-tools input[type=file]", tools)
        expect(self.page.locator("#upload-tools")).to_contain_text(tools.name)
        self.page.set_input_files("#upload-csv input[type=file]", dataset)

    def button(self, name: str) -> None:
        """Click the button with this name."""
        self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    started = App(tmp_path_factory.mktemp("app") / "home")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def app(one_app: App) -> Iterator[App]:
    """The one app of a test process; each module starts without runs."""
    yield one_app
    one_app.end_jobs()
    store = FolderStore(one_app.home)
    for entry in store.list():
        store.delete(entry.id)


@pytest.fixture
def visit(browser: Browser, app: App) -> Iterator[Callable[..., Visitor]]:
    """Opens pages of the app; at the end none of them may have an error."""
    visitors: list[Visitor] = []

    def new(
        width: int = 1280, height: int = 900, scheme: str = "light", query: str = "", before: str = "", **options: Any
    ) -> Visitor:
        """`before` is a script that runs before the page's own, `options` are the browser context's."""
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
        context.set_default_navigation_timeout(START_SECONDS * 1000)
        context.add_init_script(before)
        visitor = Visitor(context.new_page(), app, [])
        _listen(visitor)
        visitors.append(visitor)
        visitor.open(query)
        return visitor

    yield new
    for visitor in visitors:
        visitor.page.context.close()
    app.end_jobs()
    assert [complaint for visitor in visitors for complaint in visitor.errors] == []


def _listen(visitor: Visitor) -> None:
    page, errors = visitor.page, visitor.errors
    page.on("console", lambda message: errors.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))

    def check(url: str) -> None:
        if not url.startswith((visitor.app.url, "data:", "blob:")):
            errors.append(f"a request left this machine: {url}")

    page.on("request", lambda request: check(request.url))


def _is_free(lock: Path) -> bool:
    return not locks.is_held(lock)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
