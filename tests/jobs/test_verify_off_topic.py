"""What a file of a model that learned silence is asked beyond its rows, and what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.runs import Run
from job_templates.ml.litert.verify.trained import MOST_OFF_TOPIC, Trained, load_trained
from tests.jobs.test_verify import FEW_OFF_TOPIC, Parts, failed


@pytest.fixture(scope="module")
def trained(exported_run: Run) -> Trained:
    return load_trained(exported_run)


def test_only_off_topic_messages_that_fit_with_an_answer_are_asked(trained: Trained) -> None:
    assert len(trained.off_topic.messages) == MOST_OFF_TOPIC
    assert trained.off_topic_that_fit(1024) == trained.off_topic
    few = trained.off_topic_that_fit(40).messages
    assert 0 < len(few) < MOST_OFF_TOPIC
    assert max(len(one.text) for one in few) < max(len(one.text) for one in trained.off_topic.messages)
    assert trained.off_topic_that_fit(10).messages == ()


def test_silence_is_held_against_a_checkpoint_without_an_evaluation(exported_run: Run, tmp_path: Path) -> None:
    parts = Parts(exported_run, tmp_path)
    assert not exported_run.evaluation_path.is_file()
    record = parts.verify(parts.pack())
    [check] = [check for check in record["checks"] if check["name"] == "silence"]
    asked = record["off_topic"]["calls"]
    assert (check["result"], asked["n"]) == ("passed", FEW_OFF_TOPIC)
    assert check["detail"].startswith(
        f"{asked['k']} of {FEW_OFF_TOPIC} off-topic messages call a tool; of {FEW_OFF_TOPIC}, "
    )
    assert "silence" not in failed(record)
