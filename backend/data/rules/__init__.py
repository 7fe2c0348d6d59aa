"""The rules, one module for each subject; importing this package registers them all."""

from __future__ import annotations

from backend.data.rows import RULES, SCOPES, Rule, Scope
from backend.data.rules import (
    calls_defaults,
    calls_form,
    calls_json,
    calls_keys,
    calls_meaning,
    calls_schema,
    calls_text,
    calls_values,
    csv_file,
    csv_header,
    csv_records,
    message_content,
    message_form,
    set_balance,
    set_duplicates,
    set_values,
    token_budget,
    tools_dialects,
    tools_file,
    tools_names,
    tools_open,
    tools_schema,
    tools_texts,
    tools_types,
    values_closed,
)
from backend.data.rules.plain_messages import is_plain_cell, plain_messages
from backend.errors import InputError

__all__ = [
    "all_rules",
    "calls_defaults",
    "calls_form",
    "calls_json",
    "calls_keys",
    "calls_meaning",
    "calls_schema",
    "calls_text",
    "calls_values",
    "csv_file",
    "csv_header",
    "csv_records",
    "get_rule",
    "is_plain_cell",
    "message_content",
    "message_form",
    "plain_messages",
    "rules_for",
    "set_balance",
    "set_duplicates",
    "set_values",
    "token_budget",
    "tools_dialects",
    "tools_file",
    "tools_names",
    "tools_open",
    "tools_schema",
    "tools_texts",
    "tools_types",
    "values_closed",
]


def all_rules() -> tuple[Rule, ...]:
    """Returns every rule, ordered by scope and then by module."""
    return tuple(sorted(RULES.values(), key=lambda known: list(SCOPES).index(known.scope)))


def rules_for(scope: Scope) -> tuple[Rule, ...]:
    """Returns the rules of one scope."""
    return tuple(known for known in all_rules() if known.scope == scope)


def get_rule(code: str) -> Rule:
    """Returns the rule called `code`. Raises InputError, with the known codes, if there is none."""
    known = {known.code: known for known in all_rules()}
    if code not in known:
        raise InputError(f"There is no rule {code!r}. The rules are: {', '.join(known)}.")
    return known[code]
