"""How soon exported files answer in a browser: the page's own Try step in headless Chromium, one file after the other.

Each run is opened in a new browser: the file is downloaded from the app and opened. Then the page is loaded again, the
file comes from the browser's storage, and it is asked some of the run's held-out messages. Prints the seconds until
"Ready", those in which LiteRT-LM opened the file, the median first token and decode rate, and the largest memory of
the browser's processes, each also as a multiple of the first run's. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.data import load_dataset
from backend.data.text import CheckOptions
from backend.runs import Run
from tests.browser.conftest import FLAGS, App

READY_MS, SETTLE_SECONDS = 300_000, 1.0
OPENED = re.compile(r"opened in ([\d.]+) s")
FIRST = re.compile(r"first token after ([\d.]+) (ms|s)")
RATE = re.compile(r"at ([\d,]+) tokens/s")
MANY = CheckOptions(allow_multiple_calls=True, allow_no_call=True)


@dataclass(frozen=True)
class Visit:
    """One file's figures: seconds, tokens in a second, and megabytes."""

    megabytes: float
    ready: float
    opened: float
    ready_again: float
    opened_again: float
    first_token: float
    tokens_per_second: float
    memory: float


class Memory:
    """The largest proportional set size of a process and its children, in megabytes, looked at twice a second."""

    def __init__(self, process: psutil.Process) -> None:
        self.largest = 0.0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            self.largest = max(self.largest, sum(map(_pss, self._process.children(recursive=True))))


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of exported runs; the first one is compared with")
    parser.add_argument("--messages", type=int, default=12, help="messages to ask (default: %(default)s)")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser (default: %(default)s)")
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = App(Path(folder) / "runs")
        try:
            app.start()
            for number, path in enumerate(options.runs):
                browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
                found[str(path)] = visit(app, browser, Run.open(path), number, options.messages)
                browser.close()
                print(f"{path.name}: {line(found[str(path)])}", flush=True)
        finally:
            app.stop()
    first, *others = found.values()
    for path, other in zip(list(found)[1:], others, strict=True):
        pairs = ((name, getattr(first, name), value) for name, value in asdict(other).items())
        print(f"{Path(path).name} against the first: " + ", ".join(f"{name} {b / a:.2f}" for name, a, b in pairs if a))
    print(json.dumps({path: asdict(one) for path, one in found.items()}))


def visit(app: App, browser: Browser, run: Run, number: int, most: int) -> Visit:
    """Open the run's Try step twice in the browser, and ask messages at the second time."""
    name = f"20260101-000000-{number:04x}"
    shutil.copytree(run.path, app.home / name, copy_function=_linked)
    file = next((app.home / name / "export").glob("*.litertlm"))
    page = browser.new_context().new_page()
    me = psutil.Process()
    with Memory(me) as memory:
        ready, opened = _ready(page, f"{app.url}?run={name}&step=try")
        page.reload()
        again, opened_again = _ready(page, "")
        _, rows = load_dataset(run.inputs / "test.csv", run.tools_path, MANY, whole_set=False)
        answers = [_asked(page, row.message) for row in rows[:most]]
    return Visit(
        file.stat().st_size / 1e6,
        ready,
        opened,
        again,
        opened_again,
        median(first for first, _ in answers),
        median(rate for _, rate in answers),
        memory.largest,
    )


def line(one: Visit) -> str:
    """Returns the figures of a file."""
    return (
        f"{one.megabytes:.1f} MB, ready after {one.ready:.1f} s (opened in {one.opened:.1f}), again after "
        f"{one.ready_again:.1f} s ({one.opened_again:.1f}), first token {one.first_token:.3f} s, "
        f"{one.tokens_per_second:.0f} tokens/s, {one.memory:,.0f} MB of memory"
    )


def _ready(page: Page, address: str) -> tuple[float, float]:
    """The seconds from the choice of the browser until it is ready, and those for opening the file."""
    if address:
        page.goto(address)
    expect(page.locator(".stepper li")).to_have_count(5, timeout=60_000)
    choice = page.get_by_label("In this browser")
    expect(choice).to_be_visible(timeout=60_000)
    time.sleep(SETTLE_SECONDS)  # the page is still
    started = time.monotonic()
    choice.check()
    said = page.locator("#browser-model")
    expect(said).to_contain_text("Ready in this browser", timeout=READY_MS)
    return time.monotonic() - started, _number(OPENED, said)


def _asked(page: Page, message: str) -> tuple[float, float]:
    """The seconds to the first token and the tokens in a second of the answer to a message."""
    page.locator("#message textarea").fill(message)
    page.keyboard.press("Enter")
    answer = page.locator("#answer .card")
    expect(answer.locator("h2")).to_have_text(f"“{message}”", timeout=60_000)
    expect(answer).to_contain_text("In this browser ·", timeout=60_000)
    return _number(FIRST, answer), _number(RATE, answer)


def _number(pattern: re.Pattern[str], shown: Locator) -> float:
    found = pattern.search(shown.inner_text())
    if found is None:
        raise SystemExit(f"error: the page shows no {pattern.pattern!r}: {shown.inner_text()!r}")
    value = float(found[1].replace(",", ""))
    return value / 1000 if found.groups()[1:] == ("ms",) else value


def _pss(process: psutil.Process) -> float:
    """A process's proportional set size in megabytes; 0 for one that ended, and for the app and what it starts."""
    try:
        return process.memory_full_info().pss / 1e6 if "chrom" in process.name() else 0.0
    except psutil.Error:
        return 0.0


def _linked(source: str, target: str) -> None:
    """A second name for a file, or a copy of it, if that is on another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


if __name__ == "__main__":
    main()
