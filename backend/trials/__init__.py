"""The search for better settings: what is tried, on which rows, in which order, and what is chosen."""

from backend.trials.choice import choose
from backend.trials.folds import folds
from backend.trials.plan import DEFAULT_SEEDS, FEWEST, FIRST_SHARE, MOST_SEEDS, Plan, best, largest_plan, median_ratio
from backend.trials.record import Found, Sweep, Trial, finalists, read_sweep, sweep_path, write_sweep
from backend.trials.space import MOST_CANDIDATES, SEARCHED, changes, draw, searched_settings
from backend.trials.table import Line, lines, search_section, written

__all__ = [
    "DEFAULT_SEEDS",
    "FEWEST",
    "FIRST_SHARE",
    "MOST_CANDIDATES",
    "MOST_SEEDS",
    "SEARCHED",
    "Found",
    "Line",
    "Plan",
    "Sweep",
    "Trial",
    "best",
    "changes",
    "choose",
    "draw",
    "finalists",
    "folds",
    "largest_plan",
    "lines",
    "median_ratio",
    "read_sweep",
    "search_section",
    "searched_settings",
    "sweep_path",
    "write_sweep",
    "written",
]
