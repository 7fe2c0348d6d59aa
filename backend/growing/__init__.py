"""Grows a set: plans the missing rows, asks a teacher for them, and keeps those that pass the gate."""

from backend.growing.answers import read_labels
from backend.growing.ceiling import teacher_report
from backend.growing.changes import MOST_NUMBER, changed
from backend.growing.chat import ChatServer
from backend.growing.chat_answers import Cancelled, Completion
from backend.growing.gate import REASONS, Judged, Reason, calls_text
from backend.growing.grower import Grower, Request, with_grown
from backend.growing.kinds import KINDS, SILENT_KINDS
from backend.growing.ledger import Entry, Ledger, Totals
from backend.growing.material import Material, read_material
from backend.growing.orders import Order
from backend.growing.plan import ROWS_A_TOOL, Plan, ToolGoal, ValueGoal, make_plan, plan_lines
from backend.growing.prompt import Prompt
from backend.growing.session import Estimate, check_cost, estimate, estimate_plan, grow
from backend.growing.teachers import HUB, ChatTeacher, Price, Teacher, open_teacher
from backend.growing.values import value_key

__all__ = [
    "HUB",
    "KINDS",
    "MOST_NUMBER",
    "REASONS",
    "ROWS_A_TOOL",
    "SILENT_KINDS",
    "Cancelled",
    "ChatServer",
    "ChatTeacher",
    "Completion",
    "Entry",
    "Estimate",
    "Grower",
    "Judged",
    "Ledger",
    "Material",
    "Order",
    "Plan",
    "Price",
    "Prompt",
    "Reason",
    "Request",
    "Teacher",
    "ToolGoal",
    "Totals",
    "ValueGoal",
    "calls_text",
    "changed",
    "check_cost",
    "estimate",
    "estimate_plan",
    "grow",
    "make_plan",
    "open_teacher",
    "plan_lines",
    "read_labels",
    "read_material",
    "teacher_report",
    "value_key",
    "with_grown",
]
