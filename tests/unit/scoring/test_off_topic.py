"""How often a model calls a tool for messages that no tool should answer."""

from __future__ import annotations

import json

import pytest

from backend.document import Field
from backend.errors import InputError
from backend.off_topic import LeftOut, Message, Selection, as_rows
from backend.prompts import get_format
from backend.records import Call, Tool
from backend.scoring import OffTopic, off_topic_result, score_rows

TOOLS = (Tool("find", "Find it."),)
MESSAGES = (
    Message("play chess", "request", "chess", "en", "typed"),
    Message("schach", "request", "chess", "de", "typed"),
    Message("hallo", "greeting", language="de"),
    Message("", "noise"),
)
LEFT = LeftOut("boats", "“boat” is in the name find_boat", (Message("sink a boat", "request", "boats", "en"),))


def _found() -> OffTopic:
    fmt = get_format("native", "none")
    answers = [
        fmt.completion([Call("find")]),
        fmt.completion([Call("dance")]),
        fmt.completion([], "Hello!"),
        "<start_function_call>call:find{",
    ]
    report = score_rows(as_rows(MESSAGES, {"": ""}), answers, TOOLS, fmt)
    return off_topic_result(Selection(MESSAGES, (LEFT,)), report)


def test_calls_are_counted_by_kind_and_language() -> None:
    found = _found()
    assert (found.calls.k, found.calls.n) == (2, 4)
    assert (found.undeclared.k, found.unreadable.k) == (1, 1)
    assert {kind: (rate.k, rate.n) for kind, rate in found.by_kind.items()} == {
        "request": (2, 2),
        "greeting": (0, 1),
        "noise": (0, 1),
    }
    assert {code: (rate.k, rate.n) for code, rate in found.by_language.items()} == {"de": (1, 2), "en": (1, 1)}
    assert [row.answer.message for row in found.called] == ["play chess", "schach"]
    assert found.left_out[0].texts == ("sink a boat",)


def test_it_survives_json() -> None:
    found = _found()
    assert OffTopic.from_field(Field("evaluation.json", json.loads(json.dumps(found.to_dict())))) == found


def test_a_damaged_one_names_the_field() -> None:
    damaged = _found().to_dict()
    damaged["rows"][0]["kind"] = "song"
    with pytest.raises(InputError, match="kind"):
        OffTopic.from_field(Field("evaluation.json", damaged))
