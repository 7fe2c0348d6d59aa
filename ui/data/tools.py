"""The tools as they were read: description and arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from backend.data import CheckReport
from backend.records import Tool
from ui.data.editing import edit_link
from ui.html import badge, code, text


def tool_list(report: CheckReport) -> Markup:
    """A panel for each tool."""
    if not report.tools:
        return Markup('<p class="note">No tool could be read. The problems say why.</p>')
    panels = Markup("").join(_tool(tool, report.per_tool.get(tool.name, 0)) for tool in report.tools)
    return Markup('<div class="tools">{}</div>').format(panels)


def _tool(tool: Tool, rows: int) -> Markup:
    arguments = Markup("").join(
        _argument(name, schema, name in tool.required) for name, schema in tool.properties.items()
    )
    body = Markup("<dl>{}</dl>").format(arguments) if arguments else Markup('<p class="note">No arguments</p>')
    return Markup(
        '<div class="tool"><div class="tool-head"><h3>{}</h3><span class="note">{}</span></div><p>{}</p>{}{}</div>'
    ).format(
        tool.name,
        text.count(rows, "row"),
        tool.description or "No description",
        body,
        Markup('<div class="actions">{}{}</div>').format(
            edit_link("Edit", f"named:{tool.name}", kind="bare small", title=f"Edit {tool.name}"),
            edit_link("Add a row", f"row:new:{tool.name}", kind="bare small", title=f"Add a row for {tool.name}"),
        ),
    )


def _argument(name: str, schema: object, required: bool) -> Markup:
    fields: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    marks = [badge(str(fields.get("type", "?")))]
    if not required:
        marks.append(badge("optional"))
    allowed = fields.get("enum")
    values = (
        Markup(' <span class="note">one of {}</span>').format(", ".join(map(str, allowed)))
        if isinstance(allowed, list)
        else ""
    )
    return Markup("<div><dt>{} {}</dt><dd>{}{}</dd></div>").format(
        code(name), Markup("").join(marks), fields.get("description", ""), values
    )
