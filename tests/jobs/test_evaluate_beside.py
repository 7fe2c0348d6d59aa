"""What an evaluation stands beside: the base by default, and any other report that scored the same rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from backend.errors import InputError
from backend.runs import Run
from job_templates.evaluate import main


@pytest.fixture
def orphan(exported_run: Run, tmp_path: Path) -> Path:
    """The trained run as if its base had been a folder that is not there any more."""
    folder = tmp_path / "orphan"
    shutil.copytree(exported_run.path, folder, ignore=shutil.ignore_patterns("*.litertlm", "evaluation.json"))
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["config"]["base_model"] = str(tmp_path / "gone")
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[dict[str, Any], str]:
    main([str(argument) for argument in arguments])
    return json.loads(Path(arguments[-1]).read_text(encoding="utf-8")), capsys.readouterr().out


def test_the_base_and_the_exported_file_stand_beside_it(
    exported_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, said = evaluated(
        capsys,
        "--model", exported_run.path, "--compare-with", exported_run.export_dir / "verification.json",
        "--output", tmp_path / "report.json",
    )  # fmt: skip
    assert report["base"]["n"] == report["tuned"]["n"]
    assert "Untrained" in said
    [pair] = report["beside"]
    verified = json.loads((exported_run.export_dir / "verification.json").read_text(encoding="utf-8"))
    assert pair["n"] == report["tuned"]["n"]
    assert pair["own"]["combined"]["k"] == report["tuned"]["combined"]["k"]
    assert pair["other"]["combined"]["k"] == verified["accuracy"]["combined"]["k"]
    agreement = verified["checkpoint_agreement"]
    assert (len(pair["lost"]), len(pair["gained"])) == (agreement["won"], agreement["lost"])


def test_a_base_that_cannot_be_had_is_said_and_not_missed(orphan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, said = evaluated(capsys, "--model", orphan, "--output", orphan / "evaluation.json")
    assert report["base"] is None
    assert "gone' is not a folder" in report["base_missing"]
    assert "The base model is not scored" in said
    with pytest.raises(InputError, match="gone' is not a folder"):
        main(["--model", str(orphan), "--baseline"])
