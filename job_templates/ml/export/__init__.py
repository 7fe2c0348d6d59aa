"""The export of a model: the request, the steps, and the destination of the files."""

from job_templates.ml.export.exporting import Request, export

__all__ = [
    "Request",
    "export",
]
