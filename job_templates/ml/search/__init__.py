"""The search for better settings: trials as processes, one after another, and the record from which it continues."""

from job_templates.ml.search.costs import Costs
from job_templates.ml.search.order import Request, begin, started_with
from job_templates.ml.search.search import search

__all__ = [
    "Costs",
    "Request",
    "begin",
    "search",
    "started_with",
]
