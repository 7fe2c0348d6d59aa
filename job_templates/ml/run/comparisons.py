"""Other reports to compare an evaluation with: another run's, or that of an exported file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from backend.comparing import rows_needed, rows_sentence
from backend.device import Verification
from backend.errors import InputError
from backend.runs import Run, read_json
from backend.scoring import SIGNIFICANT, ComparedRows, Comparison, Evaluation, Report, compare_rows, p_text
from job_templates.cli import say

Others = Mapping[str, Report]


def read_others(sources: Iterable[Path]) -> Others:
    """The reports in run folders, evaluation.json or verification.json files, by name. Raises InputError."""
    return {str(source): _report(source.expanduser()) for source in sources}


def with_comparisons(evaluation: Evaluation, others: Others) -> Evaluation:
    """The evaluation with a comparison for each of the others; a line is printed for each.

    Raises InputError if one has no row in common with it.
    """
    found = []
    for name, report in others.items():
        pair = compare_rows(evaluation.tuned.rows, report.rows)
        if pair is None:
            raise InputError(
                f"{name} scored none of these rows, so they cannot be compared. Two runs have the same held-out rows "
                "if their data, --test-split and --seed are the same."
            )
        say(_line(name, pair))
        found.append(Comparison(name, pair))
    return replace(evaluation, beside=tuple(found))


def _line(name: str, pair: ComparedRows) -> str:
    own, other = pair.own["combined"], pair.other["combined"]
    return (
        f"Compared with {name} on {pair.n} rows: {own.k} right here, {other.k} there; {len(pair.gained)} gained, "
        f"{len(pair.lost)} lost (McNemar, {p_text(pair.p)}). {_told(pair)}"
    )


def _told(pair: ComparedRows) -> str:
    """Returns whether the two are told apart, and if not, how many rows would tell."""
    gained, lost = len(pair.gained), len(pair.lost)
    if pair.p < SIGNIFICANT:
        return f"{'This' if gained > lost else 'The other'} model is better."
    return f"They are not told apart. {rows_sentence(rows_needed(gained, lost, pair.n, SIGNIFICANT))}"


def _report(source: Path) -> Report:
    path = source
    if source.is_dir():
        path = Run.open(source).evaluation_path
        if not path.is_file():
            raise InputError(f"The run in {source} has not been evaluated. Run evaluate.py --model {source} first.")
    document = read_json(path)
    if document.get("tuned"):
        return Evaluation.from_dict(document, str(path)).tuned
    report = Verification.from_dict(document, str(path)).accuracy if document.get("accuracy") else None
    if report is None:
        raise InputError(
            f"{path} holds no scored rows. Name an evaluated run, its evaluation.json, or the verification.json "
            "of an exported file that ran on held-out rows."
        )
    return report
