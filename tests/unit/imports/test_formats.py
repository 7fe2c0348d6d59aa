"""Each format in the shape that its data card or code gives it, read into the standard CSV and tools.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.imports.made_files import (
    ASKED,
    CALL,
    CALLED,
    CELL,
    FUNCTION,
    TOOL,
    content,
    imported,
    lines,
    one_row,
    parquet,
    rows_of,
    written,
)

STRING_CALL = {"role": "assistant", "tool_calls": [{"function": {**CALL, "arguments": json.dumps(CALL["arguments"])}}]}
SHAREGPT = [
    {"from": "human", "value": "Hall light"},
    {"from": "function_call", "value": json.dumps(CALL)},
    {"from": "observation", "value": "{}"},
    {"from": "gpt", "value": "It is on."},
]
RECORDS: dict[str, tuple[dict[str, Any], str]] = {
    "openai": (
        {"messages": [ASKED, STRING_CALL], "tools": [TOOL], "parallel_tool_calls": False},
        "OpenAI chat messages",
    ),
    "openai legacy": (
        {"messages": [ASKED, {"role": "assistant", "function_call": CALL}], "functions": [FUNCTION]},
        "OpenAI chat messages",
    ),
    "messages as text": (
        {"messages": json.dumps([ASKED, CALLED]), "tools": json.dumps([TOOL])},
        "OpenAI chat messages",
    ),
    "prompt and completion": ({"prompt": [ASKED], "completion": [CALLED], "tools": [TOOL]}, "OpenAI chat messages"),
    "mobile actions": (
        {"metadata": "train", "tools": [{"function": FUNCTION}], "messages": [ASKED, CALLED]},
        "Mobile Actions",
    ),
    "home assistant": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hall light"}], "train_on_turn": False},
                {**STRING_CALL, "content": [{"type": "text", "text": "Turning it on."}], "train_on_turn": True},
            ],
            "tools": [TOOL],
        },
        "OpenAI chat messages",
    ),
    "sharegpt": ({"conversations": SHAREGPT, "tools": json.dumps([FUNCTION])}, "ShareGPT conversations"),
    "gemini": (
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Hall light"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "set_light", "args": {"room": "hall"}}}]},
            ],
            "tools": [{"functionDeclarations": [FUNCTION]}],
        },
        "Gemini contents",
    ),
    "messages and expected": ({"messages": [ASKED], "expected": [CALL], "tools": [TOOL]}, "OpenAI chat messages"),
    "gemma template": (
        {
            "text": "<bos><start_of_turn>developer\nHelp.<end_of_turn>\n<start_of_turn>user\nHall light<end_of_turn>\n"
            f"<start_of_turn>model\n{json.dumps([CALL])}<end_of_turn>\n",
            "tools": [TOOL],
        },
        "chat template texts",
    ),
    "robot": (
        {
            "user_prompt": "Hall light",
            "tool_calls": [{"tool_name": "set_light", "tool_args": {"room": "hall"}}],
            "tools": [TOOL],
        },
        "question and answer rows",
    ),
    "xlam": (
        {"id": 0, "query": "Hall light", "answers": json.dumps([CALL]), "tools": json.dumps([FUNCTION])},
        "xLAM rows (query, tools, answers)",
    ),
    "xlam as lists": (
        {"query": "Hall light", "answers": [CALL], "tools": [FUNCTION]},
        "xLAM rows (query, tools, answers)",
    ),
    "tuning lab": (
        {"user_content": "Hall light", "tool_name": "set_light", "tool_arguments": '{"room": "hall"}', "tools": [TOOL]},
        "Tuning Lab rows",
    ),
    "standard": ({"user_message": "Hall light", "tool_calls": [CALL], "tools": [TOOL]}, "rows with user_message and"),
    "question and answer": (
        {
            "question": json.dumps([ASKED]),
            "answer": '{"name": "set_light", "parameters": {"room": "hall"}}',
            "tools": [TOOL],
        },
        "question and answer rows",
    ),
    "alpaca": (
        {"instruction": "Hall light", "input": "", "output": json.dumps([CALL]), "tools": [TOOL]},
        "question and answer rows",
    ),
}


@pytest.mark.parametrize("kind", ["jsonl", "json", "wrapped", "parquet"])
@pytest.mark.parametrize("name", RECORDS)
def test_a_record_becomes_the_standard_row(name: str, kind: str, tmp_path: Path) -> None:
    record, told = RECORDS[name]
    path = {
        "jsonl": lambda: lines(tmp_path, "rows.jsonl", [record, record]),
        "json": lambda: written(tmp_path, "rows.json", [record, record]),
        "wrapped": lambda: written(tmp_path, "rows.json", {"data": [record, record]}),
        "parquet": lambda: parquet(tmp_path / "rows.parquet", [record, record]),
    }[kind]()
    read = imported(path)
    assert read.summary.line.startswith(f"Read as {told}")
    assert read.summary.line.endswith("2 rows, 1 tool.")
    place = {"jsonl": "line", "parquet": "row"}.get(kind, "item")
    assert [(row["user_message"], row["tool_calls"], row["imported_from"]) for row in rows_of(read)] == [
        ("Hall light", CELL, f"{place} {number}") for number in (1, 2)
    ]
    assert json.loads(content(read.tools)) == [TOOL]
    assert read.missing == ""


@pytest.mark.parametrize(
    "label",
    [
        '<tool_call>\n{"name": "set_light", "arguments": {"room": "hall"}}\n</tool_call>',
        '<functioncall> {"name": "set_light", "arguments": \'{"room": "hall"}\'}',
        '[set_light(room="hall")]',
        "<start_function_call>call:set_light{room:<escape>hall<escape>}<end_function_call>",
    ],
)
def test_a_labels_dialect_is_handed_on_as_it_stands(label: str, tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Hall light"}, {"from": "gpt", "value": label}]
    row = one_row(imported(written(tmp_path, "rows.json", [{"conversations": turns, "tools": [TOOL]}])))
    assert row["tool_calls"] == label


def test_home_assistants_code_block_counts_and_not_the_text_beside_it(tmp_path: Path) -> None:
    block = '```homeassistant\n{"service": "light.turn_on", "target_device": "light.hall", "brightness": 5}\n```'
    turns = [{"from": "user", "value": "Hall light"}, {"from": "assistant", "value": f"Turning it on.\n{block}"}]
    row = one_row(imported(written(tmp_path, "rows.json", [{"conversations": turns, "tools": [TOOL]}])))
    arguments = {"target_device": "light.hall", "brightness": 5}
    assert json.loads(row["tool_calls"]) == [{"name": "light.turn_on", "args": arguments}]


def test_a_sentence_is_an_answer_without_a_call(tmp_path: Path) -> None:
    record = {"messages": [ASKED, {"role": "assistant", "content": "Which (room) do you mean?"}], "tools": [TOOL]}
    read = imported(written(tmp_path, "rows.json", [record]))
    row = one_row(read)
    assert (row["tool_calls"], row["answer"]) == ("[]", "Which (room) do you mean?")
    assert read.summary.no_calls == 1
    assert "No row has a call. Check that the calls are in a known notation." in read.summary.details


@pytest.mark.parametrize(
    ("name", "record"),
    [
        (
            "Hermes",
            {"conversations": [{"from": "system", "value": f"Call <tools>[{json.dumps(TOOL)}]</tools>."}, *SHAREGPT]},
        ),
        (
            "ToolACE",
            {"system": f"Here is a list [of] functions:\n{json.dumps([FUNCTION])}. Go", "conversations": SHAREGPT},
        ),
        (
            "Glaive",
            {
                "system": f"SYSTEM: Use them if required -\n{json.dumps(FUNCTION, indent=4)}\n",
                "chat": f"USER: Hall light\n\n\nASSISTANT: {json.dumps(CALL)} <|endoftext|>\n\nFUNCTION RESPONSE: {{}}",
            },
        ),
    ],
)
def test_tools_in_a_system_text_are_found(name: str, record: dict[str, Any], tmp_path: Path) -> None:
    read = imported(written(tmp_path, f"{name}.json", [record]))
    assert json.loads(content(read.tools)) == [TOOL]
    assert one_row(read)["tool_calls"] == CELL


def test_the_first_exchange_is_the_row_and_the_rest_is_counted(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "Be kind."},
        {"role": "assistant", "content": "Hello."},
        ASKED,
        {**CALLED, "content": "On it."},
        {"role": "tool", "content": "{}"},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "And the kitchen"},
        CALLED,
    ]
    read = imported(lines(tmp_path, "rows.jsonl", [{"messages": turns, "tools": [TOOL]}] * 2))
    assert {row["tool_calls"] for row in rows_of(read)} == {CELL}
    assert {row["user_message"] for row in rows_of(read)} == {"Hall light"}
    said = " ".join(read.summary.details)
    for part in (
        "2 rows have a system text",
        "2 rows have later turns (4 in all)",
        "2 rows have a text beside the calls",
    ):
        assert part in said
    assert "2 rows have turns before the user's first message" in said


def test_parallel_calls_stay_together(tmp_path: Path) -> None:
    record = {"messages": [ASKED, {"role": "assistant", "tool_calls": [{"function": CALL}] * 2}], "tools": [TOOL]}
    read = imported(lines(tmp_path, "rows.jsonl", [record]))
    assert json.loads(one_row(read)["tool_calls"]) == json.loads(CELL) * 2
    assert read.summary.several_calls == 1


def test_what_is_left_out_is_counted_by_reason_with_its_places(tmp_path: Path) -> None:
    sound = {"messages": [ASKED, CALLED], "tools": [TOOL]}
    wrong = {"messages": [ASKED, {**CALLED, "weight": 0}]}
    unseen = {"messages": [{"role": "user", "content": [{"type": "image_url"}]}, CALLED]}
    path = lines(tmp_path, "rows.jsonl", [sound, {"messages": [ASKED]}, wrong, wrong, unseen, 5])
    path.write_text(path.read_text(encoding="utf-8") + '{"messages": [\n', encoding="utf-8")
    assert imported(path).summary.line == (
        "Read as OpenAI chat messages: 1 row, 1 tool, 6 left out: 2 because its answer is marked as not to be "
        "trained on (line 3, line 4); 1 because no answer follows the user's message (line 2); 1 because a message in "
        "it holds image_url and not only text (line 5); 1 because it is not a JSON object (line 6); 1 because the "
        "line is not JSON (line 7)."
    )


def test_a_split_is_kept_if_both_sides_are_named(tmp_path: Path) -> None:
    record = {"tools": [TOOL], "messages": [ASKED, CALLED]}
    both = imported(lines(tmp_path, "a.jsonl", [{**record, "metadata": "train"}, {**record, "metadata": "eval"}]))
    assert [row["split"] for row in rows_of(both)] == ["train", "test"]
    assert "split" not in one_row(imported(lines(tmp_path, "b.jsonl", [{**record, "metadata": "train"}])))
