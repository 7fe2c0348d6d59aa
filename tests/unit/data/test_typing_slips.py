from __future__ import annotations

import pytest

from backend.data.text.typing_slips import Slip, mistyped


@pytest.mark.parametrize(("slip", "typed"), [("drop", "wter"), ("double", "waater"), ("swap", "wtaer")])
def test_a_slip_changes_one_place(slip: Slip, typed: str) -> None:
    assert mistyped("water", 1, slip) == typed
