"""The valid rows of a set, and values computed from them once for all rules on the set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from backend.data.rows.argument_values import Argument, ArgumentValue, string_values
from backend.data.rows.inputs import Inputs
from backend.data.rows.labels import Label, labels_of
from backend.data.rows.splitting import Split, split_examples
from backend.data.similarity import NearGroups, near_groups
from backend.data.text import rows_by_message
from backend.errors import InputError
from backend.records import Example


@dataclass(frozen=True)
class SetView:
    """The rows without an error from a rule on single rows."""

    inputs: Inputs
    examples: tuple[Example, ...]

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """Each row's label."""
        return labels_of(self.examples)

    @cached_property
    def string_values(self) -> Mapping[Argument, list[ArgumentValue]]:
        """The values of each string argument without an enum."""
        return string_values(self.examples, self.inputs.tools)

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
