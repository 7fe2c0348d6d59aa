"""Serves the page and starts it anew whenever a file of the app changes: what scripts/run --reload runs.

Its arguments are app.py's. Jobs have processes of their own, so a training goes on meanwhile.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("backend", "job_templates", "ui")
KINDS = frozenset({".py", ".jinja", ".css", ".js", ".svg"})
LOOK_SECONDS, ENDING_SECONDS = 0.5, 20.0
"""How often files are looked at, and how long an app may take to end."""
Stamps = dict[Path, tuple[int, int]]


def stamps(root: Path = ROOT) -> Stamps:
    """The time in nanoseconds and the size in bytes of each file that the app is made of."""
    paths = [root / "app.py", *(path for folder in FOLDERS for path in (root / folder).rglob("*"))]
    found: Stamps = {}
    for path in paths:
        if path.suffix in KINDS:
            try:
                facts = path.stat()
            except OSError:  # an editor put another file in its place just now
                continue
            found[path] = facts.st_mtime_ns, facts.st_size
    return found


def changed(before: Stamps, now: Stamps) -> str:
    """A file that differs, by its path below the checkout; empty if none does."""
    differing = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
    return differing[0].relative_to(ROOT).as_posix() if differing else ""


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen = stamps()
    app = _started(arguments)
    try:
        while True:
            told = _wait(seen, app)
            seen = stamps()
            print(f"{told} changed; starting the app anew.", flush=True)
            _end(app)
            app = _started(arguments)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(app)


def _started(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(ROOT / "app.py"), *arguments], cwd=ROOT)


def _wait(seen: Stamps, app: subprocess.Popen[bytes]) -> str:
    """The file that changed, once one did."""
    told = False
    while not (name := changed(seen, stamps())):
        if app.poll() is not None and not told:
            told = True
            print(f"The app ended with {app.returncode}. It starts again when a file changes.", flush=True)
        time.sleep(LOOK_SECONDS)
    return name


def _end(app: subprocess.Popen[bytes]) -> None:
    app.terminate()
    try:
        app.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        app.kill()
        app.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
