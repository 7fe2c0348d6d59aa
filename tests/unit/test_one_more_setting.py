"""A setting is defined once: one that a test adds has its flag, its field, its range, and its place in run.json."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields, make_dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr
import pytest

from backend.errors import InputError
from backend.jobs.commands import config_arguments
from backend.off_topic import topic_words
from backend.runs import Run, RunConfig
from backend.runs.setting import setting, settings_of
from job_templates.ml.run.options import add_data_flags, add_training_flags, config_from
from ui.train.field_components import form_settings
from ui.train.fields import FUNCTIONGEMMA, read_settings, setting_values
from ui.train.form import SettingsForm
from ui.train.summary import setting_pairs

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMOOTHING = {
    "help": "share of 100 % that wrong tokens get",
    "label": "Label smoothing",
    "info": "For wrong tokens.",
    "least": 0,
    "below": 0.5,
    "step": 0.05,
}
SILENCE = ("stay_silent", "off_topic_share", "no_call_answer", "put_back")
BASE = ["--dataset", "a.csv", "--tools", "t.json", "--output-repo", "./run", "--base-model", FUNCTIONGEMMA]


def with_one_more(hint: Any = float, default: Any = 0.0, **about: Any) -> type[RunConfig]:
    """The settings with one more, `smoothing`."""
    return make_dataclass(
        "Wider", [("smoothing", hint, setting(default, **(SMOOTHING | about)))], bases=(RunConfig,), frozen=True
    )


def parser(settings: type[RunConfig]) -> argparse.ArgumentParser:
    command = argparse.ArgumentParser()
    add_data_flags(command, settings)
    add_training_flags(command, settings)
    return command


def form_values(settings: type[RunConfig], **values: Any) -> dict[str, Any]:
    """What the form's fields hold at first, and `values` of one's own."""
    first = setting_values(settings.defaults(FUNCTIONGEMMA))
    return {"name": "a run", "base": FUNCTIONGEMMA, "base_id": "", **first, **values}


def test_it_has_a_flag_with_its_help_and_its_range() -> None:
    command = parser(with_one_more(tuned=0.1))
    said = " ".join(command.format_help().split())
    assert "--smoothing SMOOTHING share of 100 % that wrong tokens get (default 0.1; starter 0)" in said
    settings = with_one_more()
    assert config_from(command.parse_args([*BASE, "--smoothing", "0.2"]), settings).to_dict()["smoothing"] == 0.2
    assert config_from(command.parse_args(BASE), settings).to_dict()["smoothing"] == 0.0
    with pytest.raises(InputError) as raised:
        config_from(command.parse_args([*BASE, "--smoothing", "0.5"]), settings)
    assert str(raised.value) == "smoothing: 0.5 is not allowed. Give a number from 0 to below 0.5."


@pytest.mark.parametrize("value", [-0.1, 0.5, float("nan"), float("inf"), "0.1", True, None, [0.1]])
def test_it_is_validated(value: Any) -> None:
    with pytest.raises(InputError, match=r"^smoothing: .* is not allowed. Give a number from 0 to below 0.5\.$"):
        with_one_more().from_dict({"smoothing": value})


def test_it_has_a_field_in_the_form() -> None:
    with gr.Blocks() as page:
        form = SettingsForm(with_one_more())
    field = form.inputs["smoothing"]
    assert isinstance(field, gr.Number)
    assert (field.label, field.info, field.value) == ("Label smoothing", "For wrong tokens.", 0.0)
    assert (field.minimum, field.step) == (0, 0.05)
    assert field._id in page.blocks


@pytest.mark.parametrize(
    ("hint", "default", "given", "shown"),
    [
        (float, 0.0, 0.25, 0.25),
        (int, 3, 4, 4),
        (float | Literal["auto"], "auto", 0.25, "0.25"),
        (float | Literal["auto"], 0.25, "auto", "auto"),
        (int | None, None, 7, "7"),
        (int | None, 7, None, ""),
        (str | None, None, "a word", "a word"),
        (str | None, "a word", None, ""),
        (bool, False, True, True),
        (Literal["mild", "strong"], "mild", "strong", "strong"),
    ],
)
def test_its_value_survives_the_form_the_command_line_and_run_json(
    tmp_path: Path, hint: Any, default: Any, given: Any, shown: Any
) -> None:
    settings = with_one_more(hint, default, least=None, below=None)
    config = settings.from_dict({"base_model": FUNCTIONGEMMA, "smoothing": given})
    assert setting_values(config)["smoothing"] == shown
    assert read_settings(form_values(settings, smoothing=shown), settings=settings) == ("a run", config)
    run = Run.create(tmp_path / "run", config, EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    written = json.loads((run.path / "run.json").read_text(encoding="utf-8"))["config"]
    assert written["smoothing"] == given
    assert settings.from_dict(written) == config
    if given is not None:  # no flag says nothing
        said = parser(settings).parse_args([*BASE[:6], *config_arguments(config)])
        assert config_from(said, settings) == config


def test_the_page_of_a_run_shows_it() -> None:
    told = dict(setting_pairs(with_one_more()()))
    assert told["Label smoothing"] == "0"
    assert dict(setting_pairs(with_one_more(summary=False)())) == dict(setting_pairs(RunConfig()))


def test_a_run_that_was_made_before_it_takes_its_default(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", RunConfig(seed=7), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    written = json.loads((run.path / "run.json").read_text(encoding="utf-8"))["config"]
    assert with_one_more().from_dict(written).to_dict() == {**RunConfig(seed=7).to_dict(), "smoothing": 0.0}


def test_a_switch_that_is_on_has_a_flag_that_turns_it_off() -> None:
    settings = with_one_more(bool, True)
    command = parser(settings)
    assert config_from(command.parse_args(BASE), settings).to_dict()["smoothing"] is True
    off = config_from(command.parse_args([*BASE, "--no-smoothing"]), settings)
    assert off.to_dict()["smoothing"] is False
    assert "--no-smoothing" in config_arguments(off)


def test_every_setting_is_told_and_every_word_has_its_title() -> None:
    assert [one.name for one in settings_of(RunConfig)] == [field.name for field in fields(RunConfig)]
    for one in settings_of(RunConfig):
        assert one.help or one.name == "base_model"
        assert not one.label or not one.words or set(one.choices) == set(one.words)


def test_the_fields_stand_where_they_did() -> None:
    assert [one.label for one in form_settings(RunConfig)] == [
        "Epochs", "Tools in the prompt", "Stay silent on what is not for these tools", "Share of such messages",
        "Prompt format", "Learning rate", "After the peak", "Warm-up", "Batch size",
        "Max length", "Weight decay", "What is trained", "Adapter on", "LoRA rank", "LoRA alpha", "LoRA dropout",
        "Answer without a call", "Held out", "Rows at most", "Seed", "Early stopping", "Save every", "Trackio project",
    ]  # fmt: skip
    assert [label for label, _ in setting_pairs(RunConfig())] == [
        "Tools in the prompt", "Stay silent on what is not for these tools", "Share of such messages", "Prompt format",
        "Learning rate", "Batch size", "Max length", "Answer without a call", "Held out", "Rows at most", "Seed",
    ]  # fmt: skip


def test_a_run_that_was_made_before_silence_says_that_it_was_not_taught() -> None:
    older = {name: value for name, value in RunConfig().to_dict().items() if name not in SILENCE}
    told = dict(setting_pairs(RunConfig.from_dict(older, stored=True)))
    assert told["Stay silent on what is not for these tools"].startswith("no: it was not taught")  # type: ignore[attr-defined]
    assert "Share of such messages" not in told
    assert told["Answer without a call"] == "None of the tools can do that."
    told = dict(setting_pairs(RunConfig(off_topic_share=0.35)))
    assert told["Stay silent on what is not for these tools"] == "yes"
    assert told["Share of such messages"] == "35 %"


def test_what_was_put_back_may_be_long() -> None:
    every = ",".join(topic_words())
    assert len(every) > 300
    assert RunConfig(put_back=every).kept_topics == set(topic_words())
    with pytest.raises(InputError, match="a line of text of 1 to 4000 characters"):
        RunConfig(put_back="a" * 4001)
    with pytest.raises(InputError, match="a line of text of 1 to 300 characters"):
        RunConfig(trackio_project="a" * 301)
