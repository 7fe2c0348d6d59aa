"""One row, looked at closely: its message, its calls, all its problems, and the prompt made of it."""

from __future__ import annotations

from markupsafe import Markup

from backend.records import Example
from ui.data.rows import prompt_view
from ui.html.markup import button, call_card
from ui.page.state import Scene


def row_detail(scene: Scene, line: int) -> Markup:
    """The row that begins on a line of the CSV, as it was read and as the model will see it."""
    report = scene.report
    row = next((row for row in report.table if row.line == line), None) if report else None
    if report is None or row is None:
        return _framed(line, Markup('<p class="note">This line could not be read as a row.</p>'))
    example = next((example for example in report.examples if example.line == line), None)
    problems = [issue for issue in report.issues if issue.file == "csv" and issue.line == line]
    also = (
        Markup("").join(Markup("<li>{}</li>").format(issue.message) for issue in problems) if len(problems) > 1 else ""
    )
    parts = [
        _named("user_message", Markup('<p class="said">{}</p>').format(row.user_message or "–")),
        _named("tool_calls", _calls(row.tool_calls, example)),
        _named("All problems of this row", Markup("<ul>{}</ul>").format(also)) if also else Markup(""),
    ]
    if example is not None:
        options = scene.options
        parts.append(
            Markup('<details class="more"><summary>The prompt made of it</summary>{}</details>').format(
                prompt_view(scene, line, options.prompt_format, options.declarations)
            )
        )
    return _framed(line, Markup("").join(parts))


def _framed(line: int, body: Markup) -> Markup:
    close = button("close", "Close", kind="bare small", title=f"Close the row of line {line}")
    return Markup(
        '<div class="row-detail"><div class="card-head"><h3>Line {:,}</h3>{}</div><div class="stack">{}</div></div>'
    ).format(line, close, body)


def _named(name: str, body: Markup) -> Markup:
    return Markup('<div><div class="note">{}</div>{}</div>').format(name, body)


def _calls(cell: str, example: Example | None) -> Markup:
    """The calls as cards, or the cell as it stands where it cannot be read."""
    if example is None:
        return Markup('<pre class="listing">{}</pre>').format(cell)
    cards = [call_card(call.name, call.arguments) for call in example.calls]
    if not cards:
        return Markup('<p class="said">No call. Answer: {}</p>').format(example.answer or "the default one")
    return Markup('<div class="calls">{}</div>').format(Markup("").join(cards))
