"""Applies the rules to the two files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from backend.data.check.report import CheckReport, TableRow, in_order
from backend.data.rows import Inputs, Rule, Scope, SetView, TokenBudget, measure_budget, read_inputs, to_examples
from backend.data.rules import is_plain_cell, plain_messages, rules_for
from backend.data.text import CALLS, MESSAGE, CheckOptions, whole
from backend.errors import InputError
from backend.records import Example, Issue, Tool

Progress = Callable[[float, str], None]
_SHOWN_ERRORS = 20
_REPORTED_EVERY = 2000


def check_files(
    dataset: Path,
    tools: Path,
    options: CheckOptions | None = None,
    progress: Progress | None = None,
    *,
    need_tokens: bool = True,
) -> CheckReport:
    """Checks a CSV and a tools.json against every rule; no content of the files makes this raise.

    `progress` is called with a share from 0 to 1 and the name of the current step. Raises InputError only for invalid
    options, such as an unknown prompt format or a base model whose tokenizer cannot be read. Without `need_tokens` a
    failure of the tokenizer goes into the report instead.
    """
    options = options or CheckOptions()
    report = progress or _silent
    report(0.0, "Reading the files")
    inputs = read_inputs(dataset, tools, options)
    inputs.format  # noqa: B018 - raises before any work if the format is unknown
    issues = check_rows(inputs, report)
    view = SetView(inputs, sound_examples(inputs, issues))
    report(0.55, "Looking for duplicates")
    issues += _apply("set", view) + _apply("values", view)
    report(0.85, "Counting tokens")
    budget, tokens_error = _budget(view, need_tokens=need_tokens)
    if budget is not None:
        issues += _apply("tokens", view, budget)
    report(1.0, "Done")
    return CheckReport(
        inputs.table.row_count,
        inputs.tools_file.tools,
        view.examples,
        in_order(issues),
        inputs.rows_per_tool,
        budget,
        tuple(
            TableRow(row.line, whole(row.message or ""), whole(row.calls or ""), row.original) for row in inputs.rows
        ),
        tokens_error,
    )


def load_dataset(
    dataset: Path, tools: Path, options: CheckOptions | None = None, *, whole_set: bool = True
) -> tuple[tuple[Tool, ...], tuple[Example, ...]]:
    """Returns the tools and the rows of a set without errors.

    If `whole_set` is False, the rules on the set as a whole (a tool without rows, conflicting labels) are not applied:
    this is for rows that are only scored. Raises InputError, with the first 20 errors, if there are any.
    """
    inputs = read_inputs(dataset, tools, options or CheckOptions())
    issues = check_rows(inputs, errors_only=True)
    view = SetView(inputs, sound_examples(inputs, issues))
    if whole_set:
        issues += _apply("set", view, errors_only=True)
    errors = [issue for issue in in_order(issues) if issue.severity == "error"]
    if errors:
        raise InputError(_listing(errors, dataset))
    return inputs.tools_file.tools, view.examples


def check_rows(inputs: Inputs, progress: Progress | None = None, *, errors_only: bool = False) -> list[Issue]:
    """Returns the issues that the rules on the files and on single rows find."""
    report = progress or _silent
    issues = _apply("tools", inputs, errors_only=errors_only) + _apply("csv", inputs, errors_only=errors_only)
    report(0.1, "Reading the rows")
    call_rules = _rules("calls", errors_only)
    message_rules, row_rules = (_by_plainness(_rules(scope, errors_only)) for scope in ("message", "row"))
    plain = plain_messages((row.message for row in inputs.rows if row.message), inputs.tools)
    calls_found: dict[str, list[Issue]] = {}
    for number, row in enumerate(inputs.rows):
        if number % _REPORTED_EVERY == 0:
            report(0.1 + 0.45 * number / len(inputs.rows), f"Checking row {number + 1:,}")
        is_plain = row.message in plain
        if row.message is not None and (rules := message_rules[is_plain]):
            issues += _findings(rules, row.line, MESSAGE, row.message, inputs)
        if row.calls is None:
            continue
        found = calls_found.get(row.calls)
        if found is None:
            found = calls_found[row.calls] = _findings(call_rules, 0, CALLS, inputs.cell(row.calls), inputs)
        if found:
            issues += [_on_line(issue, row.line) for issue in found]
        if row.message and row.calls and (rules := row_rules[is_plain and is_plain_cell(row.calls)]):
            issues += _findings(rules, row.line, CALLS, row.message, inputs.cell(row.calls), inputs)
    return issues


def sound_examples(inputs: Inputs, issues: Iterable[Issue]) -> tuple[Example, ...]:
    """Returns the rows without an error on their line, as examples."""
    if not inputs.tools or not {MESSAGE, CALLS} <= inputs.table.index.keys():
        return ()
    bad = {issue.line for issue in issues if issue.severity == "error" and issue.file == "csv"}
    return to_examples((row for row in inputs.rows if row.line not in bad), inputs)


def _budget(view: SetView, *, need_tokens: bool) -> tuple[TokenBudget | None, str]:
    """Returns the token budget, or None and the reason."""
    options = view.inputs.options
    if not options.count_tokens:
        return None, ""
    try:
        return measure_budget(view.inputs.tools_file.tools, view.examples, options), ""
    except InputError as error:
        if need_tokens:
            raise
        return None, str(error)


def _rules(scope: Scope, errors_only: bool) -> list[Rule]:
    return [rule for rule in rules_for(scope) if not errors_only or rule.severity == "error"]


def _by_plainness(rules: list[Rule]) -> dict[bool, list[Rule]]:
    """Returns the rules to apply to odd rows, by False, and to plain ones, by True."""
    return {False: rules, True: [rule for rule in rules if not rule.odd_only]}


def _apply(scope: Scope, *arguments: object, errors_only: bool = False) -> list[Issue]:
    return _findings(_rules(scope, errors_only), None, None, *arguments)


def _findings(rules: list[Rule], line: int | None, column: str | None, *arguments: object) -> list[Issue]:
    return [rule.issue(finding, line, column) for rule in rules for finding in rule.check(*arguments)]


def _on_line(issue: Issue, line: int) -> Issue:
    return replace(issue, line=line)


def _silent(_share: float, _what: str) -> None:
    """Ignores progress."""


def _listing(errors: list[Issue], dataset: Path) -> str:
    lines = [
        f"{dataset.name if issue.file == 'csv' else 'tools.json'}{_place(issue)}: {issue.message}" for issue in errors
    ]
    left = len(lines) - _SHOWN_ERRORS
    more = [f"… and {left} more."] if left > 0 else []
    return "\n".join([f"The data has {len(errors)} error(s):", *lines[:_SHOWN_ERRORS], *more])


def _place(issue: Issue) -> str:
    line = f", line {issue.line}" if issue.line else ""
    return f"{line}, {issue.column}" if issue.column else line
