"""Data: reads, checks, fixes and splits a CSV of rows and its tools.json."""

from backend.data.check import CheckReport, TableRow, check_files, load_dataset
from backend.data.csv import write_csv
from backend.data.rows import Split, TokenBudget, measure_budget, resolve_set, resolve_source, row_id, split_examples
from backend.data.text import CheckOptions

__all__ = [
    "CheckOptions",
    "CheckReport",
    "Split",
    "TableRow",
    "TokenBudget",
    "check_files",
    "load_dataset",
    "measure_budget",
    "resolve_set",
    "resolve_source",
    "row_id",
    "split_examples",
    "write_csv",
]
