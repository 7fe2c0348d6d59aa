"""Nonsense of every kind into every endpoint: the app answers each, stays alive, and paints the page afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.attacks.conftest import Target
from tests.attacks.orders import runs_listed
from tests.attacks.outsider import Outsider
from tests.attacks.surface import JSON, Endpoint, Surface

FEW, MANY = 100, 800
SESSIONS = ("fuzz-1", "fuzz-2", "", "../x", "x" * 5_000, "\0", "🙂")
STEPS = ("data", "train", "evaluate", "export", "try", "runs")
KEYS = (
    *("run", "data", "step", "like", "asking", "fixing", "offer", "picked", "order", "only"),
    *("path", "meta", "url", "do", "value", "__type__"),
)
TEXTS = (
    "",
    "../..",
    "/etc/passwd",
    "constructor",
    "__proto__",
    "NaN",
    "-1",
    "1e999",
    "<b>",
    "{{7*7}}",
    "a\0b",
    "\ud800",
)

numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -(10**30), 1e308, float("nan"), 2**63]))
leaves = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=30), st.sampled_from(TEXTS))
keys = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
anything = st.recursive(
    leaves, lambda some: st.one_of(st.lists(some, max_size=5), st.dictionaries(keys, some, max_size=5)), max_leaves=15
)
places = st.dictionaries(st.sampled_from(KEYS), st.one_of(st.sampled_from(STEPS), anything), max_size=6)
presses = st.dictionaries(keys, st.one_of(st.sampled_from(["open", "delete", "fix", "page", "row", "9"]), anything))
inputs = st.one_of(anything, places)


@st.composite
def bodies(draw: st.DrawFn, endpoint: Endpoint) -> Any:
    """A body that is like the page's, with nonsense in some of its fields."""
    held = [draw(st.one_of(st.just(value), inputs)) for value in endpoint.values]
    data = draw(st.one_of(st.just(held), st.just(held[:-1]), st.just([*held, None]), anything))
    body: dict[str, Any] = {"data": data, "fn_index": endpoint.id, "session_hash": draw(st.sampled_from(SESSIONS))}
    body["event_data"] = draw(st.one_of(st.none(), presses, anything))
    for key in draw(st.lists(st.sampled_from(["trigger_id", "event_id", "batched", "simple_format", "fn_index"]))):
        body[key] = draw(anything)
    return body if draw(st.integers(0, 30)) else draw(anything)


@pytest.mark.parametrize(
    ("shared", "requests"),
    [
        # Many are the same for longer; a laptop's app has the same endpoints, and less to keep secret.
        pytest.param(shared, requests, marks=() if shared and requests == FEW else pytest.mark.slow)
        for shared in (False, True)
        for requests in (FEW, MANY)
    ],
)
def test_nonsense_is_answered_and_changes_nothing(shared: bool, requests: int, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue("space" if shared else "laptop")
    outsider = Outsider(target.url)
    surface = Surface(outsider)
    sent = 0
    before = _kept(target)

    @settings(
        max_examples=requests,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def fuzz(drawn: st.DataObject) -> None:
        nonlocal sent
        endpoint = drawn.draw(st.sampled_from(surface.endpoints))
        content = json.dumps(drawn.draw(bodies(endpoint))).encode()
        path = drawn.draw(st.sampled_from(["run/predict", "run/predict", f"api/{endpoint.name}", "queue/join"]))
        reply = outsider.post(f"gradio_api/{path}", content=content, headers=JSON)
        sent += 1
        _is_calm(target, reply.status_code, reply.text, shared)

    fuzz()
    assert sent > requests / 2
    assert "New run" in runs_listed(surface, Outsider(target.url))
    page = Outsider(target.url).get("")
    assert page.status_code == 200
    assert "gradio" in page.text
    assert _kept(target) == before
    assert target.environment.taken() == []


def _is_calm(target: Target, status: int, text: str, shared: bool) -> None:
    """An answer tells no line of the source that went wrong, and a stranger nothing of where things lie."""
    assert 200 <= status < 600
    assert "Traceback (most recent call last)" not in text
    assert 'File "/' not in text
    for folder in (target.home, target.uploads, target.temporary):
        assert not shared or str(folder) not in text
    assert target.environment.found_in([text]) == []


def _kept(target: Target) -> list[str]:
    """The runs that there are."""
    return sorted(path.name for path in target.home.glob("2*"))
