"""benchmarks/gpu.py as it runs on a GPU, on a CPU with very small models; and that its checks can fail."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.gpu_parts.gradients import gradient_errors
from benchmarks.gpu_parts.measuring import GRADIENT_LIMIT, Measuring
from benchmarks.gpu_parts.records import ANSWERS, ATTENTION, GRADIENTS, LOSSES, MEMORY, NO_GPU, NO_TIME, WAITS, WHATS
from benchmarks.gpu_parts.subjects import Subject, gemma_270m_config, subjects
from job_templates.ml.models.device import precision_on
from tests.jobs.conftest import ROOT

pytestmark = pytest.mark.slow  # tests/unit/test_gpu_benchmark.py holds its parts
SCRIPT = ROOT / "benchmarks/gpu.py"
FLOAT32 = precision_on("cpu", "float32")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The very small Gemma."""
    return subjects("cpu", True, tmp_path_factory.mktemp("subjects"))[1]


@pytest.mark.slow  # the tests below hold each part
def test_the_script_runs_every_part_on_a_cpu_and_says_what_it_did_not_measure(tmp_path: Path) -> None:
    output = tmp_path / "found.json"
    command = [sys.executable, SCRIPT, "--device", "cpu", "--json", output]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["machine"]["torch"] == torch.__version__
    assert len(found["findings"]) == 2 * 3 * len(WHATS)
    for finding in found["findings"]:
        cell = f"| {finding['text']}"
        assert cell in done.stdout
        if finding["precision"] == "float16" or finding["what"] in (WAITS, ATTENTION, MEMORY):
            assert (finding["text"], finding["verdict"]) == (NO_GPU, "could not check")
        else:
            expected = "passed" if finding["what"] in (LOSSES, GRADIENTS, ANSWERS) else "measured"
            assert finding["verdict"] == expected, finding


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_without_a_gpu_it_says_so_in_a_sentence() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: PyTorch {torch.__version__} is made for")
    assert "--device cpu" in line


def test_the_shape_is_the_270ms() -> None:
    with torch.device("meta"):
        model = torch.nn.ModuleDict({"model": _causal(gemma_270m_config())})
    assert sum(part.numel() for part in model.parameters()) == 268_098_176


def _causal(config: Any) -> torch.nn.Module:
    from transformers import Gemma3ForCausalLM

    return Gemma3ForCausalLM(config)


@pytest.mark.slow  # the next test holds the same for gradients
def test_losses_that_are_not_the_cpus_fail(tiny: Subject) -> None:
    measuring = Measuring(tiny, FLOAT32, "float32", [7.7, 7.7])
    found = {finding.what: finding for finding in measuring.findings(time.monotonic() + 60)}
    assert found[LOSSES].verdict == "failed"
    assert found[GRADIENTS].verdict == "passed"


def test_a_gradient_that_is_not_that_of_plain_rows_fails(tiny: Subject) -> None:
    first, *rest = tiny.rows
    others = [replace(first, completion=first.completion[::-1]), *rest]
    assert gradient_errors(tiny, tiny.rows, FLOAT32).gradient < GRADIENT_LIMIT / 10
    assert gradient_errors(tiny, others, FLOAT32).gradient > 10 * GRADIENT_LIMIT


def test_where_no_time_is_left_every_part_says_so(tiny: Subject) -> None:
    found = list(Measuring(tiny, FLOAT32, "float32", []).findings(time.monotonic() - 1))
    assert {finding.what for finding in found} == set(WHATS)
    assert {finding.text for finding in found} == {NO_TIME}


def test_a_part_that_breaks_leaves_the_others_their_turn(tiny: Subject) -> None:
    broken = replace(tiny, rows=())
    found = {
        finding.what: finding
        for finding in Measuring(broken, FLOAT32, "float32", [1.0]).findings(time.monotonic() + 60)
    }
    assert set(found) == set(WHATS)
    assert found[GRADIENTS].text.startswith("failed with ")
    assert "Traceback" in found[GRADIENTS].notes[0]
