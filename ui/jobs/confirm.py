"""The confirmation before money is spent: the estimated and the highest price, and whether the account is ready."""

from __future__ import annotations

import math
from dataclasses import replace

from markupsafe import Markup

from ui.html import Figure, Part, Tone, button, callout, card, figures, icons, progress, text
from ui.jobs.launch import ask, confirm
from ui.page import Location, PageState, Panel, Updates
from ui.services import Offer

SCROLL_INTO_VIEW = """
let shown = false;
watch('value', () => {
  const there = Boolean(element.querySelector('.card, .callout'));
  if (there && !shown) element.scrollIntoView({block: 'start', behavior: 'smooth'});
  shown = there;
});
"""
PRIVATE = "The data and the model go to private repositories of your account, and to no other place."
MARKS: dict[bool | None, tuple[Tone, Markup]] = {
    True: ("ok", icons.CHECK),
    False: ("error", icons.CROSS),
    None: ("plain", Markup("?")),
}


class JobsConfirm(Panel):
    """The card with the price and the button that starts the job."""

    def __init__(self) -> None:
        self.part = Part(elem_id="jobs-confirm", also=SCROLL_INTO_VIEW)

    def render(self, page_state: PageState) -> Updates:
        """The progress of the request for the price, or the confirmation."""
        return {self.part: _view(page_state)}

    def click(self, page_state: PageState, data: dict[str, str]) -> Location:
        """Start the job, check again, or cancel."""
        task = page_state.services.offers.get(page_state.location.offer) if page_state.location.offer else None
        match data.get("do"):
            case "confirm":
                return confirm(page_state)
            case "ask" if task is not None and task.result is not None:
                return ask(page_state, task.result.order)
        return replace(page_state.location, offer=None)


def _view(page_state: PageState) -> Markup:
    task = page_state.services.offers.get(page_state.location.offer) if page_state.location.offer else None
    if task is None:
        return Markup("")
    back = button("drop", "Not now", kind="quiet")
    if task.error:
        return callout("error", "The price is not available", task.error, back)
    if task.result is None:
        return card("Before anything is spent", progress(None, task.doing or "Asking Hugging Face"), aside=back)
    return _question(task.result, back)


def _question(offer: Offer, back: Markup) -> Markup:
    quote = offer.quote
    items = [
        Figure("About", dollars(quote.cost), f"{text.duration(quote.minutes * 60)} on {quote.flavor.label}"),
        Figure("At most about", dollars(quote.ceiling), f"stopped after {text.duration(quote.timeout_seconds)}"),
    ]
    if offer.ready:
        start = button("confirm", f"Start for at most about {dollars(quote.ceiling)}", kind="primary")
    else:
        start = button("ask", "Check again", kind="primary")
    body = [figures(items), _checks(offer), Markup('<div class="actions">{}{}</div>').format(start, back)]
    return card("Before anything is spent", Markup("").join(body), note=PRIVATE)


def _checks(offer: Offer) -> Markup:
    rows = []
    for check in offer.checks:
        tone, mark = MARKS[check.ok]
        link = Markup(' <a href="{}" target="_blank" rel="noopener">Open</a>').format(check.link) if check.link else ""
        said = Markup("<span>{}{}</span>").format(check.message, link)
        rows.append(Markup('<li class="{}"><span class="phase-mark">{}</span>{}</li>').format(tone, mark, said))
    return Markup('<ul class="ready">{}</ul>').format(Markup("").join(rows))


def dollars(amount: float | None) -> str:
    """An amount as `$0.40`, rounded up to the cent."""
    return "an unknown price" if amount is None else f"${math.ceil(round(amount * 100, 6)) / 100:,.2f}"
