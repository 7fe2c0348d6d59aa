"""validate.py as people and jobs run it: exit codes, what stands on stdout, and --fix."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.off_topic import asked_messages, taught_messages
from tests.conftest import ROOT, DataSet

SCRIPT = ROOT / "job_templates" / "validate.py"


def validate(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder or ROOT, timeout=300, check=False)


def as_json(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = validate(*arguments, "--json")
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.stderr == ""
    return done.returncode, document


def test_the_real_set_passes_and_is_warned_of(cycling: DataSet, tmp_path: Path) -> None:
    done = validate("--dataset", cycling.dataset, "--tools", cycling.tools, folder=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "Ready to train."
    assert done.stdout.count("[message-placeholder]") == 30
    assert "get_ride_status" in done.stdout


def test_the_off_topic_messages_are_counted_and_the_groups_left_out_are_named(cycling: DataSet, tmp_path: Path) -> None:
    done = validate("--dataset", cycling.dataset, "--tools", cycling.tools, folder=tmp_path)
    first, *groups = done.stdout.partition("\n\n")[0].splitlines()
    _, document = as_json("--dataset", cycling.dataset, "--tools", cycling.tools)
    found = document["off_topic"]
    left = sum(group["asked"] + group["taught"] for group in found["left_out"])
    assert found["asked"] + found["taught"] + left == len(asked_messages()) + len(taught_messages())
    assert first == (
        f"Off-topic messages: {found['asked']:,} are asked, {found['taught']:,} can be taught, {left:,} are left out"
    )
    assert [line.split(":")[1].strip() for line in groups] == [group["key"] for group in found["left_out"]]
    assert "  left out: weather: “weather” is in the name get_weather_forecast (0 to ask, 49 to teach)" in groups


def test_json_is_one_object(cycling: DataSet) -> None:
    code, document = as_json("--dataset", cycling.dataset, "--tools", cycling.tools)
    assert (code, document["ok"], document["rows"], document["tools"]) == (0, True, 942, 6)
    assert document["tokens"]["declarations"] == "none"
    assert sum(issue["code"] == "message-placeholder" for issue in document["issues"]) == 30


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.csv"
    sound = '"[{""name"": ""get_weather"", ""args"": {""query"": ""now""}}]"'
    lines = ["user_message,tool_calls", f'"Hm",{sound}', f'" Rain? ",{sound}']
    lines.append("\"Sun?\",\"[{'name': 'get_weather', 'args': {'query': 'now'}}]\"")
    lines.append(f'"Snow?",{sound.replace("weather", "wether")}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_errors_end_in_one(broken: Path) -> None:
    tools = ROOT / "examples" / "tools.json"
    done = validate("--dataset", broken, "--tools", tools)
    assert done.returncode == 1
    assert "CSV line 4, tool_calls [calls-python-repr]" in done.stdout
    assert "CSV line 5, tool_calls [calls-unknown-tool]" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Not ready")


def test_fixed_files_are_written_and_checked(broken: Path, tmp_path: Path) -> None:
    tools = ROOT / "examples" / "tools.json"
    before = broken.read_bytes()
    fixed = tmp_path / "fixed.csv"
    done = validate("--dataset", broken, "--tools", tools, "--fix", "--output", fixed)
    assert done.returncode == 1
    assert "calls-python-repr" not in done.stdout
    assert "CSV line 4, tool_calls [calls-python-repr]" in done.stderr
    assert done.stderr.splitlines()[-1] == "2 changes, 0 rows dropped."
    again = tmp_path / "again.csv"
    validate("--dataset", fixed, "--tools", tools, "--fix", "--fix-code", "calls-unknown-tool", "--output", again)
    assert "get_weather" in again.read_text(encoding="utf-8").splitlines()[4]
    assert broken.read_bytes() == before


def test_rows_without_a_fix_are_left_out_on_request(tmp_path: Path) -> None:
    dataset, fixed = tmp_path / "rows.csv", tmp_path / "fixed.csv"
    text = (ROOT / "examples" / "hiking.csv").read_text(encoding="utf-8")
    dataset.write_text(f'{text}"Unread","["\n', encoding="utf-8")
    arguments = ("--dataset", dataset, "--tools", ROOT / "examples" / "tools.json")
    done = validate(*arguments)
    assert "way out: Leave the row out. (--fix --leave-out calls-not-json)" in done.stdout
    done = validate(*arguments, "--fix", "--leave-out", "all", "--output", fixed)
    assert done.returncode == 0
    assert "1 row dropped" in done.stderr.splitlines()[-1]
    assert fixed.read_text(encoding="utf-8") == text


def test_fixed_tools_go_where_they_are_told(tmp_path: Path) -> None:
    examples = ROOT / "examples"
    tools = {"tools": json.loads((examples / "tools.json").read_text(encoding="utf-8"))}
    wrapped, out = tmp_path / "wrapped.json", tmp_path / "fixed.json"
    wrapped.write_text(json.dumps(tools), encoding="utf-8")
    arguments = ("--dataset", examples / "hiking.csv", "--tools", wrapped, "--fix", "--output", tmp_path / "rows.csv")
    assert validate(*arguments, "--tools-output", out).returncode == 0
    assert json.loads(out.read_text(encoding="utf-8")) == tools["tools"]
    assert validate(*arguments).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--dataset", "x.csv", "--tools", "t.json", "--fix"],
        ["--dataset", "x.csv", "--tools", "t.json", "--output", "y.csv"],
        ["--dataset", "x.csv", "--tools", "t.json", "--leave-out", "all"],
        ["--dataset", "x.csv", "--tools", "t.json", "--prompt-format", "xml"],
        ["--dataset", "x.csv", "--tools", "t.json", "--kv-cache-max-len", "0"],
    ],
)
def test_wrong_usage_ends_in_two(arguments: list[str]) -> None:
    done = validate(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_missing_file_is_an_error_among_the_others(cycling: DataSet, tmp_path: Path) -> None:
    code, document = as_json("--dataset", tmp_path / "no.csv", "--tools", cycling.tools)
    assert code == 1
    assert document["issues"][0]["code"] == "csv-unreadable"
    assert "no.csv" in document["issues"][0]["message"]
    code, document = as_json("--dataset", cycling.dataset, "--tools", tmp_path / "no.json")
    assert (code, document["issues"][0]["code"], document["issues"][0]["file"]) == (1, "tools-unreadable", "tools")


CHAT = {
    "messages": [
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "get_weather", "arguments": '{"query": 5}'}}]},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "description": "The weather.",
                "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
            },
        }
    ],
}


def test_another_format_is_read_told_and_saved(tmp_path: Path) -> None:
    rows, folder = tmp_path / "chats.jsonl", tmp_path / "standard"
    rows.write_text(json.dumps(CHAT) + '\n{"messages": []}\n', encoding="utf-8")
    done = validate("--dataset", rows, "--import-to", folder)
    told = "Read as OpenAI chat messages: 1 row, 1 tool, 1 left out because it has no messages (line 2)."
    assert done.stdout.splitlines()[0] == told
    assert "CSV line 2 (from line 1), tool_calls [calls-" in done.stdout
    assert done.returncode == 1
    code, document = as_json("--dataset", rows)
    assert (code, document["import"]["line"], document["import"]["left_out"]) == (
        1,
        told,
        {"it has no messages": ["line 2"]},
    )
    _, same = as_json("--dataset", folder / "chats.csv", "--tools", folder / "tools.json")
    assert same == {key: value for key, value in document.items() if key != "import"}


def test_files_in_each_others_place_are_understood_and_a_document_is_named(cycling: DataSet, tmp_path: Path) -> None:
    code, swapped = as_json("--dataset", cycling.tools, "--tools", cycling.dataset)
    assert (code, swapped["rows"], swapped["tools"]) == (0, 942, 6)
    readme = tmp_path / "README.md"
    readme.write_text("# My rows\n", encoding="utf-8")
    code, document = as_json("--dataset", readme, "--tools", cycling.tools)
    assert (code, [issue["code"] for issue in document["issues"]]) == (1, ["csv-unreadable"])
    assert "README.md looks like a text document" in document["issues"][0]["message"]


def test_rows_without_tools_ask_for_them(cycling: DataSet) -> None:
    code, document = as_json("--dataset", cycling.dataset)
    assert code == 1
    assert document["issues"][0]["message"].endswith("declares no tools. Add the tools.json. Name it with --tools.")


def test_an_unreadable_tokenizer_is_said_plainly(cycling: DataSet) -> None:
    done = validate("--dataset", cycling.dataset, "--tools", cycling.tools, "--base-model", "./nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: The base model './nowhere'")
    assert "Traceback" not in done.stderr
