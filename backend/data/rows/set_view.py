"""The valid rows of a set, and values computed from them once for all rules on the set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from backend.data.rows.inputs import Inputs
from backend.data.rows.splitting import Split, split_examples
from backend.data.similarity import NearGroups, near_groups
from backend.data.text import rows_by_message
from backend.errors import InputError
from backend.records import Call, Example

Label = tuple[str, ...]


def label_of(calls: tuple[Call, ...]) -> Label:
    """Returns the calls of a row in a form that can be compared: each call as text, sorted."""
    return tuple(sorted(json.dumps([call.name, call.arguments], sort_keys=True) for call in calls))


@dataclass(frozen=True)
class SetView:
    """The rows without an error from a rule on single rows."""

    inputs: Inputs
    examples: tuple[Example, ...]

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """Each row's label."""
        by_calls = {id(example.calls): example.calls for example in self.examples}
        labels = {name: label_of(calls) for name, calls in by_calls.items()}
        return tuple(labels[id(example.calls)] for example in self.examples)

    @cached_property
    def by_normal(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of the rows that share each normalised message, in order of first appearance."""
        groups = rows_by_message(example.message for example in self.examples)
        return {message: tuple(positions) for message, positions in groups.items()}

    @cached_property
    def near(self) -> NearGroups:
        """The groups of near-duplicates over the keys of `by_normal`."""
        return near_groups(list(self.by_normal))

    @cached_property
    def split(self) -> Split | None:
        """The same split that training uses; None if the rows cannot be divided."""
        options = self.inputs.options
        try:
            return split_examples(
                self.examples, self.inputs.tools_file.tools, options.test_split, options.seed, self.near
            )
        except InputError:
            return None

    @cached_property
    def rows_by_tool(self) -> Mapping[str, tuple[Example, ...]]:
        """The rows that call each tool, including tools without rows."""
        rows: dict[str, list[Example]] = {name: [] for name in self.inputs.tools}
        for example in self.examples:
            for name in {call.name for call in example.calls}:
                rows[name].append(example)
        return {name: tuple(found) for name, found in rows.items()}
