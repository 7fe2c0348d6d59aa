"""Serves the page, and restarts it if a file of the app changes; scripts/run --reload runs this.

Its arguments are those of app.py. Jobs have their own processes, so a training continues during a restart.
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
POLL_SECONDS, ENDING_SECONDS = 0.5, 20.0
"""The interval between checks of the files, and the longest time for the app to end."""
Stamps = dict[Path, tuple[int, int]]


def stamps(root: Path = ROOT) -> Stamps:
    """Returns the time in nanoseconds and the size in bytes of each file of the app."""
    paths = [root / "app.py", *(path for folder in FOLDERS for path in (root / folder).rglob("*"))]
    found: Stamps = {}
    for path in paths:
        if path.suffix in KINDS:
            try:
                facts = path.stat()
            except OSError:  # an editor is replacing the file
                continue
            found[path] = facts.st_mtime_ns, facts.st_size
    return found


def changed(before: Stamps, now: Stamps) -> str:
    """Returns the path of the first changed file in the checkout; empty if none changed."""
    differing = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
    return differing[0].relative_to(ROOT).as_posix() if differing else ""


def main(arguments: Sequence[str]) -> int:
    """Serves until SIGINT or SIGTERM, and returns the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen = stamps()
    app = _started(arguments)
    try:
        while True:
            name = _wait(seen, app)
            seen = stamps()
            print(f"{name} changed. Restarting the app.", flush=True)
            _end(app)
            app = _started(arguments)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(app)


def _started(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(ROOT / "app.py"), *arguments], cwd=ROOT)


def _wait(seen: Stamps, app: subprocess.Popen[bytes]) -> str:
    """Waits until a file changes, and returns its path."""
    reported = False
    while not (name := changed(seen, stamps())):
        if app.poll() is not None and not reported:
            reported = True
            print(f"The app ended with {app.returncode}. It starts again when a file changes.", flush=True)
        time.sleep(POLL_SECONDS)
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
