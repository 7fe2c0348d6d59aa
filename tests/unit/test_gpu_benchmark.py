"""What benchmarks/gpu.py makes of what it measures: waits, tables, processes that break, the wheels that it names."""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Any

from accelerate.utils.operations import send_to_device

from benchmarks.gpu_parts.records import COLUMNS, MODELS, NO_TIME, WHATS, Finding, missing, notes, table
from benchmarks.gpu_parts.syncs import Sync, lines, noted, short
from benchmarks.gpu_parts.workers import END, Worker
from tests.unit.test_script_metadata import metadata, needed, pins

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


class Waits:
    """Warns as torch does where a copy waits for the GPU."""

    def to(self, _device: str, **_: Any) -> Waits:
        warnings.warn("called a synchronizing CUDA operation (Triggered internally)", stacklevel=1)
        return self


def test_a_wait_is_told_with_its_line_and_whether_a_step_may_have_it() -> None:
    found: list[Sync] = []
    with noted(found):
        send_to_device([Waits(), Waits()], "cuda")
        Waits().to("cuda")
        warnings.warn("something else", stacklevel=1)
    assert [bool(sync.allowed) for sync in found] == [True, True, False]
    told = lines(found)
    assert len(told) == 2
    assert told[0].startswith("NOT ALLOWED, 1 a step: tests/unit/test_gpu_benchmark.py:")
    assert "in to: warnings.warn(" in told[0]
    assert told[1].startswith("allowed, 2 a step: ")
    assert told[1].endswith("(the next rows' labels go to the GPU)")


def test_what_is_warned_of_outside_is_as_it_was() -> None:
    before = warnings.showwarning
    with noted([]):
        assert warnings.showwarning is not before
    assert warnings.showwarning is before


def test_a_file_is_named_from_its_package_on() -> None:
    assert short("/venv/lib/python3.11/site-packages/trl/trainer/sft_trainer.py") == "trl/trainer/sft_trainer.py"
    assert short("/code/job_templates/ml/training/trainer.py") == "job_templates/ml/training/trainer.py"


def test_the_table_has_a_cell_for_everything_that_was_measured_or_not() -> None:
    good = Finding("starter", WHATS[0], "float16", "1e-4", "passed", {}, ("from 3 to 2",))
    findings = [good, *missing([good], MODELS["cuda"], "float16", NO_TIME)]
    findings += missing(findings, MODELS["cuda"], "bfloat16", "Tesla T4 does not multiply in bfloat16")
    findings += missing(findings, MODELS["cuda"], "float32", NO_TIME)
    rows = table(findings).splitlines()[2:]
    assert len(rows) == len(WHATS) * len(MODELS["cuda"])
    assert rows[0] == f"| starter | {WHATS[0]} | 1e-4: passed | Tesla T4 does not multiply in bfloat16 | {NO_TIME} |"
    assert all(row.count("|") == len(COLUMNS) + 3 and "|  |" not in row for row in rows)
    assert notes(findings) == [f"starter, float16 autocast, {WHATS[0]}: from 3 to 2"]


def answering(script: str, log: Path) -> Worker:
    return Worker([sys.executable, "-c", "import sys, json, time\n" + script], log, "")


def test_a_process_answers_a_task_and_takes_another(tmp_path: Path) -> None:
    worker = answering(
        f"for line in sys.stdin: print(line, json.dumps({{{END!r}: True}}), sep='', flush=True)", tmp_path / "log"
    )
    later = time.monotonic() + 60
    for number in (1, 2):
        (answer,) = worker.ask({"number": number}, later)
        assert answer["number"] == number
        assert 0 < answer["seconds"] <= 60
    assert worker.alive
    worker.stop()


def test_a_process_that_hangs_is_ended_when_its_time_is_over(tmp_path: Path) -> None:
    worker = answering("sys.stdin.readline(); time.sleep(600)", tmp_path / "log")
    assert list(worker.ask({}, time.monotonic(), grace=0.0)) == []
    assert not worker.alive


def test_a_process_that_breaks_says_why(tmp_path: Path) -> None:
    worker = answering("sys.stdin.readline(); sys.exit('CUDA error: device-side assert triggered')", tmp_path / "log")
    assert list(worker.ask({}, time.monotonic() + 60)) == []
    assert not worker.alive
    assert worker.last_words() == "CUDA error: device-side assert triggered"
    assert list(worker.ask({}, time.monotonic() + 60)) == []


def test_the_script_names_all_it_needs_as_it_is_pinned_and_torch_for_cuda() -> None:
    told = metadata(BENCHMARKS / "gpu.py")
    files = [BENCHMARKS / "gpu.py", BENCHMARKS / "evaluate.py", *(BENCHMARKS / "gpu_parts").glob("*.py")]
    names = {name for path in files for name in needed(path)} - {"benchmarks"}
    names -= {"trackio"}  # for a run that names a project of it, which none has here
    dependencies: Any = told["dependencies"]
    assert {pins()[name] for name in names} <= set(dependencies) <= set(pins().values())
    tool: Any = told["tool"]
    assert tool["uv"]["sources"]["torch"]["index"] == "pytorch-cu126"
    (index,) = tool["uv"]["index"]
    assert index == {"name": "pytorch-cu126", "url": "https://download.pytorch.org/whl/cu126", "explicit": True}
