"""Waits until a page is stable: it has polled its server, and no animation is running."""

from __future__ import annotations

from playwright.sync_api import Page, Response

STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await document.fonts.ready;
  await Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished.catch(() => 0)));
  await frame();
  await frame();
}"""


def wait_for_polls(page: Page, times: int = 2) -> None:
    """Wait until the page has polled its server this often and has the answers, including late ones."""
    for _ in range(times):
        with page.expect_response(_is_poll):
            pass
    wait_until_still(page)


def wait_until_still(page: Page) -> None:
    """Wait for fonts, for animations with an end, and for two frames."""
    page.evaluate(STILL)


def _is_poll(response: Response) -> bool:
    return "/gradio_api/run/predict" in response.url
