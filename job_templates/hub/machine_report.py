# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = []
# ///
"""The script of the doctor's job on a CPU: it reports the machine and the mounted file, and needs no package.

`machine_report.py FILE SECONDS` prints one JSON object, then one line per second for SECONDS seconds. The doctor
cancels the job during this time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from job_templates.gpu_check import driver

MARK = "doctor: "
REPORTED = ("ACCELERATOR", "CPU_CORES", "MEMORY")
"""Environment variables that Hugging Face sets to describe the machine."""


def main(file: str, seconds: str) -> None:
    """Report, then wait."""
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    variables = {name: os.environ.get(name, "") for name in REPORTED}
    report = {"sha256": digest, "driver": driver(), "python": sys.version.split()[0], **variables}
    print(MARK + json.dumps(report), flush=True)
    for second in range(int(seconds)):
        time.sleep(1)
        print(f"Waiting to be cancelled, {second + 1} s.", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
