"""The link that logs in with Hugging Face, and what a login is good for."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup

from ui.page import PageState
from ui.services import LOGIN

GAIN = (
    "Training runs on your own Hugging Face account, in private repositories. "
    "Without a login you can check your data and look at the example."
)


def login_button(page_state: PageState) -> Markup:
    """A link that logs in with Hugging Face and comes back to this place."""
    target = f"{LOGIN}?{urlencode({'_target_url': '/' + page_state.location.query})}"
    return Markup('<a class="btn primary" href="{}" data-login>Log in with Hugging Face</a>').format(target)
