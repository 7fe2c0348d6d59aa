"""The row of a problem, or the rows that it follows from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from markupsafe import Markup

from backend.data import CheckReport
from backend.data.rows import string_values
from backend.data.text import escape
from backend.records import Example, Issue
from ui.data.rows import prompt_view
from ui.html import Slice, button, call_card, code, table
from ui.page import PageState

PAGE_SIZE = 8


def row_detail(page_state: PageState, line: int) -> Markup:
    """The row that begins on a line of the CSV, as it was read, and the prompt that it becomes."""
    report = page_state.report
    row = next((row for row in report.table if row.line == line), None) if report else None
    if report is None or row is None:
        return _framed(
            f"Line {line:,}",
            f"the row of line {line:,}",
            Markup('<p class="note">This line could not be read as a row.</p>'),
        )
    example = next((example for example in report.examples if example.line == line), None)
    problems = [issue for issue in report.issues if issue.file == "csv" and issue.line == line]
    also = (
        Markup("").join(Markup("<li>{}</li>").format(issue.message) for issue in problems) if len(problems) > 1 else ""
    )
    parts = [
        _named("user_message", Markup('<p class="said">{}</p>').format(row.user_message or "–")),
        _named("tool_calls", _calls(row.tool_calls, example)),
        _named("Imported from", Markup('<p class="said">{}</p>').format(row.original)) if row.original else Markup(""),
        _named("All problems of this row", Markup("<ul>{}</ul>").format(also)) if also else Markup(""),
    ]
    if example is not None:
        options = page_state.options
        parts.append(
            Markup('<details class="more"><summary>The prompt for this row</summary>{}</details>').format(
                prompt_view(page_state, line, options.prompt_format, options.declarations)
            )
        )
    return _row_framed(line, Markup("").join(parts))


def rows_behind(report: CheckReport, issue: Issue, page: int, pager: Mapping[str, str]) -> Markup:
    """One page of the rows that have the argument of a problem, those with the rarest value first."""
    tools = {tool.name: tool for tool in report.tools}
    every = string_values(report.examples, tools).items()
    named = ((argument, rows) for argument, rows in every if issue.message.startswith(f"{escape(str(argument))} has "))
    argument, rows = next(named, ("", []))
    uses = Counter(row.value for row in rows)
    ordered = sorted(rows, key=lambda row: (uses[row.value], row.value, row.example.line))
    part = Slice.of(ordered, page, PAGE_SIZE)
    cells = [[f"{row.example.line:,}", row.example.message, code(escape(row.value))] for row in part.items]
    shown = table(["Line", "user_message", "Value"], cells, kind="rows", caption=f"Rows with {argument}")
    return _framed(f"Rows with {argument}", f"the rows with {argument}", shown + part.pager(**pager))


def _row_framed(line: int, body: Markup) -> Markup:
    return _framed(f"Line {line:,}", f"the row of line {line}", body)


def _framed(title: str, shown: str, body: Markup) -> Markup:
    close = button("close", "Close", kind="bare small", title=f"Close {shown}")
    return Markup(
        '<div class="row-detail"><div class="card-head"><h3>{}</h3>{}</div><div class="stack">{}</div></div>'
    ).format(title, close, body)


def _named(name: str, body: Markup) -> Markup:
    return Markup('<div><div class="note">{}</div>{}</div>').format(name, body)


def _calls(cell: str, example: Example | None) -> Markup:
    """The calls as cards; if the cell cannot be read, its text."""
    if example is None:
        return Markup('<pre class="listing">{}</pre>').format(cell)
    cards = [call_card(call.name, call.arguments) for call in example.calls]
    if not cards:
        answer = f"Answer: {example.answer}" if example.answer else "No answer of its own."
        return Markup('<p class="said">No call. {}</p>').format(answer)
    return Markup('<div class="calls">{}</div>').format(Markup("").join(cards))
