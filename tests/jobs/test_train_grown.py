"""Rows that a large model wrote, in a training and an evaluation by the real commands."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backend.data import load_dataset, write_csv
from backend.runs import TrainingSummary, read_json
from tests.conftest import ROOT

TOOLS = ROOT / "examples/tools.json"
ORIGIN = "grown by some/model on 2026-11-28"


def script(name: str, *arguments: str | Path) -> str:
    command = [sys.executable, str(ROOT / "job_templates" / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow  # test_grow.py trains on a grown set, unit/runs holds the split
def test_grown_rows_are_trained_on_never_scored_and_counted_on_the_card(tmp_path: Path) -> None:
    _, rows = load_dataset(ROOT / "examples/hiking.csv", TOOLS)
    people, written = rows[:60], [replace(row, origin=ORIGIN) for row in rows[60:]]
    leak = replace(people[0], message=people[0].message.upper(), origin=ORIGIN)
    write_csv([*people, *written], tmp_path / "rows.csv")
    write_csv(people, tmp_path / "people.csv")
    flags = ("--tools", TOOLS, "--epochs", "1")
    said = script("train", "--dataset", tmp_path / "rows.csv", *flags, "--output-repo", tmp_path / "grown")
    script("train", "--dataset", tmp_path / "people.csv", *flags, "--output-repo", tmp_path / "plain")
    grown, plain = (read_json(tmp_path / name / "inputs/split.json")["test"] for name in ("grown", "plain"))
    assert grown == plain
    summary = TrainingSummary.read(tmp_path / "grown/training.json")
    assert 0 < (summary.grown_rows or 0) <= len(written)
    assert f"A large model wrote {summary.grown_rows} of the rows to train on" in said
    card = (tmp_path / "grown/checkpoint/README.md").read_text(encoding="utf-8")
    assert f"| rows trained on that a large model wrote | {summary.grown_rows} ({ORIGIN}) |" in card
    assert TrainingSummary.read(tmp_path / "plain/training.json").grown_rows == 0

    fresh = [replace(row, message=f"{row.message}, if you would") for row in people[:4]]
    write_csv([*fresh, *written[:3], leak], tmp_path / "other.csv")
    output = tmp_path / "report.json"
    data = ("--dataset", tmp_path / "other.csv", "--output", output)
    said = script("evaluate", "--model", tmp_path / "grown", "--no-baseline", *data)
    assert "4 rows that a large model wrote are not scored" in said
    scored = json.loads(output.read_text(encoding="utf-8"))["tuned"]["rows"]
    assert [row["message"] for row in scored] == [row.message for row in fresh]
