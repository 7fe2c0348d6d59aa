"""The size of a file, estimated before the export, against the files that were measured (docs/export.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.device import RECIPES, estimated_bytes
from backend.errors import InputError
from backend.runs import TrainingSummary
from backend.vocabulary import LANGUAGES

MEASURED = TrainingSummary(
    rows=848, test_rows=94, steps=106, seconds=350.0, parameters=268_098_176, hidden_size=640, pieces=262_144,
    kept_pieces=75_816, kept_languages="en,es",
)  # fmt: skip
EIGHT = RECIPES["dynamic_int8"]


@pytest.mark.parametrize(
    ("recipe", "vocabulary", "megabytes"),
    [
        ("dynamic_int8", "full", 290.9),
        ("dynamic_int8", "auto", 161.1),
        ("weight_only_int8", "full", 291.0),
        ("none", "full", 1081),
    ],
)
def test_the_files_that_were_measured_are_estimated_within_two_percent(
    recipe: str, vocabulary: str, megabytes: float
) -> None:
    assert estimated_bytes(MEASURED, RECIPES[recipe], vocabulary) == pytest.approx(megabytes * 1e6, rel=0.02)


def test_four_bits_are_estimated_from_a_file_with_four_bits_in_all_layers() -> None:
    recipe, bytes_in_four_bits = RECIPES["dynamic_int4_block32"], 0.601
    measured = replace(recipe, bytes_per_weight=bytes_in_four_bits)
    assert estimated_bytes(MEASURED, measured, "full") == pytest.approx(159.9e6, rel=0.02)
    share = recipe.eight_bit_layers / 18  # of a Gemma 3 270M's layers
    mixed = (1 - share) * bytes_in_four_bits + share * EIGHT.bytes_per_weight
    assert recipe.bytes_per_weight == pytest.approx(mixed, abs=5e-4)


def test_more_languages_take_more_and_fewer_take_less() -> None:
    english, own, german = (estimated_bytes(MEASURED, EIGHT, choice) for choice in ("en", "es", "en,es,de"))
    assert own == estimated_bytes(MEASURED, EIGHT, "auto")
    assert english is not None
    assert own is not None
    assert german is not None
    assert english < own < german
    row = 640 + 36 + 20
    assert german - own == row * LANGUAGES["de"].pieces


def test_all_languages_together_are_at_most_the_full_vocabulary() -> None:
    assert estimated_bytes(MEASURED, EIGHT, ",".join(LANGUAGES)) == estimated_bytes(MEASURED, EIGHT, "full")


@pytest.mark.parametrize(
    "training",
    [
        replace(MEASURED, pieces=None),
        replace(MEASURED, parameters=None),
        replace(MEASURED, kept_pieces=None),
        replace(MEASURED, pieces=2_000, kept_pieces=2_000),
        replace(MEASURED, pieces=10**9),
    ],
)
def test_a_training_without_the_numbers_has_no_estimate(training: TrainingSummary) -> None:
    assert estimated_bytes(training, EIGHT, "auto") is None


def test_unknown_languages_are_an_error() -> None:
    with pytest.raises(InputError, match="Klingon"):
        estimated_bytes(MEASURED, EIGHT, "en,Klingon")
    with pytest.raises(InputError, match="no language"):
        estimated_bytes(replace(MEASURED, kept_languages="xx"), EIGHT, "en,de")
