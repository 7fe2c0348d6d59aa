"""Who is logged in, and how to log in or out: the foot of the list of runs."""

from __future__ import annotations

from urllib.parse import urlencode

from ui.doctor_panel import check_buttons
from ui.identity import LOGIN, LOGOUT
from ui.markup import Html, callout, esc
from ui.scene import Scene

GAIN = (
    "Training runs on your own Hugging Face account, in private repositories. "
    "Without a login you can check your data and look at the example."
)


def account_view(scene: Scene) -> Html:
    """The account, or the offer to log in; and what of the machine and the account can be checked."""
    identity, checks = scene.services.identity, f'<div class="actions">{check_buttons(scene)}</div>'
    if identity.name and identity.machine:
        token = f'<p class="note">Hugging Face: <b>{esc(identity.name)}</b>, by the token on this machine</p>'
        return _foot(token + checks)
    if identity.name:
        leave = f'<a class="btn quiet small" href="{LOGOUT}">Log out</a>'
        return _foot(f'<p class="note">Logged in as <b>{esc(identity.name)}</b></p>{leave}{checks}')
    if identity.machine:
        return _foot(checks)
    problem = callout("error", "The login does not work", identity.problem).text if identity.problem else ""
    return _foot(f'{problem}{login_button(scene)}<p class="note">{GAIN}</p>')


def login_button(scene: Scene) -> Html:
    """A link that logs in with Hugging Face and comes back to this place."""
    target = f"{LOGIN}?{urlencode({'_target_url': '/' + scene.place.query})}"
    return Html(f'<a class="btn primary" href="{esc(target)}" data-login>Log in with Hugging Face</a>')


def _foot(inside: str) -> Html:
    return Html(f'<div class="account">{inside}</div>')
