"""The settings that a search draws."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.errors import InputError
from backend.runs import STARTER, RunConfig, default_config
from backend.trials import MOST_CANDIDATES, changes, draw, searched_settings

TUNED = default_config("./base")


def test_what_can_differ_is_searched() -> None:
    assert searched_settings(RunConfig(), [], grown=False) == ("declarations", "epochs", "lr", "off_topic_share")
    everything = searched_settings(TUNED, [STARTER], grown=True)
    assert everything == (*("base_model", "declarations", "epochs", "lr", "lora_r", "off_topic_share", "grown_share"),)
    assert "off_topic_share" not in searched_settings(replace(TUNED, stay_silent=False), [], grown=False)
    assert searched_settings(TUNED, [], grown=False, wanted=["lr"]) == ("lr",)


def test_what_cannot_be_searched_is_refused_with_what_can() -> None:
    with pytest.raises(InputError, match=r"'batch_size' cannot be searched\. Choose from base_model"):
        searched_settings(TUNED, [], grown=False, wanted=["batch_size"])
    with pytest.raises(InputError, match=r"grown_share has only one value here.*declarations"):
        searched_settings(TUNED, [], grown=False, wanted=["grown_share"])


def test_the_start_comes_first_and_nothing_comes_twice() -> None:
    searched = searched_settings(TUNED, [STARTER], grown=True)
    drawn = draw(TUNED, [STARTER], searched, 500, seed=1)
    assert drawn[0] == TUNED
    assert len(drawn) == MOST_CANDIDATES
    assert all(one not in drawn[:at] for at, one in enumerate(drawn))
    assert drawn == draw(TUNED, [STARTER], searched, 500, seed=1)
    assert drawn != draw(TUNED, [STARTER], searched, 500, seed=2)


def test_only_the_searched_settings_differ() -> None:
    for one in draw(TUNED, [], ("lr", "lora_r"), 500, seed=1):
        assert changes(one, TUNED).keys() <= {"lr", "lora_r", "lora_alpha"}
        assert one.lora_alpha / one.lora_r == TUNED.lora_alpha / TUNED.lora_r
    assert {one.grown_share for one in draw(TUNED, [], ("grown_share",), 500, seed=1)} == {0.0, 0.5, 1.0}


def test_another_base_has_its_own_defaults_and_the_users_other_settings() -> None:
    start = replace(TUNED, no_call_answer="No.", lora_r=4)
    (_, other) = draw(start, [STARTER], ("base_model",), 500, seed=1)
    assert other == replace(default_config(STARTER), no_call_answer="No.")


def test_settings_at_the_edge_stay_allowed() -> None:
    edge = replace(TUNED, lr=0.4, off_topic_share=0.75, epochs=0.1, lora_r=1)
    for one in draw(edge, [], searched_settings(edge, [], grown=False), 10, seed=3):
        assert 0 < one.lr < 1
        assert one.off_topic_share <= 0.8
