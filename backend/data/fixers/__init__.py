"""The fixers that rules use: for calls, for the CSV, for the set and for tools.json."""

from backend.data.fixers.calls import apply_sure, drop_nulls, rename_arguments, rename_tool
from backend.data.fixers.closed_values import closed_arguments, list_closed_values
from backend.data.fixers.csv import (
    add_header,
    cleaned_cell,
    drop_above,
    drop_controls,
    drop_mark,
    drop_padding,
    drop_repeated_headers,
    join_lines,
    one_line,
    re_decode,
    repair_records,
    repeats_header,
    spell_header,
    use_commas,
    use_line_feeds,
)
from backend.data.fixers.rows import drop_conflicting, drop_equal, drop_normalised
from backend.data.fixers.tool_plan import plan_tools, renamed_calls, replace_schemas
from backend.data.fixers.tool_walk import all_arguments, at, named_entries
from backend.data.fixers.tools import re_decode_tools, rename_reserved, standard_schemas, standard_shape
from backend.data.fixers.values import (
    MessageFixer,
    ValuesFixer,
    as_in_message,
    follow_message,
    keeps_copies,
    open_texts,
    write_as_in_message,
)

__all__ = [
    "MessageFixer",
    "ValuesFixer",
    "add_header",
    "all_arguments",
    "apply_sure",
    "as_in_message",
    "at",
    "cleaned_cell",
    "closed_arguments",
    "drop_above",
    "drop_conflicting",
    "drop_controls",
    "drop_equal",
    "drop_mark",
    "drop_normalised",
    "drop_nulls",
    "drop_padding",
    "drop_repeated_headers",
    "follow_message",
    "join_lines",
    "keeps_copies",
    "list_closed_values",
    "named_entries",
    "one_line",
    "open_texts",
    "plan_tools",
    "re_decode",
    "re_decode_tools",
    "rename_arguments",
    "rename_reserved",
    "rename_tool",
    "renamed_calls",
    "repair_records",
    "repeats_header",
    "replace_schemas",
    "spell_header",
    "standard_schemas",
    "standard_shape",
    "use_commas",
    "use_line_feeds",
    "write_as_in_message",
]
