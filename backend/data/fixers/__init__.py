"""The fixers that rules use: for calls, for the CSV, for the set and for tools.json."""

from backend.data.fixers.calls import apply_sure, drop_nulls, rename_arguments, rename_tool
from backend.data.fixers.closed_values import closed_arguments, list_closed_values
from backend.data.fixers.csv import (
    cleaned_cell,
    drop_controls,
    drop_mark,
    drop_padding,
    join_lines,
    keep_first_rows,
    one_line,
    re_decode,
    repair_records,
    use_commas,
    use_line_feeds,
)
from backend.data.fixers.header import (
    add_header,
    drop_above,
    drop_repeated_headers,
    likely_column,
    name_missing_columns,
    rename_repeated_columns,
    repeats_header,
    spell_header,
)
from backend.data.fixers.rows import drop_conflicting, drop_equal, drop_normalised, drop_trained
from backend.data.fixers.tool_marks import mark_distractors
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
    "drop_trained",
    "follow_message",
    "join_lines",
    "keep_first_rows",
    "keeps_copies",
    "likely_column",
    "list_closed_values",
    "mark_distractors",
    "name_missing_columns",
    "named_entries",
    "one_line",
    "open_texts",
    "plan_tools",
    "re_decode",
    "re_decode_tools",
    "rename_arguments",
    "rename_repeated_columns",
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
