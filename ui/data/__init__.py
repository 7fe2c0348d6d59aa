"""The Data step: upload, problems and their fixes, rows, tools, tokens, labels and test rows."""

from ui.data.fixes import add_fixed, made
from ui.data.step import DataStep
from ui.data.upload import files_read, origin_of

__all__ = [
    "DataStep",
    "add_fixed",
    "files_read",
    "made",
    "origin_of",
]
