"""What is typed into a field stays, however soon after the field appears it is typed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
TYPE_ON = """
const typeOn = (field) => {
  let last = 0;
  const type = () => {
    if (last && field.value !== String(last)) field.dataset.lost ??= `${last} became ${field.value}`;
    field.value = String(++last);
    field.dispatchEvent(new Event('input', {bubbles: true}));
    if (last < 400) setTimeout(type);
    else field.dataset.typed = String(last);
  };
  setTimeout(type);
};
new MutationObserver(() => {
  const label = [...document.querySelectorAll('label')].find((one) => one.textContent.includes('Rows at most'));
  const field = label?.querySelector('textarea');
  if (!field || field.dataset.found) return;
  field.dataset.found = 'yes';
  typeOn(field);
}).observe(document, {childList: true, subtree: true});
"""
"""Types from the field's first task on, and notes what stood there instead of what was typed last."""


def test_what_is_typed_from_the_moment_a_field_appears_stays(visit: Visit) -> None:
    visitor = visit(before=TYPE_ON)
    page = visitor.page
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    page.get_by_role("button", name="Advanced").click()
    field = page.get_by_label("Rows at most")
    expect(field).to_have_attribute("data-typed", "400")
    _rendered_again(page)
    assert field.get_attribute("data-lost") is None
    expect(field).to_have_value("400")


def _rendered_again(page: Page) -> None:
    """Wait for two more answers: the first may have been on its way."""
    for _ in range(2):
        with page.expect_response("**/gradio_api/run/predict*"):
            pass
