"""The link to log in with Hugging Face, and the purpose of a login."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup

from ui.page import PageState
from ui.services import LOGIN

GAIN = (
    "Training runs on your own Hugging Face account, in private repositories. "
    "Without a login you can check your data and view the example."
)


def login_button(page_state: PageState) -> Markup:
    """A link that logs in with Hugging Face and returns to this location."""
    target = f"{LOGIN}?{urlencode({'_target_url': '/' + page_state.location.query})}"
    return Markup('<a class="btn primary" href="{}" data-login>Log in with Hugging Face</a>').format(target)
