"""The rules, one file a subject; importing this package registers them all."""

from backend.data.rules import (
    calls_json,
    calls_meaning,
    calls_schema,
    calls_values,
    csv_file,
    csv_header,
    csv_records,
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
    "calls_schema",
    "calls_values",
    "csv_file",
    "csv_header",
    "csv_records",
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
