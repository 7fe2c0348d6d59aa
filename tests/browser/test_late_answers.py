"""Typed text stays, however late the server's answers arrive."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Route, expect

from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
PREDICT = "**/gradio_api/run/predict*"
POLLS = 8
"""More polls than the page needs to treat an answer as lost."""


@pytest.mark.slow  # unit/ui/test_rendering.py holds what is sent
def test_text_that_is_typed_before_a_late_answer_stays(visit: Visit) -> None:
    """The server has handled the click, and the page polls before it receives the answer."""
    visitor, held = visit(), list[tuple[Route, APIResponse]]()
    page = visitor.page
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    page.get_by_role("button", name="Advanced").click()
    rows = page.get_by_label("Rows at most")
    expect(rows).to_be_visible()

    def hold(route: Route) -> None:
        request = route.request.post_data_json
        if (request.get("event_data") or {}).get("do") == "step":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route(PREDICT, hold)
    with page.expect_request(PREDICT):
        page.click('.stepper [data-step="data"]')
    rows.fill("60")
    for _ in range(POLLS):
        with page.expect_response(PREDICT):
            pass
    expect(rows).to_have_value("60")
    ((route, answer),) = held
    route.fulfill(response=answer)
    expect(page.locator('.stepper [data-step="data"]')).to_have_attribute("aria-current", "step")
    page.unroute(PREDICT)
    visitor.step("train")
    expect(rows).to_have_value("60")
