"""Who is logged in, and how to log in or out: the foot of the list of runs."""

from __future__ import annotations

from ui.frame.doctor_panel import check_buttons
from ui.html.markup import Html, callout, esc
from ui.jobs.login import GAIN, login_button
from ui.page.state import Scene
from ui.services.identity import LOGOUT


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


def _foot(inside: str) -> Html:
    return Html(f'<div class="account">{inside}</div>')
