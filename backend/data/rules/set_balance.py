"""Rules on the balance of a set: the rows of each tool, the values of each argument, sizes and languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend.data.calls import show_value
from backend.data.fixers import mark_distractors
from backend.data.rows import Finding, SetView, rule
from backend.data.text import SPLIT, count, escape, language_counts, listing

_ROWS_A_TOOL = 30
_TEST_ROWS_A_TOOL = 10
_ROWS = 100
_IMBALANCE = 5
_NEVER_VARIES_FROM = 3


@rule(
    "set-tool-without-rows",
    "set",
    "error",
    "A tool has no rows",
    'The model cannot learn to call it. If the tool is there only as a contrast to others, mark it "distractor": true '
    "in tools.json. Then this is a warning. The fix marks it. Check first that the app does not need it.",
    fixer=mark_distractors,
    safe=False,
    batch=True,
    fixes_tools=True,
)
def tool_without_rows(view: SetView) -> Iterator[Finding]:
    if not view.examples:
        return
    marked = {entry.name for entry in view.inputs.tools_file.entries if entry.distractor}
    fixable = {entry.name for entry in view.inputs.tools_file.entries if entry.function_path} - marked
    for name, times in view.inputs.rows_per_tool.items():
        if not times:
            yield Finding(
                f"No row calls {escape(name)}. Add rows for it, remove it from tools.json, or mark it there with "
                '"distractor": true.',
                fix='Mark it "distractor": true.' if name in fixable else None,
                severity="warning" if name in marked else None,
            )


@rule(
    "set-few-rows-of-tool",
    "set",
    "warning",
    "A tool has few rows",
    f"With under {_ROWS_A_TOOL} rows a tool is learned poorly. With under {_TEST_ROWS_A_TOOL} test rows its accuracy "
    "is uncertain: with 3 of 3 right, it may still be 44 %.",
)
def few_rows_of_tool(view: SetView) -> Iterator[Finding]:
    tested = Counter(name for row in (view.split.test if view.split else ()) for name in {c.name for c in row.calls})
    for name, rows in view.rows_by_tool.items():
        if rows and (len(rows) < _ROWS_A_TOOL or tested[name] < _TEST_ROWS_A_TOOL):
            yield Finding(
                f"{escape(name)} has {count(len(rows), 'row')}, {tested[name]} of them for the test. At least "
                f"{_ROWS_A_TOOL} rows and {_TEST_ROWS_A_TOOL} test rows are recommended."
            )


@rule(
    "set-few-rows",
    "set",
    "warning",
    "The set is small",
    f"With under {_ROWS} rows the model memorises the rows and does not learn the task.",
)
def few_rows(view: SetView) -> Iterator[Finding]:
    if 0 < len(view.examples) < _ROWS:
        yield Finding(
            f"There {_are(len(view.examples))} {count(len(view.examples), 'valid row')}; at least {_ROWS} are advised."
        )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


@rule(
    "set-too-few-to-split",
    "set",
    "error",
    "There are too few rows for a test",
    "At least two different messages are needed: one to train on and one to test on.",
)
def too_few_to_split(view: SetView) -> Iterator[Finding]:
    if view.examples and view.split is None:
        yield Finding(
            f"There {_are(len(view.by_normal))} {count(len(view.by_normal), 'different valid message')}; at least two "
            "are needed, one to train on and one to test on. Add rows."
        )


@rule(
    "set-split-one-sided",
    "set",
    "warning",
    "The split column puts every row on one side",
    "Without rows on both sides the column is ignored, and the rows are divided at random.",
)
def split_one_sided(view: SetView) -> Iterator[Finding]:
    sides = {example.split for example in view.examples} - {None}
    chosen = view.inputs.options.split is not None
    if len(sides) == 1 and not chosen and not (sides == {"test"} and len(view.split.train if view.split else ())):
        yield Finding(f"Every row's split is {sides.pop()}. The rows are divided at random instead.", None, SPLIT)


@rule(
    "set-imbalance",
    "set",
    "warning",
    "The tools' rows are out of balance",
    f"Over {_IMBALANCE} : 1 the model calls the most frequent tool too often.",
)
def imbalance(view: SetView) -> Iterator[Finding]:
    counts = {name: len(rows) for name, rows in view.rows_by_tool.items() if rows}
    if len(counts) < 2:
        return
    most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    ratio = counts[most] / counts[least]
    if ratio > _IMBALANCE:
        yield Finding(
            f"{escape(most)} has {counts[most]} rows and {escape(least)} {counts[least]}: {ratio:.0f} : 1. Over "
            f"{_IMBALANCE} : 1 the model calls the most frequent tool too often. Add rows for {escape(least)}."
        )


@rule(
    "set-constant-argument",
    "set",
    "warning",
    "An argument never varies",
    "If all rows of a tool have the same value, the model learns to write that value and ignores the message.",
)
def constant_argument(view: SetView) -> Iterator[Finding]:
    for name, rows in view.rows_by_tool.items():
        calls = [call for row in rows for call in row.calls if call.name == name]
        for argument in view.inputs.tools[name].properties:
            values = [call.arguments[argument] for call in calls if argument in call.arguments]
            if len(values) >= _NEVER_VARIES_FROM and len({repr(value) for value in values}) == 1:
                yield Finding(
                    f"All {len(values)} rows of {escape(name)} have {escape(argument)} = {show_value(values[0])}. "
                    "Add rows with other values, or remove the argument."
                )


@rule(
    "set-unused-value",
    "set",
    "warning",
    "A declared value never occurs",
    "An enum or a description in tools.json lists the value, but no row shows when to use it.",
)
def unused_value(view: SetView) -> Iterator[Finding]:
    used = {
        (call.name, argument, repr(value))
        for example in view.examples
        for call in example.calls
        for argument, value in call.arguments.items()
    }
    for name, rows in view.rows_by_tool.items():
        for argument, schema in view.inputs.tools[name].properties.items() if rows else ():
            declared = schema.get("enum") or view.inputs.described_values.get((name, argument), ())
            missing = [
                value if isinstance(value, str) else show_value(value)
                for value in declared
                if (name, argument, repr(value)) not in used
            ]
            if missing:
                noun = "value" if len(missing) == 1 else "values"
                yield Finding(
                    f"{escape(name)}: no row has the {noun} {listing(missing)} for {escape(argument)}. Add rows for "
                    "them, or remove them from tools.json."
                )


@rule(
    "set-languages",
    "set",
    "info",
    "The languages of the messages",
    "The check guesses the language from common short words and scripts. A language with few rows is learned poorly.",
)
def languages(view: SetView) -> Iterator[Finding]:
    found = language_counts([example.message for example in view.examples])
    if len(found) > 1:
        shares = ", ".join(f"{name} {number}" for name, number in found.most_common())
        yield Finding(f"Rows by language (a rough guess): {shares}.")
