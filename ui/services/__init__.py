"""The page's services: accounts, uploads, checks, tasks, prices, runs and their summaries."""

from ui.services.browser_runtime import add_runtime_routes, install_runtime, runtime_route
from ui.services.checks import BOUNDS, IMPORT_BOUNDS, TOO_LONG, Review
from ui.services.checkups import TITLES, Checkup, stop_all
from ui.services.evaluations import candidate, scored_at
from ui.services.exports import SUFFIX, VERIFICATION, Exported, exported, exported_files
from ui.services.identity import LOGIN, LOGOUT
from ui.services.quotes import Offer, Order
from ui.services.run_facts import RunFacts
from ui.services.services import Services
from ui.services.stages import StageView, events_at, has_result, stage_views, stamp
from ui.services.stored import damage_of, message_of, stored_runs
from ui.services.summaries import Summary
from ui.services.tasks import Task
from ui.services.tenants import Tenants, home
from ui.services.uploads import EXAMPLE, EXAMPLE_FILES, EXAMPLES, GONE, Origin, UploadedData, draft_link
from ui.services.workload import trained_rows, workload

__all__ = [
    "BOUNDS",
    "EXAMPLE",
    "EXAMPLES",
    "EXAMPLE_FILES",
    "GONE",
    "IMPORT_BOUNDS",
    "LOGIN",
    "LOGOUT",
    "SUFFIX",
    "TITLES",
    "TOO_LONG",
    "VERIFICATION",
    "Checkup",
    "Exported",
    "Offer",
    "Order",
    "Origin",
    "Review",
    "RunFacts",
    "Services",
    "StageView",
    "Summary",
    "Task",
    "Tenants",
    "UploadedData",
    "add_runtime_routes",
    "candidate",
    "damage_of",
    "draft_link",
    "events_at",
    "exported",
    "exported_files",
    "has_result",
    "home",
    "install_runtime",
    "message_of",
    "runtime_route",
    "scored_at",
    "stage_views",
    "stamp",
    "stop_all",
    "stored_runs",
    "trained_rows",
    "workload",
]
