"""Writes docs/commands.md from the help of the commands: `python scripts/commands_doc.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/commands.md"
COMMANDS = (
    "validate",
    "grow",
    "train",
    "sweep",
    "evaluate",
    "export",
    "pipeline",
    "answer",
    "answer_checkpoint",
    "hub_job",
    "gpu_check",
    "doctor",
)
HEADER = """# The commands

Written by `python scripts/commands_doc.py` from every command's `--help`; do not edit. Run the commands with
`.venv/bin/python`. The exit code is 0 after success, 1 after an error, 2 after wrong usage, and 143 after SIGTERM.
doctor.py also ends with 3 if something could not be checked.
"""


def help_text(command: str) -> str:
    """Returns the output of `job_templates/COMMAND.py --help`, 100 columns wide."""
    done = subprocess.run(
        [sys.executable, ROOT / "job_templates" / f"{command}.py", "--help"],
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def document() -> str:
    """Returns the whole page."""
    sections = (f"\n## {command}.py\n\n```\n{help_text(command)}```\n" for command in COMMANDS)
    return HEADER + "".join(sections)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
