"""The settings of silence: on for new runs, and off for runs that were made before they existed."""

from __future__ import annotations

import argparse

from backend.jobs.commands import config_arguments
from backend.prompts import NO_CALL_ANSWER
from backend.runs import RunConfig
from job_templates.ml.run.options import add_training_flags, config_from


def _read(arguments: list[str]) -> RunConfig:
    command = argparse.ArgumentParser()
    add_training_flags(command)
    return config_from(command.parse_args(arguments))


def test_a_run_of_an_earlier_version_was_not_taught_and_keeps_its_sentence() -> None:
    earlier = RunConfig.from_dict({"base_model": "me/model"}, stored=True)
    assert (earlier.stay_silent, earlier.no_call_answer) == (False, NO_CALL_ANSWER)
    new = RunConfig.from_dict({"base_model": "me/model"})
    assert (new.stay_silent, new.no_call_answer) == (True, None)
    assert RunConfig.from_dict(new.to_dict(), stored=True) == new


def test_the_switch_has_a_flag_in_both_directions() -> None:
    assert _read([]).stay_silent
    off = _read(["--no-stay-silent", "--no-call-answer", "No. | de: Nein."])
    assert (off.stay_silent, off.no_call_answer) == (False, "No. | de: Nein.")
    assert _read(config_arguments(off)) == off
    assert _read(config_arguments(_read(["--stay-silent", "--off-topic-share", "0.3"]))).off_topic_share == 0.3


def test_the_share_is_of_all_rows_that_are_trained_on() -> None:
    assert RunConfig(off_topic_share=0.2).off_topic_rows(800) == 200
    assert RunConfig(off_topic_share=0.5).off_topic_rows(10) == 10
    assert RunConfig(stay_silent=False).off_topic_rows(800) == 0
    assert RunConfig(batch_size=8).rows_in_a_step(384, 256) == 13
    assert [RunConfig(batch_size=8).rows_in_a_step(own, 0) for own in (384, 3, 0)] == [8, 8, 8]
    assert RunConfig(put_back=" music, a b ,,").kept_topics == {"music", "a b"}
