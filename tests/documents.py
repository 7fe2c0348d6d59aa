"""Documents of a run as its commands write them, for tests that need one of their fields."""

from __future__ import annotations

from typing import Any


def training(**fields: Any) -> dict[str, Any]:
    """A training.json, with the fields that a test is about."""
    summary = {
        "schema": 1, "rows": 9, "test_rows": 2, "max_seq_length": 40, "parameters": 10**6, "trained_parameters": 10**6,
        "method": "full", "device": "cpu", "precision": "float32", "epochs": 2.0, "steps": 20, "planned_steps": 20,
        "stopped_early": False, "best_step": 20, "rows_at_once": 32, "tokens": 500, "tokens_saved": 90, "seconds": 3.5,
        "final_loss": 0.25, "held_out_loss": 0.5, "held_out_match": 0.75,
    }  # fmt: skip
    return {**summary, **fields}


def verification(**fields: Any) -> dict[str, Any]:
    """A verification.json, with the fields that a test is about."""
    record = {
        "schema": 1, "file": "whole.litertlm", "bytes": 10, "sha256": "0" * 64, "verdict": "passed",
        "reason": "It ran.",
        "checks": [{"name": "opens", "result": "passed", "detail": "yes"}], "sections": [], "accuracy": None,
        "checkpoint_agreement": {"same": 2, "rows": 2, "lost": 0, "won": 0}, "load_seconds": 1.0,
        "first_token_seconds": 0.1, "decode_tokens_per_second": 50.0, "peak_memory_mb": 300.0,
        "runtime": "litert-lm-api 0.18.1", "context": 1024, "rows": 2,
        "conversion": {"recipe": "int8", "prefill_lengths": [32], "seconds": 9.0, "peak_memory_mb": 900.0},
    }  # fmt: skip
    return {**record, **fields}
