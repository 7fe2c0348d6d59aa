"""The estimate follows the work, and learns from earlier runs on the machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.jobs.estimate import STARTUP_SECONDS, Workload, estimate_training
from backend.runs import RunConfig, TrainingSummary, default_config, planned_epochs

PLAIN = RunConfig(stay_silent=False)
WORK = Workload(rows=848, prefix=5, row_tokens=23)


def told(summary: dict[str, object]) -> TrainingSummary:
    """The summary of an earlier run that left no more than these fields beside its counts."""
    return TrainingSummary.from_dict({"rows": 9, "test_rows": 2, "steps": 0, "seconds": 0, **summary})


def test_steps_are_the_trainers() -> None:
    assert estimate_training(PLAIN, WORK).steps == 675
    assert estimate_training(replace(PLAIN, max_examples=150), WORK).steps == 250
    assert estimate_training(replace(PLAIN, epochs=1, max_examples=50), WORK).steps == 2
    assert estimate_training(replace(PLAIN, epochs=0.1, batch_size=1000), WORK).steps == 1


def test_off_topic_rows_add_tokens_but_no_steps_and_no_epochs() -> None:
    assert estimate_training(RunConfig(), WORK).steps == estimate_training(PLAIN, WORK).steps
    assert estimate_training(RunConfig(off_topic_share=0.5), WORK).steps == 27 * planned_epochs(RunConfig(), 848) == 675
    assert estimate_training(RunConfig(max_examples=32, epochs=1), WORK).steps == 1
    assert estimate_training(RunConfig(), WORK).seconds > estimate_training(PLAIN, WORK).seconds


def test_a_starter_takes_a_minute_or_two_and_a_fine_tune_much_longer() -> None:
    starter = estimate_training(RunConfig(), WORK)
    tuned = estimate_training(default_config("google/functiongemma-270m-it"), Workload(848, 700, 30))
    assert 30 < starter.seconds < 180
    assert tuned.seconds > 10 * starter.seconds
    assert not starter.calibrated


def test_the_method_the_declarations_and_the_engine_count() -> None:
    def seconds(prefix: int = 699, **settings: object) -> float:
        config = RunConfig.from_dict(
            {"base_model": "google/functiongemma-270m-it", "epochs": 1, "stay_silent": False, **settings}
        )
        return estimate_training(config, Workload(800, prefix, 32)).seconds

    a_step = (seconds() - STARTUP_SECONDS["lora"]) / 100
    assert a_step == pytest.approx(6.1, rel=0.1)  # docs/training.md: 8 rows behind full declarations
    assert seconds(method="full") > 1.2 * seconds()
    assert seconds(prefix=9) < seconds() / 2.5
    assert seconds(engine="plain") > 5 * seconds()


def test_earlier_runs_correct_it() -> None:
    plain = estimate_training(PLAIN, WORK)
    summary = {"method": "full", "steps": 675, "tokens": 675 * (5 + 32 * 23)}
    took = plain.seconds - STARTUP_SECONDS["starter"]
    slow = {**summary, "seconds": 3 * took}
    corrected = estimate_training(PLAIN, WORK, [told(slow)])
    assert corrected.calibrated
    assert corrected.seconds == pytest.approx(STARTUP_SECONDS["starter"] + 3 * took)
    newest_first = [{**summary, "seconds": factor * took} for factor in (2, 90, 2, 2, 1, 50, 50, 50, 50)]
    outliers = [
        {**summary, "seconds": took, "parameters": 268_098_176},
        {**summary, "seconds": took, "precision": "bfloat16"},
        {**summary, "seconds": took, "device": "cuda", "precision": "float32"},
        *newest_first,
    ]
    assert estimate_training(PLAIN, WORK, map(told, outliers)).seconds == pytest.approx(
        STARTUP_SECONDS["starter"] + 2 * took
    )


def test_a_cpu_that_trains_in_bfloat16_is_this_machine() -> None:
    plain = estimate_training(PLAIN, WORK)
    took = plain.seconds - STARTUP_SECONDS["starter"]
    summary = {"method": "full", "steps": 675, "tokens": 675 * (5 + 32 * 23), "device": "cpu", "precision": "bfloat16"}
    corrected = estimate_training(PLAIN, WORK, [told({**summary, "seconds": took / 2})])
    assert corrected.seconds == pytest.approx(STARTUP_SECONDS["starter"] + took / 2)


@pytest.mark.parametrize(
    "summary",
    [
        {},
        {"method": "lora", "steps": 10, "tokens": 10, "seconds": 1},
        {"method": "full", "steps": 2, "tokens": 10, "seconds": 1},
        {"method": "full", "steps": 10, "tokens": None, "seconds": 1},
        {"method": "full", "steps": 10, "tokens": 10, "seconds": 0},
    ],
)
def test_runs_that_tell_nothing_are_left_aside(summary: dict[str, object]) -> None:
    assert not estimate_training(PLAIN, WORK, [told(summary)]).calibrated
