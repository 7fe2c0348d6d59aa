"""The view of all runs at one Space: eve knows the ids of ada's runs, and sees and compares none of them."""

from __future__ import annotations

import pytest

from backend.runs import FolderStore
from tests.attacks.conftest import Target
from tests.attacks.outsider import Outsider
from tests.attacks.surface import Surface, run, run_and_render
from tests.several_runs import several_runs

OF_ADA = "the name of ada's runs"


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_lists_or_compares_runs_of_another(
    name: str, space: Target, people: dict[str, Outsider], shared: Surface
) -> None:
    """The address and every button of the view of all runs, with the ids of ada's runs."""
    vault, store = space.vault(), FolderStore(space.home / ".accounts/ada")
    ids = [made.id for made in several_runs(store, vault.secret(OF_ADA)).values()][:2]
    place = {"step": "runs", "picked": ",".join(ids), "only": " ".join(ids)}
    render = shared.named("render")
    seen = run(people["ada"], render, render.data(place=place)).text
    assert vault.found_in([seen]) == [OF_ADA]
    assert "Comparison of 2 runs" in seen
    answers = [run(people[name], render, render.data(place=place)).text]
    for part in ("all-runs", "compared", "rows-differ"):
        for do in ("pick", "open", "sort", "only", "page"):
            event = {"do": do, "run": ids[0], "right": ids[0], "wrong": ids[1], "by": "accuracy"}
            endpoint = shared.fired_by(part)
            answers.append(run_and_render(people[name], shared, endpoint, endpoint.data(place=place), event_data=event))
    assert vault.found_in(answers) == []
    assert "Comparison of 2 runs" not in "".join(answers)
