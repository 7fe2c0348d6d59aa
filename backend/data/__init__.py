"""The data gate: reading, checking, fixing and dividing a tools.json and a CSV."""

from backend.data.check.check import check_files, load_dataset
from backend.data.check.report import CheckReport, TableRow
from backend.data.csv.writing import write_csv
from backend.data.rows.budget import TokenBudget, measure_budget
from backend.data.rows.examples import row_id
from backend.data.rows.sources import resolve_source
from backend.data.rows.splitting import Split, split_examples
from backend.data.text.options import CheckOptions

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
