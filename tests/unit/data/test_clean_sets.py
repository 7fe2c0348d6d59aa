"""What is sound passes: the real sets, and a set with every kind of argument, several calls and no call."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files, load_dataset
from tests.conftest import ROOT, DataSet
from tests.unit.data.builders import ROWS, TOOLS, call, csv_of, write_files

EXAMPLES = DataSet(ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")


def test_cycling_passes_with_the_warnings_it_deserves(cycling: DataSet) -> None:
    report = check_files(cycling.dataset, cycling.tools)
    codes = Counter(issue.code for issue in report.issues if issue.severity == "warning")
    assert report.ok
    assert (report.rows, len(report.examples), len(report.tools)) == (942, 942, 6)
    assert codes["message-placeholder"] == 30
    assert [i.line for i in report.issues if i.code == "message-placeholder"] == list(range(170, 200))
    assert codes["set-normalised-duplicate"] == 15
    assert codes["set-constant-argument"] == 1
    assert codes["set-imbalance"] == 1
    assert "8 : 1" in next(issue.message for issue in report.issues if issue.code == "set-imbalance")
    unused = [issue.message for issue in report.issues if issue.code == "set-unused-value"]
    assert len(unused) == 3
    assert any("food, any" in message for message in unused)


def test_snips_and_the_example_set_pass(snips7: DataSet) -> None:
    for data, rows in ((snips7, 2095), (EXAMPLES, 0)):
        report = check_files(data.dataset, data.tools)
        assert report.ok
        assert len(report.examples) == (rows or report.rows) > 300


def test_the_example_set_has_little_to_warn_of() -> None:
    report = check_files(EXAMPLES.dataset, EXAMPLES.tools, CheckOptions(declarations="none"))
    assert {issue.code for issue in report.issues if issue.severity == "warning"} <= {"set-few-rows-of-tool"}


TYPED = [
    (
        "Disco in the hall",
        call("set_light", room="hall", scene={"name": "disco", "speed": 1.5}, tags=["party", "late"]),
    ),
    ("Hall off", call("set_light", room="hall", level=0, warm=False, tags=[])),
    ("Cosy bath at half", call("set_light", room="bath_room", level=50.0, scene={})),
    ('She said "play Bach", so play it', call("play_music", query='the "Air", by Bach — ça va? 🎶')),
    ("Music and light, please", call("play_music", query="any")[:-1] + ", " + call("set_light", room="hall")[1:]),
    ("What is the capital of France?", "[]"),
    ("Who painted this picture?", ""),
    ("NA", call("play_music", query="NA")),
    ("null", call("play_music", query="null")),
    ("None", call("play_music", query="None")),
    ("nan", call("play_music", query="nan")),
    ("موسيقى هادئة من فضلك", call("play_music", query="هادئ")),
    ("पुराने गाने बजाओ", call("play_music", query="पुराने")),
    ("静かな音楽をかけて", call("play_music", query="静か")),
    ("Play the family song 👨\u200d👩\u200d👧", call("play_music", query="family")),
    ("می\u200cخواهم موسیقی گوش کنم", call("play_music", query="موسیقی")),
]


def test_typed_arguments_several_calls_and_no_call_pass(tmp_path: Path) -> None:
    files = write_files(tmp_path, csv_of(TYPED), TOOLS)
    options = CheckOptions(declarations="none", allow_multiple_calls=True, allow_no_call=True)
    report = check_files(*files, options)
    assert [issue for issue in report.issues if issue.severity == "error"] == []
    assert not [issue for issue in report.issues if issue.code.startswith("message-")]
    by_message = {example.message: example for example in report.examples}
    assert by_message["NA"].calls[0].arguments == {"query": "NA"}
    assert by_message["Cosy bath at half"].calls[0].arguments["level"] == 50
    assert isinstance(by_message["Cosy bath at half"].calls[0].arguments["level"], int)
    assert by_message["Who painted this picture?"].calls == ()
    assert len(by_message["Music and light, please"].calls) == 2


def test_switches_are_off_by_default(tmp_path: Path) -> None:
    files = write_files(tmp_path, csv_of(TYPED), TOOLS)
    report = check_files(*files, CheckOptions(declarations="none"))
    errors = {(issue.code, issue.line) for issue in report.issues if issue.severity == "error"}
    assert errors == {("calls-several", 12), ("calls-no-call", 13), ("calls-empty-cell", 14)}


MCP = [
    {
        "name": "set_light",
        "description": "Switch a lamp.",
        "inputSchema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "SetLight",
            "type": "object",
            "properties": {
                "room": {"title": "Room", "type": "STRING", "description": "Which."},
                "level": {"title": "Level", "type": "int", "description": "0 to 100"},
            },
            "required": ["room"],
            "additionalProperties": False,
        },
    }
]


def test_dialects_are_read_and_typed(tmp_path: Path) -> None:
    rows = [(message, calls) for message, calls in ROWS[:2]]
    csv = "user_message,tool_calls\n" + csv_of(rows).split("\n", 1)[1].split('"Make', 1)[0]
    report = check_files(*write_files(tmp_path, csv, MCP), CheckOptions(declarations="none"))
    assert [issue for issue in report.issues if issue.severity == "error"] == []
    assert report.tools[0].properties["level"]["type"] == "integer"
    assert report.tools[0].properties["room"]["type"] == "string"
    assert report.tools[0].required == ("room",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_plain_unquoted_cells_are_read(delimiter: str, tmp_path: Path) -> None:
    lines = [f"user_message{delimiter}tool_calls"]
    lines += [f'{word} please{delimiter}[{{"name":"play_music"}}]' for word in ("soul", "jazz", "rock")]
    tools = [{"type": "function", "function": {"name": "play_music", "description": "Plays."}}]
    report = check_files(*write_files(tmp_path, "\n".join(lines), tools), CheckOptions(declarations="none"))
    assert [issue for issue in report.issues if issue.severity == "error"] == []
    assert [example.line for example in report.examples] == [2, 3, 4]


def test_load_dataset_gives_tools_and_rows(cycling: DataSet) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    assert [tool.name for tool in tools][:2] == ["get_ride_status", "get_segment_ahead"]
    assert (examples[0].message, examples[0].line) == ("How am I doing?", 2)
    assert examples[0].calls[0].arguments == {"query": "all"}
    assert len({example.id for example in examples}) == len(examples)
