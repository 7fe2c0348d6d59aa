"""The Export step: options, the exported file, and what an Android app needs."""

from ui.export.made_files import MADE
from ui.export.options import USUAL_PREFILL, read_options
from ui.export.step import ExportStep

__all__ = [
    "MADE",
    "USUAL_PREFILL",
    "ExportStep",
    "read_options",
]
