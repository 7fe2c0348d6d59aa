# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = []
# ///
"""What a job of the doctor runs on a CPU: it says what its machine and its mounted files are, with no package at all.

`machine_report.py FILE SECONDS` prints one JSON object, and then a line a second until so many are over: the doctor
cancels the job meanwhile.
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
TOLD = ("ACCELERATOR", "CPU_CORES", "MEMORY")


def main(file: str, seconds: str) -> None:
    """Report, then wait."""
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    told = {name: os.environ.get(name, "") for name in TOLD}
    report = {"sha256": digest, "driver": driver(), "python": sys.version.split()[0], **told}
    print(MARK + json.dumps(report), flush=True)
    for second in range(int(seconds)):
        time.sleep(1)
        print(f"Waiting to be cancelled, {second + 1} s.", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
