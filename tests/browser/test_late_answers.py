"""What is typed stays, however late the server's answers come."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import APIResponse, Route, expect

from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
PREDICT = "**/gradio_api/run/predict*"
POLLS = 8
"""More than any number of polls after which the page could take the answer for lost."""


def test_what_is_typed_while_an_answer_is_on_its_way_stays(visit: Visit) -> None:
    """The server has carried the press out, and the browser does not know of it while the page goes on polling."""
    visitor, held = visit(), list[tuple[Route, APIResponse]]()
    page = visitor.page
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    page.get_by_role("button", name="Advanced").click()
    rows = page.get_by_label("Rows at most")
    expect(rows).to_be_visible()

    def hold(route: Route) -> None:
        asked = route.request.post_data_json
        if (asked.get("event_data") or {}).get("do") == "step":
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
