"""A button that copies the listing of its part."""

from __future__ import annotations

from markupsafe import Markup

COPY = """
element.addEventListener('click', async (event) => {
  const clicked = event.target.closest('[data-copy]');
  if (!clicked) return;
  const listing = element.querySelector('.listing');
  try {
    await navigator.clipboard.writeText(listing.textContent);
    clicked.textContent = 'Copied';
  } catch {  // no clipboard without https or permission: select the text for Ctrl+C
    listing.closest('details').open = true;
    getSelection().selectAllChildren(listing);
    clicked.textContent = 'Press Ctrl+C';
  }
  setTimeout(() => { clicked.textContent = clicked.dataset.copy; }, 2000);
});
"""
"""JavaScript for `Part(also=…)`."""


def copy_button(label: str) -> Markup:
    """The button; COPY handles it."""
    return Markup('<button type="button" class="btn primary" data-copy="{0}">{0}</button>').format(label)


def listing(summary: str, text: str) -> Markup:
    """A long text that is closed at first, and that the button copies."""
    return Markup(
        '<details class="more"><summary>{}</summary><pre class="listing" tabindex="0">{}</pre></details>'
    ).format(summary, text)
