"""Dividing the rows: stratified, duplicates together, a test row for each tool, the same every time."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from backend.data import CheckOptions, Split, check_files, load_dataset, row_id, split_examples, write_csv
from backend.data.check.test_file import check_test_file, joined
from backend.data.similarity.near_duplicates import THRESHOLD, similarity
from backend.data.text.normal_form import normal_message
from backend.errors import InputError
from backend.records import Call, Example, Tool
from tests.conftest import DataSet
from tests.unit.data.builders import ROWS, TOOLS, call, csv_of, quoted, write_files

TOOL = Tool("play", "Plays.")
OTHER = Tool("stop", "Stops.")


def example(name: str, message: str, tool: str = "play", split: str | None = None) -> Example:
    return Example(name, 1, message, (Call(tool),) if tool else (), "", split)


def test_real_set_is_divided_by_tool_and_value(cycling: DataSet) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    split = split_examples(examples, tools, 0.1, 42)
    assert len(split.test) == 94
    assert len(split.train) + len(split.test) == 942
    tested = Counter(one.calls[0].arguments["query"] for one in split.test)
    everything = Counter(one.calls[0].arguments["query"] for one in examples)
    assert all(abs(tested[value] - 0.1 * everything[value]) < 2.5 for value in everything)


def test_no_test_row_is_nearly_a_training_row(cycling: DataSet, snips7: DataSet) -> None:
    for data in (cycling, snips7):
        tools, examples = load_dataset(data.dataset, data.tools)
        split = split_examples(examples, tools, 0.1, 42)
        trained = {normal_message(one.message) for one in split.train}
        assert not trained & {normal_message(one.message) for one in split.test}
        sample = split.test[:25]
        leaks = [one for one in sample if any(_near(one, other) for other in split.train[::7])]
        assert len(leaks) <= 1


def _near(one: Example, other: Example) -> bool:
    return similarity(normal_message(one.message), normal_message(other.message)) >= THRESHOLD


def test_order_does_not_matter_and_the_seed_does(cycling: DataSet) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    shuffled = list(examples)
    Random(1).shuffle(shuffled)
    first, again = (split_examples(rows, tools, 0.1, 42) for rows in (examples, shuffled))
    assert {one.id for one in first.test} == {one.id for one in again.test}
    assert {one.id for one in split_examples(examples, tools, 0.1, 43).test} != {one.id for one in first.test}


def test_every_tool_with_two_rows_is_tested_and_trained() -> None:
    rows = [example(str(n), f"song number {n * 977}") for n in range(60)]
    rows += [example("s1", "halt", "stop"), example("s2", "be quiet", "stop")]
    split = split_examples(rows, [TOOL, OTHER], 0.05, 42)
    for part in (split.train, split.test):
        assert {one.calls[0].name for one in part} == {"play", "stop"}


def test_rows_without_a_call_are_a_stratum_of_their_own() -> None:
    rows = [example(str(n), f"song {n * 977} {n}") for n in range(30)]
    rows += [example(f"n{n}", f"what is {n * 31} and {n}?", "") for n in range(10)]
    split = split_examples(rows, [TOOL], 0.2, 42)
    assert sum(not one.calls for one in split.test) >= 1


def test_the_datas_own_split_wins() -> None:
    rows = [example("1", "one", split="train"), example("2", "two", split="test"), example("3", "three")]
    split = split_examples(rows, [TOOL], 0.5, 42)
    assert [one.id for one in split.test] == ["2"]
    assert [one.id for one in split.train] == ["1", "3"]


def test_a_split_is_saved_and_read_again(cycling: DataSet) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    split = split_examples(examples, tools, 0.1, 42)
    assert Split.from_json(json.loads(json.dumps(split.to_json())), examples) == split
    with pytest.raises(InputError, match="saved split"):
        Split.from_json(split.to_json(), examples[:10])


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2])
def test_a_share_that_makes_no_sense_is_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        split_examples([example("1", "one"), example("2", "two")], [TOOL], fraction, 42)


def test_one_message_cannot_be_divided() -> None:
    with pytest.raises(InputError, match="two different messages"):
        split_examples([example("1", "one"), example("2", "One!")], [TOOL], 0.5, 42)


def test_ids_name_the_content(tmp_path: Path) -> None:
    calls = (Call("play_music", {"query": "jazz", "b": 1}),)
    assert row_id("a", calls) == row_id("a", (Call("play_music", {"b": 1, "query": "jazz"}),))
    assert row_id("a", calls) != row_id("b", calls)
    files = write_files(tmp_path, csv_of([ROWS[0], ROWS[0]]), TOOLS)
    _, examples = load_dataset(*files)
    first, second, third = (one.id for one in examples if one.message == ROWS[0][0])
    assert (second, third) == (f"{first}-2", f"{first}-3")


def test_written_rows_come_back(tmp_path: Path) -> None:
    rows = [
        ('Say "hi",\nplease ', call("play_music", query='a "b" é 🎶')),
        ("Lamp", call("set_light", room="hall", level=5, scene={"speed": 1.5}, tags=["x"])),
        ("Nothing", "[]"),
    ]
    options = CheckOptions(allow_no_call=True)
    tools, examples = load_dataset(*write_files(tmp_path, csv_of(rows), TOOLS), options)
    write_csv(examples, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith('"user_message","tool_calls"\n')
    again = load_dataset(tmp_path / "out.csv", tmp_path / "tools.json", options)
    assert again == (tools, examples)


def test_answers_and_splits_are_written_too(tmp_path: Path) -> None:
    rows = [Example("1", 0, "Hi", (), "Hello!", "test"), Example("2", 0, "Jazz", (Call("play_music", {"query": "a"}),))]
    write_csv(rows, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ['"user_message","tool_calls","answer","split"', '"Hi","[]","Hello!","test"']


def test_a_one_sided_split_column_is_said(tmp_path: Path) -> None:
    csv = "user_message,tool_calls,split\n" + "\n".join(quoted(m, c, "train") for m, c in ROWS)
    report = check_files(*write_files(tmp_path, csv, TOOLS), CheckOptions(declarations="none"))
    assert [(i.code, i.column) for i in report.issues if i.code == "set-split-one-sided"] == [
        ("set-split-one-sided", "split")
    ]


SPLIT_ROWS = [
    ("Could you put on that record by Miles Davis", call("play_music", query="Miles"), "train"),
    ("Could you put on the record by Miles Davis", call("play_music", query="Miles"), "test"),
    ("Lights in the hall", call("set_light", room="hall"), "train"),
    ("Soul music now", call("play_music", query="soul"), "test"),
]


def test_near_duplicates_across_the_split_are_reported(tmp_path: Path) -> None:
    csv = "user_message,tool_calls,split\n" + "\n".join(quoted(*row) for row in SPLIT_ROWS)
    report = check_files(*write_files(tmp_path, csv, TOOLS), CheckOptions(declarations="none"))
    found = [(i.line, i.column) for i in report.issues if i.code == "set-near-duplicate-across-split"]
    assert found == [(3, "user_message")]


def test_a_brought_test_file_is_held_against_the_training_rows(tmp_path: Path) -> None:
    _, train = load_dataset(*write_files(tmp_path, csv_of([SPLIT_ROWS[0][:2]]), TOOLS))
    (tmp_path / "own").mkdir()
    rows = [SPLIT_ROWS[1][:2], ("PLAY some jazz", ROWS[3][1]), ("Bad", "["), ("Rock on", ROWS[3][1])]
    test_csv = "user_message,tool_calls\n" + "\n".join(quoted(*row) for row in rows)
    dataset, tools = write_files(tmp_path / "own", test_csv, TOOLS)
    report = check_test_file(train, dataset, tools, CheckOptions(declarations="none"))
    found = {(issue.code, issue.line) for issue in report.issues if issue.file == "csv"}
    assert found == {("set-near-duplicate-across-split", 2), ("set-test-row-in-train", 3), ("calls-not-json", 4)}
    split = split_examples(joined(train, report.examples), report.tools, 0.1, 42)
    assert [one.message for one in split.test] == [one.message for one in report.examples]
    assert len({one.id for one in (*split.train, *split.test)}) == len(train) + 3


GROWN = "grown by some/model on 2026-11-28"


def _written(name: str, message: str, split: str | None = None) -> Example:
    return Example(name, 1, message, (Call("play"),), "", split, GROWN)


def test_grown_rows_are_trained_on_and_change_no_division_of_the_others(cycling: DataSet) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    before = split_examples(examples, tools, 0.1, 42)
    grown = [_written(f"g{at}", f"quite another sentence number {at} of its own") for at in range(300)]
    after = split_examples([*grown[:150], *examples, *grown[150:]], tools, 0.1, 42)
    assert after.test == before.test
    assert [row.id for row in after.train if not row.is_grown] == [row.id for row in before.train]
    assert sum(row.is_grown for row in after.train) == 300
    assert after.left_out == 0


def test_a_grown_row_that_nearly_equals_a_test_row_is_on_no_side(cycling: DataSet) -> None:
    tools, examples = load_dataset(cycling.dataset, cycling.tools)
    test = split_examples(examples, tools, 0.1, 42).test
    grown = [_written("g1", test[0].message.upper() + "!"), _written("g2", "nothing like it anywhere at all")]
    split = split_examples([*examples, *grown], tools, 0.1, 42)
    assert split.test == test
    assert [row.id for row in split.train if row.is_grown] == ["g2"]
    assert split.left_out == 1


def test_the_split_column_makes_no_test_row_of_a_grown_row() -> None:
    rows = [example("a", "play a song", split="test"), example("b", "louder", split="train")]
    split = split_examples([*rows, _written("g", "sing for me now", "test")], [TOOL], 0.1, 42)
    assert [row.id for row in split.test] == ["a"]
    assert [row.id for row in split.train] == ["b", "g"]


def test_grown_rows_alone_cannot_be_divided() -> None:
    with pytest.raises(InputError, match="A large model wrote all 2 rows"):
        split_examples([_written("a", "one thing"), _written("b", "other words")], [TOOL], 0.1, 42)


def test_the_origin_is_read_and_written(tmp_path: Path) -> None:
    header = quoted("user_message", "tool_calls", "Origin")
    text = "\n".join([header, *(quoted(*row, "") for row in ROWS[:3]), *(quoted(*row, GROWN) for row in ROWS[3:])])
    _, examples = load_dataset(*write_files(tmp_path, text + "\n", TOOLS), CheckOptions(declarations="none"))
    assert [row.is_grown for row in examples] == [False] * 3 + [True] * 3
    write_csv(examples, tmp_path / "again.csv")
    _, again = load_dataset(tmp_path / "again.csv", tmp_path / "tools.json", CheckOptions(declarations="none"))
    assert [row.origin for row in again] == [row.origin for row in examples]
