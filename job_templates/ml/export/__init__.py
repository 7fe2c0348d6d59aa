"""The export of a model: what is asked for, its steps in order, and where the files go."""

from job_templates.ml.export.exporting import Request, export

__all__ = [
    "Request",
    "export",
]
