"""The results of a run as JSON for an agent: short, with counts and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.comparing import (
    MOST_RUNS,
    calls_sentence,
    compare_runs,
    correction,
    differences,
    reason,
    verdict,
)
from backend.errors import InputError
from backend.runs import Run
from backend.scoring import Evaluation
from ui.agents.desk import MOST_LISTED, cut, run_state
from ui.page import PageState
from ui.services import Services, candidate, exported

MOST_ERRORS = 20
NOTHING_COMMON = (
    "These runs have no held-out row in common. Runs have the same held-out rows if their data, test_split and seed "
    "are the same."
)


def evaluation_of(state: PageState, _run: Run) -> dict[str, Any] | None:
    """The evaluation: verdict, rates, tools, off-topic calls, advice and some wrong rows; None if there is none."""
    try:
        evaluation = state.evaluation
    except InputError as error:
        return {"error": str(error)}
    return _evaluation(evaluation) if evaluation else None


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    tuned, off_topic = evaluation.tuned, evaluation.off_topic
    wrong = [row for row in tuned.rows if not row.right]
    tools = list(tuned.per_tool.items())[:MOST_LISTED]
    return {
        "verdict": evaluation.verdict.to_dict(),
        "rows": tuned.n,
        "combined": tuned.combined.to_dict(),
        "tool": tuned.tool.to_dict(),
        "argument": tuned.argument.to_dict(),
        "readable": tuned.parse.to_dict(),
        "base_combined": evaluation.base.combined.to_dict() if evaluation.base else None,
        "off_topic_calls": off_topic.calls.to_dict() if off_topic else None,
        "per_tool": {name: {"rows": score.support, "combined": score.combined.to_dict()} for name, score in tools},
        "advice": [cut(one.text) for one in evaluation.advice],
        "wrong_in_all": len(wrong),
        "wrong": [
            {
                "message": cut(row.message),
                "expected": [call.to_dict() for call in row.expected],
                "answer": cut(row.raw),
                "error": row.error_class,
            }
            for row in wrong[:MOST_ERRORS]
        ],
    }


def verification_of(state: PageState, run: Run) -> dict[str, Any] | None:
    """The exported file, its verdict and its checks; None if there is no file."""
    file = exported(run)
    if file is None:
        return None
    found: dict[str, Any] = {"file": file.name, "bytes": file.size, "download": file.link}
    try:
        verification = state.verification
    except InputError as error:
        return {**found, "verdict": "could not check", "reason": str(error)}
    if verification is None or verification.file != file.name:
        return {**found, "verdict": "could not check", "reason": "The file has no verification."}
    accuracy = verification.accuracy
    return {
        **found,
        "verdict": verification.verdict.value,
        "reason": cut(verification.reason),
        "sha256": verification.sha256,
        "combined": accuracy.combined.to_dict() if accuracy else None,
        "checks": [{**check.to_dict(), "detail": cut(check.detail)} for check in verification.checks],
    }


def comparison_of(services: Services, runs: Sequence[str]) -> dict[str, Any]:
    """The comparison of an account's runs. Raises InputError if one is not there or has no evaluation."""
    ids = list(dict.fromkeys(map(str, runs)))
    if not 2 <= len(ids) <= MOST_RUNS:
        raise InputError(f"Name from 2 to {MOST_RUNS} different runs, not {len(ids)}.")
    opened = [run_state(services, run)[1] for run in ids]
    compared = [candidate(run.id, run.name, run.evaluation_path) for run in opened]
    if missing := [run.id for run, one in zip(opened, compared, strict=True) if one is None]:
        raise InputError(f"These runs have no evaluation: {', '.join(missing)}. Call evaluate for each of them first.")
    found = compare_runs([one for one in compared if one])
    if found is None:
        raise InputError(NOTHING_COMMON)
    names = [f"{run.name} ({run.id})" for run in opened]
    said = [verdict(found, names), *(reason(found, pair, names) for pair in found.pairs), correction(found)]
    said += [calls_sentence(found, pair, names) for pair in found.pairs]
    settings = {
        one.label: dict(zip(ids, one.values, strict=True)) for one in differences([run.config for run in opened])
    }
    return {"verdict": " ".join(filter(None, said)), **found.to_dict(), "settings_that_differ": settings}
