"""Plans fixes of the files, and adds rows."""

from backend.data.fixing.adding import append_row, check_record, check_row, rows_alike
from backend.data.fixing.fixing import plan_fixes, safe_codes
from backend.data.fixing.leaving_out import ALL, without_messages

__all__ = [
    "ALL",
    "append_row",
    "check_record",
    "check_row",
    "plan_fixes",
    "rows_alike",
    "safe_codes",
    "without_messages",
]
