"""The rows of a set: inputs, examples, splitting, labels, token budget, the registry of rules."""

from backend.data.rows.argument_values import ITEMS, Argument, ArgumentValue, string_values
from backend.data.rows.budget import RowTokens, TokenBudget, measure_budget
from backend.data.rows.closed_values import MAX_VALUES, ClosedValues, closed_values, is_open
from backend.data.rows.examples import row_id, to_examples
from backend.data.rows.inputs import Inputs, listed_values, read_inputs
from backend.data.rows.label_errors import LabelError, LabelErrorReport, class_labels, find_label_errors
from backend.data.rows.labels import Label
from backend.data.rows.registry import RULES, SCOPES, Finding, Rule, Scope, rule
from backend.data.rows.seen_values import seen_kinds, seen_properties, seen_schema, seen_values
from backend.data.rows.set_view import SetView
from backend.data.rows.sources import ResolvedSet, resolve_set, resolve_source
from backend.data.rows.splitting import Split, split_examples
from backend.data.rows.ways_out import LEAVE_OUT, has_own_way_out
from backend.data.rows.writings import argument_texts, as_spoken, other_writings

__all__ = [
    "ITEMS",
    "LEAVE_OUT",
    "MAX_VALUES",
    "RULES",
    "SCOPES",
    "Argument",
    "ArgumentValue",
    "ClosedValues",
    "Finding",
    "Inputs",
    "Label",
    "LabelError",
    "LabelErrorReport",
    "ResolvedSet",
    "RowTokens",
    "Rule",
    "Scope",
    "SetView",
    "Split",
    "TokenBudget",
    "argument_texts",
    "as_spoken",
    "class_labels",
    "closed_values",
    "find_label_errors",
    "has_own_way_out",
    "is_open",
    "listed_values",
    "measure_budget",
    "other_writings",
    "read_inputs",
    "resolve_set",
    "resolve_source",
    "row_id",
    "rule",
    "seen_kinds",
    "seen_properties",
    "seen_schema",
    "seen_values",
    "split_examples",
    "string_values",
    "to_examples",
]
