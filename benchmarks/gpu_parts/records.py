"""What was found on a machine, as a Markdown table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["passed", "failed", "could not check", "measured"]
COLUMNS = {"float16": "float16 autocast", "bfloat16": "bfloat16", "float32": "float32"}
"""The types of products, and their columns' titles."""

MODELS = {"cuda": ("starter", "270M, random"), "cpu": ("starter", "a very small Gemma")}
"""What is measured on a device; a CPU only tests the script."""
LOSSES, GRADIENTS, SECONDS, MEMORY, WAITS, ATTENTION, ANSWERS = WHATS = (
    "losses, against the CPU's in float32",
    "gradient, prefix shared against plain rows",
    "seconds a step, ours and TRL's",
    "peak memory in GB, ours and TRL's",
    "waits for the GPU in a step",
    "attention under our masks",
    "rows answered a second, ours and one by one",
)
NO_GPU = "not measured: no GPU"
NO_TIME = "cut: no time left"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell of the table: what was found of a model in a precision.

    `text` is the cell, `numbers` the same for programs, `notes` are lines below the table. A measurement without a
    limit is "measured"; what could not be done is "could not check", with the reason in `text`.
    """

    model: str
    what: str
    precision: str
    text: str
    verdict: Verdict
    numbers: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def cell(self) -> str:
        """Returns the text, with the verdict if there is one."""
        return self.text if self.verdict in ("measured", "could not check") else f"{self.text}: {self.verdict}"


def table(findings: Sequence[Finding]) -> str:
    """A row for each model and what was measured, a column for each precision."""
    cells = {(found.model, found.what, found.precision): found.cell for found in findings}
    models = dict.fromkeys(found.model for found in findings)
    rows = [
        f"| {model} | {what} | {' | '.join(cells.get((model, what, name), '') for name in COLUMNS)} |"
        for model in models
        for what in WHATS
    ]
    return "\n".join([f"| model | what | {' | '.join(COLUMNS.values())} |", f"|{'---|' * (len(COLUMNS) + 2)}", *rows])


def missing(findings: Sequence[Finding], models: Sequence[str], precision: str, why: str) -> list[Finding]:
    """A finding that says why, for everything that was not found of these models in a precision."""
    known = {(found.model, found.what) for found in findings if found.precision == precision}
    return [
        Finding(model, what, precision, why, "could not check", {})
        for model in models
        for what in WHATS
        if (model, what) not in known
    ]


def notes(findings: Sequence[Finding]) -> list[str]:
    """The lines below the table, each once."""
    return list(
        dict.fromkeys(
            f"{found.model}, {COLUMNS[found.precision]}, {found.what}: {note}"
            for found in findings
            for note in found.notes
        )
    )


def to_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as JSON objects."""
    return [asdict(found) for found in findings]
