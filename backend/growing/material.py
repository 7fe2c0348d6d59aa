"""The rows that growing works with: training rows, which a teacher may see, and held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.data import CheckOptions, load_dataset, split_examples
from backend.data.calls import canonical_text
from backend.data.check import check_rows
from backend.data.csv import encode_record
from backend.data.rows import read_inputs
from backend.data.text import CONTROL, REQUIRED_COLUMNS
from backend.records import Call, Example, Tool
from backend.runs import Scratch


@dataclass(frozen=True)
class Material:
    """The tools, the rows of both sides of the split, and the options with which the rows were read.

    `train` and `held_out` are the same rows that a training with these options uses. `tools_path` is the tools.json.
    """

    tools: tuple[Tool, ...]
    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    tools_path: Path
    options: CheckOptions

    @property
    def given(self) -> tuple[Example, ...]:
        """The training rows that no large model wrote: the only rows that a teacher sees."""
        return tuple(row for row in self.train if not row.is_grown)

    @property
    def by_name(self) -> dict[str, Tool]:
        """The tools by name."""
        return {tool.name: tool for tool in self.tools}

    def problems(self, rows: Sequence[tuple[str, Sequence[Call]]]) -> list[str]:
        """Returns the first error or warning that the rules find in each row, empty if there is none.

        A row is a message and its calls.
        """
        found = ["It has control characters." if CONTROL.search(message) else "" for message, _ in rows]
        sound = [at for at, problem in enumerate(found) if not problem]
        for at, problem in zip(sound, self._checked([rows[at] for at in sound]), strict=True):
            found[at] = problem
        return found

    def _checked(self, rows: Sequence[tuple[str, Sequence[Call]]]) -> list[str]:
        cells = [(message, calls_cell(calls)) for message, calls in rows]
        with Scratch("grown-") as folder:
            path = Path(folder) / "rows.csv"
            lines = [encode_record(REQUIRED_COLUMNS), *map(encode_record, cells), ""]
            path.write_text("\n".join(lines), encoding="utf-8", newline="")
            inputs = read_inputs(path, self.tools_path, self.options)
            problems: dict[int, str] = {}
            for issue in check_rows(inputs):
                if issue.file == "csv" and issue.line is not None and issue.severity != "info":
                    problems.setdefault(issue.line, issue.message)
        return [problems.get(row.line, "") for row in inputs.rows]


def calls_cell(calls: Sequence[Call]) -> str:
    """Returns calls as the text of a tool_calls cell."""
    return canonical_text([(call.name, call.arguments) for call in calls])


def read_material(dataset: Path, tools: Path, options: CheckOptions) -> Material:
    """Reads a set and divides it as train.py does with the options' seed and share of test rows.

    Raises InputError if the set has errors or cannot be divided.
    """
    known, examples = load_dataset(dataset, tools, options)
    split = split_examples(examples, known, options.test_split, options.seed)
    return Material(known, split.train, split.test, tools, options)


def rows_of_tool(rows: Sequence[Example], tool: str) -> tuple[Example, ...]:
    """Returns the rows that call the tool; for an empty name, the rows without a call."""
    return tuple(row for row in rows if (tool in {call.name for call in row.calls} if tool else not row.calls))
