"""A visitor's page: its location, its state, and the updates that are sent to the browser."""

from ui.page.faults import rendered
from ui.page.guarded_blocks import GuardedBlocks
from ui.page.location import RUNS, STEP_NAMES, STEPS, Location
from ui.page.page import QUICK, Page, Step, go, open_run, pick_step
from ui.page.state import PageState, readable
from ui.page.updates import KeyedUpdate, Panel, Updates, blocks_of

__all__ = [
    "QUICK",
    "RUNS",
    "STEPS",
    "STEP_NAMES",
    "GuardedBlocks",
    "KeyedUpdate",
    "Location",
    "Page",
    "PageState",
    "Panel",
    "Step",
    "Updates",
    "blocks_of",
    "go",
    "open_run",
    "pick_step",
    "readable",
    "rendered",
]
