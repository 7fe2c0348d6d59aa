"""The card with a run's settings in the Train step."""

from __future__ import annotations

from markupsafe import Markup

from backend.errors import InputError
from backend.jobs.huggingface import Remote, read_remote
from backend.runs import Run, RunConfig, Setting, shown
from ui.html import button, card, facts, text
from ui.page import PageState, readable
from ui.train.field_components import form_settings

WRITTEN = ("method", "epochs", "early_stopping", "trackio_project")
"""Settings that the card formats separately."""
NOT_TAUGHT = "no: it was not taught, so the model may call a tool for every sentence"


def settings_card(run: Run, page_state: PageState) -> Markup:
    """The run's settings, with the buttons to train again and to open Trackio."""
    config = run.config
    adapter = f"LoRA, rank {config.lora_r}, alpha {config.lora_alpha}"
    patience = text.count(config.early_stopping or 0, "evaluation") + " without improvement"
    pairs = [
        ("Base model", config.base_model),
        ("Trained", adapter if config.method == "lora" else "all weights"),
        ("Epochs", _epochs(config.epochs, page_state)),
        *([("Stops early after", patience)] if config.early_stopping else []),
        *setting_pairs(config),
        ("Code", run.code_version or "–"),
        ("Made", text.when(run.created)),
    ]
    if config.trackio_project:
        pairs += [("Trackio project", config.trackio_project)]
    pairs += _remote_pairs(run)
    again = button("again", "Train again with other settings", kind="quiet small")
    aside = Markup("{}{}").format(
        _trackio(page_state, config.trackio_project), "" if page_state.stage("train").active else again
    )
    return card(run.name, facts(pairs), aside=aside)


def setting_pairs(config: RunConfig) -> list[tuple[str, object]]:
    """The settings that are shown with their labels, in the order of the form."""
    unused = () if config.stay_silent else ("off_topic_share",)
    shown = [one for one in form_settings(type(config)) if one.summary and one.name not in (*WRITTEN, *unused)]
    return [(one.label, _value(one, config)) for one in shown]


def _value(setting: Setting, config: RunConfig) -> str:
    value = getattr(config, setting.name)
    if setting.name == "stay_silent" and not value:
        return NOT_TAUGHT
    shown = setting.shown(value)
    return f"{shown}, {config.lr_scheduler}" if setting.name == "lr" else shown


def _epochs(epochs: float | str, page_state: PageState) -> str:
    """The epochs that were set; for auto also the resulting number, if the training has reported it."""
    training = readable(lambda: page_state.training)
    came_to = training.epochs if training else None
    return f"auto ({shown(came_to)})" if epochs == "auto" and came_to else shown(epochs)


def _remote_pairs(run: Run) -> list[tuple[str, object]]:
    """The run's repository and jobs on Hugging Face, or the error; empty for a local run."""
    try:
        remote = read_remote(run)
    except InputError as error:
        return [("Hugging Face", str(error))]
    return _remote(remote) if remote else []


def _remote(remote: Remote) -> list[tuple[str, object]]:
    """The run's repository and jobs on Hugging Face."""
    jobs = Markup("").join(
        Markup("{} ").format(_outside(job.url, stage)) for stage, job in remote.jobs.items() if job.url
    )
    return [
        ("Machine", f"{remote.flavor}, at most {text.duration(remote.timeout_seconds)}"),
        ("Jobs", jobs or "–"),
        ("Inputs", _outside(remote.inputs_url, remote.inputs_repo)),
        ("Results", _outside(remote.results_url, remote.results_repo)),
    ]


def _outside(address: str | None, label: str) -> Markup:
    return Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(address or "", label)


def _trackio(page_state: PageState, project: str | None) -> Markup:
    """A link to the run's curves in Trackio when its dashboard answers, else the button that starts it."""
    dashboard = page_state.services.dashboard
    if project is None or not dashboard.possible:
        return Markup("")
    if address := dashboard.address(project):
        return Markup('<a class="btn quiet small" href="{}" target="_blank" rel="noopener">Open Trackio</a>').format(
            address
        )
    if dashboard.starting:
        return Markup('<span class="note">Trackio is starting</span>')
    return button("dashboard", "Show in Trackio", kind="quiet small")
