"""Runs all checks of this machine; they install nothing, send nothing and leave no files."""

from __future__ import annotations

from pathlib import Path

from backend.doctor.disk import check_disk, check_models, check_temporary
from backend.doctor.finding import Finding, Watcher, check_all
from backend.doctor.hardware import check_cores, check_memory
from backend.doctor.packages import check_page_packages, check_python, check_test_packages, check_training_packages
from backend.doctor.runtimes import check_browser_runtime, check_gpu, check_litert
from backend.runs import usual_home


def check_machine(watcher: Watcher, runs: Path | None = None) -> list[Finding]:
    """Runs all checks; `runs` is the folder of the runs, by default the app's."""
    folder = runs or usual_home()
    return check_all(
        (
            ("Python", check_python),
            ("Packages of the page", check_page_packages),
            ("Packages for training", check_training_packages),
            ("Packages for tests", check_test_packages),
            ("Disk", lambda: check_disk(folder)),
            ("Temporary files", check_temporary),
            ("Base models", check_models),
            ("Memory", check_memory),
            ("Processor", check_cores),
            ("GPU", check_gpu),
            ("Browser runtime", check_browser_runtime),
            ("LiteRT-LM runtime", check_litert),
        ),
        watcher,
    )
