"""The rules, one file a subject; importing this package registers them all."""

from backend.data.rules import (
    calls_json,
    calls_meaning,
    csv_cells,
    csv_file,
    csv_header,
    message_content,
    message_form,
    set_balance,
    set_duplicates,
    token_budget,
    tools_file,
    tools_names,
    tools_schema,
    tools_texts,
)

__all__ = [
    "calls_json",
    "calls_meaning",
    "csv_cells",
    "csv_file",
    "csv_header",
    "message_content",
    "message_form",
    "set_balance",
    "set_duplicates",
    "token_budget",
    "tools_file",
    "tools_names",
    "tools_schema",
    "tools_texts",
]
