"""How long a training goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.runs import RunConfig, default_config
from backend.runs.epochs import planned_epochs, with_effort

STARTER, TUNED = RunConfig(), default_config("google/functiongemma-270m-it")


@pytest.mark.parametrize(
    ("config", "rows", "epochs"),
    [
        (STARTER, 848, 25),
        (STARTER, 150, 50),
        (STARTER, 8, 250),
        (TUNED, 806, 3),
        (TUNED, 400, 3),
        (TUNED, 150, 8),
        (TUNED, 1, 150),
        (replace(TUNED, batch_size=16), 400, 6),
        (replace(TUNED, max_examples=150), 806, 8),
        (replace(TUNED, epochs=2.5), 8, 2.5),
        (TUNED, None, 3),
    ],
)
def test_few_rows_are_seen_more_often(config: RunConfig, rows: int | None, epochs: float) -> None:
    assert planned_epochs(config, rows) == epochs


def test_effort_shares_what_the_rows_need() -> None:
    asked = replace(TUNED, epochs=70.0, lora_r=8)
    assert with_effort(asked, "balanced", 150) == replace(asked, epochs="auto")
    assert with_effort(asked, "fast", 150).epochs == 3
    assert with_effort(asked, "fast", 806).epochs == 1
    thorough = with_effort(asked, "thorough", 150)
    assert (thorough.epochs, thorough.early_stopping) == (16, 3)
    assert with_effort(thorough, "fast", 150).early_stopping is None
