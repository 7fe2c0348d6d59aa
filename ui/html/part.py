"""A part of the page as HTML, whose buttons trigger Python events."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from ui.guard import storable

NOTHING = Markup("")
_CLICKS = """
const button = (event) => {
  const found = event.target.closest?.('[data-do]');
  return found && element.contains(found) ? found : null;
};
element.addEventListener('click', (event) => {
  const clicked = button(event);
  if (clicked) trigger('act', {...clicked.dataset});
});
// If the part is rendered between pointerdown and pointerup, the browser fires no click event: trigger it here.
let held;
element.addEventListener('pointerdown', (event) => { held = button(event); });
element.addEventListener('pointerup', (event) => {
  const released = button(event);
  const same = released && JSON.stringify(held?.dataset) === JSON.stringify(released.dataset);
  if (same && !held.isConnected) trigger('act', {...released.dataset});
  held = undefined;
});
"""


def Part(value: Markup = NOTHING, *, also: str = "", **options: Any) -> gr.HTML:  # noqa: N802 - named like a component
    """A component for HTML of ui.html.markup; a click on a `data-do` button triggers `act` with the button's data.

    `also` is JavaScript that runs once when the part is on the page. This is a function, not a subclass, because gradio
    writes a stub file next to the source of every subclass of a component, and mypy then reads the stub instead.
    """
    return gr.HTML(value, js_on_load=_CLICKS + also, elem_classes=["ft-part"], apply_default_css=False, **options)


def clicked(event: gr.EventData) -> dict[str, str]:
    """The clicked button's data as text: `do` and others."""
    data = getattr(event, "_data", None)
    return {storable(str(key)): storable(str(value)) for key, value in data.items()} if isinstance(data, dict) else {}
