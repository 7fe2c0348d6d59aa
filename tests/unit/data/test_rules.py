"""The registry, and the document written from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.data.rows.registry import SCOPES, rule
from backend.data.rules import all_rules, get_rule, rules_for
from backend.data.rules.document import PATH, rules_markdown
from backend.errors import InputError
from tests.conftest import ROOT


def test_the_document_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == rules_markdown(), "run: python -m backend.data.rules.document --write"


def test_every_rule_says_what_it_is() -> None:
    for known in all_rules():
        assert known.title[-1] not in ".!?"
        assert known.explanation.strip().endswith((".", '"', "…")), known.code
        assert known.scope in SCOPES
        assert known.code.startswith(f"{known.scope}-") or known.scope == "message", known.code
        assert known.code == known.code.lower()


def test_scopes_together_hold_every_rule() -> None:
    assert sum(len(rules_for(scope)) for scope in SCOPES) == len(all_rules())


def test_an_unknown_rule_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="csv-unreadable"):
        get_rule("nonsense")


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="csv-empty"):
        rule("csv-empty", "csv", "error", "x", "x")(lambda _: ())


def test_rule_functions_share_no_state() -> None:
    for path in sorted(Path(ROOT / "backend/data/rules").glob("*.py")):
        assert "global " not in path.read_text(encoding="utf-8"), path.name
