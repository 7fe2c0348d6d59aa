"""docs/evaluation.md names every key that evaluation.json has."""

from __future__ import annotations

from pathlib import Path

from backend.off_topic import LeftOut, Message, Selection
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.scoring import Setup, build_evaluation, off_topic_result, score_rows
from backend.scoring.comparison import compare_rows
from backend.scoring.evaluation import SCHEMA

DOC = (Path(__file__).resolve().parents[3] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_every_key_is_documented() -> None:
    fmt, tools, rows = get_format("native"), (Tool("stop", "Stops."),), [Example("a", 2, "stop", (Call("stop"),))]
    report = score_rows(rows, [fmt.completion(rows[0].calls)], tools, fmt)
    asked = off_topic_result(Selection((Message("hello", "greeting"),), (LeftOut("boats", "a reason", ()),)), report)
    evaluation = build_evaluation(
        report, report, Setup(), ngram_baseline=report, probes={"typos": report}, off_topic=asked
    ).to_dict()
    pair = compare_rows(report.rows, report.rows)
    assert pair is not None
    parts = [evaluation, evaluation["tuned"], evaluation["tuned"]["rows"][0], evaluation["tuned"]["per_tool"]["stop"]]
    parts += [evaluation["mcnemar"], evaluation["verdict"], evaluation["probes"]["typos"], pair.to_dict()]
    parts += [evaluation["tuned"]["combined"], evaluation["off_topic"], evaluation["off_topic"]["rows"][0]]
    parts += evaluation["off_topic"]["left_out"]
    missing = {key for part in parts for key in part if f"`{key}`" not in DOC and f'"{key}"' not in DOC}
    assert missing == set()
    assert f"`schema` is {SCHEMA};" in DOC
