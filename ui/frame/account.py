"""Who is logged in, and how to log in or out: the foot of the list of runs."""

from __future__ import annotations

from markupsafe import Markup

from ui.frame.doctor_panel import check_buttons
from ui.html.markup import callout
from ui.jobs.login import GAIN, login_button
from ui.page.state import Scene
from ui.services.identity import LOGOUT


def account_view(scene: Scene) -> Markup:
    """The account, or the offer to log in; and what of the machine and the account can be checked."""
    identity, checks = scene.services.identity, Markup('<div class="actions">{}</div>').format(check_buttons(scene))
    if identity.name and identity.machine:
        token = Markup('<p class="note">Hugging Face: <b>{}</b>, by the token on this machine</p>').format(
            identity.name
        )
        return _foot(token + checks)
    if identity.name:
        leave = Markup('<a class="btn quiet small" href="{}">Log out</a>').format(LOGOUT)
        return _foot(Markup('<p class="note">Logged in as <b>{}</b></p>{}{}').format(identity.name, leave, checks))
    if identity.machine:
        return _foot(checks)
    problem = callout("error", "The login does not work", identity.problem) if identity.problem else ""
    return _foot(Markup('{}{}<p class="note">{}</p>').format(problem, login_button(scene), GAIN))


def _foot(inside: Markup) -> Markup:
    return Markup('<div class="account">{}</div>').format(inside)
