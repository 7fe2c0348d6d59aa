"""The rate of right values for each argument, over the rows in which the right tools were called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backend.records import Call, Tool
from backend.scoring.call_matching import drop_nulls, same_value, unmatched
from backend.scoring.intervals import Rate


def argument_rates(
    answered: Sequence[tuple[Sequence[Call], Sequence[Call]]], tools: Mapping[str, Tool]
) -> dict[str, dict[str, Rate]]:
    """Returns, for each tool and argument, the rate at which its expected value was predicted.

    `answered` holds the expected and the predicted calls of every row whose tools are right. An argument counts in
    every row that expects it, so a missing one is wrong.
    """
    counts: dict[str, dict[str, list[int]]] = {}
    for gold, predicted in answered:
        for call, other in _paired(gold, predicted, tools):
            for name, right in _values(call, other, tools[call.name]):
                tally = counts.setdefault(call.name, {}).setdefault(name, [0, 0])
                tally[0] += right
                tally[1] += 1
    return {
        tool: {name: Rate.of(*tally) for name, tally in sorted(found.items())} for tool, found in sorted(counts.items())
    }


def _paired(gold: Sequence[Call], predicted: Sequence[Call], tools: Mapping[str, Tool]) -> Iterator[tuple[Call, Call]]:
    missing, left = unmatched(gold, predicted, tools)
    for call in gold:
        if call not in missing:
            yield call, call
    for call in missing:
        twin = next(other for other in left if other.name == call.name)
        left.remove(twin)
        yield call, twin


def _values(gold: Call, predicted: Call, tool: Tool) -> Iterator[tuple[str, bool]]:
    found: Mapping[str, Any] = drop_nulls(predicted.arguments)
    for name, value in drop_nulls(gold.arguments).items():
        yield name, name in found and same_value(value, found[name], tool.properties.get(name))
