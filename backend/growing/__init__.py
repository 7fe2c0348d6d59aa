"""Grows a set: plans the missing rows, asks a teacher for them, and keeps those that pass the gate."""

from backend.growing.gate import REASONS, Judged, Reason, calls_text
from backend.growing.grower import Grower, Request, with_grown
from backend.growing.kinds import KINDS, SILENT_KINDS
from backend.growing.ledger import Entry, Ledger, Totals
from backend.growing.material import Material, read_material
from backend.growing.plan import ROWS_A_TOOL, Plan, ToolGoal, ValueGoal, make_plan, plan_lines
from backend.growing.prompt import Prompt

__all__ = [
    "KINDS",
    "REASONS",
    "ROWS_A_TOOL",
    "SILENT_KINDS",
    "Entry",
    "Grower",
    "Judged",
    "Ledger",
    "Material",
    "Plan",
    "Prompt",
    "Reason",
    "Request",
    "ToolGoal",
    "Totals",
    "ValueGoal",
    "calls_text",
    "make_plan",
    "plan_lines",
    "read_material",
    "with_grown",
]
