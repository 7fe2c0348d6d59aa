"""What a visitor did is not undone by what the server said late, and what they typed stays."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
PREDICT = "**/gradio_api/run/predict*"
TYPE_AT_ONCE = """
new MutationObserver(() => {
  const label = [...document.querySelectorAll('label')].find((one) => one.textContent.includes('Rows at most'));
  const field = label?.querySelector('input, textarea');
  if (!field || field.dataset.typed) return;
  field.dataset.typed = 'yes';
  requestAnimationFrame(() => setTimeout(() => {
    field.value = '60';
    field.dispatchEvent(new Event('input', {bubbles: true}));
  }));
}).observe(document, {childList: true, subtree: true});
"""


def test_what_is_typed_at_the_moment_a_field_appears_stays(visit: Visit) -> None:
    visitor = visit(before=TYPE_AT_ONCE)
    page = visitor.page
    visitor.button("Use the example")
    visitor.button("Continue to Train")
    page.get_by_role("button", name="Advanced").click()
    expect(page.get_by_label("Rows at most")).to_be_visible()
    expect(page.get_by_label("Rows at most")).to_have_attribute("data-typed", "yes")
    _rendered_again(page)
    expect(page.get_by_label("Rows at most")).to_have_value("60")


def _rendered_again(page: Page) -> None:
    """Wait for two more answers: the first may have been on its way."""
    for _ in range(2):
        with page.expect_response(PREDICT):
            pass
