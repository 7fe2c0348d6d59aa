"""Writes docs/rules.md from the registry: `python -m backend.data.rules.document` prints it, `--write` saves it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from backend.data.rows import SCOPES, Rule
from backend.data.rules import all_rules, rules_for

PATH = Path(__file__).resolve().parents[3] / "docs" / "rules.md"
_SEVERITIES = {
    "error": "blocks training",
    "warning": "may be meant, and is worth a look",
    "info": "good to know",
}


def rules_markdown() -> str:
    """The whole document."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    rules = all_rules()
    fixable = sum(rule.fixer is not None for rule in rules)
    yield "# What the data check looks for"
    yield ""
    yield "Written by `python -m backend.data.rules.document --write` from the rules in `backend/data/rules`."
    yield ""
    yield (
        f"{len(rules)} rules, {fixable} of them with a fix. All problems are reported at once, each with its line. An "
        + "; ".join(f"**{severity}** {meaning}" for severity, meaning in _SEVERITIES.items())
        + "."
    )
    yield ""
    yield (
        'A fix marked "safe" never changes what a row means and is part of *Fix all safe problems* and of '
        '`validate.py --fix`; one marked "look first" is offered one at a time (`--fix-code CODE`).'
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
    fix = "" if rule.fixer is None else " · fix: safe" if rule.safe else " · fix: look first"
    yield f"{rule.severity}{fix} · **{rule.title}.** {rule.explanation}"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PATH.write_text(rules_markdown(), encoding="utf-8")
    else:
        sys.stdout.write(rules_markdown())
