"""A file of answers, scored by the command as a program would call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from job_templates.evaluate import parser

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "examples/tools.json"
CALL = '[{{""name"": ""get_weather"", ""args"": {{""query"": ""{value}""}}}}]'
ANSWER = "<start_function_call>call:get_weather{{query:<escape>{value}<escape>}}<end_function_call>"


def evaluate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "job_templates/evaluate.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_answers_in_a_file_are_scored(tmp_path: Path) -> None:
    values = ["now", "tonight", "wind", "storm"]
    rows = [f'what about {value},"{CALL.format(value=value)}"' for value in values]
    (tmp_path / "rows.csv").write_text("\n".join(["user_message,tool_calls", *rows, ""]), encoding="utf-8")
    answers = [ANSWER.format(value="now"), ANSWER.format(value="now"), "<pad>", "I cannot."]
    lines = [
        json.dumps({"user_message": f"what about {value}", "answer": answer})
        for value, answer in zip(values, answers, strict=True)
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    data = ["--dataset", tmp_path / "rows.csv", "--tools", TOOLS]
    done = evaluate("--predictions", tmp_path / "answers.jsonl", *data, "--output", tmp_path / "report.json")
    assert done.returncode == 0, done.stderr
    tuned = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["tuned"]
    figures = {name: (tuned[name]["k"], tuned[name]["n"]) for name in ("parse", "tool", "argument", "combined")}
    assert figures == {"parse": (3, 4), "tool": (2, 4), "argument": (1, 2), "combined": (1, 4)}
    assert tuned["error_classes"] == {"wrong_value": 1, "unparsed": 1, "no_call": 1}

    better = [
        json.dumps({**json.loads(line), "answer": ANSWER.format(value=value)})
        for line, value in zip(lines, values, strict=True)
    ]
    (tmp_path / "better.jsonl").write_text("\n".join([*better[:3], lines[3]]), encoding="utf-8")
    compared = evaluate(
        "--predictions", tmp_path / "better.jsonl", *data, "--output", tmp_path / "better.json",
        "--compare-with", tmp_path / "report.json",
    )  # fmt: skip
    assert compared.returncode == 0, compared.stderr
    assert (
        "on 4 rows: 3 right here, 1 there; 2 gained, 0 lost (McNemar, p = 0.500). They are not told apart. If these"
        in compared.stdout
    )
    pair = json.loads((tmp_path / "better.json").read_text(encoding="utf-8"))["beside"][0]
    assert pair["gained"] == [row["id"] for row in tuned["rows"][1:3]]
    assert (pair["n"], pair["lost"], pair["other"]["combined"]["k"]) == (4, [], 1)
    elsewhere = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    elsewhere["tuned"]["rows"] = [{**row, "id": f"other {row['id']}"} for row in elsewhere["tuned"]["rows"]]
    (tmp_path / "other.json").write_text(json.dumps(elsewhere), encoding="utf-8")
    for other, why in (
        (tmp_path / "other.json", "scored none of these rows"),
        (tmp_path, "is not a run"),
        (tmp_path / "rows.csv", "rows.csv"),
    ):
        refused = evaluate("--predictions", tmp_path / "better.jsonl", *data, "--compare-with", other)
        assert refused.returncode == 1
        assert why in refused.stderr

    (tmp_path / "answers.jsonl").write_text(lines[0], encoding="utf-8")
    broken = evaluate("--predictions", tmp_path / "answers.jsonl", *data)
    assert broken.returncode == 1
    assert "no answer for 3 of 4 rows; the first is line 3" in broken.stderr
    assert evaluate("--predictions", tmp_path / "answers.jsonl", "--model", tmp_path).returncode == 2


def test_the_old_name_of_compare_with_still_works() -> None:
    both = parser().parse_args(["--model", "run", "--beside", "one", "--compare-with", "two", "--beside", "three"])
    assert both.compare_with == [Path("one"), Path("two"), Path("three")]
    assert parser().parse_args(["--model", "run"]).compare_with == []
    shown = parser().format_help()
    assert "--compare-with RUN|FILE" in shown
    assert "--beside" not in shown
