"""One row, looked at closely: its message, its calls, all its problems, and the prompt made of it."""

from __future__ import annotations

from backend.records import Example
from ui.data.rows import prompt_view
from ui.html.markup import Html, button, call_card, esc, joined
from ui.page.state import Scene


def row_detail(scene: Scene, line: int) -> Html:
    """The row that begins on a line of the CSV, as it was read and as the model will see it."""
    report = scene.report
    row = next((row for row in report.table if row.line == line), None) if report else None
    if report is None or row is None:
        return _framed(line, Html('<p class="note">This line could not be read as a row.</p>'))
    example = next((example for example in report.examples if example.line == line), None)
    problems = [issue for issue in report.issues if issue.file == "csv" and issue.line == line]
    also = "".join(f"<li>{esc(issue.message)}</li>" for issue in problems) if len(problems) > 1 else ""
    parts = [
        _named("user_message", Html(f'<p class="said">{esc(row.user_message) or "–"}</p>')),
        _named("tool_calls", _calls(row.tool_calls, example)),
        _named("All problems of this row", Html(f"<ul>{also}</ul>")) if also else Html(""),
    ]
    if example is not None:
        options = scene.options
        parts.append(
            Html(
                '<details class="more"><summary>The prompt made of it</summary>'
                f"{prompt_view(scene, line, options.prompt_format, options.declarations)}</details>"
            )
        )
    return _framed(line, joined(parts))


def _framed(line: int, body: Html) -> Html:
    close = button("close", "Close", kind="bare small", title=f"Close the row of line {line}")
    return Html(
        f'<div class="row-detail"><div class="card-head"><h3>Line {line:,}</h3>{close}</div>'
        f'<div class="stack">{body}</div></div>'
    )


def _named(name: str, body: Html) -> Html:
    return Html(f'<div><div class="note">{esc(name)}</div>{body}</div>')


def _calls(cell: str, example: Example | None) -> Html:
    """The calls as cards, or the cell as it stands where it cannot be read."""
    if example is None:
        return Html(f'<pre class="listing">{esc(cell)}</pre>')
    cards = [call_card(call.name, call.arguments) for call in example.calls]
    if not cards:
        return Html(f'<p class="said">No call. Answer: {esc(example.answer) or "the default one"}</p>')
    return Html(f'<div class="calls">{joined(cards)}</div>')
