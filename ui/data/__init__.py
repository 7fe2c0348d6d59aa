"""The Data step: upload, problems and their fixes, rows, tools, tokens, labels and test rows."""

from ui.data.step import DataStep

__all__ = [
    "DataStep",
]
