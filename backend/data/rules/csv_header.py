"""Rules on the CSV's header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend.data.csv import KNOWN_COLUMNS, normal_name
from backend.data.fixers import (
    add_header,
    drop_above,
    drop_repeated_headers,
    likely_column,
    name_missing_columns,
    rename_repeated_columns,
    repeats_header,
    spell_header,
)
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import REQUIRED_COLUMNS, count, listing, show

_MOST_COLUMNS = 20


@rule(
    "csv-no-header",
    "csv",
    "error",
    "The CSV has no header",
    "Without a header the columns have no names. They were read as user_message and tool_calls.",
    fixer=add_header,
)
def no_header(inputs: Inputs) -> Iterator[Finding]:
    table = inputs.table
    if table.source.readable and table.header is None and table.row_count:
        first = min([row.line for row in table.rows] + [record.line for record in (*table.ragged, *table.faulty)])
        yield Finding(
            "The first line is already a row. The first line must be the header: user_message,tool_calls.",
            first,
            None,
            "Put the header above it.",
        )


@rule(
    "csv-text-above-header",
    "csv",
    "warning",
    "There are other lines above the header",
    "Such a line is a comment, or the sep= line of a spreadsheet. The check ignores it. Other programs read it as the "
    "header.",
    fixer=drop_above,
)
def text_above_header(inputs: Inputs) -> Iterator[Finding]:
    header = inputs.table.header
    for record in inputs.table.above if header else ():
        shown = show(inputs.table.source.text[record.start : record.end])
        yield Finding(
            f"The line {shown} is above the header on line {header.line if header else 1}; it is ignored.",
            record.line,
            None,
            "Remove it.",
        )


@rule(
    "csv-repeated-header",
    "csv",
    "error",
    "A row repeats the header",
    "When several files are joined, their headers become rows.",
    fixer=drop_repeated_headers,
)
def repeated_header(inputs: Inputs) -> Iterator[Finding]:
    for row in inputs.table.rows:
        if repeats_header(row.message, row.calls):
            yield Finding("This row repeats the header. Delete it.", row.line, None, "Delete it.")


@rule(
    "csv-header-spelling",
    "csv",
    "warning",
    "A column's name is spelled differently",
    "Differences of case, spaces and dashes are understood here, but not by other tools.",
    fixer=spell_header,
)
def header_spelling(inputs: Inputs) -> Iterator[Finding]:
    header = inputs.table.header
    for name, at in inputs.table.index.items() if header else ():
        if header and header.cells[at] != name:
            yield Finding(
                f"The column is called {show(header.cells[at])}; its standard name is {name}.",
                header.line,
                name,
                f"Rename it to {name}.",
            )


@rule(
    "csv-column-missing",
    "csv",
    "error",
    "A column is missing",
    "Both user_message (the user's text) and tool_calls (the calls that answer it, as JSON) are needed. The fix gives "
    "the most similar column this name. Check first that it is the right one.",
    fixer=name_missing_columns,
    safe=False,
    batch=True,
)
def column_missing(inputs: Inputs) -> Iterator[Finding]:
    header = inputs.table.header
    for name in REQUIRED_COLUMNS if header else ():
        if header and name not in inputs.table.index:
            likely = likely_column(name, header.cells)
            hint = f' Rename "{likely}" to {name}?' if likely else f" Add a column {name}."
            yield Finding(
                f"There is no column {name}. The columns are: {listing(header.cells)}.{hint}",
                header.line,
                name,
                f"Rename {show(likely)} to {name}." if likely else None,
            )


@rule(
    "csv-column-twice",
    "csv",
    "error",
    "A column occurs twice",
    "It is unclear which of the two is meant. The first one was used. The fix keeps the first one and gives the others "
    "a name that is ignored. Check first which one is right.",
    fixer=rename_repeated_columns,
    safe=False,
    batch=True,
)
def column_twice(inputs: Inputs) -> Iterator[Finding]:
    header = inputs.table.header
    times = Counter(normal_name(name) for name in header.cells) if header else Counter()
    for name in KNOWN_COLUMNS:
        if header and times[name] > 1:
            yield Finding(
                f"There are {times[name]} columns called {name}. Keep one of them.",
                header.line,
                name,
                "Keep the first one.",
            )


@rule(
    "csv-extra-column",
    "csv",
    "warning",
    "A column is ignored",
    "Training does not use unknown columns. The known columns are: " + ", ".join(KNOWN_COLUMNS) + ".",
)
def extra_column(inputs: Inputs) -> Iterator[Finding]:
    header = inputs.table.header
    if header is None:
        return
    extra = [name for name in header.cells if normal_name(name) not in KNOWN_COLUMNS]
    for name in extra[:_MOST_COLUMNS]:
        shown = show(name) if name.strip() else "without a name"
        yield Finding(f"The column {shown} is ignored. Known columns: {', '.join(KNOWN_COLUMNS)}.", header.line, name)
    if len(extra) > _MOST_COLUMNS:
        yield Finding(f"{count(len(extra) - _MOST_COLUMNS, 'more column')} are ignored.", header.line)


@rule(
    "csv-developer-column",
    "csv",
    "info",
    "The developer column is not used",
    "All rows of a run share one developer turn (the tools), so the prompt cannot use a text of a single row.",
)
def developer_column(inputs: Inputs) -> Iterator[Finding]:
    header = inputs.table.header
    if header and "developer" in inputs.table.index:
        yield Finding(
            "The prompt does not use the developer column, because all rows of a run share one developer turn.",
            header.line,
            "developer",
        )


@rule(
    "csv-split-value",
    "csv",
    "warning",
    "An unknown word in the split column",
    "The split column holds train or test (eval, validation and dev mean test). A row with another word is used for "
    "training if other rows have a valid word.",
)
def split_value(inputs: Inputs) -> Iterator[Finding]:
    if "split" not in inputs.table.index:
        return
    for row in inputs.table.rows:
        if row.split not in ("train", "test"):
            seen = show(row.split) if row.split else "nothing"
            yield Finding(f"The split column holds {seen}; it must be train or test.", row.line, "split")
