"""The model card says what is in the run's files, and no user's text breaks it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

from backend.device.model_card import model_card, verification_of
from backend.device.verification import Verification
from backend.off_topic import Message, Selection, as_rows
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.runs import Run, RunConfig, default_config, write_json
from backend.scoring import Rate, Setup, build_evaluation, off_topic_result, score_rows
from tests.documents import verification

TOOLS = (
    Tool("set_light", "Switch | a light\n<b>on</b>", {"type": "object", "properties": {"room": {"type": "string"}}}),
    Tool("stop", "Stop."),
)


def make_run(folder: Path, config: RunConfig) -> Run:
    dataset, tools = folder / "rows.csv", folder / "tools.json"
    dataset.write_text('user_message,tool_calls\nhi,"[]"\n', encoding="utf-8")
    tools.write_text("[]", encoding="utf-8")
    return Run.create(folder / "run", config, dataset, tools, name='lights "at" home: 1')


def front_matter(card: str) -> dict[str, object]:
    values = yaml.safe_load(card.split("---")[1])
    assert isinstance(values, dict)
    return values


def test_a_starters_card_before_its_evaluation(tmp_path: Path) -> None:
    run = make_run(tmp_path, RunConfig())
    write_json(
        run.training_path, {"rows": 8, "test_rows": 2, "epochs": 250.0, "steps": 5, "seconds": 3.5, "final_loss": 0.25}
    )
    card = model_card(run, TOOLS)
    assert "Do not ship it" in card
    assert "Not measured yet" in card
    assert "| 8 / 2 |" in card
    assert "| epochs | 250 |" in card
    assert "| loss at the end | 0.2500 |" in card
    assert str(run.data["dataset_sha256"]) in card
    assert "license" not in front_matter(card)
    assert "| `set_light` | `room` | Switch \\| a light &lt;b&gt;on&lt;/b&gt; |" in card


def test_the_rows_that_a_model_wrote_are_counted(tmp_path: Path) -> None:
    run = make_run(tmp_path, RunConfig())
    known = {"rows": 640, "test_rows": 20, "epochs": 3.0, "steps": 5, "seconds": 3.5, "grown_rows": 600}
    write_json(run.training_path, {**known, "grown_by": "grown by a|b on 2026-11-28"})
    line = "| rows trained on that a large model wrote | 600 (grown by a\\|b on 2026-11-28) |"
    assert line in model_card(run, TOOLS)


def test_accuracies_stand_in_the_text_and_in_the_metadata(tmp_path: Path) -> None:
    run = make_run(tmp_path, RunConfig())
    fmt = get_format("native", "none")
    rows = [Example(str(number), number, f"light {number}", (Call("stop", {}),)) for number in range(4)]
    right = fmt.completion(rows[0].calls)
    tuned, base = (score_rows(rows, answers, TOOLS, fmt) for answers in ([right] * 3 + ["no"], ["no"] * 4))
    write_json(run.evaluation_path, build_evaluation(tuned, base, Setup(), ngram_baseline=tuned).to_dict())
    card = model_card(run, TOOLS)
    assert "On 4 held-out rows" in card
    assert "| combined | 75.0% (30.1%–95.4%; 3 of 4) | 0.0% | 75.0% |" in card
    index = front_matter(card)["model-index"]
    assert isinstance(index, list)
    metrics = {metric["name"]: metric["value"] for metric in index[0]["results"][0]["metrics"]}
    assert metrics == {"tool selection": 0.75, "arguments": 1.0, "combined": 0.75}
    read = ModelCard(card).data.eval_results
    assert {result.metric_name: result.metric_value for result in read} == metrics


def test_calls_on_off_topic_messages_stand_beside_the_accuracies(tmp_path: Path) -> None:
    run = make_run(tmp_path, RunConfig())
    fmt = get_format("native", "none")
    stop = fmt.completion([Call("stop", {})])
    asked = tuple(Message(f"play chess {at}", "request", "chess", "en") for at in range(4))
    found = off_topic_result(
        Selection(asked), score_rows(as_rows(asked, {"": ""}), [stop] + [fmt.completion(())] * 3, TOOLS, fmt)
    )
    tuned = score_rows([Example("1", 2, "halt", (Call("stop", {}),))], [stop], TOOLS, fmt)
    write_json(run.evaluation_path, build_evaluation(tuned, None, Setup(), off_topic=found).to_dict())
    card = model_card(run, TOOLS, Verification.from_dict(verification(off_topic=found.to_dict())))
    sentence = "Of 4 messages that are not for these tools, 1 is answered with a call (95 % interval 4.6–69.9 %)."
    assert f"\n\n{sentence}\n\n" in card
    assert "| calls for messages that are not for the tools | 25.0% (4.6%–69.9%; 1 of 4) |" in card


@pytest.mark.parametrize(("base", "named"), [("google/functiongemma-270m-it", True), ("~/secret/base", False)])
def test_a_fine_tunes_card_names_its_base_and_terms_but_no_folder(tmp_path: Path, base: str, named: bool) -> None:
    card = model_card(make_run(tmp_path, default_config(base)), TOOLS)
    values = front_matter(card)
    assert values["license"] == "gemma"
    assert values.get("base_model") == (base if named else None)
    assert "Gemma Terms of Use" in card
    assert "secret" not in card


def test_the_exported_file_stands_in_the_card_with_its_verdict(tmp_path: Path) -> None:
    run = make_run(tmp_path, RunConfig())
    scored = replace(score_rows([], [], TOOLS, get_format("native")), combined=Rate.of(3, 4)).to_dict()
    record = verification(
        file="lights_q8_ekv1024.litertlm", bytes=285_600_000, sha256="ab" * 32, verdict="failed", accuracy=scored,
        reason="readable: 2 of 4 <pad> | answers", load_seconds=0.8123, first_token_seconds=0.08,
        decode_tokens_per_second=1057.3, peak_memory_mb=None,
    )  # fmt: skip
    assert verification_of(run) is None
    write_json(run.export_dir / "verification.json", record)
    card = model_card(run, TOOLS, verification_of(run))
    assert "## On a phone: lights_q8_ekv1024.litertlm" in card
    assert "Verification **failed**: readable: 2 of 4 &lt;pad&gt; \\| answers" in card
    for line in ("| size | 285.6 MB |", f"| SHA-256 | `{'ab' * 32}` |", "| loads in | 0.81 s |",
                 "| decodes | 1,057 tokens a second |",
                 "| combined accuracy of the file | 75.0% (30.1%–95.4%; 3 of 4) |"):  # fmt: skip
        assert line in card
    assert "| memory |" not in card


def test_an_export_older_than_the_weights_is_not_spoken_of(tmp_path: Path) -> None:
    run = make_run(tmp_path, RunConfig())
    write_json(run.export_dir / "verification.json", verification(file="old.litertlm"))
    os.utime(run.export_dir / "verification.json", (1, 1))
    run.checkpoint.mkdir()
    (run.checkpoint / "model.safetensors").write_bytes(b"new")
    assert verification_of(run) is None
