"""The check as a whole: its report, its progress, and loading for training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files, load_dataset, resolve_set, resolve_source
from backend.data.rows.hub_dataset import choose_file
from backend.errors import InputError
from backend.records import Issue
from tests.conftest import DataSet
from tests.unit.data.builders import ROWS, TOOLS, call, csv_lines, csv_of, quoted, write_files

OPTIONS = CheckOptions(declarations="none")


def test_the_report_as_json(tmp_path: Path) -> None:
    report = check_files(*write_files(tmp_path, csv_of([("Bad", "[")]), TOOLS), OPTIONS)
    document = json.loads(json.dumps(report.to_json()))
    assert set(document) == {"ok", "rows", "tools", "issues", "per_tool", "tokens"}
    assert (document["ok"], document["rows"], document["tools"]) == (False, 7, 2)
    assert document["per_tool"] == {"set_light": 3, "play_music": 3}
    assert set(document["issues"][0]) == {"severity", "code", "file", "line", "column", "message", "fix", "way_out"}
    assert document["issues"][0]["severity"] == "error"
    assert document["tokens"]["tokenizer"] == "starter"


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    lines = ["one cell", quoted("", "["), quoted("Hi", call("nope")), quoted(ROWS[3][0], call("set_light", room="x"))]
    report = check_files(*write_files(tmp_path, csv_lines(*lines), [*TOOLS, {"a": 1}]), OPTIONS)
    found = {(issue.code, issue.line) for issue in report.issues if issue.severity == "error"}
    assert found == {
        ("tools-item-not-a-tool", 74),
        ("csv-ragged-row", 8),
        ("message-empty", 9),
        ("calls-not-json", 9),
        ("calls-unknown-tool", 10),
        ("calls-not-in-enum", 11),
    }


def test_messages_say_what_was_seen_what_is_allowed_and_what_to_do(tmp_path: Path) -> None:
    report = check_files(*write_files(tmp_path, csv_of([("Hi", call("play_musik", query="x"))]), TOOLS), OPTIONS)
    assert report.issues[0] == Issue(
        "error",
        "calls-unknown-tool",
        "csv",
        8,
        "tool_calls",
        'There is no tool "play_musik". Did you mean play_music? Tools: set_light, play_music.',
        "Call play_music instead.",
    )


def test_progress_rises_to_one(cycling: DataSet) -> None:
    told: list[float] = []
    check_files(cycling.dataset, cycling.tools, OPTIONS, lambda share, _: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_loading_lists_the_errors(tmp_path: Path) -> None:
    rows = [(f"Song {number}", "[") for number in range(25)]
    with pytest.raises(InputError) as caught:
        load_dataset(*write_files(tmp_path, csv_of(rows), TOOLS))
    lines = str(caught.value).splitlines()
    assert lines[0] == "The data has 25 error(s):"
    assert lines[1].startswith("rows.csv, line 8, tool_calls: The cell is not JSON")
    assert lines[-1] == "… and 5 more."


def test_rows_that_are_only_scored_need_no_whole_set(tmp_path: Path) -> None:
    files = write_files(tmp_path, csv_of().split('"Play some')[0], TOOLS)
    with pytest.raises(InputError, match="No row calls play_music"):
        load_dataset(*files)
    assert len(load_dataset(*files, whole_set=False)[1]) == 3


def test_a_split_can_be_chosen(tmp_path: Path) -> None:
    csv = "user_message,tool_calls,split\n" + "\n".join(
        quoted(m, c, s) for (m, c), s in zip(ROWS, ("train", "test", "eval", "train", "TEST", "train"), strict=True)
    )
    files = write_files(tmp_path, csv, TOOLS)
    _, examples = load_dataset(*files, CheckOptions(split="test"), whole_set=False)
    assert [example.line for example in examples] == [3, 4, 6]


def test_an_unknown_format_or_tokenizer_is_refused(cycling: DataSet) -> None:
    with pytest.raises(InputError, match="prompt format"):
        check_files(cycling.dataset, cycling.tools, CheckOptions(prompt_format="xml"))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(InputError, match="not a folder"):
        check_files(cycling.dataset, cycling.tools, CheckOptions(base_model="./nowhere"))


def test_a_path_is_its_own_source(cycling: DataSet, tmp_path: Path) -> None:
    assert resolve_source(str(cycling.dataset), "train") == cycling.dataset
    (tmp_path / "mine.csv").write_text("x")
    with pytest.raises(InputError, match=r"There is: mine\.csv"):
        resolve_source(str(tmp_path / "other.csv"), "train")
    with pytest.raises(InputError, match="is a folder"):
        resolve_source(str(tmp_path), "train")


@pytest.mark.parametrize(
    ("files", "split", "chosen"),
    [
        (["README.md", "data.csv"], "train", "data.csv"),
        (["train.csv", "test.csv"], "test", "test.csv"),
        (["data/train-0-of-1.parquet", "data/test-0-of-1.parquet"], "train", "data/train-0-of-1.parquet"),
        (["train.csv", "train.parquet"], "train", "train.csv"),
        (["tools.json", "dataset_infos.json", "xlam_60k.json"], "train", "xlam_60k.json"),
        (["dataset.jsonl", ".gitattributes"], "train", "dataset.jsonl"),
    ],
)  # fmt: skip
def test_the_file_of_a_split_is_found(files: list[str], split: str, chosen: str) -> None:
    assert choose_file(files, split, "me/data") == chosen


@pytest.mark.parametrize(("files", "says"), [(["a.csv", "b.csv"], "a.csv, b.csv"), (["README.md"], "README.md")])
def test_a_split_that_is_not_there_lists_what_is(files: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        choose_file(files, "train", "me/data")


def test_json_lines_become_a_csv(tmp_path: Path) -> None:
    lines = [{"user_message": message, "tool_calls": json.loads(calls)} for message, calls in ROWS]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)))
    _, tools = write_files(tmp_path, csv_of(), TOOLS)
    found = resolve_set(str(tmp_path / "rows.jsonl"), tools, "train")
    assert [(row.user_message, row.tool_calls) for row in check_files(found.dataset, tools, OPTIONS).table] == ROWS
    assert found.summary.line.startswith("Read as rows with user_message and tool_calls: 6 rows")
