"""The data gate: reading, checking, fixing and dividing a tools.json and a CSV."""

from backend.data.budget import TokenBudget, measure_budget
from backend.data.check import check_files, load_dataset
from backend.data.options import CheckOptions
from backend.data.report import CheckReport, TableRow
from backend.data.rows import row_id
from backend.data.sources import resolve_source
from backend.data.splitting import Split, split_examples
from backend.data.writing import write_csv

__all__ = [
    "CheckOptions",
    "CheckReport",
    "Split",
    "TableRow",
    "TokenBudget",
    "check_files",
    "load_dataset",
    "measure_budget",
    "resolve_source",
    "row_id",
    "split_examples",
    "write_csv",
]
