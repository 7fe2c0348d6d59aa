"""Work on data for the page, and the separate processes that it runs in: no Gradio, so that they start at once."""

from ui.work.data import (
    Data,
    ReportProgress,
    check,
    check_as_json,
    check_tests,
    choose,
    content,
    edit_part,
    is_large,
    is_packed,
    open_part,
    plan,
    read_files,
)
from ui.work.fix_request import LEAVE_OUT, SAFE, FixRequest, read_fix_request, rows_to_leave_out, safely_fixable
from ui.work.process import Bounds, Stopped, TooMuch, run_apart

__all__ = [
    "LEAVE_OUT",
    "SAFE",
    "Bounds",
    "Data",
    "FixRequest",
    "ReportProgress",
    "Stopped",
    "TooMuch",
    "check",
    "check_as_json",
    "check_tests",
    "choose",
    "content",
    "edit_part",
    "is_large",
    "is_packed",
    "open_part",
    "plan",
    "read_files",
    "read_fix_request",
    "rows_to_leave_out",
    "run_apart",
    "safely_fixable",
]
