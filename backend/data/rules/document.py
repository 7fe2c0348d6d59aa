"""Generates docs/rules.md: `python -m backend.data.rules.document` prints it, and `--write` saves it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from backend.data.rows import LEAVE_OUT, SCOPES, Rule
from backend.data.rules import all_rules, rules_for

PATH = Path(__file__).resolve().parents[3] / "docs" / "rules.md"
_SEVERITIES = {
    "error": "blocks training",
    "warning": "may be intended: check it",
    "info": "good to know",
}


def rules_markdown() -> str:
    """Returns the whole document as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    rules = all_rules()
    fixable = sum(rule.fixer is not None for rule in rules)
    yield "# The rules of the data check"
    yield ""
    yield "`python -m backend.data.rules.document --write` generates this page from `backend/data/rules`."
    yield ""
    yield (
        f"There are {len(rules)} rules, and {fixable} of them have a fix. The check reports all problems at once, each "
        "with its line. Severities: "
        + "; ".join(f"**{severity}** ({meaning})" for severity, meaning in _SEVERITIES.items())
        + "."
    )
    yield ""
    yield (
        'A fix marked "safe" never changes the meaning of a row. *Fix all safe problems* and `validate.py --fix` apply '
        'it. A fix marked "check first" is applied only when you choose it (`--fix-code CODE`). '
        "Rows with an error that has no fix are left out only when you choose it (`--leave-out CODE`)."
    )
    for scope, title in SCOPES.items():
        yield ""
        yield f"## {title}"
        for rule in rules_for(scope):
            yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield ""
    yield f"### {rule.code}"
    yield ""
    fix = _way_out(rule) if rule.fixer is None else " · fix: safe" if rule.safe else " · fix: check first"
    yield f"{rule.severity}{fix} · **{rule.title}.** {rule.explanation}"


def _way_out(rule: Rule) -> str:
    """Returns the note on an error without a fix whose row can be left out."""
    return " · rows can be left out" if rule.severity == "error" and rule.way_out == LEAVE_OUT else ""


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PATH.write_text(rules_markdown(), encoding="utf-8")
    else:
        sys.stdout.write(rules_markdown())
