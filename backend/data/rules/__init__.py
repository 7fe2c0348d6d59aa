"""The rules, one file a subject; importing this package registers them all."""

from __future__ import annotations

from backend.data.rows import RULES, SCOPES, Rule, Scope
from backend.data.rules import (
    calls_json,
    calls_meaning,
    calls_schema,
    calls_values,
    csv_file,
    csv_header,
    csv_records,
    message_content,
    message_form,
    set_balance,
    set_duplicates,
    token_budget,
    tools_file,
    tools_names,
    tools_schema,
    tools_texts,
)
from backend.errors import InputError

__all__ = [
    "all_rules",
    "calls_json",
    "calls_meaning",
    "calls_schema",
    "calls_values",
    "csv_file",
    "csv_header",
    "csv_records",
    "get_rule",
    "message_content",
    "message_form",
    "rules_for",
    "set_balance",
    "set_duplicates",
    "set_frames",
    "token_budget",
    "tools_file",
    "tools_names",
    "tools_schema",
    "tools_texts",
]


def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the scopes and then of the files that hold them."""
    return tuple(sorted(RULES.values(), key=lambda known: list(SCOPES).index(known.scope)))


def rules_for(scope: Scope) -> tuple[Rule, ...]:
    """The rules of one scope."""
    return tuple(known for known in all_rules() if known.scope == scope)


def get_rule(code: str) -> Rule:
    """The rule called `code`; InputError with the known ones."""
    known = {known.code: known for known in all_rules()}
    if code not in known:
        raise InputError(f"There is no rule {code!r}. The rules are: {', '.join(known)}.")
    return known[code]
