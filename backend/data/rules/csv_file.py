"""Rules on the CSV file: whether it can be read, its encoding, delimiter, line ends and size."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.fixers import drop_mark, keep_first_rows, re_decode, use_commas, use_line_feeds
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import MAX_CELL_CHARACTERS, MAX_CSV_BYTES, MAX_ROWS, count, show

_DELIMITER_NAMES = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_MAX_BAD_LINES = 200
_AS_UTF8 = "Read it as Windows-1252 and save it as UTF-8."


@rule(
    "csv-unreadable",
    "csv",
    "error",
    "The CSV cannot be opened",
    "The path is wrong, it is a folder, or this account may not read it.",
)
def unreadable(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source
    if source.problem:
        yield Finding(f"The CSV {show(source.path.name)} cannot be opened: {source.problem}. Check the path.")


@rule(
    "csv-too-large",
    "csv",
    "error",
    "The CSV is over the size limit",
    f"Files over {MAX_CSV_BYTES // 2**20} MB are not read. This model learns little from so many rows, and a few "
    "thousand varied rows train faster.",
)
def too_large(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source
    if source.too_large:
        yield Finding(
            f"The CSV has {source.size / 2**20:,.1f} MB; at most {MAX_CSV_BYTES // 2**20} MB are read. "
            "Keep the rows that differ most and upload those."
        )


@rule(
    "csv-binary",
    "csv",
    "error",
    "The file is not a text file",
    "A spreadsheet that was renamed to .csv is still a spreadsheet. Save it as CSV in the program that made it.",
)
def binary(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source
    if source.kind:
        yield Finding(
            f"The CSV is {source.kind}, not text. Open it in the program that made it and save it as CSV, UTF-8."
        )


@rule("csv-empty", "csv", "error", "The CSV is empty", "The file has only blank lines.")
def empty(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source
    if source.readable and not source.text.strip("\ufeff \t\r\n"):
        yield Finding(
            "The CSV is empty. It needs a header line, user_message,tool_calls, and one row for each example.", 1
        )


@rule(
    "csv-not-utf8",
    "csv",
    "error",
    "The CSV is not UTF-8",
    "If a file is read with the wrong encoding, é becomes Ã© and the model learns that. Spreadsheets write UTF-16 and "
    "Windows-1252 by default. The fix decodes them and saves UTF-8.",
    fixer=re_decode,
)
def not_utf8(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source
    if not source.readable:
        return
    if source.encoding.startswith("utf-16") or source.encoding.startswith("utf-32"):
        yield Finding(
            f"The CSV is {source.encoding.upper()}; only UTF-8 is allowed. Save it as UTF-8.",
            1,
            None,
            "Save it as UTF-8.",
        )
    for line, text in source.bad_lines[:_MAX_BAD_LINES]:
        yield Finding(
            f"This line is not UTF-8. Read as Windows-1252 it says {show(text, 100)}. Only UTF-8 is allowed.",
            line,
            None,
            _AS_UTF8,
        )
    if len(source.bad_lines) > _MAX_BAD_LINES:
        left = len(source.bad_lines) - _MAX_BAD_LINES
        verb = "is" if left == 1 else "are"
        yield Finding(
            f"{count(left, 'more line')} from here on {verb} not UTF-8.",
            source.bad_lines[_MAX_BAD_LINES][0],
            None,
            _AS_UTF8,
        )


@rule(
    "csv-bom",
    "csv",
    "info",
    "The CSV begins with a byte order mark",
    "The check ignores the mark. Other programs read it as a part of the first column's name.",
    fixer=drop_mark,
)
def byte_order_mark(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.table.source
    if source.readable and source.bom and source.encoding in ("utf-8", "windows-1252"):
        yield Finding("The CSV begins with a byte order mark; it is ignored.", 1, None, "Save it without the mark.")


@rule(
    "csv-delimiter",
    "csv",
    "warning",
    "The columns are not separated by commas",
    "The file is read correctly, but other tools that read this format expect commas.",
    fixer=use_commas,
)
def delimiter(inputs: Inputs) -> Iterator[Finding]:
    table = inputs.table
    if table.delimiter != ",":
        yield Finding(
            f"The columns are separated by {_DELIMITER_NAMES[table.delimiter]}; commas are the standard. "
            "The file was read with them.",
            table.header.line if table.header else 1,
            None,
            "Save it with commas.",
        )


@rule(
    "csv-line-ends",
    "csv",
    "warning",
    "The lines end in CRLF or CR",
    "Windows line ends are read correctly, but inside a cell they become part of the text.",
    fixer=use_line_feeds,
)
def line_ends(inputs: Inputs) -> Iterator[Finding]:
    text = inputs.table.source.text
    returns = text.count("\r")
    if returns:
        pairs = text.count("\r\n")
        what = "CRLF (Windows)" if pairs == returns else "CR (old Macintosh)" if not pairs else "CRLF and CR"
        lines = f"{count(returns, 'line')} {'ends' if returns == 1 else 'end'}"
        yield Finding(f"{lines} in {what}; LF is the standard.", 1, None, "Save it with LF line ends.")


@rule(
    "csv-too-many-rows",
    "csv",
    "error",
    "The CSV has too many rows",
    f"At most {MAX_ROWS:,} rows are read. The rows after them were not checked. The fix leaves them out.",
    fixer=keep_first_rows,
    safe=False,
    batch=True,
)
def too_many_rows(inputs: Inputs) -> Iterator[Finding]:
    if inputs.table.cut_at is not None:
        yield Finding(
            f"Row {MAX_ROWS + 1:,} begins here; at most {MAX_ROWS:,} rows are read. Keep the rows that differ most.",
            inputs.table.cut_at,
            None,
            f"Keep the first {MAX_ROWS:,} rows.",
        )


@rule(
    "csv-cell-too-long",
    "csv",
    "error",
    "A cell is too long",
    f"No message and no call needs more than {MAX_CELL_CHARACTERS:,} characters. Usually a quote was not closed.",
)
def cell_too_long(inputs: Inputs) -> Iterator[Finding]:
    for line, column, length in inputs.table.long_cells:
        yield Finding(
            f"The cell has {length:,} characters; at most {MAX_CELL_CHARACTERS:,} are allowed. "
            "Look for a quote that was not closed.",
            line,
            column,
        )


@rule("csv-no-rows", "csv", "error", "The CSV has no rows", "Training needs at least one row below the header.")
def no_rows(inputs: Inputs) -> Iterator[Finding]:
    table = inputs.table
    if table.header and not table.row_count and table.cut_at is None:
        yield Finding("There is a header and no row below it. Add one row for each example.", table.header.line)
