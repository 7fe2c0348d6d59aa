"""Many people at once: sessions that check data and watch running jobs on one app, as a Space would have them.

A loop-back Hub (tests/hub) has one account, one run and one running job a session. The jobs work elsewhere, as on
Hugging Face: the Hub only sends a log line and a step every second. The app starts with an empty disk, so every run is
found again on the Hub first. The sessions come within twenty seconds; each is a page that polls as often as the app
asks for, and now and then uploads data of its own, has it checked, opens its run and changes steps. Prints how long
pages waited, the app's memory, and what of the jobs' events was lost or reported twice; the last line is one JSON
object. Hub and sessions share the machine with the app.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)
LISTENER = socket.socket()
LISTENER.bind(("127.0.0.1", 0))
os.environ.update(
    HF_ENDPOINT=f"http://127.0.0.1:{LISTENER.getsockname()[1]}", HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1"
)

import httpx2
import psutil

from backend.jobs.huggingface import HuggingFaceRunner, write_order
from backend.jobs.huggingface.log_sync import MARK
from backend.runs import FolderStore, RunConfig, read_events
from benchmarks.load_parts.page import ROWS, TOOLS, Page, Waits
from tests.hub.jobs import Job, Jobs
from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import SCOPES

START_SECONDS, SETTLE_SECONDS = 120.0, 30.0


class Elsewhere(Jobs):
    """Jobs that run on other machines: here they only send log lines."""

    def _run(self, job: Job, _root: Path) -> None:
        job.become("RUNNING")


def main() -> None:
    """Run the sessions and print what they met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options.sessions, options.seconds, Path(folder))


def measure(sessions: int, seconds: float, folder: Path) -> None:
    """Everything in its order."""
    hub = LoopbackHub(LISTENER)
    hub.jobs = Elsewhere(hub.endpoint)
    hub.start()
    names = [f"user{number:02}" for number in range(sessions)]
    runs = {name: submitted(hub, name, folder / "before") for name in names}
    app, url = started(hub, folder)
    steps, sent = threading.Event(), dict.fromkeys(names, 0)
    sender = threading.Thread(target=send_log_lines, args=(hub, steps, sent), daemon=True)
    try:
        waits: Waits = defaultdict(list)
        pages = [Page(url, cookie(hub, url, name), at, waits).owns(runs[name]) for at, name in enumerate(names)]
        sender.start()
        peak = Peak(app.pid)
        peak.start()
        asyncio.run(use(pages, seconds))
        steps.set()
        sender.join()
        lost, twice = compared(folder / "home", runs, sent)
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(20)
    report(waits, pages, peak.megabytes, lost, twice)
    hub.stop()


def submitted(hub: LoopbackHub, name: str, folder: Path) -> str:
    """A run of a new account with its job under way."""
    hub.world.add_user(name)
    token = hub.world.accounts.add_oauth(name, tuple(SCOPES.split()))
    run = FolderStore(folder / name).create(RunConfig(), ROWS, TOOLS, f"Run of {name}")
    write_order(run, name, "cpu-upgrade", 3600)
    HuggingFaceRunner(lambda: token, name).submit(run, "train")
    return run.id


def started(hub: LoopbackHub, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The app as a Space with an empty disk, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, **hub.oauth.space_environment(), "FGT_HOME": str(folder / "home")}
    with (folder / "app.log").open("ab") as log:
        command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
        app = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url, began = f"http://127.0.0.1:{port}", time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        try:
            if httpx2.get(url + "/config").status_code == 200:
                print(f"the app answered after {time.monotonic() - began:.1f} s")
                return app, url
        except httpx2.TransportError:
            time.sleep(0.2)
    raise SystemExit(f"error: the app did not answer: {(folder / 'app.log').read_text()[-2000:]}")


def cookie(hub: LoopbackHub, url: str, name: str) -> str:
    """The session of somebody who logged in; a browser sends it to this machine over http, httpx would not."""
    hub.oauth.login_as = name
    kept = ""
    address = f"{url}/login/huggingface"
    while True:
        reply = httpx2.get(address, headers={"Cookie": kept} if address.startswith(url) else {})
        for given in reply.headers.get_list("set-cookie"):
            kept = given.partition(";")[0]
        if not reply.has_redirect_location or "/login/callback" in address:
            return kept
        address = str(reply.url.join(reply.headers["location"]))


def send_log_lines(hub: LoopbackHub, stop: threading.Event, sent: dict[str, int]) -> None:
    """A line and a step of every job, each second."""
    while not stop.wait(1.0):
        for job in list(hub.jobs.all.values()):
            sent[job.namespace] += 1
            step = sent[job.namespace]
            event = {"event": "step", "stage": "train", "time": time.time(), "step": step, "steps": 10_000}
            job.say(f"step {step} of 10000")
            job.say(MARK + json.dumps({**event, "epoch": 0.1, "loss": 1.0 / step, "eta": 60.0}))


class Peak(threading.Thread):
    """The most memory that the app and its helpers had at once, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self.megabytes = 0.0

    def run(self) -> None:
        """Look twice a second, until the app is gone."""
        while True:
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self.megabytes = max(self.megabytes, sum(one.memory_info().rss for one in family) / 1e6)
            except psutil.NoSuchProcess:
                return
            time.sleep(0.5)


async def use(pages: list[Page], seconds: float) -> None:
    """All sessions at once."""
    await asyncio.gather(*(page.live(seconds) for page in pages))


def compared(home: Path, runs: dict[str, str], sent: dict[str, int]) -> tuple[int, int]:
    """How many steps of the jobs the runs' metrics lack, and how many stand there twice, once the last have arrived."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        lost = twice = 0
        for name, run in runs.items():
            path = home / ".accounts" / name / run / "metrics.jsonl"
            events, offset = read_events(path) if path.exists() else ([], 0)
            while path.exists() and (more := read_events(path, offset))[1] > offset:
                events, offset = [*events, *more[0]], more[1]
            steps = [event["step"] for event in events if event["event"] == "step"]
            lost += sent[name] - len(set(steps))
            twice += len(steps) - len(set(steps))
        if not lost or time.monotonic() > deadline:
            return lost, twice
        time.sleep(0.5)


def report(waits: Waits, pages: list[Page], megabytes: float, lost: int, twice: int) -> None:
    """A line for each kind of action, then all of it as one JSON object."""
    for name, seconds in waits.items():
        print(f"{name:<12} {len(seconds):>6} times  median {median(seconds):.3f} s  p95 {p95(seconds):.3f} s")
    failures = [failure for page in pages for failure in page.failures]
    for failure in failures[:5]:
        print(f"failed: {failure}")
    every = [second for seconds in waits.values() for second in seconds]
    summary = {"sessions": len(pages), "actions": len(every), "p95_seconds": round(p95(every), 3)}
    summary |= {"worst_p95_seconds": round(max(p95(seconds) for seconds in waits.values()), 3)}
    print(json.dumps({**summary, "peak_mb": round(megabytes), "failed": len(failures), "lost": lost, "twice": twice}))


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]


if __name__ == "__main__":
    main()
