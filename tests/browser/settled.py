"""Waiting until a page stands still: its server was asked for news, and nothing moves any more."""

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


def hear_news(page: Page, times: int = 2) -> None:
    """Wait until the page asked so often for news and was answered: what is late has arrived then."""
    for _ in range(times):
        with page.expect_response(_is_news):
            pass
    stand_still(page)


def stand_still(page: Page) -> None:
    """Wait for fonts, for animations that come to an end, and for two frames."""
    page.evaluate(STILL)


def _is_news(response: Response) -> bool:
    return "/gradio_api/run/look" in response.url or "/gradio_api/run/predict" in response.url
