"""Checks requests before they reach the page: sender, route and size."""

from ui.guard.addresses import Addresses, address_of, is_loopback, space_names
from ui.guard.bodies import storable
from ui.guard.browsers import PAGE_TOKEN_ROUTE, Browsers
from ui.guard.file_values import FILES, refuse_files_in_answer, without_foreign_files
from ui.guard.gate import MAX_BODY, Frames, Gate
from ui.guard.guard import Guard
from ui.guard.routes import AGENTS
from ui.guard.sessions import NOT_YOURS, Sessions
from ui.guard.uploads import SHARED_LIMITS, Limits, Uploads

__all__ = [
    "AGENTS",
    "FILES",
    "MAX_BODY",
    "NOT_YOURS",
    "PAGE_TOKEN_ROUTE",
    "SHARED_LIMITS",
    "Addresses",
    "Browsers",
    "Frames",
    "Gate",
    "Guard",
    "Limits",
    "Sessions",
    "Uploads",
    "address_of",
    "is_loopback",
    "refuse_files_in_answer",
    "space_names",
    "storable",
    "without_foreign_files",
]
