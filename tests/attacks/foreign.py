"""A page of another site, in a real browser: what its scripts, forms and frames get from an app at another address."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Frame, Page, Playwright

from tests.attacks.orders import Ask
from tests.attacks.surface import Endpoint
from tests.browser.conftest import FLAGS

NAMES = "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1"
# The stand-in for the Hub has no public address, nor has the app: both are taken for what they are in the world.
OPEN = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
# Third-party cookies go out, as they do in a browser in which nobody closed them off.
PROFILE = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
SHORT_MS = 4_000

FETCH = """async ({url, options}) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 30000);
  try {
    const reply = await fetch(url, {credentials: 'include', signal: controller.signal, ...options});
    return {status: reply.status, text: await reply.text()};
  } catch (error) {
    return {status: 0, text: ''};
  } finally {
    clearTimeout(timer);
  }
}"""
EVENTS = """(url) => new Promise((settle) => {
  const source = new EventSource(url, {withCredentials: true});
  source.onmessage = ({data}) => { source.close(); settle(data); };
  source.onerror = () => { source.close(); settle(null); };
  setTimeout(source.onerror, 10000);
})"""
FORM = """async ({url, name, content, encoding}) => {
  const frame = document.createElement('iframe');
  frame.name = 'answer';
  document.body.append(frame);
  const form = document.body.appendChild(document.createElement('form'));
  Object.assign(form, {method: 'POST', action: url, enctype: encoding, target: 'answer'});
  const field = form.appendChild(document.createElement('input'));
  if (encoding === 'multipart/form-data') {
    const files = new DataTransfer();
    files.items.add(new File([content], name, {type: 'text/csv'}));
    Object.assign(field, {type: 'file', name: 'files', files: files.files});
  } else {
    // The JSON goes on in the value, so that the equals sign of the form falls into a text.
    Object.assign(field, {name: content.replace(/}$/, ',"ignored":"'), value: '"}'});
  }
  const loaded = new Promise((settle) => { frame.onload = settle; setTimeout(settle, 10000); });
  form.submit();
  await loaded;
  form.remove();
  frame.remove();
}"""
FRAME = """(url) => new Promise((settle) => {
  const frame = document.createElement('iframe');
  frame.name = 'framed';
  frame.style = 'width: 1000px; height: 700px';
  frame.onload = () => settle();
  setTimeout(settle, 10000);
  frame.src = url;
  document.body.append(frame);
})"""


@contextlib.contextmanager
def browsing(playwright: Playwright, chromium: str, profile: Path) -> Iterator[BrowserContext]:
    """A browser with a profile of its own."""
    (profile / "Default").mkdir(parents=True)
    (profile / "Default/Preferences").write_text(json.dumps(PROFILE))
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=chromium, args=[*FLAGS, NAMES, OPEN], viewport={"width": 1280, "height": 900}
    )
    yield context
    context.close()


class ForeignPage:
    """An open page that acts on the app at `target`, an address without a slash at its end."""

    def __init__(self, page: Page, target: str) -> None:
        self.page = page
        self.target = target

    def fetch(self, path: str, **options: Any) -> tuple[int, str]:
        """The status and text that a script of the page is given; 0 where it is given nothing."""
        reply = self.page.evaluate(FETCH, {"url": f"{self.target}/{path}", "options": options})
        return reply["status"], reply["text"]

    def ask(self) -> Ask:
        """Asks endpoints as a script of the page."""

        def ask(endpoint: Endpoint, data: Any, event: Any) -> Any:
            body = {"data": data, "fn_index": endpoint.id, "session_hash": "foreign", "event_data": event}
            options = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
            status, text = self.fetch("gradio_api/run/predict", **options)
            return json.loads(text) if status == 200 else None

        return ask

    def tell(self) -> Ask:
        """Sends what needs no leave beforehand, and is given no answer: as text, and by forms."""

        def tell(endpoint: Endpoint, data: Any, event: Any) -> Any:
            body = json.dumps({"data": data, "fn_index": endpoint.id, "session_hash": "told", "event_data": event})
            for kind in ("text/plain", "application/x-www-form-urlencoded"):
                options = {"method": "POST", "mode": "no-cors", "headers": {"Content-Type": kind}, "body": body}
                self.fetch("gradio_api/run/predict", **options)
            self.post_form("gradio_api/run/predict", "", body, "text/plain")

        return tell

    def post_form(self, path: str, name: str, content: str, encoding: str = "multipart/form-data") -> None:
        """Send a form, with a file or with text."""
        form = {"url": f"{self.target}/{path}", "name": name, "content": content, "encoding": encoding}
        self.page.evaluate(FORM, form)

    def event(self, path: str) -> Any:
        """The first event of a stream; None where there is none to read."""
        return self.page.evaluate(EVENTS, f"{self.target}/{path}")

    def framed(self) -> Frame:
        """The app in a frame of the page, once its address is loaded or refused."""
        self.page.evaluate(FRAME, f"{self.target}/")
        element = self.page.wait_for_selector("iframe[name=framed]", state="attached")
        frame = element.content_frame() if element else None
        assert frame is not None
        return frame


def shows_app(frame: Frame) -> bool:
    """Whether the app's own page stands in a frame, be it ready or not."""
    try:
        frame.wait_for_selector("#shell, gradio-app", state="attached", timeout=SHORT_MS)
    except Error:
        return False
    return True
