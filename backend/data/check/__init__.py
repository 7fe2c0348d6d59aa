"""Checks a tools.json and a CSV, and reports what it finds."""

from backend.data.check.check import check_files, check_rows, load_dataset, sound_examples
from backend.data.check.report import CheckReport, TableRow, in_order
from backend.data.check.report_text import plan_lines, report_text
from backend.data.check.test_file import check_test_file, joined

__all__ = [
    "CheckReport",
    "TableRow",
    "check_files",
    "check_rows",
    "check_test_file",
    "in_order",
    "joined",
    "load_dataset",
    "plan_lines",
    "report_text",
    "sound_examples",
]
