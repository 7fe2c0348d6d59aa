"""A piece of the page drawn by us: HTML whose buttons speak to Python."""

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
// The part may be drawn anew between press and release; the browser then sees no click, the visitor's finger did.
let held;
element.addEventListener('pointerdown', (event) => { held = button(event); });
element.addEventListener('pointerup', (event) => {
  const released = button(event);
  const same = released && JSON.stringify(held?.dataset) === JSON.stringify(released.dataset);
  if (same && !held.isConnected) trigger('act', {...released.dataset});
  held = undefined;
});
"""


def Part(value: Markup = NOTHING, *, also: str = "", **options: Any) -> gr.HTML:  # noqa: N802 - stands among components
    """HTML made with ui.html.markup; a press on a `data-do` button triggers `act` with the button's data.

    `also` is more JavaScript to run once the part is on the page. A function and no subclass: gradio writes a stub file
    beside the source of every subclass of a component, which mypy then reads in place of the source.
    """
    return gr.HTML(value, js_on_load=_CLICKS + also, elem_classes=["ft-part"], apply_default_css=False, **options)


def clicked(event: gr.EventData) -> dict[str, str]:
    """What the pressed button carries: `do`, and its other data as text."""
    data = getattr(event, "_data", None)
    return {storable(str(key)): storable(str(value)) for key, value in data.items()} if isinstance(data, dict) else {}
