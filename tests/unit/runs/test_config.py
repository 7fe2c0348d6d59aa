from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import InputError
from backend.runs import RunConfig, default_config


def test_starter_is_trained_from_scratch_and_others_are_tuned() -> None:
    starter, tuned = default_config("starter"), default_config("google/functiongemma-270m-it")
    assert (starter.epochs, starter.lr, starter.batch_size, starter.declarations) == ("auto", 1e-3, 32, "none")
    assert (tuned.epochs, tuned.lr, tuned.batch_size, tuned.declarations) == ("auto", 5e-4, 8, "none")


def test_survives_json() -> None:
    config = RunConfig(base_model="me/model", max_seq_length=768, max_examples=50, trackio_project="bikes")
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_unknown_settings_are_left_aside_and_absent_ones_follow_the_base_model() -> None:
    config = RunConfig.from_dict({"base_model": "me/model", "colour": "red"})
    assert config == default_config("me/model")


def test_whole_floats_are_integers() -> None:
    config = RunConfig.from_dict({"batch_size": 8.0, "epochs": 2, "max_seq_length": 512.0})
    assert (config.batch_size, config.epochs, config.max_seq_length) == (8, 2.0, 512)
    assert isinstance(config.batch_size, int)


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("epochs", 0, "above 0"),
        ("epochs", float("nan"), "above 0"),
        ("epochs", True, "above 0"),
        ("epochs", "many", "auto, or a number above 0"),
        ("lr", "2e-4", "below 1"),
        ("lr", 2, "below 1"),
        ("batch_size", 1.5, "whole number from 1"),
        ("batch_size", -1, "whole number from 1"),
        ("max_seq_length", "long", "auto, or a whole number"),
        ("max_seq_length", 0, "auto, or a whole number"),
        ("test_split", 1, "below 1"),
        ("max_examples", 0, "whole number from 1"),
        ("seed", None, "whole number from 0"),
        ("prompt_format", "xml", "native, json"),
        ("declarations", None, "full, names, none"),
        ("base_model", "", "a line of text"),
        ("base_model", "a\nb", "a line of text"),
        ("trackio_project", 3, "a line of text"),
        ("method", "qlora", "full, lora"),
        ("lora_targets", "mlp", "all, attention"),
        ("lora_dropout", 1, "from 0 to below 1"),
        ("warmup_ratio", -0.1, "from 0 to below 1"),
        ("weight_decay", "0.1", "from 0 to below 1"),
        ("lr_scheduler", "step", "cosine, linear, constant"),
        ("early_stopping", 0, "whole number from 1"),
        ("checkpoint_minutes", 0, "minutes above 0"),
        ("engine", "fast", "shared, plain"),
    ],
)
def test_wrong_values_say_what_was_seen_and_what_is_allowed(setting: str, value: Any, allowed: str) -> None:
    with pytest.raises(InputError) as raised:
        RunConfig.from_dict({setting: value})
    message = str(raised.value)
    assert setting.replace("_", " ") in message
    assert repr(value) in message
    assert allowed in message


def test_the_starter_takes_no_adapter_and_a_full_fine_tuning_gets_a_gentler_rate() -> None:
    with pytest.raises(InputError, match="method: the starter is trained from scratch"):
        RunConfig.from_dict({"method": "lora"})
    full = RunConfig.from_dict({"base_model": "me/model", "method": "full"})
    assert full.lr < RunConfig.from_dict({"base_model": "me/model"}).lr
    assert full == RunConfig.from_dict(full.to_dict())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(sorted(RunConfig().to_dict()))


@given(JSON | st.dictionaries(NAMES | st.text(), JSON))
def test_any_json_is_either_settings_or_an_input_error(values: Any) -> None:
    try:
        config = RunConfig.from_dict(values)
    except InputError:
        return
    assert RunConfig.from_dict(config.to_dict()) == config
