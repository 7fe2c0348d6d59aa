"""The tools as they were read: what each is for, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.data import CheckReport
from backend.records import Tool
from ui.html import text
from ui.html.markup import Html, badge, code, esc, joined


def tool_list(report: CheckReport) -> Html:
    """A panel for each tool."""
    if not report.tools:
        return Html('<p class="note">No tool could be read. The problems say why.</p>')
    panels = "".join(_tool(tool, report.per_tool.get(tool.name, 0)) for tool in report.tools)
    return Html(f'<div class="tools">{panels}</div>')


def _tool(tool: Tool, rows: int) -> str:
    arguments = "".join(_argument(name, schema, name in tool.required) for name, schema in tool.properties.items())
    body = f"<dl>{arguments}</dl>" if arguments else '<p class="note">No arguments</p>'
    return (
        f'<div class="tool"><div class="tool-head"><h3>{esc(tool.name)}</h3>'
        f'<span class="note">{text.count(rows, "row")}</span></div>'
        f"<p>{esc(tool.description or 'No description')}</p>{body}</div>"
    )


def _argument(name: str, schema: object, required: bool) -> str:
    fields: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    marks = [badge(str(fields.get("type", "?")))]
    if not required:
        marks.append(badge("optional"))
    allowed = fields.get("enum")
    values = (
        f' <span class="note">one of {esc(", ".join(map(str, allowed)))}</span>' if isinstance(allowed, list) else ""
    )
    return f"<div><dt>{code(name)} {joined(marks)}</dt><dd>{esc(fields.get('description', ''))}{values}</dd></div>"
